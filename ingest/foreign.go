package ingest

import (
	"context"
	"encoding/gob"
	"time"

	"github.com/twpayne/go-geom"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest/raster"
	"github.com/cairngeo/cairn/sandbox"
)

// buildJob is what is to be built of the file that GDAL opens as Source, and
// the folder where, and how.
type buildJob struct {
	Source, Dir string
	Options     raster.Options
}

// Progress is told metatile by metatile: a build that is silent for so long hangs.
var buildCOG = sandbox.Register("build COG", 30*time.Minute, func(ctx context.Context, job buildJob, progress func(float64)) (bool, error) {
	err := raster.Build(ctx, job.Source, job.Dir, job.Options, progress)
	return err == nil, err
})

var describeRaster = sandbox.Register("describe raster", time.Minute, func(ctx context.Context, location string, _ func(float64)) (rasterFacts, error) {
	d, georeferenced, err := raster.Describe(ctx, location)
	facts := rasterFacts{Type: d.Type, Georeferenced: georeferenced, Properties: d.Properties}
	if d.Polygon != nil {
		facts.Ring = d.Polygon.FlatCoords()
	}
	if d.Point != nil {
		facts.Point = d.Point.FlatCoords()
	}
	return facts, err
})

// rasterFacts are a raster's description on its way out of a sandbox.
type rasterFacts struct {
	Type          catalog.EntryType
	Georeferenced bool
	Properties    map[string]any
	Ring, Point   []float64
}

func init() {
	gob.Register([]map[string]any{}) // the bands among the properties
}

// describeInSandbox is raster.Describe in a sandbox.
func describeInSandbox(ctx context.Context, reads *sandbox.Pool, location string) (d catalog.Description, georeferenced bool, err error) {
	facts, err := describeRaster.Call(ctx, reads, location, nil)
	if err != nil {
		return d, false, err
	}
	d = catalog.Description{Type: facts.Type, Properties: facts.Properties}
	if len(facts.Ring) > 0 {
		d.Polygon = geom.NewPolygonFlat(geom.XYZ, facts.Ring, []int{len(facts.Ring)}).SetSRID(catalog.SRID)
	}
	if len(facts.Point) > 0 {
		d.Point = geom.NewPointFlat(geom.XYZ, facts.Point).SetSRID(catalog.SRID)
	}
	return d, facts.Georeferenced, nil
}
