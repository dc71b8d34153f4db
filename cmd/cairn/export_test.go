package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A raster is exported at once and by a task, with the same result.
func TestExportOfARaster(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.built(t, "export")
	at := ds + "/export?path=dsm.tif&format=geotiff&formula=CELSIUS&colormap=viridis&rescale=100.0%2C110.0"
	a := c.browsing().get(t, at)
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	assert.Equal(t, "attachment; filename=dsm_export.tif", a.header.Get("Content-Disposition"))
	assert.Equal(t, "image/tiff", a.header.Get("Content-Type"))
	name := filepath.Join(t.TempDir(), "dsm_export.tif")
	require.NoError(t, os.WriteFile(name, a.body, 0o600))
	tif, err := godal.Open(name)
	require.NoError(t, err)
	assert.Equal(t, 4, tif.Structure().NBands)
	require.NoError(t, tif.Close())

	s := c.submit(t, ds, http.StatusAccepted, map[string]any{"toolId": "raster-export", "path": "dsm.tif",
		"params": map[string]any{"formula": "CELSIUS", "colormap": "viridis", "rescale": "100,110", "surplus": 1, "fileName": "a/../b/of the dsm"}})
	require.Equal(t, "Succeeded", c.awaitTask(t, s.StatusURL))
	result := c.get(t, s.ResultURL)
	require.Equal(t, http.StatusOK, result.status)
	assert.Contains(t, result.header.Get("Content-Disposition"), `"of the dsm.tif"`)
	assert.Equal(t, a.body, result.body)
	for _, bad := range []map[string]any{{}, {"path": "none.tif"}, {"path": "dsm.tif", "formula": "NONE("}, {"path": "dsm.tif", "bands": "7"}} {
		c.post(t, http.MethodPost, ds+"/tasks", map[string]any{"toolId": "raster-export", "params": bad}).requireError(t, 400)
	}
	for _, bad := range []string{"", "?path=", "?path=dsm.tif&bands=9", "?path=dsm.tif&rescale=5,1", "?path=dsm.tif&colormap=none&formula=NDVI"} {
		c.get(t, ds+"/export"+bad).requireError(t, 400)
	}
	c.get(t, ds+"/export?path=none.tif").requireError(t, 404)
}
