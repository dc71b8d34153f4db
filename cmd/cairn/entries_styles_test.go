package main

import (
	"fmt"
	"image/color"
	"net/http"
	"strings"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rasterInfo is what raster-info answers.
type rasterInfo struct {
	BandCount, Width, Height int
	DataType, CRS            string
	Bands                    []struct {
		Index, Wavelength         int
		Name, ColorInterpretation string
	}
	AvailablePresets []struct {
		ID, Name, Type, Formula, Colormap string
		BandMapping                       *struct{ R, G, B int }
		IsDefault                         bool
	}
	Presets        []struct{ ID, Name string }
	DefaultPreset  *string
	DetectedSensor *string
}

// rasterMetadata is what raster-metadata answers.
type rasterMetadata struct {
	Statistics map[string]struct {
		Min, Max, Mean, Std float64
		Percentiles         struct{ P2, P98 float64 }
		Histogram           *struct {
			Counts []int
			Edges  []float64
			Bins   int
		}
	}
	Algorithms []struct {
		ID, Name, Expr, Help, DisabledReason string
		Range                                []float64
		Disabled                             bool
	}
	Colormaps []struct {
		ID, Name string
		Colors   []string
	}
	AutoBands struct {
		Filter string
		Match  bool
	}
	DetectedSensor string
}

var styleStatements = []statement{
	{number: 98, says: "NDVI of N=3, R=1 has index 191 of rdylgn", holds: func(t *testing.T) {
		c := server(t)
		bands := multispectral("MicaSense RedEdge")
		bands.bands[2], bands.bands[4] = everywhere(1), everywhere(3)
		ds := c.raster(t, "entries98", bands.geotiff(t))
		// 191/255 is 0.749, which is 0.996 of the way from 254,224,139 to 166,217,106.
		assert.Equal(t, color.NRGBA{166, 217, 106, 255}, c.colorAt(t, ds, "tiles-ex", 0.5, 0.5, "&formula=NDVI"))
	}},
	{number: 99, says: "a denominator of 0 is transparent", holds: func(t *testing.T) {
		c := server(t)
		zero := func(u, v float64) float64 {
			if u < 0.5 {
				return 0
			}
			return 5
		}
		ds := c.raster(t, "entries99", dataRaster{kind: godal.Float32, bands: []func(u, v float64) float64{zero, zero, zero, zero, zero}}.geotiff(t))
		for _, extra := range []string{"&formula=NDVI&bandFilter=BGRReN", "&formula=(N-R)/(N%2BR)&bandFilter=BGRReN"} {
			assert.Zero(t, c.colorAt(t, ds, "tiles-ex", 0.3, 0.5, extra).A)
			assert.EqualValues(t, 255, c.colorAt(t, ds, "tiles-ex", 0.7, 0.5, extra).A)
		}
	}},
	{number: 100, says: "nodata in any band is transparent", holds: func(t *testing.T) {
		c := server(t)
		bands := multispectral("MicaSense RedEdge")
		bands.bands[0] = func(u, v float64) float64 { // blue, which NDVI has nothing of
			if u < 0.5 {
				return 65535
			}
			return 500
		}
		ds := c.raster(t, "entries100", bands.geotiff(t))
		assert.Zero(t, c.colorAt(t, ds, "tiles-ex", 0.3, 0.5, "&formula=NDVI").A)
		assert.EqualValues(t, 255, c.colorAt(t, ds, "tiles-ex", 0.7, 0.5, "&formula=NDVI").A)
	}},
	{number: 101, says: "rescale=0,1 moves 0.5 to index 127", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "entries101", multispectral("MicaSense RedEdge").geotiff(t))
		assert.Equal(t, color.NRGBA{127, 127, 127, 255}, c.colorAt(t, ds, "tiles-ex", 0.5, 0.5, "&formula=NDVI&rescale=0,1&colormap=grayscale"))
	}},
	{number: 102, says: "rdylgn has its colours at 0, 127 and 255", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "entries102", multispectral("MicaSense RedEdge").geotiff(t)) // NDVI is 0.5
		for rescale, want := range map[string]color.NRGBA{"0.6,1": {215, 48, 39, 255}, "0,1": {253, 223, 138, 255}, "-1,0.4": {26, 152, 80, 255}} {
			assert.Equal(t, want, c.colorAt(t, ds, "tiles-ex", 0.5, 0.5, "&formula=NDVI&rescale="+rescale))
		}
	}},
	{number: 103, says: "MicaSense RedEdge is known", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "entries103", multispectral("MicaSense RedEdge").geotiff(t))
		var info rasterInfo
		c.get(t, ds+"/raster-info?path=a.tif").json(t, 200, &info)
		require.NotNil(t, info.DetectedSensor)
		assert.Equal(t, "micasense-rededge", *info.DetectedSensor)
		assert.Equal(t, "true-color", *info.DefaultPreset)
		assert.Equal(t, "UInt16", info.DataType)
		assert.Equal(t, "EPSG:3857", info.CRS)
		require.Len(t, info.Bands, 5)
		assert.Equal(t, "Red Edge", info.Bands[3].Name)
		assert.Equal(t, 717, info.Bands[3].Wavelength)
		require.Len(t, info.AvailablePresets, 7)
		first := info.AvailablePresets[0]
		assert.True(t, first.IsDefault)
		require.NotNil(t, first.BandMapping)
		assert.Equal(t, struct{ R, G, B int }{3, 2, 1}, *first.BandMapping)
		last := info.AvailablePresets[6]
		assert.Equal(t, []string{"ndre", "index", "NDRE", "rdylgn"}, []string{last.ID, last.Type, last.Formula, last.Colormap})
		assert.Len(t, info.Presets, 3)
		// Of the outline, not of the padded COG: 300 m of ground, 0.598 m of the map each.
		west, east := maptile.Fraction(geographic(t, 0, 0.5), 18), maptile.Fraction(geographic(t, 1, 0.5), 18)
		assert.InDelta(t, 256*(east[0]-west[0]), info.Width, 12)
		assert.InDelta(t, info.Width, info.Height, 12)
		c.get(t, ds+"/raster-info?path=/a.tif").requireError(t, http.StatusBadRequest)
		c.get(t, ds+"/raster-info?path=../a.tif").requireError(t, http.StatusBadRequest)
		c.get(t, ds+"/raster-info").requireError(t, http.StatusBadRequest)
		c.get(t, ds+"/raster-info?path=b.tif").requireError(t, http.StatusNotFound)
	}},
	{number: 104, says: "RedEdge-P is known", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "entries104", multispectral("MicaSense RedEdge-P").geotiff(t))
		var info rasterInfo
		c.get(t, ds+"/raster-info?path=a.tif").json(t, 200, &info)
		require.NotNil(t, info.DetectedSensor)
		assert.Equal(t, "micasense-rededge-p", *info.DetectedSensor)
	}},
	{number: 105, says: "a picture is of no sensor", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "entries105", geotiff(t, rasterSize))
		a := c.get(t, ds+"/raster-info?path=a.tif")
		var info rasterInfo
		a.json(t, 200, &info)
		assert.Nil(t, info.DefaultPreset)
		assert.Nil(t, info.DetectedSensor)
		assert.Contains(t, string(a.body), `"defaultPreset":null`)
		assert.Contains(t, string(a.body), `"availablePresets":[]`)
	}},
	{number: 106, says: "a preset of type index alone is the default mapping", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "entries106", multispectral("MicaSense RedEdge").geotiff(t))
		ask := func(extra string) []byte {
			a := c.get(t, tileAt(t, ds, "tiles-ex", 0.5, 0.5, 18, extra+"&stretch=none"))
			require.Equal(t, http.StatusOK, a.status, "%s", a.body)
			return a.body
		}
		assert.Equal(t, ask("&bands=3,2,1"), ask("&preset=ndvi"))
		assert.Equal(t, ask("&bands=3,2,1"), ask("&preset=true-color"))
		assert.Equal(t, ask("&bands=5,3,2"), ask("&preset=false-color-ir"))
		assert.NotEqual(t, ask("&bands=5,3,2"), ask("&preset=ndvi"))
	}},
	{number: 107, says: "raster-metadata lists all formulas and says which the raster lacks bands for", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "entries107", geotiff(t, rasterSize))
		var m rasterMetadata
		c.get(t, ds+"/raster-metadata?path=a.tif").json(t, 200, &m)
		require.Len(t, m.Algorithms, 18)
		require.Len(t, m.Colormaps, 17)
		enabled := map[string]bool{"VARI": true, "EXG": true, "GLI": true, "vNDVI": true, "NDYI": true, "MPRI": true}
		for _, a := range m.Algorithms {
			assert.Equal(t, !enabled[a.ID], a.Disabled, a.ID)
			assert.Equal(t, a.Disabled, strings.HasPrefix(a.DisabledReason, "Requires bands: "), a.ID)
			assert.NotEmpty(t, a.Name+a.Expr+a.Help)
		}
		assert.Equal(t, []string{"#d73027", "#f59455", "#fdcc7a", "#dadd7d", "#8acc64", "#1a9850"}, m.Colormaps[0].Colors)
		assert.Len(t, m.Statistics, 3)
		assert.Equal(t, "RGB", m.AutoBands.Filter)
		assert.Empty(t, m.DetectedSensor)

		// With other letters other formulas are there.
		c.get(t, ds+"/raster-metadata?path=a.tif&bandFilter=NRG").json(t, 200, &m)
		for _, a := range m.Algorithms {
			if a.ID == "NDVI" {
				assert.False(t, a.Disabled)
				assert.Equal(t, []float64{-1, 1}, a.Range)
			}
		}
		c.get(t, ds+"/raster-metadata?path=a.tif&formula=unheard").requireError(t, http.StatusBadRequest)
		c.get(t, ds+"/raster-metadata?path=/a.tif").requireError(t, http.StatusBadRequest)
	}},
	{number: 108, says: "without bandFilter bands are found out", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "entries108", multispectral("MicaSense RedEdge").geotiff(t))
		var m rasterMetadata
		c.get(t, ds+"/raster-metadata?path=a.tif&formula=NDVI").json(t, 200, &m)
		assert.Equal(t, "BGRReN", m.AutoBands.Filter, "in the order of the file, so that it can be sent back")
		assert.True(t, m.AutoBands.Match)
		assert.Equal(t, "micasense-rededge", m.DetectedSensor)
		assert.InDelta(t, 0.5, m.Statistics["1"].Mean, 1e-6)
		for _, a := range m.Algorithms {
			assert.Equal(t, a.ID == "CELSIUS" || a.ID == "KELVIN", a.Disabled, a.ID)
		}
		alone := c.get(t, tileAt(t, ds, "tiles-ex", 0.5, 0.5, 18, "&formula=NDVI"))
		told := c.get(t, tileAt(t, ds, "tiles-ex", 0.5, 0.5, 18, "&formula=NDVI&bandFilter="+m.AutoBands.Filter))
		assert.Equal(t, told.body, alone.body)
	}},
}

