package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"net/http"
	"strings"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/image/webp"
)

func (c client) webPSize(t *testing.T, address string) image.Point {
	t.Helper()
	a := c.get(t, address)
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	require.Equal(t, "image/webp", a.header.Get("Content-Type"))
	config, err := webp.DecodeConfig(bytes.NewReader(a.body))
	require.NoError(t, err)
	return image.Pt(config.Width, config.Height)
}

var thumbnailStatements = []statement{
	{number: 84, says: "thumbnails are WebP, 512 on the longer side", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "entries84", "public")
		c.upload(t, ds, "a.png", picture(t, 1024, 300))
		assert.Equal(t, image.Pt(512, 150), c.webPSize(t, ds+"/thumb?path=a.png"))
	}},
	{number: 85, says: "4000x3000 at size 256 is 256x192", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "entries85", "public")
		c.upload(t, ds, "a.png", picture(t, 4000, 3000))
		assert.Equal(t, image.Pt(256, 192), c.webPSize(t, ds+"/thumb?path=a.png&size=256"))
	}},
	{number: 86, says: "small pictures are enlarged", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "entries86", "public")
		c.upload(t, ds, "a.png", picture(t, 100, 50))
		assert.Equal(t, image.Pt(200, 100), c.webPSize(t, ds+"/thumb?path=a.png&size=200"))
	}},
	{number: 87, says: "floats are grey, nodata is transparent", holds: func(t *testing.T) {
		c := server(t)
		nodata := -9999.0
		ds := c.raster(t, "entries87", dataRaster{kind: godal.Float32, nodata: &nodata, bands: []func(u, v float64) float64{
			func(u, v float64) float64 {
				if u < 0.5 && v < 0.5 {
					return nodata
				}
				return 100 * u
			}}}.geotiff(t))
		for _, route := range []string{"/thumb", "/thumb-ex"} {
			a := c.get(t, ds+route+"?path=a.tif&size=200")
			require.Equal(t, http.StatusOK, a.status, "%s", a.body)
			m, err := webp.Decode(bytes.NewReader(a.body))
			require.NoError(t, err)
			at := func(u, v float64) color.NRGBA {
				return color.NRGBAModel.Convert(m.At(int(u*float64(m.Bounds().Dx())), int(v*float64(m.Bounds().Dy())))).(color.NRGBA)
			}
			assert.Zero(t, at(0.3, 0.3).A)
			seen := at(0.7, 0.7)
			assert.EqualValues(t, 255, seen.A)
			assert.InDelta(t, seen.R, seen.G, 3)
			assert.InDelta(t, seen.R, seen.B, 3)
			assert.Greater(t, seen.R, at(0.3, 0.8).R)
		}
	}},
	{number: 88, says: "an empty path is the dataset's cover", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "entries88", "public")
		assert.Equal(t, http.StatusNotFound, c.get(t, ds+"/thumb?path=").status)
		c.upload(t, ds, "thumbnail.png", picture(t, 300, 200))
		assert.Equal(t, http.StatusOK, c.get(t, ds+"/thumb?path=").status)
	}},
	{number: 89, says: "an unknown formula is 400", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "entries89", multispectral("").geotiff(t))
		for _, formula := range []string{"UNHEARD", "ndvi", "N-", "%00", strings.Repeat("(", 1000)} {
			c.get(t, ds+"/thumb-ex?path=a.tif&formula="+formula).requireError(t, http.StatusBadRequest, "formula")
			c.get(t, tileAt(t, ds, "tiles-ex", 0.5, 0.5, 18, "&formula="+formula)).requireError(t, http.StatusBadRequest, "formula")
		}
		c.get(t, ds+"/thumb-ex?path=a.tif&formula=NDVI&colormap=unheard").requireError(t, http.StatusBadRequest, "unheard")
	}},
	{number: 90, says: "another colour map is another thumbnail", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "entries90", multispectral("").geotiff(t))
		tags := map[string]bool{}
		for _, extra := range []string{"&formula=b1", "&formula=b1&colormap=viridis", "&formula=b1&colormap=viridis&rescale=0,5000", "&bands=1", "&size=100&formula=b1"} {
			a := c.get(t, ds+"/thumb-ex?path=a.tif"+extra)
			require.Equal(t, http.StatusOK, a.status, "%s", a.body)
			tag := a.header.Get("ETag")
			assert.False(t, tags[tag], extra)
			tags[tag] = true
			assert.Equal(t, http.StatusNotModified, c.get(t, ds+"/thumb-ex?path=a.tif"+extra, "If-None-Match", tag).status)
		}
	}},
	{number: 91, says: "thumbnails of point clouds", elsewhere: pointClouds},
}

