package raster

import (
	"context"
	"fmt"
	"math/bits"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// A surface is a square of pixels of some level.
type surface interface {
	clear()
	// halveInto draws the surface at half its size into another, at a pixel of that.
	halveInto(to surface, x, y int)
}

// A painter makes pixels of one source. Each worker has its own.
type painter interface {
	newSurface(side int) surface
	// paint draws what the w x h pixels from (x, y) of the grid's full
	// resolution show of the source into a clear surface, at (toX, toY), and
	// tells whether there is anything.
	paint(s surface, toX, toY, x, y, w, h int) (any bool, err error)
	// code codes the tile at a pixel of a surface and passes the block of each
	// plane to put; none if nothing is visible. With count the pixels enter the statistics.
	code(s surface, x, y int, count bool, put func(plane int, block []byte) error) error
	// tallies are of the bands that it has made, as far as they were counted.
	tallies() []tally
	close()
}

// A pyramid makes the tiles of all levels in one pass. The grid is cut into
// metatiles of 2^span x 2^span tiles. Whoever paints one has the levels up to
// span of it in memory; the one tile of level span joins its three neighbors
// in a table, and the worker that brings the last of them goes on with the
// level above.
type pyramid struct {
	plan     plan
	levels   []*level
	span     int
	byRow    bool // metatiles in rows instead of along a Z-curve
	spool    *spool
	plane    int // the first of the planes that this pass makes
	painters []painter
	progress func(percent float64)

	next  atomic.Int64
	tiles atomic.Int64 // of the full resolution, done

	mu      sync.Mutex
	joining map[position]*joint
	spare   []surface
}

type position struct{ level, x, y int }

// A joint is a tile that waits for its missing children.
type joint struct {
	surface surface // nil while all children are empty
	missing int
}

// run runs until all levels are made.
func (p *pyramid) run(ctx context.Context) error {
	p.joining = map[position]*joint{}
	metatiles := p.metatiles()
	group, ctx := errgroup.WithContext(ctx)
	for _, painter := range p.painters {
		group.Go(func() (err error) {
			// A file must not end the server, whatever it holds.
			defer func() {
				if r := recover(); r != nil {
					err = fmt.Errorf("a worker panicked: %v\n%s", r, debug.Stack())
				}
			}()
			w := &pyramidWorker{pyramid: p, painter: painter}
			for k := range p.span + 1 {
				w.surfaces = append(w.surfaces, painter.newSurface(tileSize<<(p.span-k)))
			}
			for {
				i := int(p.next.Add(1)) - 1
				if i >= len(metatiles) {
					return nil
				}
				if err := w.make(ctx, metatiles[i].x, metatiles[i].y); err != nil {
					return err
				}
			}
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if len(p.joining) > 0 {
		return fmt.Errorf("%d tiles of the pyramid lack children", len(p.joining))
	}
	return nil
}

// metatiles lists the metatiles that hold data. Along a Z-curve few joints wait at any time.
func (p *pyramid) metatiles() []position {
	r := p.plan.dataAt(p.span)
	list := make([]position, 0, r.width()*r.height())
	for y := r.y0; y < r.y1; y++ {
		for x := r.x0; x < r.x1; x++ {
			list = append(list, position{p.span, x, y})
		}
	}
	if !p.byRow {
		slices.SortFunc(list, func(a, b position) int {
			// The one that differs in the higher bit decides; of equals, the row.
			if dx, dy := a.x^b.x, a.y^b.y; bits.Len(uint(dx)) > bits.Len(uint(dy)) {
				return a.x - b.x
			}
			if a.y != b.y {
				return a.y - b.y
			}
			return a.x - b.x
		})
	}
	return list
}

type pyramidWorker struct {
	*pyramid
	painter  painter
	surfaces []surface // of a metatile, level by level
}

// make makes a metatile, and what it completes above.
func (w *pyramidWorker) make(ctx context.Context, mx, my int) error {
	data := w.plan.dataAt(0)
	x0, y0 := max(mx<<w.span, data.x0), max(my<<w.span, data.y0)
	x1, y1 := min((mx+1)<<w.span, data.x1), min((my+1)<<w.span, data.y1)
	for _, s := range w.surfaces {
		s.clear()
	}
	painted, err := w.painter.paint(w.surfaces[0], (x0-mx<<w.span)*tileSize, (y0-my<<w.span)*tileSize,
		x0*tileSize, y0*tileSize, (x1-x0)*tileSize, (y1-y0)*tileSize)
	if err != nil {
		return err
	}
	if !painted {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		w.done((x1 - x0) * (y1 - y0))
		return w.join(position{w.span, mx, my}, nil)
	}
	for k, s := range w.surfaces {
		if k > 0 {
			w.surfaces[k-1].halveInto(s, 0, 0)
		}
		side := 1 << (w.span - k)
		for i := range side * side {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := w.code(s, k, mx*side, my*side, i%side, i/side); err != nil {
				return err
			}
		}
	}
	return w.join(position{w.span, mx, my}, w.surfaces[w.span])
}

// code codes the tile in a column and row of a surface of level k, whose first
// tile is (x0, y0).
func (w *pyramidWorker) code(s surface, k, x0, y0, column, row int) error {
	l := w.levels[k]
	if !l.tiles.contains(x0+column, y0+row) {
		return nil
	}
	err := w.painter.code(s, column*tileSize, row*tileSize, k == 0, func(plane int, block []byte) (err error) {
		*l.at(w.plane+plane, x0+column, y0+row), err = w.spool.add(block)
		return err
	})
	if k == 0 {
		w.done(1)
	}
	return err
}

func (w *pyramidWorker) done(tiles int) {
	data := w.plan.dataAt(0)
	w.progress(100 * float64(w.tiles.Add(int64(tiles))) / float64(data.width()*data.height()))
}

// join brings a finished tile to its parent, nil if it is empty, and makes
// the parent if it was the last child, and so on upwards.
func (w *pyramidWorker) join(at position, s surface) error {
	for at.level+1 < len(w.levels) {
		up := position{at.level + 1, at.x >> 1, at.y >> 1}
		j := w.joint(up, s != nil)
		if s != nil {
			s.halveInto(j.surface, at.x&1*tileSize/2, at.y&1*tileSize/2)
		}
		if at.level > w.span {
			w.recycle(s)
		}
		if !w.last(up, j) {
			return nil
		}
		at, s = up, j.surface
		if s != nil {
			if err := w.code(s, at.level, at.x, at.y, 0, 0); err != nil {
				return err
			}
		}
	}
	if at.level > w.span {
		w.recycle(s)
	}
	return nil
}

// joint returns the joint at a position, with a surface if one is needed.
func (w *pyramidWorker) joint(at position, drawn bool) *joint {
	w.mu.Lock()
	defer w.mu.Unlock()
	j := w.joining[at]
	if j == nil {
		j = &joint{}
		children := w.levels[at.level-1].tiles
		for i := range 4 {
			if children.contains(at.x*2+i%2, at.y*2+i/2) {
				j.missing++
			}
		}
		w.joining[at] = j
	}
	if drawn && j.surface == nil {
		if n := len(w.spare); n > 0 {
			j.surface, w.spare = w.spare[n-1], w.spare[:n-1]
		} else {
			j.surface = w.painter.newSurface(tileSize)
		}
		j.surface.clear()
	}
	return j
}

// last tells whether the child that was just drawn was the last one.
func (w *pyramidWorker) last(at position, j *joint) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	j.missing--
	if j.missing == 0 {
		delete(w.joining, at)
	}
	return j.missing == 0
}

func (w *pyramidWorker) recycle(s surface) {
	if s == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.spare = append(w.spare, s)
}
