package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stacPython is the Python with pystac that .ci/setup installs.
func stacPython(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	python := filepath.Join(cache, "cairn", "python", "bin", "python")
	require.NoError(t, exec.Command(python, "-c", "import pystac, jsonschema").Run(), "pystac is missing: run make setup")
	return python
}

func requireValidSTAC(t *testing.T, documents ...json.RawMessage) {
	t.Helper()
	input, err := json.Marshal(documents)
	require.NoError(t, err)
	validate := exec.Command(stacPython(t), "testdata/validate_stac.py")
	validate.Stdin = bytes.NewReader(input)
	out, err := validate.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Len(t, strings.Fields(string(out)), len(documents))
}

type stacLink struct{ Rel, Href, Type string }

type stacItem struct {
	ID         string
	Geometry   struct{ Type string }
	Bbox       []float64
	Properties map[string]any
	Links      []stacLink
	Assets     map[string]struct {
		Href, Type string
		Roles      []string
	}
}

func TestSTAC(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "stac", "public")
	c.upload(t, ds, "README.md", []byte("# The hill\n"))
	for _, path := range []string{"ortho.tif", "flight 1/ortho, ü.tif", "flight 1/third.tif"} {
		c.upload(t, ds, path, append(geotiff(t, 300), path...))
		c.awaitBuilt(t, ds, path)
	}
	c.newDataset(t, "stac-empty", "public")
	anonymous := c.anonymous()
	document := func(address string) json.RawMessage {
		a := anonymous.get(t, strings.TrimPrefix(address, c.base))
		require.Equal(t, http.StatusOK, a.status, "%s: %s", address, a.body)
		return a.body
	}
	const collection = "/stac/collections/admin/stac"
	documents := []json.RawMessage{document("/stac"), document(collection), document("/stac/collections/admin%2Fstac-empty")}
	assert.JSONEq(t, string(documents[1]), string(document("/stac/collections/admin%2Fstac")))
	assert.JSONEq(t, string(documents[1]), string(document("/stac/collections/admin.stac")))
	var about struct {
		ID, Description string
		Extent          struct{ Spatial struct{ Bbox [][]float64 } }
		Links           []stacLink
	}
	require.NoError(t, json.Unmarshal(document(ds+"/stac"), &about))
	assert.Equal(t, "admin/stac", about.ID)
	assert.Contains(t, about.Description, "The hill")
	corner := geographic(t, 0.25, 0.25)
	assert.InDelta(t, corner.X(), about.Extent.Spatial.Bbox[0][0]/2+about.Extent.Spatial.Bbox[0][2]/2, 1e-3)
	assert.InDelta(t, corner.Y(), about.Extent.Spatial.Bbox[0][1]/2+about.Extent.Spatial.Bbox[0][3]/2, 1e-3)

	// Every item is reached by following next, once.
	seen := map[string]stacItem{}
	for next := collection + "/items?limit=2"; next != ""; {
		var page struct {
			Features []json.RawMessage
			Links    []stacLink
		}
		require.NoError(t, json.Unmarshal(document(next), &page))
		next = ""
		for _, link := range page.Links {
			if link.Rel == "next" {
				next = link.Href
			}
		}
		for _, feature := range page.Features {
			var item stacItem
			require.NoError(t, json.Unmarshal(feature, &item))
			require.NotContains(t, seen, item.ID)
			seen[item.ID] = item
			documents = append(documents, feature)
		}
	}
	require.Len(t, seen, 3)
	requireValidSTAC(t, documents...)

	for id, item := range seen {
		assert.JSONEq(t, string(document(collection+"/items/"+url.PathEscape(id))), string(document(self(t, item.Links))))
		assert.Len(t, item.Bbox, 4)
		assert.Equal(t, "Polygon", item.Geometry.Type)
		assert.EqualValues(t, 32615, item.Properties["proj:epsg"])
		assert.Equal(t, "EPSG:32615", item.Properties["proj:code"])
		roles := map[string]string{}
		for _, asset := range item.Assets {
			for _, role := range asset.Roles {
				roles[role] += asset.Type
			}
			if !strings.Contains(asset.Href, "{") {
				assert.Equal(t, http.StatusOK, anonymous.get(t, strings.TrimPrefix(asset.Href, c.base)).status, asset.Href)
			}
		}
		assert.Equal(t, "image/tiff", roles["data"])
		assert.Equal(t, "image/tiff; application=geotiff; profile=cloud-optimized", roles["visual"])
		assert.Contains(t, roles["thumbnail"], "image/webp")
	}
	for _, bad := range []string{"?limit=0", "?limit=x", "?token=!", "?offset=10001"} {
		anonymous.get(t, collection+"/items"+bad).requireError(t, http.StatusBadRequest)
	}
	anonymous.get(t, collection+"/items/nothing").requireError(t, http.StatusNotFound)
}

func self(t *testing.T, links []stacLink) string {
	t.Helper()
	for _, link := range links {
		if link.Rel == "self" {
			return link.Href
		}
	}
	require.Fail(t, "no self link")
	return ""
}
