package main

import (
	"archive/zip"
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// Downloads.
var hubDownloadStatements = []statement{
	{number: 57, says: "missing measurements are 404", holds: func(t *testing.T) {
		c := server(t)
		c.get(t, c.newDataset(t, "hub57", "public")+"/download/ortho_measurements.geojson?inline=1").requireError(t, 404)
	}},
	{number: 58, says: "two paths are a zip", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub58", "public")
		c.upload(t, ds, "a", []byte("a"))
		c.upload(t, ds, "b", []byte("b"))
		a := c.get(t, ds+"/download?path=a,b")
		archive, err := zip.NewReader(bytes.NewReader(a.body), int64(len(a.body)))
		require.NoError(t, err)
		require.Len(t, archive.File, 2)
	}},
}
