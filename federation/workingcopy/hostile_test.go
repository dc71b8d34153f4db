package workingcopy

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/federation/client"
	"github.com/cairngeo/cairn/federation/stamp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func (c *Copy) pulled(t *testing.T, f *fake, keep Keep) Pulled {
	t.Helper()
	done, err := c.Pull(t.Context(), f.client, f.tag(), keep)
	require.NoError(t, err)
	return done
}

func TestAServerCanNotReachOutOfTheFolder(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"../evil", "/etc/evil", "a/../../evil", "a//b", ".", "./a", "a/.", ".ddb/tags.json", "x/.ddb/y", ".DDB/x", `a\b`, "a\x00b", "a\nb", "C:/x", "a/", strings.Repeat("x", 3000)} {
		f, c := newFake(t), newCopy(t)
		f.hold(map[string]string{"good": "x"})
		f.stamp = json.RawMessage(`{"checksum":"x","entries":[{"good":"` + sum("x") + `"},` + entryText(t, p) + `],"meta":[]}`)
		_, err := c.Pull(t.Context(), f.client, f.tag(), Theirs)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), "%q: %v", p, err)
		assert.Empty(t, c.onDisk(t), p)
		_, err = Clone(t.Context(), f.client, f.tag(), filepath.Join(t.TempDir(), "clone"), Options{})
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), p)
	}
}

func entryText(t *testing.T, p string) string {
	t.Helper()
	text, err := json.Marshal(stamp.Entry{Path: p, Hash: sum("x")})
	require.NoError(t, err)
	return string(text)
}

func TestStampsThatNoFolderCanHave(t *testing.T) {
	t.Parallel()
	for _, entries := range []string{
		`{"a":"` + sum("x") + `"},{"a/b":"` + sum("x") + `"}`, `{"a":"../../x"}`, `{"a":"` + strings.ToUpper(sum("x")) + `"}`, `{"":"` + sum("x") + `"}`,
	} {
		f, c := newFake(t), newCopy(t)
		f.stamp = json.RawMessage(`{"checksum":"x","entries":[` + entries + `],"meta":[]}`)
		_, err := c.Pull(t.Context(), f.client, f.tag(), Theirs)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), "%s: %v", entries, err)
	}
}

// Links that the person made lead nowhere for a server.
func TestLinksAreNotFollowed(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	for name, target := range map[string]string{"out": outside, "in": ".ddb", "file": filepath.Join(outside, "x")} {
		f, c := newFake(t), newCopy(t)
		require.NoError(t, os.Symlink(target, filepath.Join(c.dir, name)))
		p := name + "/tags.json"
		if name == "file" {
			p = name
		}
		f.hold(map[string]string{p: "evil"})
		_, err := c.Pull(t.Context(), f.client, f.tag(), Theirs)
		assert.Equal(t, cairn.Conflict, cairn.CodeOf(err), "%s: %v", name, err)
		left, err := os.ReadDir(outside)
		require.NoError(t, err)
		assert.Empty(t, left)
		assert.NoFileExists(t, filepath.Join(c.dir, ".ddb/tags.json"))
	}
}

func TestContentThatIsNotAsAnnouncedReplacesNothing(t *testing.T) {
	t.Parallel()
	f, c := newFake(t), newCopy(t)
	f.hold(map[string]string{"a.txt": "one", "b.txt": "two"})
	c.pulled(t, f, Neither)
	f.hold(map[string]string{"a.txt": "new", "b.txt": "newer"})
	f.files["b.txt"] = "evil"
	_, err := c.Pull(t.Context(), f.client, f.tag(), Theirs)
	assert.Equal(t, cairn.Conflict, cairn.CodeOf(err), "%v", err)
	assert.Equal(t, map[string]string{"a.txt": "one", "b.txt": "two"}, c.onDisk(t), "nothing was changed")

	before := f.downloads()
	f.files["b.txt"] = "newer"
	done := c.pulled(t, f, Neither)
	assert.Equal(t, map[string]string{"a.txt": "new", "b.txt": "newer"}, c.onDisk(t))
	assert.Equal(t, before+1, f.downloads(), "a.txt had come before")
	assert.Equal(t, 1, done.Downloaded)
	left, err := filepath.Glob(filepath.Join(c.dir, scratch, "*"))
	require.NoError(t, err)
	assert.Len(t, left, 1, "nothing is left: %v", left)
}

