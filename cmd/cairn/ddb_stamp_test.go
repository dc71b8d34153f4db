package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// contents are the files of a copy by path. A path that ends in "/" is a
// folder; "/" is the entry with the empty path.
type contents map[string]string

// hashes are the entries of the index: the hash of each path, "" for folders.
func (c contents) hashes() map[string]string {
	hashes := map[string]string{}
	for path, content := range c {
		if folder, ok := strings.CutSuffix(path, "/"); ok {
			hashes[folder] = ""
		} else {
			hashes[path] = sum([]byte(content))
		}
	}
	return hashes
}

// stamp is the stamp of the copy with the ids of its metadata.
func (c contents) stamp(ids ...string) stamp { return stampOf(c.hashes(), ids...) }

// stampOf is the stamp of an index as section 7 of the protocol defines it.
func stampOf(hashes map[string]string, ids ...string) stamp {
	s := stamp{Entries: []map[string]string{}, Meta: append([]string{}, ids...)}
	var all strings.Builder
	paths := []string{}
	for path := range hashes {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		all.WriteString(path + hashes[path])
		s.Entries = append(s.Entries, map[string]string{path: hashes[path]})
	}
	slices.Sort(s.Meta)
	for _, id := range s.Meta {
		all.WriteString(id)
	}
	s.Checksum = sum([]byte(all.String()))
	return s
}

// text is the stamp as the client sends it: compact, with sorted keys, and
// other alphabets as they are.
func (s stamp) text(t *testing.T) string {
	t.Helper()
	return compactJSON(t, map[string]any{"checksum": s.Checksum, "entries": s.Entries, "meta": s.Meta})
}

func compactJSON(t *testing.T, value any) string {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	require.NoError(t, encoder.Encode(value))
	return strings.TrimSuffix(text.String(), "\n")
}

// The worked examples of section 7.3.
var (
	exampleB   = contents{"a.txt": "hello", "sub/": "", "sub/b.txt": "world"}
	exampleBID = "11111111-2222-4333-8444-555555555555"
	checksumB  = "d05134833d7b97ac5f910fdec66bc7d8f85609909d3d7db2c25471e3e52b7b18"

	exampleC    = contents{"/": "", "Z.txt": "hello", "a.txt": "world", "sub/": "", "sub-x/": "", "sub-x/c.txt": "two", "sub/b.txt": "one", "é.txt": "three"}
	exampleCIDs = []string{"f3a0c2d4-7b11-4c8e-8d21-0a1b2c3d4e5f", "0b6f1c1e-0a61-4b52-9a3e-1f2d3c4b5a69"}
	checksumC   = "cff2d0698b655747eb09335a4ed998c4c21d3de0058dfd631f3cc5e26d7e967c"
)

const (
	checksumOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	stampOfNothing    = `{"checksum":"` + checksumOfNothing + `","entries":[],"meta":[]}`
)

// The reference that the tests compare with agrees with the client's own output.
func TestStampsAsTheClientMakesThem(t *testing.T) {
	t.Parallel()
	assert.Equal(t, checksumOfNothing, contents{}.stamp().Checksum)
	assert.JSONEq(t, stampOfNothing, contents{}.stamp().text(t))
	assert.Equal(t, checksumB, exampleB.stamp(exampleBID).Checksum)
	assert.Equal(t, "3ab0664efb2b0c25534da157fd02d494eab6501864122292bb692fffbfb9e4d1", exampleB.stamp().Checksum)
	c := exampleC.stamp(exampleCIDs...)
	assert.Equal(t, checksumC, c.Checksum)
	assert.Equal(t, []string{"", "Z.txt", "a.txt", "sub", "sub-x", "sub-x/c.txt", "sub/b.txt", "é.txt"}, c.paths(t))
	assert.Contains(t, c.text(t), `{"é.txt":"8b5b9db0c13db24256c829aa364aa90c6d2eba318b9232a4ab9313b954d3555f"}`)
}

// note is a record of metadata as a client has it.
func note(id, path, key, data string) dumped {
	return dumped{ID: id, Path: path, Key: key, Data: data, MTime: 1795413298}
}

