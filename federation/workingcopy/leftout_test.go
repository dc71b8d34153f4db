package workingcopy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/federation/client"
	"github.com/cairngeo/cairn/federation/stamp"
	"github.com/cairngeo/cairn/ingest/index"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Who moves a folder and leaves a link in its place keeps the files, though the
// dataset removes those that were there.
func TestAPullRemovesNothingThroughALink(t *testing.T) {
	t.Parallel()
	f, c := newFake(t), newCopy(t)
	f.hold(map[string]string{"d/": "", "d/a": "one", "other": "two"})
	c.pulled(t, f, Neither)
	require.NoError(t, os.Rename(filepath.Join(c.dir, "d"), filepath.Join(c.dir, "moved")))
	require.NoError(t, os.Symlink("moved", filepath.Join(c.dir, "d")))
	f.hold(map[string]string{"new": "three"})
	for _, keep := range []Keep{Neither, Ours, Theirs} {
		_, err := c.Pull(t.Context(), f.client, f.tag(), keep)
		assert.Equal(t, cairn.Conflict, cairn.CodeOf(err), "%v", err)
		assert.ErrorContains(t, err, `"d" was left out: it is a symbolic link`)
		assert.Equal(t, map[string]string{"d": "L---------", "moved": "folder", "moved/a": "one", "other": "two"}, c.onDisk(t), "nothing was done")
	}
	require.NoError(t, os.Remove(filepath.Join(c.dir, "d")))
	c.pulled(t, f, Neither)
	assert.Equal(t, map[string]string{"moved": "folder", "moved/a": "one", "new": "three"}, c.onDisk(t))
}

func TestWhatWasLeftOutIsInTheWay(t *testing.T) {
	t.Parallel()
	for link, theirs := range map[string]string{"new": "new", "d": "d/x", "d/link": "d"} {
		f, c := newFake(t), newCopy(t)
		f.hold(map[string]string{"a": "one"})
		c.pulled(t, f, Neither)
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(c.dir, link)), 0o755))
		require.NoError(t, os.Symlink("a", filepath.Join(c.dir, link)))
		before := c.onDisk(t)
		f.hold(map[string]string{theirs: "theirs"})
		_, err := c.Pull(t.Context(), f.client, f.tag(), Theirs)
		assert.Equal(t, cairn.Conflict, cairn.CodeOf(err), "%v", err)
		assert.ErrorContains(t, err, "left out")
		assert.Equal(t, before, c.onDisk(t), "nothing was done")
	}
}

// kill -9 may come between any two steps of making the folder.
func TestACloneKilledAtItsBeginningGoesOn(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.hold(map[string]string{"a": "one"})
	tags := `{"tag":"` + f.tag().String() + `"}`
	for name, left := range map[string]map[string]string{
		"the folder":       {},
		"the lock":         {".ddb/tmp/cairn.lock": ""},
		"half the tag":     {".ddb/tmp/.ddb_tags.json": "{"},
		"the tag":          {".ddb/tags.json": tags},
		"half of an index": {".ddb/tags.json": tags, index.Name + ".new": "SQLite"},
	} {
		dir := filepath.Join(t.TempDir(), "clone")
		require.NoError(t, os.MkdirAll(filepath.Join(dir, scratch), 0o755))
		for p, content := range left {
			require.NoError(t, os.WriteFile(filepath.Join(dir, p), []byte(content), 0o644))
		}
		_, err := Clone(t.Context(), f.client, f.tag(), dir, Options{})
		if assert.NoError(t, err, name) {
			assert.FileExists(t, filepath.Join(dir, "a"))
			assert.NoFileExists(t, filepath.Join(dir, index.Name+".new"))
		}
	}

	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, folder), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, tagsFile), []byte(`{"tag":"https://h/acme/other"}`), 0o644))
	_, err := Clone(t.Context(), f.client, f.tag(), dir, Options{})
	assert.ErrorContains(t, err, "is not empty", "it belongs to another dataset")
	assert.NoFileExists(t, filepath.Join(dir, index.Name))
}

// The index is never written what it can't be read with.
func TestMetadataThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	f, c := newFake(t), newCopy(t)
	f.stamp = stamp.New(nil, []string{"id"})
	f.dump = []client.Meta{{ID: "id", Key: "notes", Data: `"` + strings.Repeat("x", index.Largest) + `"`}}
	_, err := c.Pull(t.Context(), f.client, f.tag(), Neither)
	assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), "%v", err)
	_, err = c.Stamp(t.Context())
	assert.NoError(t, err)
}

func TestMetadataAloneIsSomethingNew(t *testing.T) {
	t.Parallel()
	f, c := newFake(t), newCopy(t)
	f.stamp = stamp.New(nil, []string{"id"})
	f.dump = []client.Meta{{ID: "id", Key: "notes", Data: "1"}}
	assert.Equal(t, 1, c.pulled(t, f, Neither).Metadata)
	assert.Zero(t, c.pulled(t, f, Neither).Metadata)
}

// A link in a folder may lead to anything; who shares the folder does not mean that.
func TestAShareLeavesLinksInFoldersOut(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "secret")
	require.NoError(t, os.WriteFile(secret, []byte("x"), 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "d"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "d", "file"), nil, 0o644))
	for name, target := range map[string]string{"link": secret, "folder": outside, "nowhere": "nowhere"} {
		require.NoError(t, os.Symlink(target, filepath.Join(dir, "d", name)))
	}
	for _, name := range []string{"d", ".", filepath.Join(dir, "d"), "d/"} {
		files, skipped, err := collect(dir, []string{name})
		require.NoError(t, err)
		if assert.Len(t, files, 1) {
			assert.Equal(t, "d/file", files[0].path)
		}
		assert.Equal(t, []Skipped{{"d/folder", "it is a symbolic link"}, {"d/link", "it is a symbolic link"}, {"d/nowhere", "it is a symbolic link"}}, skipped)
	}
	files, skipped, err := collect(dir, []string{"d/link"})
	require.NoError(t, err)
	assert.Len(t, files, 1, "one that was named")
	assert.Empty(t, skipped)
}
