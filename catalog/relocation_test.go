package catalog

import (
	"strings"
	"sync"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// other makes another dataset.
func (f *fixture) other(t *testing.T, slug string) *fixture {
	t.Helper()
	d, err := f.CreateDataset(t.Context(), f.admin, "admin", NewDataset{Slug: slug})
	require.NoError(t, err)
	return &fixture{f.Catalog, f.url, f.admin, d}
}

func (f *fixture) note(t *testing.T, path, note string) {
	t.Helper()
	f.exec(t, `insert into metadata (dataset_id, path, key, data, mtime) values ($1, $2, 'note', to_json($3::text), 0)`, f.dataset.ID, path, note)
}

// notes returns the metadata below a path, by path.
func (f *fixture) notes(t *testing.T) map[string]string {
	t.Helper()
	notes := map[string]string{}
	rows, err := f.pool.Query(t.Context(), `select path, data #>> '{}' from metadata where dataset_id = $1 and path <> ''`, f.dataset.ID)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var path, note string
		require.NoError(t, rows.Scan(&path, &note))
		notes[path] += note
	}
	return notes
}

func (f *fixture) assertTotals(t *testing.T) {
	t.Helper()
	d, err := f.Dataset(t.Context(), f.admin, "admin", f.dataset.Slug, auth.ReadDataset)
	require.NoError(t, err)
	assert.EqualValues(t, f.count(t, `select count(*) from entries where dataset_id = $1 and path <> ''`, d.ID), d.Entries)
	assert.EqualValues(t, f.count(t, `select coalesce(sum(size), 0) from entries where dataset_id = $1`, d.ID), d.Size)
	assert.Equal(t, 0, f.count(t, `select count(*) from entries where depth <> length(path) - length(replace(path, '/', ''))`))
}

func TestCopyAndTransfer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	g := f.other(t, "second")
	f.put(t, "a/1", "a/é/2", "b")
	f.note(t, "a/é/2", "two")
	f.note(t, "a", "folder")

	require.NoError(t, f.relocate(t, "a", f.at("copies/of a"), Relocation{Keep: true}))
	assert.Equal(t, []string{"a", "a/1", "a/é", "a/é/2", "b", "copies", "copies/of a", "copies/of a/1", "copies/of a/é", "copies/of a/é/2"}, f.tree(t))
	assert.Equal(t, map[string]string{"a": "folder", "a/é/2": "two", "copies/of a": "folder", "copies/of a/é/2": "two"}, f.notes(t))
	assert.Equal(t, f.count(t, `select count(*) from metadata`), f.count(t, `select count(distinct id) from metadata`))
	source, err := f.Entry(t.Context(), f.dataset, "a/é/2")
	require.NoError(t, err)
	copied, err := f.Entry(t.Context(), f.dataset, "copies/of a/é/2")
	require.NoError(t, err)
	source.Path = copied.Path
	assert.Equal(t, source, copied, "content and times are the same")

	g.exec(t, `insert into metadata (dataset_id, id, path, key, data, mtime) select $1, id, 'elsewhere', 'copied', data, mtime from metadata where dataset_id = $2 and path = 'a'`,
		g.dataset.ID, f.dataset.ID)
	require.NoError(t, f.relocate(t, "a", g.at("x/a"), Relocation{}))
	g.exec(t, `delete from metadata where key = 'copied'`)
	assert.Equal(t, []string{"x", "x/a", "x/a/1", "x/a/é", "x/a/é/2"}, g.tree(t))
	assert.Equal(t, map[string]string{"x/a": "folder", "x/a/é/2": "two"}, g.notes(t))
	assert.NotContains(t, f.tree(t), "a")
	require.NoError(t, f.relocate(t, "b", g.at("b"), Relocation{Keep: true}))
	assert.Contains(t, f.tree(t), "b")
	assert.Contains(t, g.tree(t), "b")
	f.assertTotals(t)
	g.assertTotals(t)
}

