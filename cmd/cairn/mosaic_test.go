package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mosaicAt is the address of the mosaic's tile in the middle of the rasters of these tests.
func mosaicAt(t *testing.T, route, query string) string {
	at := maptile.At(geographic(t, 0.5, 0.5), 18)
	return fmt.Sprintf("%s/%d/%d/%d.png?%s", route, at.Z, at.X, at.Y, query)
}

func TestMosaicOfADataset(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "mosaic-dataset", "private")
	c.upload(t, ds, "a.tif", geotiff(t, 1024))
	c.upload(t, ds, "b.tif", multispectral("MicaSense RedEdge").geotiff(t))
	for _, path := range []string{"a.tif", "b.tif"} {
		c.awaitBuilt(t, ds, path)
	}
	own := func(path, extra string) []byte {
		return c.get(t, mosaicAt(t, ds+"/tiles-ex", "path="+path+extra)).body
	}
	tile := func(query string) answer { return c.get(t, mosaicAt(t, ds+"/mosaic", query)) }

	assert.Equal(t, own("a.tif", ""), tile("paths=a.tif").body)
	assert.Equal(t, own("b.tif", ""), tile("paths=b.tif").body)
	first, last := tile("order=path"), tile("order=-path")
	decodePNG(t, first)
	assert.NotEqual(t, first.body, last.body, "another one lies on top")
	assert.Equal(t, first.body, tile("paths=a.tif,b.tif").body)
	assert.Equal(t, own("b.tif", "&bands=5,3,2"), tile("bands=5,3,2&order=path").body, "a.tif has three bands")
	assert.Equal(t, http.StatusNotModified, c.get(t, mosaicAt(t, ds+"/mosaic", "order=path"), "If-None-Match", first.header.Get("ETag")).status)
	assert.Equal(t, "private, max-age=60", first.header.Get("Cache-Control"))
	tile("order=largest").requireError(t, http.StatusBadRequest)
	tile("paths=a.tif,c.tif").requireError(t, http.StatusBadRequest)
	tile("bands=99").requireError(t, http.StatusBadRequest)
	c.get(t, ds+"/mosaic/3/8/0.png").requireError(t, http.StatusBadRequest)
	c.anonymous().get(t, mosaicAt(t, ds+"/mosaic", "")).requireError(t, http.StatusUnauthorized)

	var doc struct {
		Tiles            []string
		MinZoom, MaxZoom int
		Bounds           [4]float64
	}
	c.get(t, ds+"/mosaic/tilejson?order=path&bands=1").json(t, 200, &doc)
	require.Len(t, doc.Tiles, 1)
	assert.True(t, strings.HasPrefix(doc.Tiles[0], c.base+ds+"/mosaic/{z}/{x}/{y}.png?"), doc.Tiles[0])
	middle := geographic(t, 0.5, 0.5)
	assert.Less(t, doc.Bounds[0], middle[0])
	assert.Greater(t, doc.Bounds[3], middle[1])
	for zoom := doc.MinZoom; zoom <= doc.MaxZoom; zoom++ {
		at := maptile.At(middle, maptile.Zoom(zoom))
		decodePNG(t, c.get(t, strings.TrimPrefix(strings.NewReplacer("{z}", fmt.Sprint(zoom), "{x}", fmt.Sprint(at.X), "{y}", fmt.Sprint(at.Y)).Replace(doc.Tiles[0]), c.base)))
	}

	require.Equal(t, http.StatusNoContent, c.form(t, http.MethodDelete, ds+"/obj", "path", "a.tif").status)
	assert.Equal(t, own("b.tif", ""), tile("order=path").body, "what was deleted is gone at once")
}

func TestMosaicOfASearch(t *testing.T) {
	t.Parallel()
	c := server(t)
	open, closed := c.newDataset(t, "mosaic-open", "public"), c.newDataset(t, "mosaic-closed", "private")
	c.upload(t, open, "a.tif", geotiff(t, 1024))
	c.upload(t, closed, "b.tif", multispectral("MicaSense RedEdge").geotiff(t))
	c.awaitBuilt(t, open, "a.tif")
	c.awaitBuilt(t, closed, "b.tif")
	collection := func(ds string) string { return strings.Replace(strings.TrimPrefix(ds, "/orgs/"), "/ds/", "/", 1) }
	both := "collections=" + collection(open) + "," + collection(closed)

	search := func(c client, query string) []byte { return c.get(t, mosaicAt(t, "/stac/search/mosaic", query)).body }
	a := c.get(t, mosaicAt(t, open+"/mosaic", "")).body
	b := c.get(t, mosaicAt(t, closed+"/mosaic", "")).body
	assert.Equal(t, a, search(c, "collections="+collection(open)))
	assert.Equal(t, b, search(c, "collections="+collection(closed)))
	assert.Equal(t, a, search(c.anonymous(), both), "what is private is not there for others")
	nothing := search(c, "collections=nobody/nothing")
	assert.Equal(t, nothing, search(c.anonymous(), "collections="+collection(closed)))
	assert.Equal(t, nothing, search(c, both+"&datetime=../2000-01-01T00:00:00Z"))
	assert.Equal(t, nothing, search(c, both+"&bbox=0,0,1,1"))
	assert.NotEqual(t, nothing, search(c, both+"&bbox=-180,-90,180,90"))
	c.get(t, mosaicAt(t, "/stac/search/mosaic", "bbox=1")).requireError(t, http.StatusBadRequest)

	var doc struct{ Tiles []string }
	c.get(t, "/stac/search/mosaic/tilejson?"+both).json(t, 200, &doc)
	assert.Contains(t, doc.Tiles[0], "collections=")
	var catalogued struct {
		Links []struct{ Rel, Href string }
	}
	c.get(t, "/stac/collections/"+collection(open)).json(t, 200, &catalogued)
	assert.Contains(t, catalogued.Links, struct{ Rel, Href string }{"xyz", c.base + open + "/mosaic/{z}/{x}/{y}.png"})
}
