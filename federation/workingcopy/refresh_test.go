package workingcopy

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest/index"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

var none = Changes{[]string{}, []string{}, []string{}, []Skipped{}}

func TestRefreshFindsWhatChanged(t *testing.T) {
	t.Parallel()
	c := newCopy(t)
	c.put(t, "a.txt", "hello")
	c.put(t, "sub/é & #.txt", "world")
	c.put(t, "sub/.ddb/dbase.sqlite", "a dataset in a dataset")
	require.NoError(t, os.Mkdir(filepath.Join(c.dir, "empty"), 0o755))
	assert.Equal(t, Changes{Added: []string{"a.txt", "empty", "sub", "sub/é & #.txt"}, Changed: none.Changed, Removed: none.Removed, Skipped: none.Skipped}, c.refreshed(t))
	assert.Equal(t, "a.txt="+sum("hello")+" empty sub sub/é & #.txt="+sum("world"), c.listed(t))
	assert.Equal(t, none, c.refreshed(t))

	c.put(t, "a.txt", "hellO")
	c.put(t, "sub/é & #.txt", "world")
	c.age(t, "sub/é & #.txt", 2*time.Hour) // touched, the same
	c.put(t, "new/b.txt", "")
	require.NoError(t, os.Remove(filepath.Join(c.dir, "empty")))
	c.age(t, "a.txt", 3*time.Hour)
	assert.Equal(t, Changes{Added: []string{"new", "new/b.txt"}, Changed: []string{"a.txt"}, Removed: []string{"empty"}, Skipped: none.Skipped}, c.refreshed(t))
	assert.Equal(t, none, c.refreshed(t))

	require.NoError(t, os.RemoveAll(filepath.Join(c.dir, "sub")))
	c.put(t, "sub", "a file now")
	require.NoError(t, os.Remove(filepath.Join(c.dir, "a.txt")))
	c.put(t, "a.txt/x", "a folder now")
	assert.Equal(t, Changes{Added: []string{"a.txt/x"}, Changed: []string{"a.txt", "sub"}, Removed: []string{"sub/é & #.txt"}, Skipped: none.Skipped}, c.refreshed(t))
	assert.Equal(t, "a.txt a.txt/x="+sum("a folder now")+" new new/b.txt="+sum("")+" sub="+sum("a file now"), c.listed(t))
}

// The index has times in whole seconds.
func TestAChangeWithinTheSameSecondIsFound(t *testing.T) {
	t.Parallel()
	c := newCopy(t)
	for _, content := range []string{"one", "two", "six"} {
		require.NoError(t, os.WriteFile(filepath.Join(c.dir, "a.txt"), []byte(content), 0o644))
		c.refreshed(t)
		assert.Equal(t, "a.txt="+sum(content), c.listed(t))
	}
}

func TestWhatCanNotBeInADatasetIsReported(t *testing.T) {
	t.Parallel()
	c := newCopy(t)
	c.put(t, "good.txt", "x")
	c.put(t, `back\slash.txt`, "x")
	c.put(t, "bad\xff.txt", "x")
	c.put(t, "bad\xff/in it.txt", "x")
	c.put(t, "line\nbreak", "x")
	c.put(t, ".DDB/x", "x")
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(c.dir, "link")))
	require.NoError(t, os.Symlink(".", filepath.Join(c.dir, "loop")))
	require.NoError(t, unix.Mkfifo(filepath.Join(c.dir, "pipe"), 0o644))
	changes := c.refreshed(t)
	assert.Equal(t, []string{"good.txt"}, changes.Added)
	assert.Equal(t, []Skipped{
		{".DDB", "registries don't take its name"},
		{`back\slash.txt`, "its name has a backslash"},
		{"bad\uFFFD", "its name is not valid UTF-8"},
		{"bad\uFFFD.txt", "its name is not valid UTF-8"},
		{"line\nbreak", "registries don't take its name"},
		{"link", "it is a symbolic link"},
		{"loop", "it is a symbolic link"},
		{"pipe", "it is no ordinary file"},
	}, changes.Skipped)
}

