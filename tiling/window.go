package tiling

import (
	"math"

	"github.com/paulmach/orb/maptile"

	"github.com/cairngeo/cairn/tiling/cog"
)

// halfWorld is half the side of the square of Web Mercator, pi times the radius
// of WGS 84, in metres.
const halfWorld = math.Pi * 6378137

// window says which pixels of a level become which pixels of a tile.
type window struct {
	level                  int
	toX, toY, toW, toH     int // in the tile; empty if toW or toH is 0
	originX, originY, step float64
	// The tile's pixel (i, j) shows the level's at (originX + (i+0.5)*step,
	// originY + (j+0.5)*step).
}

// mapping is that of the pixels that the window has in the tile.
func (w window) mapping() mapping {
	return mapping{w.originX + float64(w.toX)*w.step, w.originY + float64(w.toY)*w.step, w.step, w.step, w.toW, w.toH}
}

// pixels is about how many of the level the window shows.
func (w window) pixels() int64 { return int64(float64(w.toW)*w.step) * int64(float64(w.toH)*w.step) }

// windowOf finds the coarsest level that is at least as fine as the tile, and
// the part of it that the tile shows. A raster that crosses the 180th meridian
// goes on eastwards: with turn 1 the tile is looked for one turn around the
// Earth further.
func windowOf(x *cog.Index, t maptile.Tile, size, turn int) window {
	span := 2 * halfWorld / math.Exp2(float64(t.Z)) // metres
	want := span / float64(size)
	w := window{}
	pixel := x.PixelSize
	for k := range x.Levels {
		p := pixelSize(x, k)
		if k > 0 && p > want*(1+1e-6) {
			break
		}
		w.level, pixel = k, p
	}
	w.step = snap(want/pixel, 1e-6)
	left := -halfWorld + float64(t.X)*span + float64(turn)*2*halfWorld
	top := halfWorld - float64(t.Y)*span
	w.originX = snap((left-x.OriginX)/pixel, 1e-3)
	w.originY = snap((x.OriginY-top)/pixel, 1e-3)
	level := x.Levels[w.level]
	w.toX, w.toW = cut(w.originX, w.step, size, level.Width)
	w.toY, w.toH = cut(w.originY, w.step, size, level.Height)
	return w
}

// pixelSize is that of a level. Halving rounds the size up, so only the power of two
// is exact.
func pixelSize(x *cog.Index, level int) float64 {
	width := float64(x.Levels[level].Width)
	p := x.PixelSize * float64(x.Levels[0].Width) / width
	if half := x.PixelSize * math.Exp2(float64(level)); math.Abs(p/half-1) < 1/width {
		return half
	}
	return p
}

// snap rounds what is a whole number but for the rounding of coordinates.
func snap(v, tolerance float64) float64 {
	if r := math.Round(v); math.Abs(v-r) < tolerance {
		return r
	}
	return v
}

// cut clips one side of a tile, size pixels from an origin in a level of the
// given length, to that level: to the tile's pixels [to, to+n). What is less than
// half a pixel is nothing.
func cut(origin, step float64, size, length int) (to, n int) {
	first := math.Round(math.Max(0, -origin/step))
	last := math.Round(math.Min(float64(size), (float64(length)-origin)/step))
	if !(last > first) {
		return 0, 0
	}
	return int(first), int(last - first)
}

func between(low, v, high int) int { return max(low, min(v, high)) }