// Removing the entry of the dataset itself removes no file, whatever the native
// client does then.
func TestTheEmptyPathIsNoFile(t *testing.T) {
	t.Parallel()
	f, c := newFake(t), newCopy(t)
	f.hold(map[string]string{"a.txt": "one", "/": ""})
	c.pulled(t, f, Neither)
	c.put(t, "mine.txt", "mine")
	assert.True(t, strings.HasPrefix(c.listed(t), " a.txt="), c.listed(t))
	f.hold(map[string]string{"a.txt": "one"})
	c.pulled(t, f, Neither)
	assert.Equal(t, map[string]string{"a.txt": "one", "mine.txt": "mine"}, c.onDisk(t))
	assert.True(t, strings.HasPrefix(c.listed(t), "a.txt="), c.listed(t))
	f.hold(map[string]string{})
	c.pulled(t, f, Theirs)
	assert.Equal(t, map[string]string{"mine.txt": "mine"}, c.onDisk(t))
}

// Some programs keep the time of a file that they change: exiftool -P, cp -p.
func TestAChangeThatKeepsSizeAndTimeIsNotLost(t *testing.T) {
	t.Parallel()
	f, c := newFake(t), newCopy(t)
	for p, content := range map[string]string{"gone": "one", "changed": "two", "same": "six"} {
		c.put(t, p, content)
	}
	f.hold(map[string]string{"gone": "one", "changed": "two", "same": "six"})
	c.pulled(t, f, Neither)
	for _, p := range []string{"gone", "changed"} {
		info, err := os.Stat(filepath.Join(c.dir, p))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(c.dir, p), []byte("own"), 0o644))
		require.NoError(t, os.Chtimes(filepath.Join(c.dir, p), info.ModTime(), info.ModTime()))
	}
	f.hold(map[string]string{"changed": "new", "same": "six"})
	_, err := c.Pull(t.Context(), f.client, f.tag(), Neither)
	conflicts, _ := errors.AsType[*Conflicts](err)
	require.NotNil(t, conflicts, "%v", err)
	assert.Equal(t, []Conflict{{Path: "changed", Ours: sum("own"), Theirs: sum("new")}, {Path: "gone", Ours: sum("own")}}, conflicts.List)
	assert.Equal(t, map[string]string{"gone": "own", "changed": "own", "same": "six"}, c.onDisk(t))
	c.pulled(t, f, Theirs)
	assert.Equal(t, map[string]string{"changed": "new", "same": "six"}, c.onDisk(t))
}

// What is private stays so.
func TestAReplacedFileKeepsItsPermissions(t *testing.T) {
	t.Parallel()
	f, c := newFake(t), newCopy(t)
	f.hold(map[string]string{"private": "one", "script": "one"})
	c.pulled(t, f, Neither)
	require.NoError(t, os.Chmod(filepath.Join(c.dir, "private"), 0o600))
	require.NoError(t, os.Chmod(filepath.Join(c.dir, "script"), 0o755))
	f.hold(map[string]string{"private": "two", "script": "two"})
	c.pulled(t, f, Neither)
	for p, want := range map[string]os.FileMode{"private": 0o600, "script": 0o755} {
		info, err := os.Stat(filepath.Join(c.dir, p))
		require.NoError(t, err)
		assert.Equal(t, want, info.Mode().Perm(), p)
	}
}