// A file that a link took the place of is not deleted in the dataset.
func TestWhatIsSkippedStays(t *testing.T) {
	t.Parallel()
	c := newCopy(t)
	c.put(t, "a.txt", "x")
	c.put(t, "d/b.txt", "y")
	c.refreshed(t)
	require.NoError(t, os.Rename(filepath.Join(c.dir, "d"), filepath.Join(t.TempDir(), "d")))
	require.NoError(t, os.Symlink("elsewhere", filepath.Join(c.dir, "d")))
	assert.Empty(t, c.refreshed(t).Removed)
	assert.Contains(t, c.listed(t), "d/b.txt=")
}

func TestTheEntryOfTheDatasetItselfAndUnlistedFoldersStay(t *testing.T) {
	t.Parallel()
	c := newCopy(t)
	c.put(t, "d/e/a.txt", "x")
	require.NoError(t, c.index.Update(t.Context(), func(tx *index.Tx) error {
		require.NoError(t, tx.Put(catalog.Entry{Description: catalog.Description{Type: catalog.DroneDB}}))
		return tx.Put(catalog.Entry{Path: "d/e/a.txt", Hash: sum("x")})
	}))
	assert.Equal(t, none, c.refreshed(t))
	assert.Equal(t, "= d/e/a.txt="+sum("x"), "="+c.listed(t))
	c.put(t, "d/b.txt", "y")
	assert.Equal(t, []string{"d", "d/b.txt"}, c.refreshed(t).Added)
}

// The times of files are those of the folder, however the index came about.
func TestAnIndexWithOtherTimes(t *testing.T) {
	t.Parallel()
	c := newCopy(t)
	c.put(t, "a.txt", "x")
	require.NoError(t, c.index.Update(t.Context(), func(tx *index.Tx) error {
		return tx.Put(catalog.Entry{Path: "a.txt", Hash: sum("x"), Size: 1, Description: catalog.Description{Type: catalog.Markdown, Properties: map[string]any{"k": "v"}}})
	}))
	assert.Equal(t, none, c.refreshed(t))
	e, err := c.index.Entry(t.Context(), "a.txt")
	require.NoError(t, err)
	assert.Equal(t, catalog.Markdown, e.Type)
	assert.Equal(t, map[string]any{"k": "v"}, e.Properties)
	assert.InDelta(t, time.Now().Add(-time.Hour).Unix(), e.MTime, 5)
}

func TestRemovedFilesTakeTheirMetadataAlong(t *testing.T) {
	t.Parallel()
	c := newCopy(t)
	c.put(t, "a.txt", "x")
	c.refreshed(t)
	require.NoError(t, c.index.Update(t.Context(), func(tx *index.Tx) error {
		_, err := tx.PutRecord(catalog.Record{ID: "1", Path: "a.txt", Key: "notes", Data: []byte("1")})
		require.NoError(t, err)
		_, err = tx.PutRecord(catalog.Record{ID: "2", Key: "name", Data: []byte(`"n"`)})
		return err
	}))
	require.NoError(t, os.Remove(filepath.Join(c.dir, "a.txt")))
	c.refreshed(t)
	s, err := c.Stamp(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"2"}, s.Meta)
}

func TestFindAndOneAtATime(t *testing.T) {
	t.Parallel()
	c := newCopy(t)
	c.put(t, "a/b/c.txt", "x")
	for _, below := range []string{"", "a", "a/b", "a/b/c.txt", "gone"} {
		found, err := Find(filepath.Join(c.dir, below))
		require.NoError(t, err)
		assert.Equal(t, c.dir, found)
	}
	_, err := Find(filepath.Dir(c.dir))
	assert.Equal(t, cairn.NotFound, cairn.CodeOf(err))
	_, err = Open(t.Context(), c.dir, Options{})
	assert.Equal(t, cairn.Unavailable, cairn.CodeOf(err))
}
