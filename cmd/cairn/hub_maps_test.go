package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/image/webp"
)

const (
	pointClouds = "point clouds are their own issue"
	models      = "models are their own issue"
	vectors     = "vectors are their own issue"
)

// Thumbnails, tiles and build products.
var hubMapStatements = []statement{
	{number: 19, says: "the cookie alone reads a private thumbnail", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub19", "private")
		c.upload(t, ds, "a.png", picture(t, 300, 200))
		require.Equal(t, 200, c.browsing().get(t, ds+"/thumb?path=a.png&size=256").status)
		require.Equal(t, 401, c.anonymous().get(t, ds+"/thumb?path=a.png&size=256").status)
	}},
	{number: 59, says: "thumbnails of images and rasters", holds: func(t *testing.T) {
		c := server(t).anonymous()
		demoEntries(t)
		c.awaitBuilt(t, "/orgs/public/ds/demo", "orthophoto.tif")
		for _, path := range []string{"photos/DJI_0006.jpg", "orthophoto.tif"} {
			a := c.get(t, "/orgs/public/ds/demo/thumb?path="+path+"&size=256")
			require.Equal(t, 200, a.status, path)
			config, err := webp.DecodeConfig(bytes.NewReader(a.body))
			require.NoError(t, err)
			require.Equal(t, 256, max(config.Width, config.Height))
		}
	}},
	{number: 60, says: "a thumbnail that can't be made fails", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub60", "public")
		c.upload(t, ds, "broken.jpg", []byte("no picture"))
		for range 3 {
			status := c.get(t, ds+"/thumb?path=broken.jpg&size=256&retry=1").status
			require.GreaterOrEqual(t, status, 400)
			require.Less(t, status, 500)
		}
	}},
	{number: 61, says: "the dataset's cover is its thumbnail", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub61", "public")
		require.Equal(t, 404, c.get(t, ds+"/thumb?size=150").status)
		c.upload(t, ds, "Cover.PNG", picture(t, 300, 200))
		a := c.get(t, ds+"/thumb?size=150")
		require.Equal(t, "image/webp", a.header.Get("Content-Type"))
		var d struct{ HasThumbnail bool }
		c.get(t, ds+"/ex").json(t, 200, &d)
		require.True(t, d.HasThumbnail)
	}},
	{number: 62, says: "tiles from zoom 14 to 22", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub62", "public")
		c.upload(t, ds, "a.tif", geotiff(t, rasterSize))
		c.awaitBuilt(t, ds, "a.tif")
		for zoom := maptile.Zoom(14); zoom <= 22; zoom++ {
			at := maptile.At(geographic(t, 0.5, 0.5), zoom)
			tile := decodePNG(t, c.get(t, fmt.Sprintf("%s/tiles/%d/%d/%d.png?path=a.tif", ds, at.Z, at.X, at.Y)))
			require.Equal(t, 256, tile.Bounds().Dx())
			_, _, _, alpha := tile.At(128, 128).RGBA()
			if zoom >= 18 { // the middle of the raster fills such a tile
				require.NotZero(t, alpha, zoom)
			}
		}
	}},
	{number: 63, says: "tiles of names with a space or a plus", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub63", "public")
		for _, name := range []string{"a b.tif", "a+b.tif"} {
			c.upload(t, ds, name, geotiff(t, 64))
			c.awaitBuilt(t, ds, name)
			at := maptile.At(geographic(t, 0.05, 0.05), 16)
			for _, sent := range []string{name, url.QueryEscape(name)} {
				if sent == "a b.tif" {
					continue // browsers encode spaces
				}
				require.Equal(t, 200, c.get(t, fmt.Sprintf("%s/tiles/%d/%d/%d.png?path=%s", ds, at.Z, at.X, at.Y, sent)).status, sent)
			}
		}
	}},
	{number: 64, says: "tiles-ex honours its parameters and ignores unknown ones", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "hub64", multispectral("").geotiff(t)) // NDVI is 0.5 everywhere
		address := tileAt(t, ds, "tiles-ex", 0.5, 0.5, 18, "&formula=NDVI&bandFilter=BGRReN&colormap=rdylgn&rescale=0.000%2C1.000&stretch=percentile&unheard=of")
		a := c.get(t, strings.Replace(address, ".png", ".webp", 1))
		require.Equal(t, "image/webp", a.header.Get("Content-Type"))
		m, err := webp.Decode(bytes.NewReader(a.body))
		require.NoError(t, err)
		require.Equal(t, 256, m.Bounds().Dx())
		ask := func(extra string) color.NRGBA { return c.colorAt(t, ds, "tiles-ex", 0.5, 0.5, extra) }
		assert.Equal(t, color.NRGBA{253, 223, 138, 255}, ask("&formula=NDVI&bandFilter=BGRReN&rescale=0,1"), "index 127 of rdylgn")
		assert.Equal(t, color.NRGBA{128, 128, 128, 255}, ask("&formula=NDVI&bandFilter=BGRReN&rescale=-0.51,1.5&colormap=grayscale"), "index 128")
		assert.Equal(t, color.NRGBA{191, 191, 191, 255}, ask("&formula=NDVI&bandFilter=BGRReN&colormap=grayscale"), "the formula's own range")
		assert.Equal(t, ask("&formula=NDVI&bandFilter=BGRReN"), ask("&formula=NDVI&bandFilter=BGRReN&stretch=none"))
		assert.Equal(t, color.NRGBA{7, 3, 3, 255}, ask("&bands=4,3,2&stretch=none"), "of 65535")
		assert.Equal(t, color.NRGBA{255, 127, 102, 255}, ask("&bands=4,3,2&rescale=0,2000"))
	}},
	{number: 65, says: "CELSIUS on any raster colours its values", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "hub65", dataRaster{kind: godal.Float32, bands: []func(u, v float64) float64{everywhere(55)}}.geotiff(t))
		assert.Equal(t, color.NRGBA{33, 143, 139, 255}, c.colorAt(t, ds, "tiles-ex", 0.5, 0.5, "&formula=CELSIUS&colormap=viridis&rescale=10.0%2C100.0"), "index 127 of viridis")
	}},
	{number: 66, says: "raster-metadata has statistics", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "hub66", dataRaster{kind: godal.Float32, bands: []func(u, v float64) float64{func(u, v float64) float64 { return 100 * u }}}.geotiff(t))
		for _, formula := range []string{"", "&formula=CELSIUS"} {
			var m rasterMetadata
			c.get(t, ds+"/raster-metadata?path=a.tif"+formula).json(t, 200, &m)
			of, ok := m.Statistics["1"]
			require.True(t, ok)
			assert.InDelta(t, 0, of.Min, 0.5)
			assert.InDelta(t, 100, of.Max, 0.5)
			assert.InDelta(t, 50, of.Mean, 0.5)
			assert.InDelta(t, 28.9, of.Std, 0.5)
			assert.InDelta(t, 2, of.Percentiles.P2, 0.5)
			assert.InDelta(t, 98, of.Percentiles.P98, 0.5)
			if formula != "" {
				require.NotNil(t, of.Histogram)
				assert.Len(t, of.Histogram.Counts, 255)
				assert.Len(t, of.Histogram.Edges, 256)
			}
		}
	}},
	{number: 67, says: "raster-value-info has numbers for the first range", holds: func(t *testing.T) {
		c := server(t)
		ds := c.built(t, "hub67")
		var info struct {
			ValueMin, ValueMax *float64
			Width, Height      int
			IsThermal          *bool
		}
		c.get(t, ds+"/raster-value-info?path=dsm.tif").json(t, 200, &info)
		nearly(t, 100, *info.ValueMin, 0.05)
		nearly(t, 110, *info.ValueMax, 0.05)
		require.False(t, *info.IsThermal)
		// The client computes the pixel of a click from the bounds of the polygon.
		middle := fmt.Sprintf("&x=%d&y=%d", info.Width/2, info.Height/3)
		var point struct{ Value float64 }
		c.get(t, ds+"/raster-point-value?path=dsm.tif"+middle).json(t, 200, &point)
		nearly(t, 105, point.Value, 0.05)
	}},
	{number: 68, says: "raster-profile takes a line as text", holds: func(t *testing.T) {
		c := server(t)
		ds := c.built(t, "hub68")
		var p profileAnswer
		c.post(t, http.MethodPost, ds+"/raster-profile", map[string]any{"path": "dsm.tif", "lineString": lineAcross(t, 0.2, 0.4, 0.2), "samples": 11}).json(t, 200, &p)
		for i, s := range p.Samples {
			nearly(t, 102+0.2*float64(i), *s.Value, 0.02)
		}
		nearly(t, 103, p.Mean, 0.02)
	}},
	{number: 69, says: "contours are a FeatureCollection", holds: func(t *testing.T) {
		c := server(t)
		ds := c.built(t, "hub69")
		a := c.post(t, http.MethodPost, ds+"/contours", map[string]any{"path": "dsm.tif", "interval": 2.5, "baseOffset": 0, "simplifyTolerance": 0, "bandIndex": 1})
		require.Equal(t, "application/json", a.header.Get("Content-Type"))
		var collection struct {
			Type         string
			FeatureCount int
			Features     []struct {
				Type       string
				Properties struct{ Elev float64 }
				Geometry   struct {
					Type        string
					Coordinates [][2]float64
				}
			}
		}
		a.json(t, 200, &collection)
		require.Equal(t, "FeatureCollection", collection.Type)
		require.Len(t, collection.Features, collection.FeatureCount)
		values := map[float64]bool{}
		for _, f := range collection.Features {
			values[f.Properties.Elev] = true
			require.Equal(t, "LineString", f.Geometry.Type)
			u := (f.Properties.Elev - 100) / 10 // a line from north to south there
			for _, p := range f.Geometry.Coordinates {
				nearly(t, geographic(t, u, 0.5)[0], p[0], 3e-5)
			}
		}
		require.Equal(t, map[float64]bool{102.5: true, 105: true, 107.5: true}, values)
	}},
	{number: 70, says: "HEAD of a COPC", elsewhere: pointClouds},
	{number: 71, says: "a range of a build file is 206 beyond its end too", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub71", "public")
		c.upload(t, ds, "a.tif", geotiff(t, 32))
		file := ds + "/build/" + *c.awaitBuilt(t, ds, "a.tif").Hash + "/cog/cog.tif"
		length := c.send(t, http.MethodHead, file, nil).header.Get("Content-Length")
		a := c.get(t, file, "Range", "bytes=0-65535999")
		assert.Equal(t, http.StatusPartialContent, a.status)
		assert.Equal(t, length, fmt.Sprint(len(a.body)))
	}},
	{number: 72, says: "Nexus models", elsewhere: models},
	{number: 73, says: "3D tiles", elsewhere: models},
	{number: 74, says: "FlatGeobuf", elsewhere: vectors},
	{number: 75, says: "MVT metadata", elsewhere: vectors},
	{number: 76, says: "MVT tiles", elsewhere: vectors},
}

// picture returns a PNG.
func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	var content bytes.Buffer
	require.NoError(t, png.Encode(&content, image.NewGray(image.Rect(0, 0, width, height))))
	return content.Bytes()
}
