package catalog

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Items 92 and 93 of the REST checklist, 8 and 26 of the entries checklist.
func TestListIsSortedBytewise(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.put(t, "b", "B", "a-b", "a/z", "a.txt", "a0", "é", "a/b/c.jpg", "Z/1", "\U0010FFFFlast", "_")
	f.exec(t, `insert into entries (dataset_id, path, type, mtime, depth) values ($1, '', 7, 0, 0)`, f.dataset.ID) // decision 28
	list := func(path string, only *EntryType) []string {
		entries, err := f.list(t, path, only)
		require.NoError(t, err)
		return pathsOf(entries)
	}
	root := []string{"B", "Z", "_", "a", "a-b", "a.txt", "a0", "b", "é", "\U0010FFFFlast"}
	assert.Equal(t, root, list("", nil))
	assert.Equal(t, []string{"a/b", "a/z"}, list("a", nil))
	assert.Equal(t, []string{"a/b", "a/z"}, list("a/", nil))
	assert.Equal(t, []string{"a/b/c.jpg"}, list("a/b", nil))
	assert.Equal(t, []string{"a.txt"}, list("a.txt", nil))
	assert.Empty(t, list("nothing", nil))
	folder := Directory
	assert.Equal(t, []string{"Z", "a"}, list("", &folder))
	assert.True(t, slices.IsSorted(f.tree(t)))
	assert.Len(t, f.tree(t), 14)

	for _, hostile := range []string{"a\x00b", "\xff", "%", "a' or ''='", strings.Repeat("x", 5000)} {
		_, err := f.list(t, hostile, nil)
		assert.Contains(t, []cairn.Code{"", cairn.Invalid}, cairn.CodeOf(err), "%q", hostile)
		_, err = f.Search(t.Context(), f.dataset, "", hostile, true, nil)
		assert.Contains(t, []cairn.Code{"", cairn.Invalid}, cairn.CodeOf(err), "%q", hostile)
		_, err = f.Entry(t.Context(), f.dataset, hostile)
		assert.Contains(t, []cairn.Code{cairn.NotFound, cairn.Invalid}, cairn.CodeOf(err), "%q", hostile)
		_, err = f.EntryByHash(t.Context(), f.dataset, hostile)
		assert.Contains(t, []cairn.Code{cairn.NotFound, cairn.Invalid}, cairn.CodeOf(err), "%q", hostile)
	}
}

// Items 95 to 97.
func TestSearch(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.put(t, "A.JPG", "x/b.jpg", "x/y/c.jpeg", "x/ÄRGER.txt", "x/a+b (1).jpg", "x/jpg")
	search := func(folder, pattern string, recursive bool) []string {
		entries, err := f.Search(t.Context(), f.dataset, folder, pattern, recursive, nil)
		require.NoError(t, err)
		return pathsOf(entries)
	}
	assert.Equal(t, []string{"A.JPG", "x/a+b (1).jpg", "x/b.jpg"}, search("", "*.jpg", true))
	assert.Equal(t, []string{"A.JPG"}, search("", "*.jpg", false))
	assert.Equal(t, []string{"x/a+b (1).jpg", "x/b.jpg"}, search("x", "*.JPG", false))
	assert.Equal(t, []string{"x/y/c.jpeg"}, search("x/", "?.jp*g", true)[1:])
	assert.Equal(t, []string{"x/a+b (1).jpg"}, search("", "a+b (1)*", true))
	assert.Equal(t, []string{"x/ÄRGER.txt"}, search("", "ärger*", true), "case is ignored in every script")
	assert.Equal(t, f.tree(t), search("", "*", true))
	assert.Equal(t, f.tree(t), search("", strings.Repeat("*", 5000), true), "many are as good as one")
	assert.Empty(t, search("", ".*", true))
	assert.Empty(t, search("nothing", "*", true))
}

func TestTree(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.put(t, "a/1", "a/b/2", "a0", "a-", "c")
	tree, err := f.Tree(t.Context(), f.dataset, "a", "a/b", "c", "a/1")
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "a/1", "a/b", "a/b/2", "c"}, pathsOf(tree), "each once")
	_, err = f.Tree(t.Context(), f.dataset, "a", "gone")
	assertCode(t, cairn.NotFound, err)
}

