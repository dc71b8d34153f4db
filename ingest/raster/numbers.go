package raster

import (
	"math"
	"unsafe"

	"github.com/airbusgeo/godal"
)

// A numbers is the painter of a source that keeps its values, for some of its bands.
type numbers[T sample] struct {
	recipe   recipe
	source   *source
	from, to int // the bands
	planar   bool
	nodata   *T // of the product
	void     *T // of the source
	alphaToo bool
	mask     *godal.Band
	samples  samples[T]
	store    []T // of samples
	bytes    []byte
	xs, ys   []int32  // the positions of a row
	spreads  []spread // of its tiles
	raw      []byte
	block    []byte
	buffer   []float64
	compress compressor
	counted  []tally
}

// maxCounted is the number of bands whose 16-bit values are counted one by
// one, 512 KiB each.
const maxCounted = 16

func newNumbers[T sample](location string, p plan, r recipe, from, to int) (painter, error) {
	s, err := openSource(location, p)
	if err != nil {
		return nil, err
	}
	n := &numbers[T]{recipe: r, source: s, from: from, to: to, planar: r.planar(), nodata: valueOf[T](r.nodata), void: valueOf[T](r.sourceNodata),
		alphaToo: r.nodata == nil && to == r.sources, buffer: make([]float64, 0, tileSize*tileSize)}
	n.mask = s.mask()
	if r.nodata == nil && isFloat[T]() {
		nan := math.NaN()
		n.samples.nan = new(T(nan))
	}
	if n.compress, err = newCompressor(r.compression); err != nil {
		s.close()
		return nil, err
	}
	bands := to - from
	if n.alphaToo {
		bands++
	}
	for range bands {
		n.counted = append(n.counted, newTally[T](r.sources <= maxCounted))
	}
	return n, nil
}

func newTally[T sample](few bool) tally {
	var zero T
	size := int(unsafe.Sizeof(zero))
	if isFloat[T]() || size > 2 || !few && size > 1 {
		return tally{}
	}
	zero--
	return countTally(8*size, zero < 0)
}

// valueOf returns a value as a T, nil if there is none or no T is equal to it.
func valueOf[T sample](v *float64) *T {
	if v == nil || math.IsNaN(*v) {
		return nil
	}
	x := T(*v)
	if !isFloat[T]() && float64(x) != *v {
		return nil
	}
	return &x
}

func (n *numbers[T]) newSurface(side int) surface {
	return newValues(side, n.to-n.from, n.recipe.nodata == nil, n.nodata, n.recipe.resampling == nearest)
}

func (n *numbers[T]) tallies() []tally { return n.counted }

func (n *numbers[T]) close() { n.source.close() }

func (n *numbers[T]) paint(s surface, toX, toY, x, y, w, h int) (any bool, err error) {
	to := s.(*values[T])
	// What is void in the source is so by its own nodata.
	from := &values[T]{nodata: n.void}
	err = n.source.inViews(x, y, w, h, func(m mesh, v view, dx, dy, w, h int) error {
		if err := n.read(v); err != nil {
			return errDamaged(err)
		}
		n.xs, n.ys = resized(n.xs, w), resized(n.ys, w)
		for row := range h {
			if row%tileSize == 0 {
				n.spreads = n.spreads[:0]
				for column := 0; column < w; column += tileSize {
					n.spreads = append(n.spreads, m.spreadAt(column, row, v.fx, v.fy))
				}
			}
			if !m.row(v.frame, row, n.xs, n.ys) {
				continue
			}
			any = true
			at := (toY+dy+row)*to.side + toX + dx
			if to.alpha != nil {
				n.samples.drawAlpha(from, to.alpha[at:][:w], n.xs, n.ys, visible[T]())
			}
			if n.recipe.resampling == nearest {
				toNearest(n.xs, n.ys)
			}
			for k := range to.bands {
				n.draw(from, k, to.bands[k][at:][:w])
			}
		}
		return nil
	})
	return any, err
}

