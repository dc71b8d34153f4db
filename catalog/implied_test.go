package catalog

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// row adds a row as a push does, without the folders above it.
func (f *fixture) row(t *testing.T, path string, kind EntryType) {
	t.Helper()
	f.exec(t, `insert into entries (dataset_id, path, type, mtime, depth, size, hash) values ($1, $2, $3, 1700000000, $4, 1, $5)`,
		f.dataset.ID, path, kind, depth(path), map[bool]string{true: "", false: "h"}[kind == Directory])
}

func (f *fixture) search(t *testing.T, folder, pattern string, recursive bool, only *EntryType) []string {
	t.Helper()
	entries, err := f.Search(t.Context(), f.dataset, folder, pattern, recursive, only)
	require.NoError(t, err)
	return pathsOf(entries)
}

// Decision 32: folders without a row of their own are shown like any other.
func TestImpliedFolders(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, path := range []string{"a/b/c/1", "a-", "a.txt", "x/1", "x/y/z/2", "é/ü/3"} {
		f.row(t, path, Generic)
	}
	f.row(t, "x/y", Directory)
	list := func(path string, only *EntryType) []string {
		entries, err := f.list(t, path, only)
		require.NoError(t, err)
		return pathsOf(entries)
	}
	folder, generic := Directory, Generic
	assert.Equal(t, []string{"a", "a-", "a.txt", "x", "é"}, list("", nil))
	assert.Equal(t, []string{"a", "x", "é"}, list("", &folder))
	assert.Equal(t, []string{"a-", "a.txt"}, list("", &generic))
	assert.Equal(t, []string{"a/b"}, list("a", nil))
	assert.Equal(t, []string{"x/y/z"}, list("x/y", nil))
	assert.Equal(t, []string{"a", "a/b", "a/b/c", "x", "x/y", "x/y/z", "é", "é/ü"}, f.search(t, "", "*", true, &folder))
	assert.Equal(t, []string{"x/y", "x/y/z"}, f.search(t, "x", "*", true, &folder))
	assert.Equal(t, []string{"a/b"}, f.search(t, "", "B", true, nil))
	assert.Equal(t, []string{"x"}, f.search(t, "", "x*", false, nil))

	e, err := f.Entry(t.Context(), f.dataset, "a/b")
	require.NoError(t, err)
	assert.Equal(t, Entry{Path: "a/b", MTime: 1_700_000_000, Description: Description{Type: Directory}}, e)
	assert.NotContains(t, f.tree(t), "a", "no member of a zip")
	tree, err := f.Tree(t.Context(), f.dataset, "a")
	require.NoError(t, err)
	assert.Equal(t, []string{"a/b/c/1"}, pathsOf(tree))
	d, err := f.Dataset(t.Context(), f.admin, "admin", "site", 5)
	require.NoError(t, err)
	assert.EqualValues(t, 7, d.Entries, "not counted")

	assertCode(t, cairn.Invalid, f.makeFolder(t, "a"), "a folder is there")
	assertCode(t, cairn.Invalid, f.tryPut(t, file("a", 1)), "a folder is there")
	require.NoError(t, f.move(t, "a", "moved/here"))
	assert.Equal(t, []string{"moved/here/b/c/1"}, f.search(t, "", "1", true, nil)[:1])
	assert.NotContains(t, list("", nil), "a")
	require.NoError(t, f.remove(t, "moved/here/b"))
	assert.Empty(t, list("moved", nil), "gone with its last content")
}

// The folders are those that a look at every path finds, whatever rows there are.
func TestImpliedFoldersOfRandomRows(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 7))
	first := newFixture(t)
	for round := range 10 {
		f := first.other(t, fmt.Sprintf("round-%d", round))
		rows := map[string]EntryType{}
		for range 40 {
			segments := make([]string, 1+random.IntN(4))
			for i := range segments {
				segments[i] = string("ab-0é"[random.IntN(4)]) + strings.Repeat("x", random.IntN(2))
			}
			path := strings.Join(segments, "/")
			if rows[path] == 0 {
				rows[path] = Directory
				f.row(t, path, Directory)
			}
		}
		want := map[string]bool{}
		for path := range rows {
			want[path] = true
			for _, folder := range parents(path) {
				want[folder] = true
			}
		}
		all := f.search(t, "", "*", true, nil)
		assert.Len(t, all, len(want))
		assert.True(t, slices.IsSorted(all))
		for path := range want {
			var children []string
			for other := range want {
				if strings.HasPrefix(other, path+"/") && depth(other) == depth(path)+1 {
					children = append(children, other)
				}
			}
			slices.Sort(children)
			listed, err := f.list(t, path, nil)
			require.NoError(t, err)
			assert.Equal(t, append([]string{}, children...), append([]string{}, pathsOf(listed)...), path)
		}
	}
}

// More entries than are in memory at once.
func TestLongListsAreWhole(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var want []string
	for i := range 2*batch + 1 {
		want = append(want, fmt.Sprintf("f%05d", i))
	}
	f.exec(t, `insert into entries (dataset_id, path, type, mtime, depth, size) select $1, unnest($2::text[]), 2, 0, 0, 1`, f.dataset.ID, want)
	assert.Equal(t, want, f.search(t, "", "f*", true, nil))
	f.exec(t, `delete from entries where path = 'f00000'`)
	assert.Equal(t, want[1:], f.search(t, "", "f*", true, nil), "a whole number of batches")
	require.NoError(t, f.Snapshot(t.Context(), func(s Snapshot) error {
		for range 2 { // who stops early may begin again
			for entries, err := range s.List(t.Context(), f.dataset, "", nil) {
				require.NoError(t, err)
				require.Len(t, entries, batch)
				break
			}
		}
		return nil
	}))
}
