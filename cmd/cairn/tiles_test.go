package main

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"os/exec"
	"testing"
	"time"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/image/webp"
)

// rasterSize is the number of cells along a side of the raster that is drawn.
const rasterSize = 600

// geographic returns the position of a point of the raster, u and v from 0 to
// 1 to the east and the south, by GDAL.
func geographic(t *testing.T, u, v float64) orb.Point {
	t.Helper()
	utm, err := godal.NewSpatialRefFromEPSG(32615)
	require.NoError(t, err)
	defer utm.Close()
	wgs84, err := godal.NewSpatialRef("OGC:CRS84")
	require.NoError(t, err)
	defer wgs84.Close()
	transform, err := godal.NewTransform(utm, wgs84)
	require.NoError(t, err)
	defer transform.Close()
	x, y := []float64{rasterEast + u*rasterSize*rasterCell}, []float64{rasterNorth - v*rasterSize*rasterCell}
	require.NoError(t, transform.TransformEx(x, y, nil, nil))
	return orb.Point{x[0], y[0]}
}

func decodePNG(t *testing.T, a answer) image.Image {
	t.Helper()
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	require.Equal(t, "image/png", a.header.Get("Content-Type"))
	picture, err := png.Decode(bytes.NewReader(a.body))
	require.NoError(t, err)
	return picture
}

func TestTiles(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "tiles", "public")
	c.upload(t, ds, "maps/ortho 1.tif", geotiff(t, rasterSize))
	c.upload(t, ds, "notes.txt", []byte("no map"))
	c.upload(t, ds, "corrupt.tif", geotiff(t, rasterSize)[:2000])
	hash := *c.awaitBuilt(t, ds, "maps/ortho 1.tif").Hash
	const raster = ".png?path=maps/ortho%201.tif"
	at := func(tile maptile.Tile, rest string) string {
		return fmt.Sprintf("%s/tiles/%d/%d/%d%s", ds, tile.Z, tile.X, tile.Y, rest)
	}
	middle := maptile.At(geographic(t, 0.5, 0.5), 19)

	// The colour under a point is the one that the raster was made with.
	picture := decodePNG(t, c.get(t, at(middle, raster)))
	assert.Equal(t, image.Rect(0, 0, 256, 256), picture.Bounds())
	for _, at := range [][2]float64{{0.5, 0.5}, {0.49, 0.505}} {
		inTile := maptile.Fraction(geographic(t, at[0], at[1]), 19)
		px, py := int((inTile[0]-float64(middle.X))*256), int((inTile[1]-float64(middle.Y))*256)
		if !(image.Point{px, py}).In(picture.Bounds()) {
			continue
		}
		r, g, b, a := picture.At(px, py).RGBA()
		assert.InDelta(t, at[0]*255, r>>8, 10)
		assert.InDelta(t, at[1]*255, g>>8, 10)
		assert.InDelta(t, 200, b>>8, 10)
		assert.EqualValues(t, 255, a>>8)
	}

	// WebP to whoever names it; the answer says that this matters.
	asWebP := c.get(t, at(middle, raster), "Accept", "image/avif,image/webp,*/*")
	assert.Equal(t, "image/webp", asWebP.header.Get("Content-Type"))
	assert.Contains(t, asWebP.header.Values("Vary"), "Accept")
	decoded, err := webp.Decode(bytes.NewReader(asWebP.body))
	require.NoError(t, err)
	assert.Equal(t, 256, decoded.Bounds().Dx())
	assert.Equal(t, "image/png", c.get(t, at(middle, raster), "Accept", "image/*,*/*").header.Get("Content-Type"))
	assert.Equal(t, 512, decodePNG(t, c.get(t, at(middle, "@2x"+raster))).Bounds().Dx())

	// Outside the raster but in the world a tile is transparent.
	outside := decodePNG(t, c.get(t, at(maptile.New(0, 0, 5), raster)))
	for _, p := range []image.Point{{0, 0}, {128, 128}, {255, 255}} {
		_, _, _, a := outside.At(p.X, p.Y).RGBA()
		assert.Zero(t, a)
	}

	// Caching: for ever only where the address names the content.
	tag := asWebP.header.Get("ETag")
	require.NotEmpty(t, tag)
	assert.Equal(t, http.StatusNotModified, c.get(t, at(middle, raster), "Accept", "image/webp", "If-None-Match", tag).status)
	assert.Equal(t, "public, max-age=60", asWebP.header.Get("Cache-Control"))
	assert.Contains(t, c.get(t, at(middle, raster+"&v="+hash)).header.Get("Cache-Control"), "immutable")
	assert.NotContains(t, c.get(t, at(middle, raster+"&v=other")).header.Get("Cache-Control"), "immutable")

	for _, bad := range []string{"/tiles/2/4/0", "/tiles/2/0/4", "/tiles/31/0/0", "/tiles/2/-1/0", "/tiles/a/0/0", "/tiles/2/0/0@3x"} {
		c.get(t, ds+bad+raster).requireError(t, http.StatusBadRequest)
	}
	c.get(t, ds+"/tiles/2/0/0.png?path=notes.txt").requireError(t, http.StatusBadRequest, "notes.txt")
	c.get(t, ds+"/tiles/2/0/0.png?path=nothing.tif").requireError(t, http.StatusNotFound, "nothing.tif")
	c.get(t, ds+"/tiles/2/0/0.png").requireError(t, http.StatusBadRequest)
	var corrupt answer
	require.Eventually(t, func() bool { // its build waits for those of others
		corrupt = c.get(t, ds+"/tiles/2/0/0.png?path=corrupt.tif")
		return corrupt.status != http.StatusServiceUnavailable
	}, 2*time.Minute, 50*time.Millisecond)
	assert.Contains(t, []int{400, 404}, corrupt.status)
}