// Decisions 32 and 33, items 88 to 91.
func TestPutAndMakeFolder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.put(t, "a/b/c.jpg")
	assert.Equal(t, []string{"a", "a/b", "a/b/c.jpg"}, f.tree(t))
	folder, err := f.Entry(t.Context(), f.dataset, "a")
	require.NoError(t, err)
	assert.Equal(t, Directory, folder.Type)
	assert.Empty(t, folder.Hash)

	f.exec(t, `insert into metadata (dataset_id, path, key, data, mtime) values ($1, 'a/b/c.jpg', 'note', '"kept"', 0)`, f.dataset.ID)
	replaced := file("a/b/c.jpg", 99)
	replaced.Hash, replaced.MTime = "new", 1_800_000_000
	require.NoError(t, f.tryPut(t, replaced))
	got, err := f.Entry(t.Context(), f.dataset, "a/b/c.jpg")
	require.NoError(t, err)
	assert.Equal(t, replaced, got)
	assert.Equal(t, 1, f.count(t, `select count(*) from metadata where path = 'a/b/c.jpg'`), "metadata stays")

	assertCode(t, cairn.Invalid, f.tryPut(t, file("a/b", 1)), "a file on a folder")
	assertCode(t, cairn.Invalid, f.tryPut(t, file("a/b/c.jpg/d", 1)), "below a file")
	for _, there := range []string{"a", "a/b/c.jpg"} {
		assertCode(t, cairn.Invalid, f.makeFolder(t, there), "a folder where anything is")
	}
	assertCode(t, cairn.Invalid, f.makeFolder(t, "a/b/c.jpg/d"))
	require.NoError(t, f.makeFolder(t, "n/m"))
	assert.Equal(t, []string{"a", "a/b", "a/b/c.jpg", "n", "n/m"}, f.tree(t), "what was refused left nothing")
}

// Items 99 to 101.
func TestMove(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.put(t, "a/1", "a/é/2", "a0", "b", "ab/3")
	f.exec(t, `insert into metadata (dataset_id, path, key, data, mtime) values ($1, 'a/é/2', 'note', '"moves"', 0), ($1, 'a0', 'note', '"stays"', 0)`, f.dataset.ID)
	before, err := f.Entry(t.Context(), f.dataset, "a/é/2")
	require.NoError(t, err)

	require.NoError(t, f.move(t, "a", "new/place"))
	assert.Equal(t, []string{"a0", "ab", "ab/3", "b", "new", "new/place", "new/place/1", "new/place/é", "new/place/é/2"}, f.tree(t))
	after, err := f.Entry(t.Context(), f.dataset, "new/place/é/2")
	require.NoError(t, err)
	before.Path = "new/place/é/2"
	assert.Equal(t, before, after, "content and time stay")
	assert.Equal(t, 1, f.count(t, `select count(*) from metadata where path = 'new/place/é/2'`))
	assert.Equal(t, 1, f.count(t, `select count(*) from metadata where path = 'a0'`))
	children, err := f.list(t, "new/place/é", nil)
	require.NoError(t, err)
	assert.Len(t, children, 1, "depths follow")

	for _, refused := range []struct {
		source, dest string
		code         cairn.Code
	}{
		{"new", "new", cairn.Invalid}, {"new", "new/place/below", cairn.Invalid}, {"new", "b", cairn.Invalid}, {"b", "ab", cairn.Invalid}, {"b", "a0", cairn.Conflict}, {"ab", "new", cairn.Conflict},
		{"gone", "x", cairn.NotFound}, {"b", "a0/x", cairn.Invalid}, {"new", strings.Repeat("abcd/", 399) + "abcde", cairn.Invalid},
	} {
		tree := f.tree(t)
		assertCode(t, refused.code, f.move(t, refused.source, refused.dest), "%s to %.20s", refused.source, refused.dest)
		assert.Equal(t, tree, f.tree(t), "nothing is lost")
	}
	require.NoError(t, f.move(t, "new", "newer"), "a name that begins with the old one")
	require.NoError(t, f.move(t, "newer/place", "place"))
	require.NoError(t, f.move(t, "a0", "a"))
}

