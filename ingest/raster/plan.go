package raster

import (
	"errors"
	"math"

	"github.com/airbusgeo/godal"

	"github.com/cairngeo/cairn"
)

const (
	tileSize      = 256       // pixels along a tile's edge
	earthRadius   = 6378137.0 // metres, of EPSG:3857's sphere
	halfWorld     = math.Pi * earthRadius
	maxZoom       = 30      // the finest zoom that tile addresses know
	maxGridTiles  = 1 << 24 // tiles of the full resolution, sparse ones included: bounds the index
	maxPixels     = 1 << 38 // of a source
	maxElongation = 32      // of a source's pixels: the map has as many times more
	webMercator   = "EPSG:3857"
)

// sameZoom is how much larger than the source's pixels those of a zoom may be
// to count as equal: a tenth more can't be seen, and the next finer zoom would
// cost four times the tiles.
const sameZoom = 1.1

// edgeTolerance, in pixels, keeps a source that lies on the grid already from
// gaining a column of empty tiles by a rounding error.
const edgeTolerance = 0.01

// A plan says where on the grid a raster goes.
type plan struct {
	zoom   int       // of the full resolution
	levels int       // of the file, the full resolution included
	data   tileRange // what the raster touches at zoom
	grid   tileRange // the whole file, which holds data
	lon0   float64   // the meridian to warp around, in degrees; 0 for plain Web Mercator
}

// tileRange is the tiles with x0 <= column < x1 and y0 <= row < y1. Columns
// beyond the world's last one lie on the next turn around the Earth.
type tileRange struct{ x0, y0, x1, y1 int }

func (r tileRange) width() int  { return r.x1 - r.x0 }
func (r tileRange) height() int { return r.y1 - r.y0 }

// resolution returns metres per pixel at zoom.
func resolution(zoom int) float64 { return 2 * halfWorld / tileSize / math.Ldexp(1, zoom) }

// origin returns the upper-left corner of r at zoom in metres of EPSG:3857.
func (r tileRange) origin(zoom int) (x, y float64) {
	span := tileSize * resolution(zoom)
	return float64(r.x0)*span - halfWorld, halfWorld - float64(r.y0)*span
}

// planFor places ds on the grid, or says why it has no place there.
func planFor(ds *godal.Dataset) (plan, error) {
	if ds.Projection() == "" {
		if len(ds.GCPs()) > 0 {
			return plan{}, cairn.Errorf(cairn.Invalid,
				"The raster is placed by ground control points, which can be fitted in several ways; rectify it (for instance with gdalwarp) and upload it again.")
		}
		if len(ds.Metadatas(godal.Domain("RPC"))) > 0 {
			return plan{}, cairn.Errorf(cairn.Invalid,
				"The raster is placed by the model of its camera (RPC), which needs a terrain; orthorectify it (for instance with gdalwarp -rpc) and upload it again.")
		}
		return plan{}, cairn.Errorf(cairn.Invalid,
			"The raster has no coordinate reference system; assign one (for instance with gdal_edit -a_srs) and upload it again.")
	}
	size := ds.Structure()
	if int64(size.SizeX) > maxPixels/int64(size.SizeY) {
		return plan{}, cairn.Errorf(cairn.Invalid, "The raster has %d x %d pixels, more than Cairn builds; cut it into smaller ones.", size.SizeX, size.SizeY)
	}
	if gt, err := ds.GeoTransform(godal.SkipWarnings); err == nil && elongation(gt) > maxElongation {
		return plan{}, cairn.Errorf(cairn.Invalid,
			"The raster's pixels are %.0f times as long as wide; map tiles have square ones. Resample it and upload it again.", elongation(gt))
	}
	o, err := outlineOf(ds)
	switch {
	case errors.Is(err, errNoGeotransform):
		return plan{}, cairn.Errorf(cairn.Invalid,
			"The raster has a coordinate reference system but doesn't say where its pixels lie in it; write a geotransform and upload it again.")
	case errors.Is(err, errOffEarth):
		return plan{}, cairn.Errorf(cairn.Invalid,
			"The raster's coordinates don't lie on the Earth in its coordinate reference system; check that the right one is assigned.").Because(err)
	case err != nil:
		return plan{}, err
	}
	return layOut(o, size.SizeX, size.SizeY)
}

// elongation returns how many times as long as wide the pixels of a raster are, or the reverse.
func elongation(gt [6]float64) float64 {
	column, row := math.Hypot(gt[1], gt[4]), math.Hypot(gt[2], gt[5])
	if column == 0 || row == 0 {
		return 1 // no pixels at all, which outlineOf refuses
	}
	return max(column/row, row/column)
}

