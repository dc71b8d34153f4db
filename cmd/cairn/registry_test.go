package main

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	registry "github.com/cairngeo/cairn/federation/client"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func textFile(content string) registry.File {
	return registry.File{Name: "file", Size: int64(len(content)), Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
}

func zipped(t *testing.T, file *os.File) map[string]string {
	t.Helper()
	archive, err := zip.OpenReader(file.Name())
	require.NoError(t, err)
	defer archive.Close()
	found := map[string]string{}
	for _, f := range archive.File {
		member, err := f.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(member)
		require.NoError(t, err)
		found[f.Name] = string(content)
	}
	return found
}

// The client of the API, where the commands don't use it.
func TestTheClientReadsWhatThereIs(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "cli-api", "public")
	for name, content := range map[string]string{"a.txt": "a", "b,c.txt": "b", "d/e f.txt": "e"} {
		c.upload(t, ds, name, []byte(content))
	}
	of := registry.Dataset{Org: "admin", Slug: "cli-api"}
	admin, err := registry.New(c.base, registry.Options{Username: "admin", Password: adminPassword})
	require.NoError(t, err)
	nobody, err := registry.New(c.base, registry.Options{})
	require.NoError(t, err)

	orgs, err := admin.Organizations(t.Context())
	require.NoError(t, err)
	slugs := []string{}
	for _, o := range orgs {
		slugs = append(slugs, o.Slug)
	}
	assert.Subset(t, slugs, []string{"admin", "public"})
	orgs, err = nobody.Organizations(t.Context())
	require.NoError(t, err)
	assert.NotEmpty(t, orgs)
	assert.True(t, orgs[0].IsPublic)
	list, err := admin.Datasets(t.Context(), "admin")
	require.NoError(t, err)
	names := map[string]string{}
	for _, d := range list {
		names[d.Slug] = d.Name()
	}
	assert.Equal(t, "Site cli-api", names["cli-api"])
	info, err := nobody.Info(t.Context(), of)
	require.NoError(t, err)
	assert.Equal(t, []any{"Site cli-api", int64(3), 4}, []any{info.Name(), info.Size, info.Properties.Entries})
	exists, err := admin.Exists(t.Context(), registry.Dataset{Org: "admin", Slug: "cli-nothing"})
	require.NoError(t, err)
	assert.False(t, exists)

	to, err := os.Create(filepath.Join(t.TempDir(), "zip"))
	require.NoError(t, err)
	defer to.Close()
	require.NoError(t, nobody.DownloadZip(t.Context(), of, []string{"a.txt", "b,c.txt"}, to, nil))
	assert.Equal(t, map[string]string{"a.txt": "a", "b,c.txt": "b"}, zipped(t, to))
	require.NoError(t, nobody.DownloadZip(t.Context(), of, nil, to, nil))
	all := zipped(t, to)
	assert.Equal(t, "e", all["d/e f.txt"])
	require.NoError(t, nobody.Index(t.Context(), of, to))
	assert.Contains(t, zipped(t, to), ".ddb/dbase.sqlite")
	records, err := admin.MetaDump(t.Context(), of)
	require.NoError(t, err)
	assert.NotEmpty(t, records)
	require.NoError(t, to.Truncate(0))
	require.NoError(t, nobody.Download(t.Context(), of, "b,c.txt", to, nil))
	text, err := os.ReadFile(to.Name())
	require.NoError(t, err)
	assert.Equal(t, "b", string(text))
}
