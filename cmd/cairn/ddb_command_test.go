package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// g5Repaired is 1.11.4 with the two lines corrected that keep it from parsing
// stamps and dumps. As released it can neither pull nor clone from any server.
var g5Repaired = func() generation {
	g := g5
	g.name += " repaired"
	return g
}()

// pulling are the generations that can pull and clone.
var pulling = []generation{g3, g5Repaired}

var adminCredentials = &credentials{"admin", adminPassword}

// slugOf is the end of a slug that tells the generations apart.
func (g generation) slugOf(number string) string {
	return "ddb" + number + "-" + strings.NewReplacer(".", "-", " ", "-").Replace(g.name)
}

// requireSame requires the copy and the registry to be in the same state.
func (w *workingCopy) requireSame(t *testing.T, reader client) {
	t.Helper()
	g5.as(reader).requireFiles(t, w.dataset(), w.files)
	require.Equal(t, w.state(), g5.as(reader).stamp(t, w.dataset()))
	require.Equal(t, w.state().Checksum, w.last.Checksum)
}

// Section "Client-level" of the checklist: whole commands, as the client would
// have gone on after each answer.
var ddbCommandStatements = []statement{
	{number: 104, says: "login, push, push unchanged, edit and push exit 0", holds: func(t *testing.T) {
		c := server(t)
		for _, g := range generations {
			w := g.copyOf(c, "admin/"+g.slugOf("104"))
			require.NoError(t, w.login(t, adminCredentials))
			w.files = contents{"a.txt": "104 a", "b c.txt": "104 b", "sub/": "", "sub/é,ü.txt": "104 é", "sub/empty": ""}
			w.records = map[string]dumped{"104-1": note("104-1", "", "tagline", `"of the client"`), "104-2": note("104-2", "a.txt", "annotations", `[1, 2]`)}
			require.NoError(t, w.push(t))
			w.requireSame(t, c)
			require.NoError(t, w.push(t))
			w.requireSame(t, c)

			w.files = contents{"a.txt": "104 edited", "moved/": "", "moved/é,ü.txt": "104 é", "new.txt": "104 new"}
			w.records = map[string]dumped{"104-3": note("104-3", "", "tagline", `"edited"`)}
			require.NoError(t, w.push(t))
			w.requireSame(t, c)
			assert.Zero(t, w.prompts)
		}
	}},
	{number: 105, says: "share exits 0 and prints the address", holds: func(t *testing.T) {
		c := server(t)
		for _, g := range generations {
			w := g.copyOf(c, "")
			w.stored = adminCredentials
			files := contents{"photo.jpg": "105", "other file.txt": "105 other"}
			url, err := w.share(t, "admin/"+g.slugOf("105"), files)
			require.NoError(t, err)
			require.Equal(t, c.base+"/r/admin/"+g.slugOf("105"), url)
			g.as(c.anonymous()).requireFiles(t, "/orgs/admin/ds/"+g.slugOf("105"), files)
			require.Equal(t, http.StatusOK, c.anonymous().get(t, strings.TrimPrefix(url, c.base), "Accept", "text/html").status)
		}
		w := g3.copyOf(c, "") // only the older one can leave the tag empty
		w.stored = adminCredentials
		url, err := w.share(t, "", contents{"a.txt": "105"})
		require.NoError(t, err)
		require.Regexp(t, "^"+c.base+"/r/admin/[a-z0-9]{16}$", url)
	}},
	{number: 106, says: "a refused push says why and exits 1", holds: func(t *testing.T) {
		c := server(t)
		c.user(t, "ddb106")
		c.newDataset(t, "ddb106-public", "public")
		stranger := &credentials{"ddb106", "ddb106-secret-1"}
		for _, g := range generations {
			requireExit := func(err error, code int, words ...string) {
				var end exit
				require.ErrorAs(t, err, &end)
				require.Equal(t, code, end.code, end.says)
				for _, word := range words {
					require.Contains(t, end.says, word)
				}
			}
			w := g.copyOf(c, "admin/ddb106-public")
			w.files, w.stored = contents{"a.txt": "106"}, stranger
			requireExit(w.push(t), 1, "Error response from registry: ", "may not")
			w.tag = "admin/ddb106-absent"
			requireExit(w.push(t), 1, "Error response from registry: ", "may not")
			w.tag = "ddb106-nowhere/site"
			requireExit(w.push(t), 1, "Error response from registry: ", "organization")
			require.Zero(t, w.prompts, "no other credentials would help")

			w = g.copyOf(c, "admin/"+g.slugOf("106"))
			w.files, w.stored, w.edited = contents{"a.txt": "106 " + g.name}, adminCredentials, contents{"a.txt": "106 edited since"}
			requireExit(w.push(t), 1, "Error response from registry: ", "a.txt", "ddb sync")
			w.edited = contents{}
			require.NoError(t, w.push(t), "after ddb sync")

			w.files["../up.txt"] = "106 up"
			requireExit(w.push(t), 1, "Error response from registry: ", "../up.txt")
			w.stored = &credentials{"ddb106", "wrong"}
			requireExit(w.push(t), 1, "Login failed: ")
		}
	}},
	{number: 107, says: "a public dataset is cloned without credentials", holds: func(t *testing.T) {
		c := server(t)
		for _, g := range pulling {
			ds := "/orgs/admin/ds/" + g.slugOf("107")
			files := contents{"/": "", "a,b.txt": "107 comma", "a b.txt": "107 space", "é.txt": "107 é", "empty": "", "deep/": "", "deep/down/": "", "deep/down/c+d.txt": "107 plus", "none/": ""}
			g.as(c).push(t, ds, stamp{}, files, note("107-1", "", "visibility", "2"), note("107-2", "é.txt", "notes", `{"b" : 1}`))
			c.upload(t, ds, "web/upload.txt", []byte("107 web"))
			w := g.copyOf(c, "admin/"+g.slugOf("107"))
			require.NoError(t, w.clone(t))
			require.Zero(t, w.prompts)
			require.Equal(t, "107 web", w.files["web/upload.txt"])
			require.Equal(t, `{"b" : 1}`, w.records["107-2"].Data)
			w.requireSame(t, c.anonymous())

			for _, single := range []string{"plus+and&.txt", "%41.txt", "ü?=,.txt"} { // one file alone comes by an address
				c.upload(t, ds, single, []byte("107 "+single))
				w.stored = adminCredentials
				require.NoError(t, w.pull(t))
				require.Equal(t, "107 "+single, w.files[single])
				w.requireSame(t, c)
			}
		}
	}},
	{number: 108, says: "cloning a private dataset asks once", holds: func(t *testing.T) {
		c := server(t)
		for _, g := range pulling {
			g.as(c).push(t, "/orgs/admin/ds/"+g.slugOf("108"), stamp{}, contents{"a.txt": "108 a", "b.txt": "108 b"})
			w := g.copyOf(c, "admin/"+g.slugOf("108"))
			w.typed = adminCredentials
			require.NoError(t, w.clone(t))
			require.Equal(t, 1, w.prompts)
			w.requireSame(t, c)
		}
	}},
	{number: 109, says: "a pull brings everything, and a push follows", holds: func(t *testing.T) {
		c := server(t)
		for _, g := range pulling {
			ds := "/orgs/admin/ds/" + g.slugOf("109")
			g.as(c).push(t, ds, stamp{}, contents{"kept.txt": "109 kept", "old.txt": "109 old", "gone/": "", "gone/x.txt": "109 x", "turns": "109 file"},
				note("109-1", "kept.txt", "notes", "1"), note("109-2", "kept.txt", "remark", `"old"`))
			w := g.copyOf(c, "admin/"+g.slugOf("109"))
			w.typed = adminCredentials
			require.NoError(t, w.clone(t))

			c.upload(t, ds, "old.txt", []byte("109 updated"))
			c.upload(t, ds, "added/new.txt", []byte("109 new"))
			require.Equal(t, http.StatusNoContent, c.send(t, "DELETE", ds+"/obj?path=gone", nil).status)
			require.Equal(t, http.StatusNoContent, c.send(t, "DELETE", ds+"/obj?path=turns", nil).status)
			c.upload(t, ds, "turns/into.txt", []byte("109 folder"))
			require.Equal(t, http.StatusOK, c.form(t, "PUT", ds+"/obj", "source", "kept.txt", "dest", "renamed.txt").status)
			c.form(t, "POST", ds+"/meta/add", "key", "notes", "path", "renamed.txt", "data", `"added"`).record(t)
			c.form(t, "POST", ds+"/meta/set", "key", "remark", "path", "renamed.txt", "data", `"newer"`).record(t)
			require.Equal(t, 1, c.form(t, "POST", ds+"/meta/remove", "id", "109-1").removed(t))

			require.NoError(t, w.pull(t))
			require.Equal(t, contents{"old.txt": "109 updated", "added/": "", "added/new.txt": "109 new", "turns/": "", "turns/into.txt": "109 folder", "renamed.txt": "109 kept"}, w.files)
			w.requireSame(t, c)

			w.files["mine.txt"] = "109 mine"
			require.NoError(t, w.push(t))
			w.requireSame(t, c)
			require.Equal(t, 1, w.prompts)
		}
	}},
	{number: 110, says: "a stale push says that a pull is needed", holds: func(t *testing.T) {
		c := server(t)
		for _, g := range pulling {
			w := g.copyOf(c, "admin/"+g.slugOf("110"))
			w.files, w.stored = contents{"a.txt": "110"}, adminCredentials
			require.NoError(t, w.push(t))
			c.upload(t, w.dataset(), "web.txt", []byte("110 web"))
			w.files["b.txt"] = "110 b"
			require.Equal(t, exit{1, pullFirst}, w.push(t))
			g5.as(c).requireFiles(t, w.dataset(), contents{"a.txt": "110", "web.txt": "110 web"})
		}
	}},
}

// A commit whose answer was lost leaves the client a step behind; pushing
// again brings both together.
func TestALostAnswerToACommit(t *testing.T) {
	t.Parallel()
	c := server(t)
	for _, g := range generations {
		w := g.copyOf(c, "admin/"+g.slugOf("lost"))
		w.files, w.stored = contents{"a.txt": "lost"}, adminCredentials
		require.NoError(t, w.push(t))
		before := *w.last
		w.files["b.txt"] = "lost b"
		require.NoError(t, w.push(t))
		w.last = &before
		require.NoError(t, w.push(t))
		w.requireSame(t, c)
	}
}
