package main

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type profileAnswer struct {
	Samples []struct {
		Distance, Lon, Lat float64
		Value              *float64
	}
	TotalLength             float64
	Min, Max, Mean          float64
	SampleCount, ValidCount int
}

// entryAnalysisStatements are those of the checklist of entries and builds
// that look into rasters.
var entryAnalysisStatements = []statement{
	{number: 117, says: "a profile of 1 sample has 256, of 10000 it has 4096", holds: func(t *testing.T) {
		c := server(t)
		ds := c.built(t, "entries117")
		line := lineAcross(t, 0.1, 0.9, 0.2)
		for asked, want := range map[int]int{1: 256, 10_000: 4096, 2: 2, 100: 100, -3: 256} {
			var p profileAnswer
			c.post(t, http.MethodPost, ds+"/raster-profile", map[string]any{"path": "dsm.tif", "lineString": line, "samples": asked}).json(t, 200, &p)
			require.Len(t, p.Samples, want)
			require.Equal(t, want, p.SampleCount)
		}
		var p profileAnswer
		c.post(t, http.MethodPost, ds+"/raster-profile", map[string]any{"path": "dsm.tif", "lineString": line}).json(t, 200, &p)
		require.Len(t, p.Samples, 256)
		nearly(t, 0.8*rasterSize*rasterCell, p.TotalLength, 1) // on the ground, though the map stretches it by 1.46
	}},
	{number: 118, says: "a profile is null on nodata, and the extremes ignore it", holds: func(t *testing.T) {
		c := server(t)
		ds := c.built(t, "entries118")
		var p profileAnswer
		c.post(t, http.MethodPost, ds+"/raster-profile", map[string]any{"path": "dsm.tif", "lineString": lineAcross(t, 0.1, 0.9, 0.45), "samples": 81}).json(t, 200, &p)
		nulls := 0
		for i, s := range p.Samples {
			if u := 0.1 + 0.01*float64(i); s.Value == nil {
				nulls++
				assert.True(t, u > 0.59 && u < 0.71, u)
			} else {
				nearly(t, 100+10*u, *s.Value, 0.02)
			}
		}
		assert.InDelta(t, 10, nulls, 2)
		assert.Equal(t, len(p.Samples)-nulls, p.ValidCount)
		nearly(t, 101, p.Min, 0.02)
		nearly(t, 109, p.Max, 0.02)
	}},
	{number: 121, says: "contours need interval or count, and interval wins", holds: func(t *testing.T) {
		c := server(t)
		ds := c.built(t, "entries121")
		for _, bad := range []map[string]any{{}, {"interval": 0}, {"interval": -1}, {"count": 0}, {"interval": 1, "minElev": 5, "maxElev": 5}, {"interval": 1, "bandIndex": 9}, {"interval": 1e-9}} {
			bad["path"] = "dsm.tif"
			c.post(t, http.MethodPost, ds+"/contours", bad).requireError(t, 400)
		}
		var collection struct{ Interval float64 }
		c.post(t, http.MethodPost, ds+"/contours", map[string]any{"path": "dsm.tif", "interval": 2.5, "count": 100}).json(t, 200, &collection)
		require.Equal(t, 2.5, collection.Interval)
		c.post(t, http.MethodPost, ds+"/contours", map[string]any{"path": "dsm.tif", "count": 4}).json(t, 200, &collection)
		nearly(t, 2.5, collection.Interval, 0.05)
	}},
}

// What is asked of rasters over HTTP and can't be answered.
func TestAnalysisRefusals(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.built(t, "analysis")
	c.upload(t, ds, "a.txt", []byte("abc"))
	for _, query := range []string{"", "?path=", "?path=/dsm.tif", "?path=../dsm.tif", "?path=a.txt"} {
		c.get(t, ds+"/raster-value-info"+query).requireError(t, 400)
	}
	c.get(t, ds+"/raster-value-info?path=none.tif").requireError(t, 404, "none.tif")
	for _, query := range []string{"", "&x=1", "&x=-1&y=0", "&x=0&y=99999999", "&x=a&y=0", "&x=NaN&y=0", "&x=1e300&y=0", "&x=99999999999999999999&y=0"} {
		c.get(t, ds+"/raster-point-value?path=dsm.tif"+query).requireError(t, 400)
	}
	for _, query := range []string{"", "&x0=0&y0=0&x1=1", "&x0=-9&y0=-9&x1=-1&y1=-1", "&x0=9999999&y0=0&x1=99999999&y1=5"} {
		c.get(t, ds+"/raster-area-stats?path=dsm.tif"+query).requireError(t, 400)
	}
	for _, line := range []any{nil, "", "x", `{"type":"Point","coordinates":[1,2]}`, `{"type":"LineString","coordinates":[]}`, `{"type":"LineString","coordinates":[[1,2]]}`,
		`{"type":"LineString","coordinates":[[1,2],[1,2]]}`, `{"type":"LineString","coordinates":[[1,2],["a",2]]}`, `{"type":"LineString","coordinates":[[1],[2]]}`, `{"type":"LineString","coordinates":[[1,2],[1e300,2]]}`, 5} {
		c.post(t, http.MethodPost, ds+"/raster-profile", map[string]any{"path": "dsm.tif", "lineString": line}).requireError(t, 400)
	}
	// Corners the wrong way round, and far outside, are put right.
	var stats struct {
		Min, Max   float64
		PixelCount int64
		Bounds     struct{ X0, Y0, X1, Y1 int }
	}
	c.get(t, ds+"/raster-area-stats?path=dsm.tif&x0=999999999&y0=99999999&x1=-5&y1=-5").json(t, 200, &stats)
	require.Zero(t, stats.Bounds.X0)
	require.Positive(t, stats.Bounds.X1)
	nearly(t, 100, stats.Min, 0.05)
	nearly(t, 110, stats.Max, 0.05)
}