func TestThumbnails(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "thumbnails", "public")
	photo := picture(t, 300, 100)
	c.upload(t, ds, "photo.png", photo)
	c.upload(t, ds, "notes.txt", []byte("no picture"))
	for query, want := range map[string]image.Point{
		"": {512, 170}, "&size=150": {150, 50}, "&size=600": {600, 200}, "&size=1": {16, 5}, "&size=99999": {4096, 1365},
	} {
		a := c.get(t, ds+"/thumb?path=photo.png"+query)
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		require.Equal(t, "image/webp", a.header.Get("Content-Type"))
		config, err := webp.DecodeConfig(bytes.NewReader(a.body))
		require.NoError(t, err)
		assert.Equal(t, want, image.Pt(config.Width, config.Height), query)
		assert.Equal(t, http.StatusNotModified, c.get(t, ds+"/thumb?path=photo.png"+query, "If-None-Match", a.header.Get("ETag")).status)
	}
	c.get(t, ds+"/thumb?path=photo.png&size=big").requireError(t, http.StatusBadRequest, "big")
	c.get(t, ds+"/thumb?path=notes.txt").requireError(t, http.StatusBadRequest, "notes.txt")
	c.get(t, ds+"/thumb?path=nothing.png").requireError(t, http.StatusNotFound, "nothing.png")
	c.get(t, ds+"/thumb").requireError(t, http.StatusNotFound)
	c.upload(t, ds, "cover.png", photo)
	assert.Equal(t, http.StatusOK, c.get(t, ds+"/thumb").status)
}

// GDAL reads what the server sends, by ranges.
func TestGDALReadsTheCOG(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "gdal", "public")
	c.upload(t, ds, "ortho.tif", geotiff(t, rasterSize))
	hash := *c.awaitBuilt(t, ds, "ortho.tif").Hash
	cog := "/vsicurl/" + c.base + ds + "/build/" + hash + "/cog/cog.tif"
	info, err := exec.Command("gdalinfo", "-checksum", cog).CombinedOutput()
	require.NoError(t, err, "%s", info)
	assert.Contains(t, string(info), "WGS 84 / Pseudo-Mercator")
	assert.Contains(t, string(info), "LAYOUT=COG")
	valid, err := exec.Command("/usr/bin/python3", "-m", "osgeo_utils.samples.validate_cloud_optimized_geotiff", "--full-check=yes", cog).CombinedOutput()
	require.NoError(t, err, "%s", valid)
	assert.Contains(t, string(valid), "is a valid cloud optimized GeoTIFF")
	assert.NotContains(t, string(valid), "warning")

	file := ds + "/build/" + hash + "/cog/cog.tif"
	part := c.get(t, file, "Range", "bytes=0-3")
	assert.Equal(t, http.StatusPartialContent, part.status)
	assert.Equal(t, "II+\x00", string(part.body), "a BigTIFF begins so")
	assert.NotContains(t, part.header.Get("Cache-Control"), "immutable")
	c.get(t, file, "Range", "bytes=999999999-").requireError(t, http.StatusRequestedRangeNotSatisfiable)
	assert.Equal(t, http.StatusNotModified, c.get(t, file, "If-None-Match", part.header.Get("ETag")).status)
	other := c.newDataset(t, "gdal-other", "public")
	c.get(t, other+"/build/"+hash+"/cog/cog.tif").requireError(t, http.StatusNotFound)
	c.get(t, ds+"/build/"+hash+"/cog/nothing").requireError(t, http.StatusNotFound)
}
