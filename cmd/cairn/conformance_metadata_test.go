package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// record is a record of metadata as reads and writes answer it.
type record struct {
	ID    string
	Data  json.RawMessage
	MTime int64
}

// dumped is a record as meta/dump answers it.
type dumped struct {
	ID, Data, Path, Key string
	MTime               int64
}

func (c client) record(t *testing.T, address string) record {
	t.Helper()
	var r record
	c.get(t, address).json(t, http.StatusOK, &r)
	return r
}

func (a answer) record(t *testing.T) record {
	t.Helper()
	var r record
	a.json(t, http.StatusOK, &r)
	require.NotEmpty(t, r.ID)
	return r
}

func (a answer) removed(t *testing.T) int {
	t.Helper()
	var removed struct{ Removed *int }
	a.json(t, http.StatusOK, &removed)
	require.NotNil(t, removed.Removed)
	return *removed.Removed
}

func (c client) dump(t *testing.T, ds string, fields ...string) []dumped {
	t.Helper()
	var list []dumped
	c.form(t, "POST", ds+"/meta/dump", fields...).json(t, http.StatusOK, &list)
	return list
}

// Section 6.10 of the REST API's checklist, and what 6.3 says of metadata.
var metadataStatements = []statement{
	{number: 52, says: "changing visibility through meta/set is effective on the next request", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c52", "private")
		for _, v := range []struct {
			data   string
			status int
		}{{"2", 200}, {"0", 401}, {`"unlisted"`, 200}, {"Private", 401}, {"1", 200}} {
			r := c.multipart(t, "POST", ds+"/meta/set", "key", "visibility", "data", v.data, "path", "").record(t)
			assert.Contains(t, []string{"0", "1", "2"}, string(r.Data), "stored as number")
			assert.Equal(t, v.status, c.anonymous().get(t, ds).status, v.data)
		}
		for _, bad := range []string{"3", "-1", "1.5", "open", "null", `{"a":1}`} {
			c.form(t, "POST", ds+"/meta/set", "key", "visibility", "data", bad).requireError(t, 400, "visibility")
		}
		assert.Equal(t, 1, c.send(t, "DELETE", ds+"/meta/visibility", nil).removed(t))
		assert.Equal(t, 401, c.anonymous().get(t, ds).status, "without the record it is private")
	}},
	{number: 164, says: "set and get agree, and an unknown key is 404", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c164", "private")
		set := c.form(t, "POST", ds+"/meta/set", "key", "name", "data", `"Site \"A\""`).record(t)
		assert.Equal(t, set, c.record(t, ds+"/meta/name"))
		assert.Equal(t, set, c.record(t, ds+"/meta/get/name"))
		assert.Equal(t, `Site "A"`, c.datasetObject(t, ds).Properties.Meta["name"].Data)
		for text, name := range map[string]string{"6644": "6644", "null": "null", `say "hi"`: `say "hi"`, `{"a":1}`: `{"a":1}`, "two\nlines": "two\nlines", `"quoted"`: "quoted"} {
			c.form(t, "POST", ds+"/meta/set", "key", "name", "data", text).record(t)
			assert.Equal(t, name, c.datasetObject(t, ds).Properties.Meta["name"].Data, "a name is text")
		}
		c.form(t, "POST", ds+"/meta/set", "key", "tagline", "data", strings.Repeat("x", 257)).requireError(t, 400, "tagline")
		for _, unknown := range []string{"/meta/nothing", "/meta/get/nothing", "/meta/nothings"} {
			c.get(t, ds+unknown).requireError(t, 404, "metadata")
		}
	}},
	{number: 165, says: "add on a singular key, set on a plural one and upper-case keys are 400", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c165", "private")
		for _, bad := range []string{"/meta/note", "/meta/notes/set", "/meta/add/note", "/meta/set/notes", "/meta/Note/set", "/meta/Notes", "/meta/add/Notes",
			"/meta/add/set", "/meta/set/set", "/meta/set/add", "/meta/dump/set", "/meta/a%00b/set", "/meta/" + strings.Repeat("x", 129) + "/set"} {
			c.form(t, "POST", ds+bad, "data", "1").requireError(t, 400)
		}
		for _, form := range [][]string{{"data", "1"}, {"key", "note"}, {"key", "Note", "data", "1"}, {"key", "notes", "data", "1"}, {"key", "list", "data", "1"}} {
			c.form(t, "POST", ds+"/meta/set", form...).requireError(t, 400)
		}
		for _, reserved := range []string{"/meta/dump", "/meta/add", "/meta/Name"} {
			c.get(t, ds+reserved).requireError(t, 400)
		}
	}},
	{number: 166, says: "get of a plural key is an array, of a singular one an object", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c166", "private")
		first := c.form(t, "POST", ds+"/meta/notes", "data", "1").record(t)
		second := c.form(t, "POST", ds+"/meta/add", "key", "notes", "data", "2").record(t)
		assert.NotEqual(t, first.ID, second.ID)
		var list []record
		c.get(t, ds+"/meta/notes").json(t, 200, &list)
		assert.ElementsMatch(t, []record{first, second}, list)
		c.form(t, "POST", ds+"/meta/note/set", "data", "1").record(t)
		assert.Equal(t, "1", string(c.record(t, ds+"/meta/note").Data))
		var properties struct{ Properties struct{ Meta map[string]any } }
		c.get(t, ds+"/ex").json(t, 200, &properties)
		assert.IsType(t, []any{}, properties.Properties.Meta["notes"])
		assert.IsType(t, map[string]any{}, properties.Properties.Meta["note"])
	}},
	{number: 167, says: "JSON is stored as written, other text as a string", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c167", "public")
		deep := strings.Repeat("[", 500) + strings.Repeat("]", 500)
		for text, want := range map[string]string{
			"hello world": `"hello world"`, `C:\temp`: `"C:\\temp"`, "{not json}": `"{not json}"`, "é 😀": `"é 😀"`,
			` { "b" : [ 1 , 2.50 ] , "a" : null } `: `{"b":[1,2.50],"a":null}`, `"6644"`: `"6644"`, "6644": "6644", "true": "true", "null": "null",
			`{"a":1,"a":2}`: `{"a":1,"a":2}`, `"\u0000"`: `"\u0000"`, `{"\u0000":"\ud800"}`: `{"\u0000":"\ud800"}`, `"\u00e9<>&"`: `"\u00e9<>&"`, deep: deep,
		} {
			set := c.form(t, "POST", ds+"/meta/set", "key", "note", "data", text).record(t)
			assert.Equal(t, want, string(set.Data))
			assert.Equal(t, want, string(c.record(t, ds+"/meta/note").Data))
			dump := c.dump(t, ds, "ids", `["`+set.ID+`"]`)
			require.Len(t, dump, 1)
			assert.Equal(t, want, dump[0].Data)
			for _, reader := range []string{"", "/ex", "/meta/list", "/stac"} {
				assert.Equal(t, 200, c.get(t, ds+reader).status, "%s with %s", reader, text)
			}
		}
		for _, bad := range []string{"", "two\nlines", `say "hi"`, `"`, "a\x00b", "\xff", "1e400", `{"a":[-1e999]}`, strings.Repeat("9", 400), "[" + deep + "]", strings.Repeat("[", 100_000)} {
			c.form(t, "POST", ds+"/meta/set", "key", "note", "data", bad).requireError(t, 400, "data")
		}
	}},
	{number: 168, says: "meta/list has counts per path and key", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c168", "private")
		c.upload(t, ds, "dir/a.txt", []byte("a"))
		c.form(t, "POST", ds+"/meta/notes", "data", "1", "path", "dir/a.txt").record(t)
		c.form(t, "POST", ds+"/meta/notes?path=dir/a.txt", "data", "2").record(t)
		c.form(t, "POST", ds+"/meta/set", "key", "note", "data", "3", "path", "dir/").record(t)
		assert.JSONEq(t, `[{"count":1,"key":"name","path":""},{"count":1,"key":"visibility","path":""},{"count":1,"key":"note","path":"dir"},{"count":2,"key":"notes","path":"dir/a.txt"}]`,
			string(c.get(t, ds+"/meta/list").body))
		assert.JSONEq(t, `[{"count":2,"key":"notes","path":"dir/a.txt"}]`, string(c.get(t, ds+"/meta/list?path=dir/a.txt").body))
		assert.JSONEq(t, `[{"count":1,"key":"note","path":"dir"}]`, string(c.get(t, ds+"/META/List?path=dir").body))
	}},
	{number: 169, says: "meta/dump has data as JSON text, and ids filters", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c169", "private")
		one := c.form(t, "POST", ds+"/meta/notes", "data", `{"text": "check"}`).record(t)
		all := c.dump(t, ds)
		require.Len(t, all, 3, "settings included")
		assert.True(t, slices.IsSortedFunc(all, func(a, b dumped) int { return strings.Compare(a.ID, b.ID) }))
		want := []dumped{{ID: one.ID, Data: `{"text":"check"}`, Path: "", Key: "notes", MTime: one.MTime}}
		ids := []string{one.ID, "00000000-0000-4000-8000-000000000000", "no uuid"}
		text, err := json.Marshal(ids)
		require.NoError(t, err)
		assert.Equal(t, want, c.dump(t, ds, "ids", string(text)))
		for _, body := range []any{ids, map[string]any{"ids": ids}, map[string]any{"IDs": string(text)}} {
			var list []dumped
			c.post(t, "POST", ds+"/meta/dump", body).json(t, 200, &list)
			assert.Equal(t, want, list)
		}
		for _, everything := range []string{"[]", `{}`, `{"ids":[]}`, `{"ids":null}`, ""} {
			var list []dumped
			c.send(t, "POST", ds+"/meta/dump", strings.NewReader(everything), "Content-Type", "application/json").json(t, 200, &list)
			assert.Equal(t, all, list, everything)
		}
		for _, bad := range []string{"[1]", `{"ids":7}`, `["a\u0000"]`, "{"} {
			c.send(t, "POST", ds+"/meta/dump", strings.NewReader(bad), "Content-Type", "application/json").requireError(t, 400)
		}
	}},
	{number: 170, says: "all routes and bodies of set give equal records", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c170", "private")
		const value = `{"b":[1,"x"],"a":null}`
		type request struct{ path, contentType, body string }
		form := "application/x-www-form-urlencoded"
		requests := map[string]request{
			"seed, form":        {"/meta/%/set", form, "data=" + url.QueryEscape(value)},
			"seed, text":        {"/meta/%/set", "application/json", `"{\"b\":[1,\"x\"],\"a\":null}"`},
			"seed, object":      {"/meta/%/set", "application/json", `{"Data":` + value + `,"path":""}`},
			"seed, value":       {"/meta/%/set", "application/json", value},
			"key in path, form": {"/meta/set/%", form, "data=" + url.QueryEscape(value)},
			"key in path, text": {"/meta/set/%", "application/json", `"{\"b\":[1,\"x\"],\"a\":null}"`},
			"form":              {"/meta/set", form, "key=%&path=&data=" + url.QueryEscape(value)},
			"key in query":      {"/meta/set?key=%", form, "data=" + url.QueryEscape(value)},
			"JSON":              {"/meta/set", "application/json", `{"key":"%","data":` + value + `}`},
		}
		for name, r := range requests {
			for _, k := range []struct{ op, key string }{{"set", "note"}, {"add", "notes"}} {
				path, body := strings.ReplaceAll(r.path, "%", k.key), r.body
				if k.op == "add" {
					path = strings.Replace(strings.Replace(path, "/meta/set", "/meta/add", 1), "notes/set", "notes", 1)
				}
				if strings.HasPrefix(body, "key=%") || strings.HasPrefix(body, `{"key":"%"`) {
					body = strings.Replace(body, "%", k.key, 1)
				}
				got := c.send(t, "POST", ds+path, strings.NewReader(body), "Content-Type", r.contentType).record(t)
				assert.Equal(t, value, string(got.Data), "%s: %s", k.op, name)
			}
		}
		var list []record
		c.get(t, ds+"/meta/notes").json(t, 200, &list)
		assert.Len(t, list, len(requests))
		old := c.record(t, ds+"/meta/note")
		assert.NotEqual(t, old.ID, c.form(t, "POST", ds+"/meta/note/set", "data", "1").record(t).ID, "a new value is a new record")
		setting := c.record(t, ds+"/meta/name").ID
		assert.Equal(t, setting, c.form(t, "POST", ds+"/meta/name/set", "data", "x").record(t).ID, "a setting keeps its id")
		assert.Equal(t, setting, c.form(t, "POST", ds+"/meta/set/name", "data", "y").record(t).ID)
		for body, want := range map[string]string{"null": "null", "1e-400": "1e-400", "[]": "[]", `{"data":1,"other":2}`: `{"data":1,"other":2}`, `{"path":"x"}`: `{"path":"x"}`} {
			got := c.send(t, "POST", ds+"/meta/note/set", strings.NewReader(body), "Content-Type", "application/json").record(t)
			assert.Equal(t, want, string(got.Data))
		}
		assert.Equal(t, 415, c.send(t, "POST", ds+"/meta/note/set", strings.NewReader("x"), "Content-Type", "text/plain").status)
		assert.Equal(t, 400, c.send(t, "POST", ds+"/meta/note/set", strings.NewReader("{"), "Content-Type", "application/json").status)
		assert.Equal(t, 413, c.send(t, "POST", ds+"/meta/note/set", strings.NewReader(`"`+strings.Repeat("x", 1<<20)+`"`), "Content-Type", "application/json").status)
	}},
	{number: 171, says: "DELETE by key and by id answer how many are removed", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c171", "private")
		add := func() string { return c.form(t, "POST", ds+"/meta/notes", "data", "1").record(t).ID }
		removals := map[string]func(id string) answer{
			"seed":  func(id string) answer { return c.send(t, "DELETE", ds+"/meta/"+id, nil) },
			"route": func(id string) answer { return c.send(t, "DELETE", ds+"/meta/remove/"+id, nil) },
			"form":  func(id string) answer { return c.form(t, "POST", ds+"/meta/remove", "id", id) },
			"JSON":  func(id string) answer { return c.post(t, "POST", ds+"/meta/remove", map[string]any{"id": id}) },
		}
		for name, remove := range removals {
			id := add()
			assert.Equal(t, 1, remove(id).removed(t), name)
			assert.Equal(t, 0, remove(id).removed(t), name)
		}
		unsets := map[string]func() answer{
			"seed":  func() answer { return c.send(t, "DELETE", ds+"/meta/notes", nil) },
			"route": func() answer { return c.send(t, "DELETE", ds+"/meta/unset/notes", nil) },
			"form":  func() answer { return c.multipart(t, "POST", ds+"/meta/unset", "key", "notes", "path", "") },
			"query": func() answer { return c.send(t, "POST", ds+"/meta/unset?key=notes", nil) },
		}
		for _, name := range slices.Sorted(maps.Keys(unsets)) {
			add()
			add()
			assert.Equal(t, 2, unsets[name]().removed(t), name)
			assert.Equal(t, 0, unsets[name]().removed(t), name)
		}
		c.form(t, "POST", ds+"/meta/remove").requireError(t, 400)
		c.form(t, "POST", ds+"/meta/unset").requireError(t, 400)
	}},
	{number: 172, says: "metadata on an unknown path is 4xx", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c172", "private")
		for _, path := range []string{"nothing.txt", "../x", "/etc", "a\\b", "a\x00b", "\xff", strings.Repeat("x/", 1500)} {
			query := "?path=" + url.QueryEscape(path)
			for _, a := range []answer{
				c.form(t, "POST", ds+"/meta/set", "key", "note", "data", "1", "path", path), c.form(t, "POST", ds+"/meta/notes"+query, "data", "1"),
				c.get(t, ds+"/meta/note"+query), c.get(t, ds+"/meta/list"+query), c.send(t, "DELETE", ds+"/meta/note"+query, nil),
			} {
				a.requireError(t, 400)
			}
		}
	}},
	{number: 173, says: "path= in a form is the dataset itself", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c173", "private")
		c.upload(t, ds, "a.txt", []byte("a"))
		c.multipart(t, "POST", ds+"/meta/set", "key", "tagline", "data", `"of the dataset"`, "path", "").record(t)
		c.multipart(t, "POST", ds+"/meta/set", "key", "tagline", "data", `"of the file"`, "path", "a.txt").record(t)
		assert.Equal(t, `"of the dataset"`, string(c.record(t, ds+"/meta/tagline").Data))
		assert.Equal(t, `"of the dataset"`, string(c.record(t, ds+"/meta/tagline?path=").Data))
		assert.Equal(t, `"of the file"`, string(c.record(t, ds+"/meta/tagline?path=a.txt").Data))
		assert.Equal(t, "of the dataset", c.datasetObject(t, ds).Properties.Meta["tagline"].Data)
		assert.Equal(t, 1, c.multipart(t, "POST", ds+"/meta/unset", "key", "tagline", "path", "").removed(t))
		assert.Equal(t, `"of the file"`, string(c.record(t, ds+"/meta/tagline?path=a.txt").Data))
	}},
}
