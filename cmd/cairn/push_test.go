package main

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// oddNames are allowed, and each of them breaks somebody's client.
var oddNames = map[string]string{
	"a b.txt": "space", "é.txt": "accent", "100%41.txt": "percent", "a&b=c.txt": "ampersand", "a#b.txt": "hash", "a,b.txt": "comma", `say "hi".txt`: "quotes", "it's.txt": "apostrophe",
	"a+b.txt": "plus", "a?b.txt": "question", "a..b.txt": "dots", "ünïcode/日本.txt": "deep", "empty.txt": "", "sub/empty/": "", "a;b.txt": "semicolon", "<b>.txt": "tag", ".hidden": "hidden",
}

// oddFiles have those names. Their contents are nobody else's: what the server
// holds already is not sent.
func oddFiles(whose string) map[string]string {
	files := map[string]string{}
	for name, content := range oddNames {
		if content != "" {
			content += " of " + whose
		}
		files[name] = content
	}
	return files
}

func withoutFolders(files map[string]string) map[string]string {
	left := map[string]string{}
	for name, content := range files {
		if !strings.HasSuffix(name, "/") {
			left[name] = content
		}
	}
	return left
}

func (p person) writeAll(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		if dir, isFolder := strings.CutSuffix(name, "/"); isFolder {
			require.NoError(t, os.MkdirAll(p.at(folder+"/"+dir), 0o755))
			continue
		}
		p.write(t, folder+"/"+name, content)
	}
}