// layOut is planFor's arithmetic, for a raster of w x h pixels bordered by o.
func layOut(o outline, w, h int) (plan, error) {
	if o.turns != 0 {
		return plan{}, cairn.Errorf(cairn.Invalid, "The raster covers a pole, which a Web Mercator map can't show; cut the pole out and upload it again.")
	}
	west, east, lon0, err := span(o)
	if err != nil {
		return plan{}, err
	}
	south, north := o.northings()
	if north <= -halfWorld || south >= halfWorld {
		return plan{}, cairn.Errorf(cairn.Invalid, "The raster lies beyond 85.05 degrees of latitude, where a Web Mercator map ends.")
	}
	south, north = max(south, -halfWorld), min(north, halfWorld)

	p := plan{lon0: lon0, zoom: zoomFor(o.resolution(w, h))}
	lastZoom := 0
	if lon0 != 0 {
		lastZoom = 1 // at zoom 0 both sides of the antimeridian are one tile
		p.zoom = max(p.zoom, lastZoom)
	}
	p.data = tilesOf(west, south, east, north, p.zoom)
	p.levels = levelsFor(p.data, p.zoom, lastZoom)
	p.grid = p.data.alignedTo(p.levels - 1)
	if p.grid.width() > maxGridTiles/p.grid.height() {
		return plan{}, cairn.Errorf(cairn.Invalid,
			"The raster would need %d x %d map tiles, more than Cairn builds; cut it into smaller ones.", p.grid.width(), p.grid.height())
	}
	return p, nil
}

// span returns the western and eastern edge of o in metres of EPSG:3857,
// beyond the world's eastern end if it crosses the antimeridian, and the
// meridian to warp around.
func span(o outline) (west, east, lon0 float64, err error) {
	const slack = 1e-7 // degrees, a centimetre
	w, e := o.longitudes()
	switch {
	case e-w > 360+1: // a pixel or so more than the Earth is usual in global models
		return 0, 0, 0, cairn.Errorf(cairn.Invalid, "The raster goes around the Earth more than once (%.1f degrees of longitude).", e-w)
	case w >= -180-slack && e <= 180+slack:
		return max(meters(w), -halfWorld), min(meters(e), halfWorld), 0, nil
	case e-w > 180:
		return -halfWorld, halfWorld, 0, nil
	}
	if w < -180 {
		w, e = w+360, e+360
	}
	return meters(w), meters(e), math.Round((w + e) / 2), nil
}

// meters returns the easting of a longitude, continuous beyond ±180.
func meters(lon float64) float64 { return earthRadius * lon * math.Pi / 180 }

// northing returns Web Mercator's y of a latitude; the poles are at twice the
// world's half height instead of at infinity.
func northing(lat float64) float64 {
	y := earthRadius * math.Asinh(math.Tan(lat*math.Pi/180))
	return min(max(y, -2*halfWorld), 2*halfWorld)
}

func (o outline) northings() (south, north float64) {
	south, north = math.Inf(1), math.Inf(-1)
	for _, lat := range o.lat {
		y := northing(lat)
		south, north = min(south, y), max(north, y)
	}
	return south, north
}

// resolution returns the metres per pixel in EPSG:3857 that keep the number of
// pixels along the diagonal from upper left to lower right, of a raster of
// w x h pixels. The part beyond the projection doesn't count.
func (o outline) resolution(w, h int) float64 {
	lonA, latA := o.corner(0)
	lonB, latB := o.corner(2)
	clamp := func(y float64) float64 { return min(max(y, -halfWorld), halfWorld) }
	diagonal := math.Hypot(meters(lonB-lonA), clamp(northing(latB))-clamp(northing(latA)))
	return diagonal / math.Hypot(float64(w), float64(h))
}

// zoomFor returns the coarsest zoom whose pixels are no larger than r metres (by sameZoom):
// a raster between two levels is built at the finer one, so nothing is lost.
func zoomFor(r float64) int {
	z := math.Ceil(math.Log2(resolution(0) / (r * sameZoom)))
	return int(min(max(z, 0), maxZoom))
}

// tilesOf returns the tiles at zoom that a box in EPSG:3857 touches, at least
// one in each direction.
func tilesOf(west, south, east, north float64, zoom int) tileRange {
	const tolerance = edgeTolerance / tileSize
	span := tileSize * resolution(zoom)
	first := func(m float64) int { return int(math.Floor(m/span + tolerance)) }
	last := func(m float64) int { return int(math.Ceil(m/span - tolerance)) }
	r := tileRange{x0: first(west + halfWorld), x1: last(east + halfWorld), y0: first(halfWorld - north), y1: last(halfWorld - south)}
	world := 1 << zoom
	r.y0 = min(max(r.y0, 0), world-1)
	r.y1 = min(max(r.y1, r.y0+1), world)
	r.x0 = max(r.x0, 0)
	if east <= halfWorld {
		r.x0, r.x1 = min(r.x0, world-1), min(r.x1, world)
	}
	r.x1 = max(r.x1, r.x0+1)
	return r
}

// levelsFor returns how many levels it takes from zoom until data fit in 2x2
// tiles, or until lastZoom.
func levelsFor(data tileRange, zoom, lastZoom int) int {
	overviews := 0
	for zoom-overviews > lastZoom {
		r := data.alignedTo(overviews)
		if r.width()>>overviews <= 2 && r.height()>>overviews <= 2 {
			break
		}
		overviews++
	}
	return overviews + 1
}

// alignedTo returns the smallest range around r whose edges can be halved n times.
func (r tileRange) alignedTo(n int) tileRange {
	down := func(t int) int { return t >> n << n }
	up := func(t int) int { return (t-1)>>n<<n + 1<<n }
	return tileRange{x0: down(r.x0), y0: down(r.y0), x1: up(r.x1), y1: up(r.y1)}
}
