package ingest

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest/archive"
	"github.com/cairngeo/cairn/ingest/index"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twpayne/go-geom"
)

// index returns the dataset's index file as it is now, until the test ends.
func (f *fixture) index(t *testing.T) *Index {
	t.Helper()
	x, err := f.Index(t.Context(), f.dataset)
	require.NoError(t, err)
	t.Cleanup(x.Close)
	return x
}

// files uploads files whose content is their path.
func (f *fixture) files(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		f.upload(t, path, path)
	}
}

// contents reads an index file.
func contents(t *testing.T, x *Index) (entries []catalog.Entry, records []catalog.Record) {
	t.Helper()
	db, err := index.OpenReadOnly(t.Context(), x.file)
	require.NoError(t, err)
	defer db.Close()
	for e, err := range db.Entries(t.Context()) {
		require.NoError(t, err)
		entries = append(entries, e)
	}
	for r, err := range db.Records(t.Context()) {
		require.NoError(t, err)
		records = append(records, r)
	}
	return entries, records
}

func TestTheIndexIsTheCatalog(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.files(t, "z.txt", "sub/é.txt")
	photo := catalog.Entry{Path: "a.jpg", Hash: strings.Repeat("ab", 32), MTime: 7, Size: 9, Description: catalog.Description{
		Type: catalog.GeoImage, Properties: map[string]any{"width": 4000.0, "make": "x"},
		Point:   geom.NewPointFlat(geom.XYZ, []float64{7.5, 46.25, 432.125}).SetSRID(catalog.SRID),
		Polygon: geom.NewPolygonFlat(geom.XYZ, []float64{7, 46, 0, 8, 46, 0, 8, 47, 0, 7, 46, 0}, []int{12}).SetSRID(catalog.SRID)}}
	require.NoError(t, f.entries.Update(t.Context(), func(tx catalog.Tx) error {
		if _, err := tx.Exec(t.Context(), `insert into entries (dataset_id, path, type, mtime, depth) values ($1, '', 7, 1, 0)`, f.dataset.ID); err != nil {
			return err
		}
		return tx.Put(t.Context(), f.dataset.ID, photo)
	}))
	entries, records := contents(t, f.index(t))
	var paths []string
	for _, e := range entries {
		paths = append(paths, e.Path)
	}
	require.Equal(t, []string{"", "a.jpg", "sub", "sub/é.txt", "z.txt"}, paths)
	assert.Equal(t, catalog.DroneDB, entries[0].Type)
	assert.Equal(t, photo, entries[1])
	var want []catalog.Record
	require.NoError(t, f.entries.DumpMetadata(t.Context(), f.dataset, nil, func(r catalog.Record) error {
		want = append(want, r)
		return nil
	}))
	require.NotEmpty(t, want, "the settings")
	assert.Equal(t, want, records)
}

// Settings change the index, though the stamp stays.
func TestTheIndexFollowsEveryChange(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.files(t, "a")
	first := f.index(t)
	assert.Same(t, first, f.index(t), "it is made once")
	for _, change := range []func() error{
		func() error { _, err := f.entries.SetMetadata(t.Context(), f.dataset, "", "name", "New"); return err },
		func() error { _, err := f.entries.AddMetadata(t.Context(), f.dataset, "a", "notes", "1"); return err },
		func() error { _, err := f.Upload(t.Context(), f.dataset, "b", strings.NewReader("b"), -1); return err },
		func() error { return f.Remove(t.Context(), f.dataset, "a") },
	} {
		before := f.index(t)
		require.NoError(t, change())
		after := f.index(t)
		assert.Greater(t, after.Revision.Number, before.Revision.Number)
		assert.NotEqual(t, before.file, after.file)
	}
	entries, _ := contents(t, first)
	assert.Len(t, entries, 1, "one that is open stays as it was")
}

func TestOneIndexForAllWhoAskAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.files(t, "a")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			x, err := f.Index(context.Background(), f.dataset)
			if assert.NoError(t, err) {
				entries, _ := contents(t, x)
				assert.Len(t, entries, 1)
				x.Close()
			}
		})
	}
	all.Wait()
	assert.Len(t, f.indexFiles(t), 1)
}

