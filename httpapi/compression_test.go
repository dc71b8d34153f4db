package httpapi

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cairngeo/cairn/auth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Long JSON is compressed for who asks for it; STAC and files never are.
func TestCompression(t *testing.T) {
	t.Parallel()
	w := newWhole(t)
	d, err := w.catalog.Dataset(t.Context(), w.admin, "acme", "public", auth.WriteDataset)
	require.NoError(t, err)
	content := strings.Repeat(`{"a":"b"}`, 1000)
	for i := range 30 {
		_, err := w.ingest.Upload(t.Context(), d, fmt.Sprintf("%d.json", i), strings.NewReader(content), -1)
		require.NoError(t, err)
	}
	ask := func(path, encoding string) *http.Response {
		r := send(http.MethodGet, path, "", "")
		if encoding != "" {
			r.Header.Set("Accept-Encoding", encoding)
		}
		return w.answer(r)
	}
	const ds = "/orgs/acme/ds/public"
	plain, packed := ask(ds+"/list", ""), ask(ds+"/list", "gzip, br")
	assert.Empty(t, plain.Header.Get("Content-Encoding"))
	require.Equal(t, "gzip", packed.Header.Get("Content-Encoding"))
	assert.Contains(t, packed.Header.Values("Vary"), "Accept-Encoding")
	reader, err := gzip.NewReader(packed.Body)
	require.NoError(t, err)
	var entries []entry
	require.NoError(t, json.NewDecoder(reader).Decode(&entries))
	assert.Len(t, entries, 31)
	assert.JSONEq(t, text(t, plain), text(t, ask(ds+"/list", "identity")))

	for _, path := range []string{"/stac/collections/acme/public/items?limit=30", ds + "/download?path=1.json", ds + "/download", "/orgs/public"} {
		res := ask(path, "gzip")
		assert.Equal(t, http.StatusOK, res.StatusCode, path)
		assert.Empty(t, res.Header.Get("Content-Encoding"), path)
	}
}

// Who has the compressed answer is told that it is still right.
func TestCompressedAnswersAreRevalidated(t *testing.T) {
	t.Parallel()
	w := newWhole(t)
	d, err := w.catalog.Dataset(t.Context(), w.admin, "acme", "public", auth.ReadDataset)
	require.NoError(t, err)
	_, err = w.pool.Exec(t.Context(), `insert into entries (dataset_id, path, type, mtime, depth) select $1, 'folder ' || i, 1, 1, 0 from generate_series(1, 200) i`, d.ID)
	require.NoError(t, err)
	ask := func(etag string) *http.Response {
		r := send(http.MethodGet, "/orgs/acme/ds/public/stamp", "", "")
		r.Header.Set("Accept-Encoding", "gzip")
		r.Header.Set("If-None-Match", etag)
		recorder := httptest.NewRecorder()
		w.ServeHTTP(recorder, r)
		return recorder.Result()
	}
	first := ask("")
	require.Equal(t, http.StatusOK, first.StatusCode)
	require.Equal(t, "gzip", first.Header.Get("Content-Encoding"))
	require.Equal(t, http.StatusNotModified, ask(first.Header.Get("ETag")).StatusCode)
}