// Who deletes a dataset and makes it anew does not mean everybody's files.
func TestADatasetThatWasEmptiedRemovesNothingUnasked(t *testing.T) {
	t.Parallel()
	f, c := newFake(t), newCopy(t)
	before := map[string]string{"a.txt": "one", "d": "folder", "d/b": "two"}
	f.hold(map[string]string{"a.txt": "one", "d/": "", "d/b": "two"})
	c.pulled(t, f, Neither)
	f.hold(map[string]string{"d/": ""})
	_, err := c.Pull(t.Context(), f.client, f.tag(), Neither)
	assert.Equal(t, cairn.Conflict, cairn.CodeOf(err), "%v", err)
	assert.ErrorContains(t, err, "but had 2")
	assert.Equal(t, before, c.onDisk(t))

	c.pulled(t, f, Ours)
	assert.Equal(t, before, c.onDisk(t))
	c.pulled(t, f, Neither)
	assert.Equal(t, before, c.onDisk(t), "from now on they are ours alone")

	f, c = newFake(t), newCopy(t)
	f.hold(map[string]string{"a.txt": "one"})
	c.pulled(t, f, Neither)
	f.hold(nil)
	c.pulled(t, f, Theirs)
	assert.Empty(t, c.onDisk(t))
}

func TestAServerGetsOnlyWhatItWasOffered(t *testing.T) {
	t.Parallel()
	f, c := newFake(t), newCopy(t)
	c.put(t, "a.txt", "x")
	c.put(t, "d/b.txt", "x")
	for _, p := range []string{"../secret", "/etc/passwd", ".ddb/sync.json", "d", "gone", ""} {
		f.push = map[string]any{"neededFiles": []string{p}, "neededMeta": []string{}, "token": "t", "pullRequired": false}
		_, err := c.Push(t.Context(), f.client, f.tag())
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), "%q: %v", p, err)
	}
	assert.NotContains(t, strings.Join(f.asked, " "), "upload")
}

func TestPullAppliesWhatTheyChanged(t *testing.T) {
	t.Parallel()
	f, c := newFake(t), newCopy(t)
	f.hold(map[string]string{"a.txt": "one", "b_1.txt": "two", "bX1.txt": "three", "d/": "", "d/x": "four", "e/": "", "e/y": "five", "same1": "six", "same2": "six", "same3": "six"})
	assert.Equal(t, Pulled{Written: 10, Downloaded: 6 + 0, Bytes: 22, Skipped: []Skipped{}, Checksum: f.stamp.(stamp.Stamp).Checksum}, c.pulled(t, f, Neither))
	assert.Equal(t, map[string]string{"a.txt": "one", "b_1.txt": "two", "bX1.txt": "three", "d": "folder", "d/x": "four", "e": "folder", "e/y": "five", "same1": "six", "same2": "six", "same3": "six"}, c.onDisk(t))
	assert.Equal(t, none, c.refreshed(t))

	c.put(t, "e/mine", "mine")
	f.hold(map[string]string{"a.txt": "uno", "bX1.txt": "three", "d": "a file", "moved/": "", "moved/y": "five", "same2": "six"})
	before := f.downloads()
	c.pulled(t, f, Neither)
	assert.Equal(t, map[string]string{"a.txt": "uno", "bX1.txt": "three", "d": "a file", "e": "folder", "e/mine": "mine", "moved": "folder", "moved/y": "five", "same2": "six"}, c.onDisk(t))
	assert.Equal(t, 2, f.downloads()-before, "what was moved is here already")
	f.hold(map[string]string{"d/": "", "d/now": "a folder"})
	c.pulled(t, f, Neither)
	assert.Equal(t, map[string]string{"d": "folder", "d/now": "a folder", "e": "folder", "e/mine": "mine"}, c.onDisk(t))
}

func TestConflicts(t *testing.T) {
	t.Parallel()
	for keep, want := range map[Keep]map[string]string{
		Neither: {"a": "ours", "c": "ours", "new": "ours", "e": "one"},
		Ours:    {"a": "ours", "c": "ours", "new": "ours", "e": "theirs"},
		Theirs:  {"a": "theirs", "b": "theirs", "new": "theirs", "e": "theirs"},
	} {
		f, c := newFake(t), newCopy(t)
		f.hold(map[string]string{"a": "one", "b": "one", "c": "one", "e": "one"})
		c.pulled(t, f, Neither)
		for _, p := range []string{"a", "c", "new"} {
			c.put(t, p, "ours")
		}
		require.NoError(t, os.Remove(filepath.Join(c.dir, "b")))
		f.hold(map[string]string{"a": "theirs", "b": "theirs", "new": "theirs", "e": "theirs"})
		_, err := c.Pull(t.Context(), f.client, f.tag(), keep)
		if keep == Neither {
			conflicts, _ := errors.AsType[*Conflicts](err)
			require.NotNil(t, conflicts, "%v", err)
			assert.Equal(t, cairn.Conflict, cairn.CodeOf(err))
			assert.Equal(t, []Conflict{{Path: "a", Ours: sum("ours"), Theirs: sum("theirs")}, {Path: "b", Theirs: sum("theirs")}, {Path: "c", Ours: sum("ours")},
				{Path: "new", Ours: sum("ours"), Theirs: sum("theirs")}}, conflicts.List)
		} else {
			require.NoError(t, err)
		}
		assert.Equal(t, want, c.onDisk(t), keep)
	}
}

