package raster

import "math"

// A view is the part of a source that a rectangle of the grid shows: read with
// (w, h) pixels, each of them fx x fy of the source, and a border around them
// that repeats the pixels at the raster's edge.
type view struct {
	x0, y0, x1, y1 int // pixels of the source, the border not included
	fx, fy         int
	w, h           int // with the border
	before         [2]int
	frame          frame
}

// border is how far around a position a kernel looks, in pixels.
const border = 2

// viewOf returns the view of the source of rw x rh pixels that m, moved by
// (dx, dy), needs, read with a pixel for fx x fy of them; false if nothing of
// the source is in it. A source much finer than the grid is read with fewer
// pixels, averaged, so that nothing is skipped.
func viewOf(m mesh, dx, dy float64, rw, rh, fx, fy int) (view, bool) {
	x0, y0, x1, y1, ok := m.box(dx, dy, rw, rh)
	if !ok {
		return view{}, false
	}
	v := view{fx: fx, fy: fy}
	v.x0, v.x1, v.before[0], v.w = side(x0, x1, rw, v.fx)
	v.y0, v.y1, v.before[1], v.h = side(y0, y1, rh, v.fy)
	moveX, scaleX, left, right := scale(v.x0, v.before[0], v.fx, rw)
	moveY, scaleY, top, bottom := scale(v.y0, v.before[1], v.fy, rh)
	v.frame = frame{dx: moveX + dx, dy: moveY + dy, scaleX: scaleX, scaleY: scaleY, left: left, right: right, top: top, bottom: bottom}
	return v, true
}

// side widens [from, to) of a side of length pixels by what kernels look at,
// in whole groups of f, and returns how many pixels of border lie before and
// how many pixels there are, border included.
func side(from, to, length, f int) (first, last, before, n int) {
	first, last = (from/f-border)*f, (to/f+1+border)*f
	n = (last - first) / f
	if first < 0 {
		before, first = -first/f, 0
	}
	return first, min(last, length), before, n
}

// scale returns how a position becomes one in the view, and which of these lie in the raster.
func scale(first, before, f, length int) (move, factor float64, low, high int64) {
	move, factor = float64(before*f-first), 1/float64(f)
	low = int64(math.Round((move*factor - 0.5) * (1 << 16)))
	high = int64(math.Round(((float64(length)+move)*factor - 0.5) * (1 << 16)))
	return move, factor, low, high
}

// columns and rows are the pixels of a view without border.
func (v view) columns() int { return (v.x1 - v.x0 + v.fx - 1) / v.fx }
func (v view) rows() int    { return (v.y1 - v.y0 + v.fy - 1) / v.fy }

// repeatEdges fills the border of a plane of a view's pixels.
func repeatEdges[T any](v view, plane []T) {
	columns, rows := v.columns(), v.rows()
	for y := v.before[1]; y < v.before[1]+rows; y++ {
		row := plane[y*v.w:][:v.w]
		for x := range v.before[0] {
			row[x] = row[v.before[0]]
		}
		for x := v.before[0] + columns; x < v.w; x++ {
			row[x] = row[v.before[0]+columns-1]
		}
	}
	for y := range v.before[1] {
		copy(plane[y*v.w:][:v.w], plane[v.before[1]*v.w:][:v.w])
	}
	for y := v.before[1] + rows; y < v.h; y++ {
		copy(plane[y*v.w:][:v.w], plane[(v.before[1]+rows-1)*v.w:][:v.w])
	}
}
