package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/cairngeo/cairn/auth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A folder of 100,000 entries moves, and 10,000 of them are deleted by one
// request, each as a whole.
func TestLargeFolders(t *testing.T) {
	t.Parallel()
	w := newWhole(t)
	d, err := w.catalog.Dataset(t.Context(), w.admin, "acme", "public", auth.WriteDataset)
	require.NoError(t, err)
	_, err = w.pool.Exec(t.Context(), `insert into entries (dataset_id, path, hash, type, mtime, size, depth)
		select $1::uuid, 'survey/' || lpad(i::text, 6, '0') || '.jpg', $2, 2, 1, 3, 1 from generate_series(1, 100000) i
		union all select $1::uuid, 'survey', '', 1, 1, 0, 0`, d.ID, abcHash)
	require.NoError(t, err)
	w.catalog.Forget()
	ask := func(method, path string, body any) (answered map[string]any, status int) {
		t.Helper()
		sent, err := json.Marshal(body)
		require.NoError(t, err)
		r := send(method, "/orgs/acme/ds/public"+path, "application/json", string(sent))
		r.Header.Set("Authorization", "Bearer "+w.tokens["owner"])
		res := w.answer(r)
		content := text(t, res)
		if content != "" && content[0] == '{' {
			require.NoError(t, json.Unmarshal([]byte(content), &answered))
		}
		return answered, res.StatusCode
	}
	count := func() int64 {
		d, err := w.catalog.Dataset(t.Context(), w.admin, "acme", "public", auth.ReadDataset)
		require.NoError(t, err)
		return d.Entries
	}
	require.Equal(t, int64(100_002), count())

	moved, status := ask(http.MethodPut, "/obj", map[string]any{"source": "survey", "dest": "archive/2026"})
	require.Equal(t, 200, status, moved)
	assert.Equal(t, int64(100_003), count(), "the folder above the new place is new")
	_, status = ask(http.MethodGet, "/obj?path=archive/2026/100000.jpg", nil)
	assert.Equal(t, 200, status)
	_, status = ask(http.MethodGet, "/obj?path=survey/100000.jpg", nil)
	assert.Equal(t, 404, status)

	paths := make([]string, 10_000)
	for i := range paths {
		paths[i] = fmt.Sprintf("archive/2026/%06d.jpg", i*2+2)
	}
	deleted, status := ask(http.MethodDelete, "/obj/batch", map[string]any{"paths": append(paths, "gone.jpg")})
	require.Equal(t, 200, status)
	assert.Len(t, deleted["deleted"], 10_000)
	assert.Len(t, deleted["failed"], 1)
	assert.Equal(t, int64(90_003), count())
}