// Files of a folder that was never synced with the dataset stay.
func TestAFirstPullIntoFilesRemovesNone(t *testing.T) {
	t.Parallel()
	f, c := newFake(t), newCopy(t)
	c.put(t, "mine", "mine")
	c.put(t, "both", "same")
	f.hold(map[string]string{"both": "same", "theirs": "theirs"})
	c.pulled(t, f, Neither)
	assert.Equal(t, map[string]string{"mine": "mine", "both": "same", "theirs": "theirs"}, c.onDisk(t))
	assert.Equal(t, 1, f.downloads())
}

func TestCloneGoesOn(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	files := map[string]string{"a": "one", "b/": "", "b/c": "two"}
	f.hold(files)
	delete(f.files, "b/c")
	dir := filepath.Join(t.TempDir(), "deep", "clone")
	_, err := Clone(t.Context(), f.client, f.tag(), dir, Options{Parallel: 1})
	require.Error(t, err)
	f.files["b/c"] = "two"
	before := f.downloads()
	done, err := Clone(t.Context(), f.client, f.tag(), dir, Options{})
	require.NoError(t, err)
	assert.LessOrEqual(t, f.downloads()-before, 2)
	assert.Equal(t, 3, done.Written)
	_, err = Clone(t.Context(), f.client, f.tag(), dir, Options{})
	assert.ErrorContains(t, err, "Pull into it")

	other := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(other, "x"), nil, 0o644))
	_, err = Clone(t.Context(), f.client, f.tag(), other, Options{})
	assert.ErrorContains(t, err, "is not empty")
	wrong := f.tag()
	wrong.Dataset = client.Dataset{Org: "acme", Slug: "other"}
	_, err = Clone(t.Context(), f.client, wrong, dir, Options{})
	assert.ErrorContains(t, err, "is not empty")
}

// The native client writes how the folder is as the last common state when it
// first tries to push, also if the server refuses. What the dataset may never
// have had is not lost then.
func TestWhatTheNativeClientNotesIsNotTrusted(t *testing.T) {
	t.Parallel()
	f, c := newFake(t), newCopy(t)
	require.NoError(t, c.SetTag(f.tag()))
	for _, p := range []string{"a", "d/b", "same"} {
		c.put(t, p, "mine "+p)
	}
	c.refreshed(t)
	s, err := c.Stamp(t.Context())
	require.NoError(t, err)

	c.native(t, f.client.Server(), s)
	f.hold(map[string]string{"x": "theirs"}) // another dataset altogether
	assert.Empty(t, c.pulled(t, f, Neither).Kept)
	assert.Equal(t, map[string]string{"a": "mine a", "d": "folder", "d/b": "mine d/b", "same": "mine same", "x": "theirs"}, c.onDisk(t))

	c.native(t, f.client.Server(), s)
	f.hold(map[string]string{"a": "theirs", "same": "mine same"})
	done := c.pulled(t, f, Neither)
	assert.Equal(t, map[string]string{"a": "theirs", "same": "mine same", "x": "theirs"}, c.onDisk(t))
	require.NotEmpty(t, done.Kept)
	for _, p := range []string{"a", "d/b"} {
		content, err := os.ReadFile(filepath.Join(c.dir, done.Kept, p))
		require.NoError(t, err)
		assert.Equal(t, "mine "+p, string(content))
	}
	f.hold(map[string]string{"a": "again"})
	assert.Empty(t, c.pulled(t, f, Neither).Kept, "from now on it is known")
}
