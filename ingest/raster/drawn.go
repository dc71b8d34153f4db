package raster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/cairngeo/cairn"
)

// Area is tiles of one zoom: columns from West to before East, rows from North
// to before South. Columns beyond the last one lie on the next turn around the Earth.
type Area struct{ Zoom, West, North, East, South int }

// DrawnVersion is the version of what [BuildDrawn] makes of the same tiles.
const DrawnVersion = "1"

// BuildDrawn makes a COG of lossy WebP of an area whose tiles draw draws: RGBA
// of 256 x 256 pixels, nil where there is nothing. draw is called by several
// goroutines, with columns of one turn. progress gets percents that grow.
func BuildDrawn(ctx context.Context, file string, a Area, draw func(ctx context.Context, column, row int) ([]byte, error), progress func(percent float64)) (err error) {
	p := plan{zoom: a.Zoom, data: tileRange{x0: a.West, y0: a.North, x1: a.East, y1: a.South}}
	lastZoom := 0
	if a.East > 1<<a.Zoom {
		lastZoom = 1
		p.lon0 = 180
	}
	p.levels = levelsFor(p.data, p.zoom, lastZoom)
	p.grid = p.data.alignedTo(p.levels - 1)
	if p.grid.width() > maxGridTiles/p.grid.height() {
		return cairn.Errorf(cairn.Invalid, "The rasters lie too far apart for one picture.")
	}
	r := color(nil)
	r.quality = usualQuality
	spool, err := newSpool(filepath.Dir(file))
	if err != nil {
		return fmt.Errorf("build: %w", err)
	}
	defer func() { err = errors.Join(err, spool.close()) }()
	levels := levelsOf(p, 1)
	percent := rising(progress)
	pyramid := &pyramid{plan: p, levels: levels, span: min(1, p.levels-1), spool: spool, progress: part(percent, 0, 90)}
	for range runtime.GOMAXPROCS(0) {
		pyramid.painters = append(pyramid.painters, &drawn{ctx: ctx, plan: p, draw: draw})
	}
	if err := pyramid.run(ctx); err != nil {
		return err
	}
	writer := &cogWriter{plan: p, format: r.format(), levels: levels, blocks: spool.file}
	if err := writeFile(file, func(f *os.File) error { return writer.write(ctx, f, part(percent, 90, 100)) }); err != nil {
		return err
	}
	percent(100)
	return nil
}

// drawn is the painter of tiles that somebody else draws.
type drawn struct {
	ctx   context.Context
	plan  plan
	draw  func(ctx context.Context, column, row int) ([]byte, error)
	block []byte
}

func (d *drawn) newSurface(side int) surface { return newPicture(side, false) }

func (d *drawn) paint(s surface, toX, toY, x, y, w, h int) (some bool, err error) {
	p := s.(*picture)
	for i := range w / tileSize * (h / tileSize) {
		dx, dy := i%(w/tileSize), i/(w/tileSize)
		column := (d.plan.grid.x0 + x/tileSize + dx) & (1<<d.plan.zoom - 1)
		pixels, err := d.draw(d.ctx, column, d.plan.grid.y0+y/tileSize+dy)
		if err != nil {
			return false, err
		}
		if pixels == nil {
			continue
		}
		some = true
		for row := range tileSize {
			to := p.pixels[4*((toY+dy*tileSize+row)*p.side+toX+dx*tileSize):][:4*tileSize]
			copy(to, pixels[4*tileSize*row:])
			for k := 3; k < len(to); k += 4 {
				if to[k] == 0 { // what is void is all zeros
					clear(to[k-3 : k])
				}
			}
		}
	}
	return some, nil
}

func (d *drawn) code(s surface, x, y int, _ bool, put func(plane int, block []byte) error) (err error) {
	p := s.(*picture)
	c := p.coverOf(x, y)
	if c == empty {
		return nil
	}
	if d.block, err = p.code(d.block[:0], x, y, c, usualQuality); err != nil {
		return err
	}
	return put(0, d.block)
}

func (d *drawn) tallies() []tally { return nil }

func (d *drawn) close() {}
