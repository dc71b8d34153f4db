package raster

import (
	"errors"
	"math"

	"github.com/airbusgeo/godal"
)

// edgePoints is the number of points along each edge of an outline: an edge
// that is straight in the raster's projection is a curve elsewhere.
const edgePoints = 128

// outline is the border of a raster in degrees of WGS 84, clockwise in pixel
// space from the upper-left corner, edgePoints for each edge. Longitudes are
// continuous: they pass ±180 instead of jumping, and their middle lies
// in [-180, 180).
type outline struct {
	lon, lat []float64
	center   [2]float64 // of the raster, longitude within ±180
	turns    int        // times the border runs around a pole, 0 for most
}

var (
	errNoGeotransform = errors.New("the raster has no usable geotransform")
	errOffEarth       = errors.New("the raster's border has no place on the Earth")
)

// outlineOf maps the border of ds to longitudes and latitudes.
func outlineOf(ds *godal.Dataset) (outline, error) {
	gt, err := ds.GeoTransform(godal.SkipWarnings)
	if err != nil || !invertible(gt) {
		return outline{}, errNoGeotransform
	}
	size := ds.Structure()
	x, y := borderPixels(float64(size.SizeX), float64(size.SizeY))
	for i := range x {
		x[i], y[i] = apply(gt, x[i], y[i])
	}
	if err := toDegrees(ds.Projection(), x, y); err != nil {
		return outline{}, err
	}
	n := len(x) - 1
	o := outline{lon: x[:n], lat: y[:n], center: [2]float64{turnToward(x[n], 0), y[n]}}
	o.unwrap()
	return o, nil
}

// borderPixels returns the border of a raster in pixel coordinates, and its
// centre as one more point.
func borderPixels(w, h float64) (x, y []float64) {
	corners := [5][2]float64{{0, 0}, {w, 0}, {w, h}, {0, h}, {0, 0}}
	for edge := range 4 {
		from, to := corners[edge], corners[edge+1]
		for i := range edgePoints {
			t := float64(i) / edgePoints
			x = append(x, from[0]+t*(to[0]-from[0]))
			y = append(y, from[1]+t*(to[1]-from[1]))
		}
	}
	return append(x, w/2), append(y, h/2)
}

// apply maps a pixel position through a geotransform in GDAL's order.
func apply(gt [6]float64, px, py float64) (x, y float64) {
	return gt[0] + px*gt[1] + py*gt[2], gt[3] + px*gt[4] + py*gt[5]
}

func invertible(gt [6]float64) bool {
	for _, v := range gt {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return gt[1]*gt[5]-gt[2]*gt[4] != 0
}

// toDegrees transforms x and y in place from the CRS in wkt to WGS 84.
func toDegrees(wkt string, x, y []float64) error {
	source, err := godal.NewSpatialRefFromWKT(wkt, godal.SkipWarnings)
	if err != nil {
		return errors.Join(errOffEarth, err)
	}
	defer source.Close()
	wgs84, err := godal.NewSpatialRefFromEPSG(4326)
	if err != nil {
		return err
	}
	defer wgs84.Close()
	transform, err := godal.NewTransform(source, wgs84, godal.SkipWarnings)
	if err != nil {
		return errors.Join(errOffEarth, err)
	}
	defer transform.Close()

	if err := transform.TransformEx(x, y, nil, nil); err != nil {
		return errors.Join(errOffEarth, err)
	}
	const slack = 1e-6 // a border on the pole may be off by a rounding
	for i := range x {
		if math.IsNaN(x[i]) || math.IsInf(x[i], 0) || !(math.Abs(y[i]) <= 90+slack) {
			return errOffEarth
		}
	}
	return nil
}

// unwrap makes the longitudes continuous along the border.
func (o *outline) unwrap() {
	for i := 1; i < len(o.lon); i++ {
		o.lon[i] = turnToward(o.lon[i], o.lon[i-1])
	}
	closing := turnToward(o.lon[0], o.lon[len(o.lon)-1])
	o.turns = int(math.Round((closing - o.lon[0]) / 360))

	west, east := o.longitudes()
	shift := 360 * math.Floor((west+east)/2/360+0.5)
	for i := range o.lon {
		o.lon[i] -= shift
	}
}

// turnToward returns lon plus the number of full turns that bring it within
// half a turn of reference.
func turnToward(lon, reference float64) float64 {
	return lon - 360*math.Round((lon-reference)/360)
}

// longitudes returns the western- and easternmost longitude.
func (o outline) longitudes() (west, east float64) {
	west, east = math.Inf(1), math.Inf(-1)
	for _, lon := range o.lon {
		west, east = min(west, lon), max(east, lon)
	}
	return west, east
}

// corner returns corner i: upper left, upper right, lower right, lower left.
func (o outline) corner(i int) (lon, lat float64) {
	return o.lon[i*edgePoints], o.lat[i*edgePoints]
}
