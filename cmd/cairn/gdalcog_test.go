package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// GDAL reads the COG of a private dataset with a token, the parts that it needs only.
func TestGDALReadsAPrivateCOG(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "gdal-private", "private")
	orthophoto, err := os.ReadFile(c.demoFile(t, "orthophoto.tif"))
	require.NoError(t, err)
	c.upload(t, ds, "ortho.tif", orthophoto)
	file := ds + "/build/" + *c.awaitBuilt(t, ds, "ortho.tif").Hash + "/cog/cog.tif"
	whole := c.get(t, file).body
	saved := filepath.Join(t.TempDir(), "cog.tif")
	require.NoError(t, os.WriteFile(saved, whole, 0o600))

	way := wayTo(t, c.base)
	window := func(file string, environment ...string) (picture []byte, err error) {
		out := filepath.Join(t.TempDir(), "window.png")
		translate := exec.Command("gdal_translate", "-q", "-of", "PNG", "-srcwin", "700", "900", "300", "200", file, out)
		translate.Env = append(append(os.Environ(), "GDAL_DISABLE_READDIR_ON_OPEN=EMPTY_DIR"), environment...)
		if message, err := translate.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w: %s", err, message)
		}
		return os.ReadFile(out)
	}
	remote := "/vsicurl/" + way.base + file
	want, err := window(saved)
	require.NoError(t, err)
	got, err := window(remote, "GDAL_HTTP_HEADERS=Authorization: Bearer "+c.token)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(want, got), "pixels differ")
	answers, sent := way.seen()
	assert.NotContains(t, answers, http.StatusOK, "a whole file was sent")
	assert.Positive(t, answers[http.StatusPartialContent])
	assert.Less(t, sent, int64(len(whole)/2))

	_, err = window(remote)
	assert.ErrorContains(t, err, "401")
}

// way is a path to a server on which somebody counts.
type way struct {
	base string

	mu      sync.Mutex
	answers map[int]int // to GET, by status
	sent    int64       // bytes of bodies
}

func wayTo(t *testing.T, base string) *way {
	t.Helper()
	target, err := url.Parse(base)
	require.NoError(t, err)
	w := &way{answers: map[int]int{}}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(r *http.Response) error {
		if r.Request.Method == http.MethodGet {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.answers[r.StatusCode]++
			w.sent += r.ContentLength
		}
		return nil
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	w.base = server.URL
	return w
}

func (w *way) seen() (answers map[int]int, sent int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.answers, w.sent
}

// What readers of parts rely on, for a file that not everybody may read.
func TestPartsOfAPrivateCOG(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "parts", "private")
	c.upload(t, ds, "a.tif", geotiff(t, rasterSize))
	file := ds + "/build/" + *c.awaitBuilt(t, ds, "a.tif").Hash + "/cog/cog.tif"
	whole := c.get(t, file)
	require.Equal(t, http.StatusOK, whole.status)

	head := c.send(t, http.MethodHead, file, nil)
	assert.Equal(t, http.StatusOK, head.status)
	assert.Empty(t, head.body)
	for _, name := range []string{"ETag", "Last-Modified", "Content-Type", "Content-Length", "Accept-Ranges"} {
		assert.NotEmpty(t, head.header.Get(name), name)
		assert.Equal(t, whole.header.Get(name), head.header.Get(name), name)
	}
	assert.Equal(t, "bytes", head.header.Get("Accept-Ranges"))

	tag, modified := head.header.Get("ETag"), head.header.Get("Last-Modified")
	for _, same := range []string{tag, modified} {
		part := c.get(t, file, "Range", "bytes=100-299", "If-Range", same)
		assert.Equal(t, http.StatusPartialContent, part.status)
		assert.Equal(t, whole.body[100:300], part.body)
	}
	for _, other := range []string{`"another"`, "W/" + tag, "Mon, 02 Jan 2006 15:04:05 GMT"} {
		again := c.get(t, file, "Range", "bytes=100-299", "If-Range", other)
		assert.Equal(t, http.StatusOK, again.status, other)
		assert.Equal(t, len(whole.body), len(again.body), other)
	}
	end := c.get(t, file, "Range", "bytes=-16")
	assert.Equal(t, whole.body[len(whole.body)-16:], end.body)
	assert.Equal(t, http.StatusPreconditionFailed, c.get(t, file, "Range", "bytes=0-9", "If-Match", `"another"`).status)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		assert.Equal(t, http.StatusUnauthorized, c.anonymous().send(t, method, file, nil, "Range", "bytes=0-9").status, method)
		assert.Equal(t, http.StatusUnauthorized, c.anonymous().send(t, method, file, nil, "If-None-Match", tag).status, method)
	}
}