// Section "Stamp" of the checklist.
var ddbStampStatements = []statement{
	{number: 28, says: "the stamp of an empty dataset has empty lists", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "ddb28", "public")
		for _, g := range generations {
			require.Equal(t, stampOfNothing, strings.TrimSpace(string(g.as(c).get(t, ds+"/stamp").body)))
		}
	}},
	{number: 29, says: "example B has its checksum", holds: func(t *testing.T) {
		d := g5.as(server(t))
		pushed := d.push(t, "/orgs/admin/ds/ddb29", stamp{}, exampleB, note(exampleBID, "a.txt", "notes", `"x"`))
		require.Equal(t, checksumB, d.stamp(t, "/orgs/admin/ds/ddb29").Checksum)
		require.Equal(t, pushed, d.stamp(t, "/orgs/admin/ds/ddb29"))
	}},
	{number: 30, says: "example C has its checksum", holds: func(t *testing.T) {
		d := g3.as(server(t))
		pushed := d.push(t, "/orgs/admin/ds/ddb30", stamp{}, exampleC, note(exampleCIDs[0], "", "notes", "1"), note(exampleCIDs[1], "é.txt", "note", "2"))
		require.Equal(t, checksumC, d.stamp(t, "/orgs/admin/ds/ddb30").Checksum)
		require.Equal(t, pushed, d.stamp(t, "/orgs/admin/ds/ddb30"))
	}},
	{number: 31, says: "entries have one member and are sorted by the bytes of the path", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "ddb31", "public")
		for _, path := range []string{"é.txt", "sub/b.txt", "sub-x/c.txt", "a.txt", "Z.txt", "sub.txt", "日本.txt", "😀.txt"} {
			c.upload(t, ds, path, []byte("x"))
		}
		require.Equal(t, []string{"Z.txt", "a.txt", "sub", "sub-x", "sub-x/c.txt", "sub.txt", "sub/b.txt", "é.txt", "日本.txt", "😀.txt"}, g5.as(c).stamp(t, ds).paths(t))
	}},
	{number: 32, says: `folders have the value ""`, holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "ddb32", "public")
		require.Equal(t, http.StatusCreated, c.multipart(t, "POST", ds+"/obj", "path", "folder").status)
		require.Equal(t, []map[string]string{{"folder": ""}}, g5.as(c).stamp(t, ds).Entries)
	}},
	{number: 33, says: "ids of metadata are sorted", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "ddb33", "public")
		ids := []string{}
		for range 20 {
			ids = append(ids, c.form(t, "POST", ds+"/meta/notes", "data", "1").record(t).ID)
		}
		slices.Sort(ids)
		require.Equal(t, contents{}.stamp(ids...), g5.as(c).stamp(t, ds))
	}},
	{number: 34, says: "renaming a file's case changes the stamp", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "ddb34", "public")
		c.upload(t, ds, "a.txt", []byte("a"))
		before := g5.as(c).stamp(t, ds)
		require.Equal(t, http.StatusOK, c.form(t, "PUT", ds+"/obj", "source", "a.txt", "dest", "A.txt").status)
		require.Equal(t, contents{"A.txt": "a"}.stamp(), g5.as(c).stamp(t, ds))
		require.NotEqual(t, before.Checksum, g5.as(c).stamp(t, ds).Checksum)
	}},
	{number: 35, says: "an upload adds the file and its folders", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "ddb35", "public")
		c.upload(t, ds, "x/y/z.txt", []byte("z"))
		require.Equal(t, contents{"x/": "", "x/y/": "", "x/y/z.txt": "z"}.stamp(), g5.as(c).stamp(t, ds))
	}},
	{number: 36, says: "what is built of a file does not change the stamp", holds: func(t *testing.T) {
		c := server(t)
		ds := "/orgs/admin/ds/ddb36"
		pushed := g5.as(c).push(t, ds, stamp{}, contents{"a.tif": string(geotiff(t, 32))})
		c.awaitBuilt(t, ds, "a.tif")
		require.Equal(t, pushed, g5.as(c).stamp(t, ds))
	}},
	{number: 37, says: "name and visibility set on the server do not change the stamp", holds: func(t *testing.T) {
		c := server(t)
		ds := "/orgs/admin/ds/ddb37"
		pushed := g5.as(c).push(t, ds, stamp{}, contents{"a.txt": "a"})
		require.Equal(t, http.StatusNoContent, c.form(t, "PUT", ds, "name", "Another name", "visibility", "public").status)
		c.form(t, "POST", ds+"/meta/set", "key", "tagline", "data", "of the server").record(t)
		require.Equal(t, pushed, g5.as(c.anonymous()).stamp(t, ds))
	}},
}

// stamp reads a stamp and requires its checksum to be that of its content.
func (d ddb) stamp(t *testing.T, dataset string) stamp {
	t.Helper()
	a := d.get(t, dataset+"/stamp")
	var members map[string]any
	a.json(t, http.StatusOK, &members)
	require.IsType(t, []any{}, members["entries"], "%s", a.body)
	require.IsType(t, []any{}, members["meta"], "%s", a.body)
	var s stamp
	a.json(t, http.StatusOK, &s)
	require.Equal(t, s.recomputed(t), s.Checksum)
	return s
}
