package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A photo is drawn in a style as it was uploaded; on the map it can't be drawn.
func TestStyledThumbnailOfAPhoto(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "styledphoto", "public")
	c.upload(t, ds, "a.png", picture(t, 100, 50))
	usual, other := c.get(t, ds+"/thumb-ex?path=a.png&size=64"), c.get(t, ds+"/thumb-ex?path=a.png&size=64&formula=VARI&colormap=viridis")
	require.Equal(t, http.StatusOK, usual.status, "%s", usual.body)
	require.Equal(t, http.StatusOK, other.status, "%s", other.body)
	assert.Equal(t, "image/webp", other.header.Get("Content-Type"))
	assert.NotEqual(t, usual.header.Get("ETag"), other.header.Get("ETag"))
	assert.Equal(t, c.get(t, ds+"/thumb?path=a.png&size=64").body, usual.body)
	for _, bad := range []string{"formula=unheard", "bands=5", "algorithm=slope"} {
		c.get(t, ds+"/thumb-ex?path=a.png&"+bad).requireError(t, http.StatusBadRequest)
	}
	c.get(t, ds+"/tiles-ex/14/1/1.png?path=a.png&formula=VARI").requireError(t, http.StatusBadRequest)
}

// Heights are seen as shaded ground, and read by clients that draw terrain.
func TestTerrain(t *testing.T) {
	t.Parallel()
	c := server(t)
	ramp := func(u, v float64) float64 { return 100 + 50*u }
	ds := c.raster(t, "terrain", dataRaster{kind: godal.Float32, bands: []func(u, v float64) float64{ramp}}.geotiff(t))

	code := c.colorAt(t, ds, "tiles-ex", 0.5, 0.5, "&algorithm=terrain-rgb")
	assert.InDelta(t, 125, -10000+float64(int(code.R)<<16+int(code.G)<<8+int(code.B))*0.1, 1)
	code = c.colorAt(t, ds, "tiles-ex", 0.5, 0.5, "&algorithm=terrarium")
	assert.InDelta(t, 125, float64(code.R)*256+float64(code.G)+float64(code.B)/256-32768, 1)
	// What rises to the east is dark in the light of the west, and bright in that of the east.
	west, east := c.colorAt(t, ds, "tiles-ex", 0.5, 0.5, "&algorithm=hillshade&azimuth=270"), c.colorAt(t, ds, "tiles-ex", 0.5, 0.5, "&algorithm=hillshade&azimuth=90&altitude=30")
	assert.Greater(t, west.R, east.R)
	assert.Equal(t, west.R, west.G)

	tile := tileAt(t, ds, "tiles-ex", 0.5, 0.5, 19, "&algorithm=terrain-rgb")
	c.get(t, strings.Replace(tile, ".png", ".jpg", 1)).requireError(t, http.StatusBadRequest)
	c.get(t, tile+"&azimuth=north").requireError(t, http.StatusBadRequest)
	c.get(t, tileAt(t, ds, "tiles-ex", 0.5, 0.5, 19, "&algorithm=shadow")).requireError(t, http.StatusBadRequest)
	thumb := c.get(t, ds+"/thumb-ex?path=a.tif&algorithm=slope&colormap=viridis&rescale=0,10")
	require.Equal(t, http.StatusOK, thumb.status, "%s", thumb.body)
	assert.Equal(t, "image/webp", thumb.header.Get("Content-Type"))
	assert.Equal(t, http.StatusOK, c.get(t, ds+"/export?path=a.tif&algorithm=aspect").status)

	var doc struct {
		Encoding string
		Tiles    []string
	}
	c.get(t, ds+"/tilejson?path=a.tif&algorithm=terrain-rgb&nodataHeight=0").json(t, http.StatusOK, &doc)
	assert.Equal(t, "mapbox", doc.Encoding)
	require.Len(t, doc.Tiles, 1)
	assert.Contains(t, doc.Tiles[0], "/tiles-ex/")
	assert.Contains(t, doc.Tiles[0], "algorithm=terrain-rgb&nodataHeight=0")

	var metadata struct {
		Algorithms, Terrain []struct{ ID, Name, Help string }
	}
	c.get(t, ds+"/raster-metadata?path=a.tif").json(t, http.StatusOK, &metadata)
	assert.Len(t, metadata.Algorithms, 18)
	require.Len(t, metadata.Terrain, 5)
	assert.Equal(t, "hillshade", metadata.Terrain[0].ID)
}
