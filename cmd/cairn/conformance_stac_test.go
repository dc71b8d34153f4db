package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Section 6.12 of the REST API's checklist, what it says of STAC.
var stacStatements = []statement{
	{number: 186, says: "GET /stac is a STAC 1.1.0 catalog that lists public datasets alone to anybody", holds: func(t *testing.T) {
		c := server(t)
		for slug, visibility := range map[string]string{"rest186-private": "private", "rest186-unlisted": "unlisted", "rest186-public": "public"} {
			c.newDataset(t, slug, visibility)
		}
		a := c.anonymous().get(t, "/stac")
		var catalog struct {
			Type    string
			Version string `json:"stac_version"`
		}
		a.json(t, http.StatusOK, &catalog)
		assert.Equal(t, "Catalog", catalog.Type)
		assert.Equal(t, "1.1.0", catalog.Version)
		assert.Contains(t, string(a.body), "rest186-public")
		assert.NotContains(t, string(a.body), "rest186-unlisted")
		assert.NotContains(t, string(a.body), "rest186-private")
	}},
	{number: 187, says: "GET …/stac is a valid collection whose extent covers its items", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest187", "public")
		c.upload(t, ds, "ortho.tif", geotiff(t, 64))
		a := c.anonymous().get(t, ds+"/stac")
		var collection struct {
			Type   string
			Extent struct{ Spatial struct{ Bbox [][]float64 } }
		}
		a.json(t, http.StatusOK, &collection)
		assert.Equal(t, "Collection", collection.Type)
		requireValidSTAC(t, json.RawMessage(a.body))
		var items struct{ Features []stacItem }
		c.anonymous().get(t, "/stac/collections/admin%2Frest187/items").json(t, http.StatusOK, &items)
		require.Len(t, items.Features, 1)
		all, one := collection.Extent.Spatial.Bbox[0], items.Features[0].Bbox
		assert.LessOrEqual(t, all[0], one[0])
		assert.LessOrEqual(t, all[1], one[1])
		assert.GreaterOrEqual(t, all[2], one[2])
		assert.GreaterOrEqual(t, all[3], one[3])
	}},
	{number: 188, says: "links to items with a slash in their path resolve", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest188", "public")
		c.upload(t, ds, "dir/sub dir/ortho+ü.tif", geotiff(t, 64))
		var items struct{ Features []stacItem }
		c.anonymous().get(t, "/stac/collections/admin%2Frest188/items").json(t, http.StatusOK, &items)
		require.Len(t, items.Features, 1)
		var item stacItem
		c.anonymous().get(t, strings.TrimPrefix(self(t, items.Features[0].Links), c.base)).json(t, http.StatusOK, &item)
		assert.Equal(t, items.Features[0].ID, item.ID)
	}},
	{number: 189, says: "/stac is not compressed", holds: func(t *testing.T) {
		c := server(t)
		for _, path := range []string{"/stac", "/stac/collections", "/orgs/public/ds/demo/stac"} {
			assert.Empty(t, c.anonymous().get(t, path, "Accept-Encoding", "gzip, br").header.Get("Content-Encoding"), path)
		}
	}},
	{number: 190, says: "/stac/search filters and pages to the end", elsewhere: "searching STAC is an issue of its own"},
}
