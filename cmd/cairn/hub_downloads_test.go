package main

import (
	"archive/zip"
	"bytes"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Downloads.
var hubDownloadStatements = []statement{
	{number: 54, says: "the preflight is answered without the file", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub54", "public")
		c.upload(t, ds, "a.txt", []byte("content"))
		a := c.get(t, ds+"/download/a.txt", "X-Download-Check", "1")
		require.Equal(t, http.StatusOK, a.status)
		require.Empty(t, a.body)
	}},
	{number: 55, says: "a file is an attachment, inline it is none", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub55", "public")
		c.upload(t, ds, "f/a.txt", []byte("content"))
		assert.Contains(t, c.get(t, ds+"/download/f/a.txt").header.Get("Content-Disposition"), "attachment")
		inline := c.get(t, ds+"/download/f/a.txt?inline=1")
		assert.Empty(t, inline.header.Get("Content-Disposition"))
		assert.Equal(t, "content", string(inline.body))
	}},
	{number: 56, says: "inline files have ranges", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub56", "public")
		c.upload(t, ds, "v.mp4", []byte("0123456789"))
		a := c.get(t, ds+"/download/v.mp4?inline=1", "Range", "bytes=2-4")
		assert.Equal(t, http.StatusPartialContent, a.status)
		assert.Equal(t, "234", string(a.body))
		assert.Equal(t, "video/mp4", a.header.Get("Content-Type"))
	}},
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
	{number: 87, says: "a PDF may be framed by the same origin", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub87", "public")
		c.upload(t, ds, "a.pdf", []byte("%PDF-1.4"))
		a := c.get(t, ds+"/download/a.pdf?inline=1")
		assert.Equal(t, "SAMEORIGIN", a.header.Get("X-Frame-Options"))
		assert.Empty(t, a.header.Get("Content-Security-Policy"))
		assert.Equal(t, "application/pdf", a.header.Get("Content-Type"))
	}},
}
