package main

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"testing"

	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/image/webp"
)

const (
	rasterTools = "styled tiles and raster analysis are their own issue"
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
	{number: 64, says: "tiles-ex", elsewhere: rasterTools},
	{number: 65, says: "tiles-ex with CELSIUS", elsewhere: rasterTools},
	{number: 66, says: "raster-metadata", elsewhere: rasterTools},
	{number: 67, says: "raster-value-info", elsewhere: rasterTools},
	{number: 68, says: "raster-profile", elsewhere: rasterTools},
	{number: 69, says: "contours", elsewhere: rasterTools},
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