// draw draws a row of a band, tile by tile.
func (n *numbers[T]) draw(from *values[T], band int, dst []T) {
	for i, s := range n.spreads {
		x := i * tileSize
		to := min(x+tileSize, len(dst))
		if n.recipe.resampling == nearest || s.isSharp() {
			n.samples.drawBilinear(from, band, dst[x:to], n.xs[x:to], n.ys[x:to])
		} else {
			n.samples.drawWide(from, band, dst[x:to], n.xs[x:to], n.ys[x:to], s)
		}
	}
}

// visible is what alpha is where a source has no alpha of its own.
func visible[T sample]() T {
	if _, ok := any(T(0)).(uint16); ok {
		full := uint32(math.MaxUint16)
		return T(full)
	}
	full := uint32(math.MaxUint8)
	return T(full)
}

// read reads a view of the source into n.samples.
func (n *numbers[T]) read(v view) error {
	s, plane := &n.samples, v.w*v.h
	count := n.to - n.from
	var list []int
	for i := range count {
		list = append(list, n.from+i)
	}
	if n.recipe.sourceAlpha {
		list = append(list, n.recipe.sources)
	}
	n.store = resized(n.store, len(list)*plane+plane)
	first := v.before[1]*v.w + v.before[0]
	average := godal.Average
	if n.recipe.resampling == nearest {
		average = godal.Nearest
	}
	err := n.source.ds.Read(v.x0, v.y0, n.store[first:], v.columns(), v.rows(), godal.Bands(list...),
		godal.PixelStride(1), godal.LineStride(v.w), godal.BandStride(plane),
		godal.Window(v.x1-v.x0, v.y1-v.y0), godal.Resampling(average), inStrict, godal.SkipWarnings)
	if err != nil {
		return err
	}
	s.view, s.bands, s.alpha = v, s.bands[:0], nil
	for i := range count {
		s.bands = append(s.bands, n.store[i*plane:][:plane])
		repeatEdges(v, s.bands[i])
	}
	if n.recipe.sourceAlpha {
		s.alpha = n.store[count*plane:][:plane]
		repeatEdges(v, s.alpha)
	}
	if n.mask == nil {
		return nil
	}
	return n.readMask(v)
}

// readMask makes void, in n.samples, what the mask of the source hides.
func (n *numbers[T]) readMask(v view) error {
	columns, rows := v.columns(), v.rows()
	n.bytes = resized(n.bytes, columns*rows)
	err := n.mask.Read(v.x0, v.y0, n.bytes, columns, rows, godal.Window(v.x1-v.x0, v.y1-v.y0), godal.Resampling(godal.Nearest), inStrict, godal.SkipWarnings)
	if err != nil {
		return err
	}
	s := &n.samples
	if s.alpha == nil {
		s.alpha = n.store[len(n.store)-v.w*v.h:]
		full := visible[T]()
		for i := range s.alpha {
			s.alpha[i] = full
		}
	}
	for y := range rows {
		row := s.alpha[(v.before[1]+y)*v.w+v.before[0]:]
		for x, seen := range n.bytes[y*columns:][:columns] {
			if seen == 0 {
				row[x] = 0
			}
		}
	}
	repeatEdges(v, s.alpha)
	return nil
}

func (n *numbers[T]) code(s surface, x, y int, count bool, put func(plane int, block []byte) error) error {
	v := s.(*values[T])
	bands := v.bands
	if n.alphaToo {
		bands = append(bands[:len(bands):len(bands)], v.alpha)
	}
	if v.alpha != nil && v.isEmpty(0, x, y) {
		return nil
	}
	if count {
		for k, b := range bands {
			v.tally(b, x, y, &n.counted[k], n.buffer)
		}
	}
	if n.planar {
		for k := range bands {
			if v.alpha == nil && v.isEmpty(k, x, y) {
				continue
			}
			if err := n.put(v, bands[k:k+1], x, y, k, put); err != nil {
				return err
			}
		}
		return nil
	}
	for k := range bands {
		if v.alpha != nil || !v.isEmpty(k, x, y) {
			return n.put(v, bands, x, y, 0, put)
		}
	}
	return nil
}

func (n *numbers[T]) put(v *values[T], bands [][]T, x, y, plane int, put func(plane int, block []byte) error) (err error) {
	n.raw = predicted(n.raw[:0], bands, v.side, x, y)
	if n.block, err = n.compress(n.block[:0], n.raw); err != nil {
		return err
	}
	return put(plane, n.block)
}