var tileStatements = []statement{
	{number: 92, says: "tiles have 256 pixels, @2x 512 for the same ground", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "entries92", geotiff(t, rasterSize))
		for _, route := range []string{"tiles", "tiles-ex"} {
			for _, style := range []string{"", "&formula=EXG", "&bands=3,2,1"} {
				one := tileAt(t, ds, route, 0.5, 0.5, 19, style)
				small := decodePNG(t, c.get(t, one))
				large := decodePNG(t, c.get(t, strings.Replace(one, ".png", "@2x.png", 1)))
				require.Equal(t, image.Pt(256, 256), small.Bounds().Size())
				require.Equal(t, image.Pt(512, 512), large.Bounds().Size())
				for _, p := range []image.Point{{64, 64}, {200, 128}} {
					a, b := color.NRGBAModel.Convert(small.At(p.X, p.Y)).(color.NRGBA), color.NRGBAModel.Convert(large.At(2*p.X, 2*p.Y)).(color.NRGBA)
					assert.InDelta(t, a.A, b.A, 8)
					assert.InDelta(t, a.R, b.R, 12)
				}
			}
		}
	}},
	{number: 93, says: "row 0 is the northernmost", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "entries93", geotiff(t, rasterSize)) // green rises to the south
		north, south := c.colorAt(t, ds, "tiles", 0.5, 0.1, ""), c.colorAt(t, ds, "tiles", 0.5, 0.9, "")
		assert.InDelta(t, 0.1*255, north.G, 10)
		assert.InDelta(t, 0.9*255, south.G, 10)
		assert.Less(t, maptile.At(geographic(t, 0.5, 0.1), 20).Y, maptile.At(geographic(t, 0.5, 0.9), 20).Y)
	}},
	{number: 94, says: "outside the raster tiles are transparent", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "entries94", multispectral("").geotiff(t))
		for _, address := range []string{"/tiles/5/0/0.png?path=a.tif", "/tiles-ex/5/0/0.png?path=a.tif&formula=NDVI", "/tiles-ex/5/0/0.png?path=a.tif&bands=3,2,1", "/tiles-ex/0/0/0.png?path=a.tif&formula=NDVI"} {
			m := decodePNG(t, c.get(t, ds+address))
			for _, p := range []image.Point{{0, 0}, {128, 200}, {255, 255}} {
				_, _, _, alpha := m.At(p.X, p.Y).RGBA()
				assert.Zero(t, alpha, address)
			}
		}
	}},
	{number: 95, says: "what is no tile of the grid is 400", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "entries95", geotiff(t, rasterSize))
		for _, route := range []string{"tiles", "tiles-ex"} {
			for _, tile := range []string{"2/-1/0", "2/0/-1", "2/4/0", "2/0/4", "31/0/0", "a/0/0", "2/0/0@3x", "2/0/1.5"} {
				c.get(t, fmt.Sprintf("%s/%s/%s.png?path=a.tif&formula=VARI", ds, route, tile)).requireError(t, http.StatusBadRequest)
			}
		}
	}},
	{number: 96, says: "tiles-ex without preset, bands and formula is tiles", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "entries96", multispectral("MicaSense RedEdge").geotiff(t))
		plain := c.get(t, tileAt(t, ds, "tiles", 0.5, 0.5, 18, ""))
		require.Equal(t, http.StatusOK, plain.status)
		for _, extra := range []string{"", "&rescale=0,1", "&colormap=viridis", "&bandFilter=NRG", "&unheard=of"} {
			assert.Equal(t, plain.body, c.get(t, tileAt(t, ds, "tiles-ex", 0.5, 0.5, 18, extra)).body, extra)
		}
	}},
	{number: 97, says: "16 bits are stretched over the whole raster's range", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "entries97", dataRaster{kind: godal.UInt16, bands: []func(u, v float64) float64{
			func(u, v float64) float64 { return 1000 + 4000*u }}}.geotiff(t))
		for _, route := range []string{"tiles", "tiles-ex"} {
			// From 2 to 98 percent; see decision 63. With minmax all of it.
			assert.InDelta(t, 255*(0.1-0.02)/0.96, c.colorAt(t, ds, route, 0.1, 0.5, "").R, 3)
			assert.InDelta(t, 255*0.1, c.colorAt(t, ds, route, 0.1, 0.5, "&stretch=minmax").R, 3)
			assert.InDelta(t, 0, c.colorAt(t, ds, route, 0.002, 0.5, "&stretch=minmax").R, 3)
			assert.InDelta(t, 255, c.colorAt(t, ds, route, 0.998, 0.5, "&stretch=minmax").R, 3)
			assert.InDelta(t, 255*3000/65535, c.colorAt(t, ds, route, 0.5, 0.5, "&stretch=none").R, 3)
		}
	}},
}