// A map library needs nothing but the TileJSON.
func TestTileJSON(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "tilejson", "public")
	c.upload(t, ds, "maps/a + b.tif", multispectral("MicaSense RedEdge").geotiff(t))
	c.awaitBuilt(t, ds, "maps/a + b.tif")
	type document struct {
		TileJSON, Name, Scheme string
		Tiles                  []string
		MinZoom, MaxZoom       int
		Bounds                 [4]float64
	}
	for _, extra := range []string{"", "&formula=(N-R)/(N%2BR)&colormap=viridis&rescale=0,1", "&bands=5,3,2&stretch=minmax"} {
		var doc document
		c.get(t, ds+"/tilejson?path=maps/a%20%2B%20b.tif"+extra).json(t, 200, &doc)
		assert.Equal(t, "3.0.0", doc.TileJSON)
		assert.Equal(t, "a + b.tif", doc.Name)
		northWest, southEast := geographic(t, 0, 0), geographic(t, 1, 1)
		assert.InDelta(t, northWest[0], doc.Bounds[0], 1e-3)
		assert.InDelta(t, southEast[1], doc.Bounds[1], 1e-3)
		require.Len(t, doc.Tiles, 1)
		require.True(t, strings.HasPrefix(doc.Tiles[0], c.base), doc.Tiles[0])
		for zoom := doc.MinZoom; zoom <= doc.MaxZoom; zoom++ {
			at := maptile.At(geographic(t, 0.5, 0.5), maptile.Zoom(zoom))
			tile := strings.NewReplacer("{z}", fmt.Sprint(zoom), "{x}", fmt.Sprint(at.X), "{y}", fmt.Sprint(at.Y)).Replace(doc.Tiles[0])
			a := c.get(t, strings.TrimPrefix(tile, c.base))
			decodePNG(t, a)
			assert.Contains(t, a.header.Get("Cache-Control"), "immutable")
		}
	}
	c.get(t, ds+"/tilejson?path=maps/a%20%2B%20b.tif&formula=unheard").requireError(t, http.StatusBadRequest)
	c.get(t, ds+"/tilejson?path=maps/a%20%2B%20b.tif&bands=6").requireError(t, http.StatusBadRequest)
}
