package tiling

import (
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/project"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/tiling/cog"
)

// frame is the grid of pixels that clients count: the bounding rectangle of a
// raster's outline in Web Mercator, without the padding of its COG, in pixels
// of very nearly the COG's size.
type frame struct {
	width, height int
	west, north   float64 // metres of Web Mercator, continuous beyond the 180th meridian
	pixelX        float64
	pixelY        float64
	cog           *cog.Index
}

// maxLatitude is where the square of Web Mercator ends.
const maxLatitude = 85.05112877980659

// mercator projects degrees, within the square of Web Mercator.
func mercator(p orb.Point) orb.Point {
	return project.WGS84.ToMercator(orb.Point{p[0], math.Max(-maxLatitude, math.Min(p[1], maxLatitude))})
}

// frameOf places the outline of an entry, in degrees, on its COG.
func frameOf(x *cog.Index, outline orb.Bound) (frame, error) {
	if x.EPSG != 3857 || x.PixelSize == 0 {
		return frame{}, errNotOnMap()
	}
	southWest, northEast := mercator(outline.Min), mercator(outline.Max)
	width, height := northEast[0]-southWest[0], northEast[1]-southWest[1]
	if !(width > 0 && height > 0 && width <= 4*halfWorld) { // NaN neither
		return frame{}, cairn.Errorf(cairn.Invalid, "This raster has no place on the map.")
	}
	f := frame{west: southWest[0], north: northEast[1], cog: x,
		width:  max(1, int(math.Round(width/x.PixelSize))),
		height: max(1, int(math.Round(height/x.PixelSize)))}
	f.pixelX, f.pixelY = width/float64(f.width), height/float64(f.height)
	return f, nil
}

// center is the middle of a pixel in metres of Web Mercator.
func (f frame) center(x, y int) orb.Point {
	return orb.Point{f.west + (float64(x)+0.5)*f.pixelX, f.north - (float64(y)+0.5)*f.pixelY}
}

// world is the width of the world in pixels of the COG.
func (f frame) world() float64 { return 2 * halfWorld / f.cog.PixelSize }

// position is where a point is in the COG, in pixels from its upper left
// corner. A COG that crosses the 180th meridian goes on eastwards, a global one
// may begin elsewhere than the outline: the point is looked for one turn
// around the Earth further, too.
func (f frame) position(p orb.Point) (u, v float64) {
	u, v = (p[0]-f.cog.OriginX)/f.cog.PixelSize, (f.cog.OriginY-p[1])/f.cog.PixelSize
	width := float64(f.cog.Levels[0].Width)
	for _, turned := range []float64{u, u + f.world(), u - f.world()} {
		if turned >= 0 && turned < width {
			return turned, v
		}
	}
	return u, v
}

// windows are the parts of the COG that show the pixels from (x0, y0) to (x1,
// y1), both included: one, or two where a global raster is cut, or none.
func (f frame) windows(x0, y0, x1, y1 int) []rect {
	column := func(x int) float64 { return math.Floor((f.center(x, 0)[0] - f.cog.OriginX) / f.cog.PixelSize) }
	row := func(y int) float64 { return math.Floor((f.cog.OriginY - f.center(0, y)[1]) / f.cog.PixelSize) }
	top, height := overlap(row(y0), row(y1), f.cog.Levels[0].Height)
	var list []rect
	for _, turn := range []float64{0, f.world(), -f.world()} {
		left, width := overlap(math.Round(column(x0)+turn), math.Round(column(x1)+turn), f.cog.Levels[0].Width)
		if width > 0 && height > 0 {
			list = append(list, rect{left, top, width, height})
		}
	}
	return list
}

// overlap is what lies between first and last, both included, of n pixels.
func overlap(first, last float64, n int) (from, count int) {
	first, last = math.Max(first, 0), math.Min(last, float64(n-1))
	if first > last {
		return 0, 0
	}
	return int(first), int(last-first) + 1
}