func TestOverwritingRelocations(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	g := f.other(t, "second")
	f.put(t, "a/1", "a/sub/2", "a/new/3", "b")
	f.note(t, "a/1", "source")
	f.note(t, "a", "source folder")
	g.put(t, "a/1", "a/sub/kept", "b")
	g.note(t, "a/1", "old")
	g.note(t, "a", "old folder")
	g.note(t, "a/sub/kept", "kept")
	g.exec(t, `update entries set hash = 'old', size = 99 where dataset_id = $1 and type <> 1`, g.dataset.ID)

	assertCode(t, cairn.Conflict, f.relocate(t, "a", g.at("a"), Relocation{Keep: true}))
	assertCode(t, cairn.Conflict, f.relocate(t, "b", g.at("b"), Relocation{}))
	assertCode(t, cairn.Invalid, f.relocate(t, "a", g.at("b"), Relocation{Overwrite: true}), "a folder onto a file")
	assertCode(t, cairn.Invalid, f.relocate(t, "b", g.at("a"), Relocation{Overwrite: true}), "a file onto a folder")
	assertCode(t, cairn.Invalid, f.relocate(t, "a/sub", f.at("a"), Relocation{Overwrite: true}), "onto the folder it is in")
	assertCode(t, cairn.Invalid, f.relocate(t, "a", f.at("a"), Relocation{Keep: true, Overwrite: true}), "onto itself")
	assertCode(t, cairn.Invalid, f.relocate(t, "a", f.at("a/x"), Relocation{Keep: true}), "into itself")
	assertCode(t, cairn.Invalid, f.relocate(t, "a", g.at("b/x"), Relocation{Keep: true}), "below a file")
	assertCode(t, cairn.Invalid, f.relocate(t, "a", g.at(strings.Repeat("abcd/", 399)+"abcd"), Relocation{Keep: true}), "too long")

	require.NoError(t, f.relocate(t, "a", g.at("a"), Relocation{Overwrite: true}))
	assert.Equal(t, []string{"b"}, f.tree(t))
	assert.Equal(t, []string{"a", "a/1", "a/new", "a/new/3", "a/sub", "a/sub/2", "a/sub/kept", "b"}, g.tree(t), "folders become one")
	e, err := g.Entry(t.Context(), g.dataset, "a/1")
	require.NoError(t, err)
	assert.Equal(t, "a/1 content", e.Hash)
	assert.Equal(t, map[string]string{"a": "old folder", "a/1": "source", "a/sub/kept": "kept"}, g.notes(t))
	assert.Empty(t, f.notes(t))
	f.assertTotals(t)
	g.assertTotals(t)

	g.put(t, "c/x/1")
	f.put(t, "c/x")
	assertCode(t, cairn.Invalid, f.relocate(t, "c", g.at("c"), Relocation{Overwrite: true}), "a file would replace a folder")
	assertCode(t, cairn.Invalid, g.relocate(t, "c", f.at("c"), Relocation{Overwrite: true}), "a folder would replace a file")
	f.row(t, "d/x/1", Generic)
	g.put(t, "d/x")
	assertCode(t, cairn.Invalid, f.relocate(t, "d", g.at("d"), Relocation{Overwrite: true}), "an implied folder would replace a file")
	assertCode(t, cairn.Invalid, g.relocate(t, "d", f.at("d"), Relocation{Overwrite: true}), "a file would replace an implied folder")
}

func TestRemoveMany(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.put(t, "a/1", "a/b/2", "a0", "a-", "c/1", "c/2")
	f.row(t, "i/j/k", Generic)
	for _, path := range []string{"a/b/2", "a0", "c/2", "c/1", "i/j/k"} {
		f.note(t, path, "note")
	}
	var removed []string
	require.NoError(t, f.Update(t.Context(), func(tx Tx) (err error) {
		removed, err = tx.Remove(t.Context(), f.dataset.ID, "c/1", "a/b", "a", "gone", "a/b/2", "i", "i/j/k", "a/gone")
		return err
	}))
	assert.Equal(t, []string{"a", "a/b", "a/b/2", "c/1", "i", "i/j/k"}, removed, "what was there when the removal began")
	assert.Equal(t, []string{"a-", "a0", "c", "c/2"}, f.tree(t))
	assert.Equal(t, map[string]string{"a0": "note", "c/2": "note"}, f.notes(t))
	f.assertTotals(t)
}

// Two datasets exchange what they have while others write: nobody waits for
// ever, and the totals are right.
func TestTransfersCross(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	g := f.other(t, "second")
	f.put(t, "a/1", "a/2")
	g.put(t, "b/1", "b/2")
	var all sync.WaitGroup
	for range 10 {
		for _, move := range []struct {
			from, to     *fixture
			source, dest string
		}{{f, g, "a", "a"}, {g, f, "b", "b"}, {g, f, "a", "a"}, {f, g, "b", "b"}} {
			all.Go(func() {
				err := move.from.relocate(t, move.source, move.to.at(move.dest), Relocation{})
				assert.Contains(t, []cairn.Code{"", cairn.NotFound, cairn.Conflict}, cairn.CodeOf(err), "%v", err)
			})
		}
	}
	all.Wait()
	assert.Equal(t, 6, f.count(t, `select count(*) from entries`))
	f.assertTotals(t)
	g.assertTotals(t)
}