func TestRemove(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.put(t, "a/1", "a/b/2", "a0", "a-")
	f.exec(t, `insert into metadata (dataset_id, path, key, data, mtime) values ($1, 'a/1', 'note', '1', 0), ($1, 'a0', 'note', '1', 0)`, f.dataset.ID)
	require.NoError(t, f.remove(t, "a"))
	assert.Equal(t, []string{"a-", "a0"}, f.tree(t))
	assert.Equal(t, 0, f.count(t, `select count(*) from metadata where path = 'a/1'`))
	assert.Equal(t, 1, f.count(t, `select count(*) from metadata where path = 'a0'`))
	assertCode(t, cairn.NotFound, f.remove(t, "a"))
}

// Decision 33: of two uploads for one path both succeed, one stands whole; of
// two moves to one place the second is a conflict.
func TestWritersRace(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for round := range 10 {
		path := "r" + string(rune('a'+round))
		var racing sync.WaitGroup
		for i := range 4 {
			racing.Go(func() {
				e := file(path+"/deep/x", int64(i))
				e.Hash = string(rune('0' + i))
				assert.NoError(t, f.tryPut(t, e))
			})
		}
		racing.Wait()
		e, err := f.Entry(t.Context(), f.dataset, path+"/deep/x")
		require.NoError(t, err)
		assert.Equal(t, string(rune('0'+e.Size)), e.Hash, "not a mixture")

		f.put(t, path+"/1", path+"/2")
		var errs [2]error
		for i := range errs {
			racing.Go(func() { errs[i] = f.move(t, path+"/"+string(rune('1'+i)), path+"/dest") })
		}
		racing.Wait()
		codes := []cairn.Code{cairn.CodeOf(errs[0]), cairn.CodeOf(errs[1])}
		assert.ElementsMatch(t, []cairn.Code{"", cairn.Conflict}, codes)
	}
	assertNoOrphans(t, f)
}

// Files never stand below nothing or below a file, whoever races, and the
// running totals are always the sums.
func TestTotalsAndFoldersAfterRandomOperations(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	names := []string{"a", "b", "a/a", "a/b", "b/a", "a/b/c", "b/a/c", "c"}
	var writers sync.WaitGroup
	for seed := range uint64(4) {
		writers.Go(func() {
			random := rand.New(rand.NewPCG(seed, 1))
			pick := func() string { return names[random.IntN(len(names))] }
			for range 60 {
				var err error
				switch random.IntN(5) {
				case 0, 1:
					err = f.tryPut(t, file(pick(), random.Int64N(1000)))
				case 2:
					err = f.makeFolder(t, pick())
				case 3:
					err = f.remove(t, pick())
				case 4:
					err = f.move(t, pick(), pick())
				}
				assert.NotEqual(t, cairn.Internal, cairn.CodeOf(err), "%v", err)
			}
		})
	}
	writers.Wait()
	assertNoOrphans(t, f)
	d, err := f.Dataset(t.Context(), f.admin, "admin", "site", 5)
	require.NoError(t, err)
	assert.EqualValues(t, f.count(t, `select count(*) from entries where path <> ''`), d.Entries)
	assert.EqualValues(t, f.count(t, `select coalesce(sum(size), 0) from entries`), d.Size)
	assert.Equal(t, 0, f.count(t, `select count(*) from entries where depth <> length(path) - length(replace(path, '/', ''))`))
}

func assertNoOrphans(t *testing.T, f *fixture) {
	t.Helper()
	assert.Equal(t, 0, f.count(t, `select count(*) from entries e where depth > 0 and not exists
		(select from entries p where p.dataset_id = e.dataset_id and p.type = 1 and p.path = regexp_replace(e.path, '/[^/]*$', ''))`))
}

func (f *fixture) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, f.pool.QueryRow(t.Context(), sql, args...).Scan(&n))
	return n
}
