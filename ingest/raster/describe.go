package raster

import (
	"context"
	"errors"

	"github.com/airbusgeo/godal"
	"github.com/twpayne/go-geom"

	"github.com/cairngeo/cairn/catalog"
)

// Describe reads what the catalog keeps of the GeoTIFF at location: a local
// path, with or without extension, or a GDAL path such as /vsis3/…. Only its
// header is read.
//
// georeferenced is false, without an error, when the content is not a TIFF
// with a coordinate reference system: garbage, a plain picture, a picture with
// a world file or ground control points alone. An error means that the file
// could not be read at all.
//
// Properties are width and height in pixels, bands, and, if the raster has
// one, geotransform (GDAL's order) with projection (WKT 1). The polygon is
// upper left, upper right, lower right, lower left, upper left at height 0; its
// longitudes pass ±180 where it crosses the antimeridian. The point is the middle of
// the raster. Both are nil when the CRS has no known place on the Earth.
func Describe(ctx context.Context, location string) (d catalog.Description, georeferenced bool, err error) {
	if err := ctx.Err(); err != nil {
		return d, false, err
	}
	if err := readable(location); err != nil {
		return d, false, err
	}
	ds, err := openTIFF(location)
	if err != nil {
		return d, false, nil // no TIFF, or one whose header can't be understood
	}
	defer ds.Close()
	if ds.Projection() == "" || len(ds.Bands()) == 0 {
		return d, false, nil
	}

	d = catalog.Description{Type: catalog.GeoRaster, Properties: properties(ds)}
	o, err := outlineOf(ds)
	switch {
	case errors.Is(err, errNoGeotransform), errors.Is(err, errOffEarth):
		return d, true, nil
	case err != nil:
		return d, false, err
	}
	d.Polygon, d.Point = o.polygon(), o.point()
	return d, true, nil
}

func properties(ds *godal.Dataset) map[string]any {
	size := ds.Structure()
	p := map[string]any{"width": size.SizeX, "height": size.SizeY}
	if gt, err := ds.GeoTransform(godal.SkipWarnings); err == nil {
		p["geotransform"] = gt[:]
		p["projection"] = ds.Projection()
	}
	bands := make([]map[string]any, 0, size.NBands)
	for _, b := range ds.Bands() {
		bands = append(bands, map[string]any{
			"type":        b.Structure().DataType.String(),
			"colorInterp": b.ColorInterp().Name(),
		})
	}
	p["bands"] = bands
	return p
}

func (o outline) polygon() *geom.Polygon {
	ring := make([]geom.Coord, 0, 5)
	for _, i := range []int{0, 1, 2, 3, 0} {
		lon, lat := o.corner(i)
		ring = append(ring, geom.Coord{lon, lat, 0})
	}
	return geom.NewPolygon(geom.XYZ).MustSetCoords([][]geom.Coord{ring}).SetSRID(catalog.SRID)
}

func (o outline) point() *geom.Point {
	return geom.NewPoint(geom.XYZ).MustSetCoords(geom.Coord{o.center[0], o.center[1], 0}).SetSRID(catalog.SRID)
}
