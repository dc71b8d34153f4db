package main

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDownloadOfAFile(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "download", "public")
	content := []byte("0123456789abcdef")
	hash := *c.upload(t, ds, "données, été.txt", content).Hash
	file := ds + "/download?path=" + url.QueryEscape("données, été.txt")

	whole := c.get(t, file)
	assert.Equal(t, http.StatusOK, whole.status)
	assert.Equal(t, content, whole.body)
	assert.Equal(t, `"`+hash+`"`, whole.header.Get("ETag"))
	assert.Equal(t, "16", whole.header.Get("Content-Length"))
	assert.Equal(t, "bytes", whole.header.Get("Accept-Ranges"))
	assert.Contains(t, whole.header.Get("Content-Disposition"), "attachment")
	assert.Contains(t, whole.header.Get("Content-Disposition"), "filename*=UTF-8''donn%C3%A9es%2C%20%C3%A9t%C3%A9.txt")
	assert.Empty(t, c.get(t, file+"&inline=1").header.Get("Content-Disposition"))

	for asked, want := range map[string]struct{ body, span string }{
		"bytes=0-3": {"0123", "bytes 0-3/16"}, "bytes=10-": {"abcdef", "bytes 10-15/16"}, "bytes=-2": {"ef", "bytes 14-15/16"}, "bytes=8-99": {"89abcdef", "bytes 8-15/16"},
	} {
		part := c.get(t, file, "Range", asked)
		assert.Equal(t, http.StatusPartialContent, part.status, asked)
		assert.Equal(t, want.body, string(part.body), asked)
		assert.Equal(t, want.span, part.header.Get("Content-Range"), asked)
	}
	beyond := c.get(t, file, "Range", "bytes=16-")
	beyond.requireError(t, http.StatusRequestedRangeNotSatisfiable)
	assert.Equal(t, "bytes */16", beyond.header.Get("Content-Range"))

	unchanged := c.get(t, file, "If-None-Match", `"`+hash+`"`)
	assert.Equal(t, http.StatusNotModified, unchanged.status)
	assert.Empty(t, unchanged.body)
	assert.Equal(t, http.StatusOK, c.get(t, file, "Range", "bytes=0-3", "If-Range", `"other"`).status)
	head := c.send(t, http.MethodHead, file, nil)
	assert.Equal(t, http.StatusOK, head.status)
	assert.Equal(t, "16", head.header.Get("Content-Length"))

	c.get(t, ds+"/download?path=nothing.txt").requireError(t, http.StatusNotFound, "nothing.txt")
	c.upload(t, ds, "b.txt", content)
	c.get(t, ds+"/download?path=b.txt,nothing.txt").requireError(t, http.StatusBadRequest, "nothing.txt")
}

func TestDownloadOfAZip(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "zips", "public")
	contents := map[string]string{"a.txt": "a", "flug/größe, 測量.txt": "unicode", "flug/b.bin": string(bytes.Repeat([]byte("b"), 3<<20)), "empty": ""}
	for path, content := range contents {
		c.upload(t, ds, path, []byte(content))
	}
	for name, want := range map[string]struct {
		query string
		names []string
	}{
		"everything": {"", []string{".ddb/dbase.sqlite", "a.txt", "empty", "flug/", "flug/b.bin", "flug/größe, 測量.txt"}},
		"a list":     {"?path=" + url.QueryEscape("a.txt,flug/größe, 測量.txt,a.txt"), []string{"a.txt", "flug/größe, 測量.txt"}},
		"repeated":   {"?path=a.txt&path=empty", []string{"a.txt", "empty"}},
		"a folder":   {"?path=flug", []string{"flug/", "flug/b.bin", "flug/größe, 測量.txt"}},
	} {
		a := c.get(t, ds+"/download"+want.query)
		require.Equal(t, http.StatusOK, a.status, "%s: %s", name, a.body)
		assert.Equal(t, "application/zip", a.header.Get("Content-Type"), name)
		assert.Equal(t, strconv.Itoa(len(a.body)), a.header.Get("Content-Length"), name)
		archive, err := zip.NewReader(bytes.NewReader(a.body), int64(len(a.body)))
		require.NoError(t, err, name)
		var names []string
		for _, member := range archive.File {
			names = append(names, member.Name)
			file, err := member.Open()
			require.NoError(t, err)
			content, err := io.ReadAll(file) // checks the CRC
			require.NoError(t, err)
			if member.Name != ".ddb/dbase.sqlite" {
				assert.Equal(t, contents[member.Name], string(content), member.Name)
			}
			assert.Equal(t, zip.Store, member.Method)
		}
		assert.Equal(t, want.names, names, name)
		saved := filepath.Join(t.TempDir(), "download.zip")
		require.NoError(t, os.WriteFile(saved, a.body, 0o600))
		out, err := exec.Command("unzip", "-t", saved).CombinedOutput()
		require.NoError(t, err, "%s: %s", name, out)
	}
}