func with(files map[string]string, more ...string) map[string]string {
	all := map[string]string{}
	for name, content := range files {
		all[name] = content
	}
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

// A folder becomes a dataset, both are changed, and each side gets what the
// other one did.
func TestPushPullAndClone(t *testing.T) {
	t.Parallel()
	c := server(t)
	ann, bob := signedIn(t, c.base), signedIn(t, c.base)
	files := oddFiles("push")
	all := with(files, "sub/", "", "ünïcode/", "")
	ann.writeAll(t, "site", files)

	var done pushed
	ann.json(t, &done, "push", "-C", "site", "admin/cli-push")
	assert.Equal(t, c.base+"/admin/cli-push", done.Tag)
	assert.True(t, done.New)
	assert.True(t, done.Pushed.Pushed)
	assert.GreaterOrEqual(t, done.Uploaded, len(files)-2, "all but the folder, and the empty file if the server holds one")
	assert.Equal(t, c.stampOf(t, "admin/cli-push"), done.Checksum)
	for name, content := range withoutFolders(files) {
		a := c.get(t, "/orgs/admin/ds/cli-push/download?path="+url.QueryEscape(name))
		require.Equal(t, http.StatusOK, a.status, name)
		assert.Equal(t, content, string(a.body), name)
	}

	done = pushed{}
	ann.json(t, &done, "push", "-C", "site")
	assert.False(t, done.Pushed.Pushed, "nothing to do")
	assert.Zero(t, done.Uploaded)
	assert.Contains(t, ann.must(t, "push", "-C", "site/sub"), "has everything already", "from a folder within")

	bob.must(t, "clone", "admin/cli-push", "copy")
	assert.Equal(t, all, bob.files(t, "copy"))
	assert.Contains(t, bob.must(t, "push", "-C", "copy"), "has everything already", "a clone is what it was cloned from")
	assert.Contains(t, bob.must(t, "pull", "-C", "copy"), "has nothing new")

	ann.write(t, "site/a b.txt", "changed by push")
	ann.write(t, "site/new/file.txt", "new of push")
	ann.remove(t, "site/a#b.txt")
	require.NoError(t, os.Rename(ann.at("site/a,b.txt"), ann.at("site/renamed, it is.txt")))
	done = pushed{}
	ann.json(t, &done, "push", "-C", "site")
	assert.Equal(t, 2, done.Uploaded, "what was renamed is there")
	assert.Equal(t, []string{"a b.txt"}, done.Changed)
	assert.Equal(t, []string{"a#b.txt", "a,b.txt"}, done.Removed)
	assert.Equal(t, []string{"new", "new/file.txt", "renamed, it is.txt"}, done.Added)

	bob.write(t, "copy/mine.txt", "mine")
	assert.Contains(t, bob.refused(t, exitConflict, []string{"Pull first"}, "push", "-C", "copy").stderr, "changes that this folder lacks")
	var got pulled
	bob.json(t, &got, "pull", "-C", "copy")
	assert.Equal(t, 2, got.Downloaded)
	all = with(all, "a b.txt", "changed by push", "new/", "", "new/file.txt", "new of push", "renamed, it is.txt", "comma of push")
	delete(all, "a#b.txt")
	delete(all, "a,b.txt")
	assert.Equal(t, with(all, "mine.txt", "mine"), bob.files(t, "copy"))
	done = pushed{}
	bob.json(t, &done, "push", "-C", "copy")
	assert.Equal(t, []string{"mine.txt"}, done.Added, "the push that was refused had found it already")
	assert.Empty(t, done.Changed)
	assert.Empty(t, done.Removed)
	ann.must(t, "pull", "-C", "site")
	assert.Equal(t, with(all, "mine.txt", "mine"), ann.files(t, "site"))
}

// Who names a dataset for a folder in a working copy means the folder, not all
// that is around it.
func TestAPartOfAWorkingCopyIsNotPushedElsewhere(t *testing.T) {
	t.Parallel()
	c := server(t)
	p := signedIn(t, c.base)
	p.writeAll(t, "outer", map[string]string{"private.txt": "private of outer", "part/x.txt": "x of outer"})
	p.must(t, "push", "-C", "outer", "admin/cli-outer")
	for _, arguments := range [][]string{{"admin/cli-part"}, {"--tag", "admin/cli-part"}} {
		p.refused(t, exitUsage, []string{"part of the working copy " + p.at("outer")}, append([]string{"push", "-C", "outer/part"}, arguments...)...)
	}
	assert.Equal(t, http.StatusNotFound, c.get(t, "/orgs/admin/ds/cli-part").status)
	p.must(t, "push", "-C", "outer/part", "admin/cli-outer")
	p.must(t, "push", "-C", "outer/part")
	p.must(t, "push", "-C", "outer", "admin/cli-part")
}

// What is changed on the server comes with the next pull.
func TestPullAfterChangesOnTheServer(t *testing.T) {
	t.Parallel()
	c := server(t)
	ann := signedIn(t, c.base)
	ann.writeAll(t, "site", map[string]string{"a.txt": "a", "d/b.txt": "b"})
	ann.must(t, "push", "-C", "site", "admin/cli-server")
	const ds = "/orgs/admin/ds/cli-server"
	require.Less(t, c.form(t, http.MethodPut, ds+"/obj", "source", "d/b.txt", "dest", "e/c.txt").status, 300)
	require.Less(t, c.send(t, http.MethodDelete, ds+"/obj?path=a.txt", nil).status, 300)
	require.Less(t, c.form(t, http.MethodPost, ds+"/meta/add", "key", "notes", "data", `{"text":"é"}`).status, 300)
	require.Less(t, c.form(t, http.MethodPut, ds, "name", "Another name", "visibility", "public").status, 300)
	c.upload(t, ds, "up/load.txt", []byte("loaded"))

	var got pulled
	ann.json(t, &got, "pull", "-C", "site")
	assert.Equal(t, 1, got.Downloaded, "what moved is here")
	assert.Equal(t, map[string]string{"d/": "", "e/": "", "e/c.txt": "b", "up/": "", "up/load.txt": "loaded"}, ann.files(t, "site"))
	assert.Contains(t, ann.must(t, "push", "-C", "site"), "has everything already")
}

func TestConflictsBetweenFolders(t *testing.T) {
	t.Parallel()
	c := server(t)
	ann := signedIn(t, c.base)
	ann.writeAll(t, "one", map[string]string{"a.txt": "a", "b.txt": "b"})
	ann.must(t, "push", "-C", "one", "admin/cli-conflict")
	for _, keep := range []string{"ours", "theirs"} {
		ann.must(t, "clone", "admin/cli-conflict", keep)
		ann.write(t, keep+"/a.txt", keep+" a")
		ann.write(t, keep+"/c.txt", keep+" c")
	}
	ann.write(t, "one/a.txt", "changed")
	ann.write(t, "one/b.txt", "changed")
	ann.must(t, "push", "-C", "one")

	for _, keep := range []string{"ours", "theirs"} {
		ann.refused(t, exitConflict, []string{"conflict: a.txt", "say which side to keep"}, "pull", "-C", keep)
		assert.Equal(t, map[string]string{"a.txt": keep + " a", "b.txt": "b", "c.txt": keep + " c"}, ann.files(t, keep), "nothing was done")
	}
	s := ann.run(t, "", "pull", "-C", "ours", "--json")
	assert.Equal(t, exitConflict, s.exit)
	assert.JSONEq(t, `{"error":"1 changed here and in the dataset. Nothing was done; say which side to keep.","exit":4,"conflicts":[{"path":"a.txt","ours":"`+sum([]byte("ours a"))+`","theirs":"`+sum([]byte("changed"))+`"}]}`, s.stdout)

	ann.must(t, "pull", "-C", "theirs", "--keep-theirs")
	assert.Equal(t, map[string]string{"a.txt": "changed", "b.txt": "changed", "c.txt": "theirs c"}, ann.files(t, "theirs"))
	ann.must(t, "pull", "-C", "ours", "--keep-ours")
	assert.Equal(t, map[string]string{"a.txt": "ours a", "b.txt": "changed", "c.txt": "ours c"}, ann.files(t, "ours"))
	ann.must(t, "push", "-C", "ours")
	ann.must(t, "pull", "-C", "one")
	assert.Equal(t, ann.files(t, "ours"), ann.files(t, "one"))
	ann.refused(t, exitUsage, nil, "pull", "-C", "one", "-t", "-o")
}

func TestMetadataIsPushedAndPulled(t *testing.T) {
	t.Parallel()
	c := server(t)
	ann := signedIn(t, c.base)
	ann.write(t, "one/a.txt", "a")
	ann.must(t, "push", "-C", "one", "admin/cli-meta")
	const ds = "/orgs/admin/ds/cli-meta"
	require.Less(t, c.form(t, http.MethodPost, ds+"/meta/set", "key", "flight", "data", `"one"`).status, 300)
	ann.must(t, "pull", "-C", "one")
	checksum := c.stampOf(t, "admin/cli-meta")

	ann.write(t, "one/b.txt", "b") // its metadata goes to another dataset with the files
	var done pushed
	ann.json(t, &done, "push", "-C", "one", "admin/cli-meta2")
	assert.True(t, done.New)
	assert.NotEqual(t, checksum, done.Checksum)
	var record struct{ Data string }
	c.get(t, "/orgs/admin/ds/cli-meta2/meta/flight").json(t, http.StatusOK, &record)
	assert.Equal(t, "one", record.Data)

	require.Less(t, c.form(t, http.MethodPost, ds+"/meta/set", "key", "flight", "data", `"two"`).status, 300)
	ann.must(t, "pull", "-C", "one")
	ann.must(t, "push", "-C", "one")
	c.get(t, ds+"/meta/flight").json(t, http.StatusOK, &record)
	assert.Equal(t, "two", record.Data)
}

// A folder that was meant for a dataset that can't be is free for another one.
func TestAMistakenTagIsCorrected(t *testing.T) {
	t.Parallel()
	c := server(t)
	p := signedIn(t, c.base)
	p.write(t, "site/a.txt", "a")
	p.refused(t, exitError, []string{"organization"}, "push", "-C", "site", "cli-nobody/corrected")
	p.must(t, "push", "-C", "site", "admin/cli-corrected")
	p.write(t, "site/b.txt", "b")
	p.must(t, "push", "-C", "site")
	assert.Len(t, c.entries(t, "/orgs/admin/ds/cli-corrected"), 2)
}

// A file that was written just before it was pushed can be replaced and
// removed by the next pull.
func TestPullOntoAFreshFile(t *testing.T) {
	t.Parallel()
	c := server(t)
	p := signedIn(t, c.base)
	require.NoError(t, os.MkdirAll(p.at("site"), 0o755))
	for _, name := range []string{"a.txt", "b.txt"} {
		require.NoError(t, os.WriteFile(p.at("site/"+name), []byte("fresh"), 0o644))
	}
	p.must(t, "push", "-C", "site", "admin/cli-fresh")
	c.upload(t, "/orgs/admin/ds/cli-fresh", "a.txt", []byte("newer"))
	require.Equal(t, http.StatusNoContent, c.send(t, http.MethodDelete, "/orgs/admin/ds/cli-fresh/obj?path=b.txt", nil).status)
	p.must(t, "pull", "-C", "site")
	assert.Equal(t, map[string]string{"a.txt": "newer"}, p.files(t, "site"))
}