func (f *fixture) indexFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(f.folder.Scratch(), "index-*"))
	require.NoError(t, err)
	return files
}

// Files that nobody uses go when there is no room, or when they are out of date.
func TestIndexFilesAreBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.indexes = newIndexes(f.entries, f.folder, 100<<10) // room for one of some 50 KB
	other, err := f.entries.CreateDataset(t.Context(), anAdmin, "public", catalog.NewDataset{Slug: "other"})
	require.NoError(t, err)
	open, err := f.Index(t.Context(), f.dataset)
	require.NoError(t, err)
	for range 3 {
		for _, d := range []*catalog.Dataset{f.dataset, other} {
			x, err := f.Index(t.Context(), d)
			require.NoError(t, err)
			x.Close()
		}
	}
	_, _ = contents(t, open)
	assert.LessOrEqual(t, len(f.indexFiles(t)), 3, "the one that is open, and those that fit")
	f.files(t, "a")
	open.Close()
	f.index(t)
	assert.Len(t, f.indexFiles(t), 2)

	f.indexes = newIndexes(f.entries, f.folder, 1)
	f.index(t)
	f.index(t) // what is too large for all is kept all the same
}

func TestTheIndexOfAGoneDataset(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, err := f.pool.Exec(t.Context(), `delete from datasets where id = $1`, f.dataset.ID)
	require.NoError(t, err)
	_, err = f.Index(t.Context(), f.dataset)
	assert.Equal(t, cairn.NotFound, cairn.CodeOf(err))
	assert.Empty(t, f.indexFiles(t))
}

func TestMembersOfAZipOfEverything(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	names := func() (list []string) {
		for m, err := range f.index(t).Members(t.Context()) {
			require.NoError(t, err)
			list = append(list, m.Name)
		}
		return list
	}
	assert.Equal(t, []string{index.Name}, names())
	f.files(t, "!first", "sub/b", "a")
	assert.Equal(t, []string{"!first", index.Name, "a", "sub/", "sub/b"}, names(), "in the order of their bytes")
	require.NoError(t, f.Remove(t.Context(), f.dataset, "sub"))
	require.NoError(t, f.Remove(t.Context(), f.dataset, "a"))
	assert.Equal(t, []string{"!first", index.Name}, names(), "also as the last one")

	x := f.index(t)
	var out bytes.Buffer
	require.NoError(t, archive.Write(t.Context(), &out, x.Members(t.Context())))
	size, err := archive.Size(x.Members(t.Context()))
	require.NoError(t, err)
	assert.Equal(t, int64(out.Len()), size)
	original, err := os.ReadFile(x.file)
	require.NoError(t, err)
	assert.True(t, bytes.Contains(out.Bytes(), original), "the very file")
}

// BenchmarkIndex makes the index file of 200,000 photos.
//
//	go test -run '^$' -bench Index -benchtime 1x ./ingest
func BenchmarkIndex(b *testing.B) {
	f := newFixture(b)
	_, err := f.pool.Exec(b.Context(), `insert into entries (dataset_id, path, hash, type, properties, mtime, size, depth, point_geom)
		select $1, 'flight/' || lpad(i::text, 7, '0') || '.jpg', md5(i::text) || md5(i::text), 3, '{"width": 4000, "height": 3000, "make": "DJI", "model": "FC6310", "captureTime": 1600000000000, "cameraYaw": 12.5, "cameraPitch": -90, "orientation": 1}', 1, 2, 1,
			st_setsrid(st_makepoint(7 + i / 1e6, 46, 500), 4326) from generate_series(1, 200000) i`, f.dataset.ID)
	require.NoError(b, err)
	for b.Loop() {
		x, err := f.indexes.write(b.Context(), f.dataset)
		require.NoError(b, err)
		b.ReportMetric(float64(x.Size)/1e6, "MB")
	}
}
