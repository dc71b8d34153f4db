package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// datasetObject is what the tests look at of a dataset.
type datasetObject struct {
	Slug       string
	Properties struct {
		Entries int
		Readme  string
		Meta    map[string]struct {
			ID    string
			Data  any
			MTime int64
		}
	}
	Permissions  *struct{ CanRead, CanWrite, CanDelete bool }
	HasThumbnail *bool
}

// datasetObject returns the dataset at the address.
func (c client) datasetObject(t *testing.T, dataset string) datasetObject {
	t.Helper()
	var d datasetObject
	c.get(t, dataset+"/ex").json(t, http.StatusOK, &d)
	return d
}

// listed tells whether the dataset is in the list of its organization.
func (c client) listed(t *testing.T, organization, slug string) bool {
	t.Helper()
	var list []datasetObject
	c.get(t, "/orgs/"+organization+"/ds").json(t, http.StatusOK, &list)
	for _, d := range list {
		if d.Slug == slug {
			return true
		}
	}
	return false
}

type stamp struct {
	Checksum string
	Entries  []map[string]string
	Meta     []string
}

func (c client) stamp(t *testing.T, dataset string) stamp {
	t.Helper()
	var s stamp
	c.get(t, dataset+"/stamp").json(t, http.StatusOK, &s)
	return s
}

func (s stamp) paths(t *testing.T) (paths []string) {
	t.Helper()
	for _, e := range s.Entries {
		require.Len(t, e, 1)
		for path := range e {
			paths = append(paths, path)
		}
	}
	return paths
}

// recomputed is the checksum as a client computes it.
func (s stamp) recomputed(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for i, path := range s.paths(t) {
		all.WriteString(path + s.Entries[i][path])
	}
	return sum([]byte(all.String() + strings.Join(s.Meta, "")))
}

// Sections 6.3 (as far as it is about visibility) and 6.5 of the REST API's checklist.
var datasetStatements = []statement{
	{number: 40, says: "an unlisted dataset is not listed to anonymous callers", holds: func(t *testing.T) {
		c := server(t)
		c.form(t, "POST", "/orgs/public/ds", "slug", "c40", "visibility", "unlisted").json(t, 201, &datasetObject{})
		assert.True(t, c.listed(t, "public", "c40"))
		assert.False(t, c.anonymous().listed(t, "public", "c40"))
		assert.Equal(t, 200, c.anonymous().get(t, "/orgs/public/ds/c40").status, "its address works")
	}},
	{number: 53, says: "changing visibility through PUT is effective on the next request", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c53", "private")
		for _, v := range []struct {
			visibility string
			status     int
		}{{"1", 200}, {"private", 401}, {"Public", 200}, {"0", 401}} {
			require.Equal(t, 204, c.form(t, "PUT", ds, "visibility", v.visibility).status)
			assert.Equal(t, v.status, c.anonymous().get(t, ds).status, v.visibility)
		}
	}},
	{number: 68, says: "a dataset is created with properties", holds: func(t *testing.T) {
		a := server(t).form(t, "POST", "/orgs/admin/ds", "slug", "c68")
		var d struct{ Properties map[string]any }
		a.json(t, 201, &d)
		assert.NotNil(t, d.Properties)
		assert.True(t, strings.HasSuffix(a.header.Get("Location"), "/orgs/admin/ds/c68"))
	}},
	{number: 69, says: "without visibility it is private", holds: func(t *testing.T) {
		c := server(t)
		c.form(t, "POST", "/orgs/admin/ds", "slug", "c69").json(t, 201, &datasetObject{})
		assert.Equal(t, 401, c.anonymous().get(t, "/orgs/admin/ds/c69").status)
	}},
	{number: 70, says: "a duplicate slug is 409", holds: func(t *testing.T) {
		c := server(t)
		c.newDataset(t, "c70", "private")
		c.form(t, "POST", "/orgs/admin/ds", "slug", "c70").requireError(t, 409, "c70")
	}},
	{number: 71, says: "a tagline of 257 characters is 400", holds: func(t *testing.T) {
		c := server(t)
		c.form(t, "POST", "/orgs/admin/ds", "slug", "c71", "tagline", strings.Repeat("é", 257)).requireError(t, 400, "tagline")
		c.form(t, "POST", "/orgs/admin/ds", "slug", "c71", "tagline", strings.Repeat("é", 256)).json(t, 201, &datasetObject{})
	}},
	{number: 72, says: "the name 6644 is text", holds: func(t *testing.T) {
		c := server(t)
		for slug, name := range map[string]string{"c72": "6644", "c72-null": "null", "c72-true": "true", "c72-json": `{"a":1}`, "c72-quoted": `"x"`} {
			c.form(t, "POST", "/orgs/admin/ds", "slug", slug, "name", name, "tagline", name).json(t, 201, &datasetObject{})
			d := c.datasetObject(t, "/orgs/admin/ds/"+slug)
			assert.Equal(t, name, d.Properties.Meta["name"].Data)
			assert.Equal(t, name, d.Properties.Meta["tagline"].Data)
		}
	}},
	{number: 73, says: "any name round-trips", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c73", "private")
		const name = "\"quotes\" \\back\\slashes\\ \r\n\ttabs 😀 <é> \x00 \u2028"
		require.Equal(t, 204, c.post(t, "PUT", ds, map[string]any{"name": name}).status)
		assert.Equal(t, name, c.datasetObject(t, ds).Properties.Meta["name"].Data)
		require.Equal(t, 204, c.multipart(t, "PUT", ds, "name", name+"!").status)
		assert.Equal(t, name+"!", c.datasetObject(t, ds).Properties.Meta["name"].Data)
	}},
	{number: 74, says: "GET of a dataset is an array of one object of type 7 and depth 0", holds: func(t *testing.T) {
		c := server(t)
		var list []map[string]any
		c.get(t, c.newDataset(t, "c74", "private")).json(t, 200, &list)
		require.Len(t, list, 1)
		assert.EqualValues(t, 7, list[0]["type"])
		assert.EqualValues(t, 0, list[0]["depth"])
		assert.Nil(t, list[0]["hash"])
		for _, number := range []string{"mtime", "size"} {
			assert.IsType(t, 0.0, list[0][number])
		}
	}},
	{number: 75, says: "its path is the dataset's tag", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c75", "private")
		assert.Equal(t, "ddb+unsafe://"+strings.TrimPrefix(c.base, "http://")+"/admin/c75", c.datasetEntry(t, ds).Path)
		assert.Equal(t, "ddb://a.example/admin/c75", c.datasetEntry(t, ds, "X-Forwarded-Proto", "https", "X-Forwarded-Host", "a.example").Path)
	}},
	{number: 76, says: "ex has permissions and hasThumbnail", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c76", "private")
		d := c.datasetObject(t, ds)
		require.NotNil(t, d.Permissions)
		assert.True(t, d.Permissions.CanDelete)
		require.NotNil(t, d.HasThumbnail)
		assert.False(t, *d.HasThumbnail)
		c.upload(t, ds, "Cover.JPG", []byte("x"))
		c.upload(t, ds, "README.md", []byte("# x"))
		d = c.datasetObject(t, ds)
		assert.True(t, *d.HasThumbnail)
		assert.Equal(t, "README.md", d.Properties.Readme)
	}},
	{number: 77, says: "includeThumbnailCheck fills hasThumbnail, else it is null", holds: func(t *testing.T) {
		c := server(t)
		c.upload(t, c.newDataset(t, "c77", "private"), "thumbnail.webp", []byte("x"))
		c.upload(t, c.newDataset(t, "c77-without", "private"), "below/thumbnail.webp", []byte("x"))
		for query, want := range map[string]map[string]any{"": {"c77": nil, "c77-without": nil}, "?includeThumbnailCheck=true": {"c77": true, "c77-without": false}} {
			var list []map[string]any
			c.get(t, "/orgs/admin/ds"+query).json(t, 200, &list)
			for _, d := range list {
				if has, ok := want[d["slug"].(string)]; ok {
					assert.Equal(t, has, d["hasThumbnail"], "%s%s", d["slug"], query)
				}
			}
		}
	}},
	{number: 78, says: "an unknown dataset is 404 to admins and like a private one to others", holds: func(t *testing.T) {
		c := server(t)
		private := c.newDataset(t, "c78", "private")
		c.get(t, "/orgs/admin/ds/c78-absent").requireError(t, 404, "dataset")
		hidden, absent := c.anonymous().get(t, private), c.anonymous().get(t, "/orgs/admin/ds/c78-absent")
		assert.Equal(t, 401, hidden.status)
		assert.Equal(t, hidden.status, absent.status)
		assert.Equal(t, hidden.body, absent.body)
	}},
	{number: 79, says: "the stamp's checksum is that of its entries and records", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c79", "public")
		const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
		assert.Equal(t, `{"checksum":"`+nothing+`","entries":[],"meta":[]}`, string(c.get(t, ds+"/stamp").body), "settings are not part of it")
		for _, path := range []string{"a.txt", "Z.txt", "sub/b.txt", "sub-x/c.txt", "é.txt", "q\"uo te,%.txt"} {
			c.upload(t, ds, path, []byte(path))
		}
		c.form(t, "POST", ds+"/meta/notes", "data", "1", "path", "sub")
		c.form(t, "POST", ds+"/meta/notes", "data", "2")
		s := c.stamp(t, ds)
		assert.Equal(t, []string{"Z.txt", "a.txt", "q\"uo te,%.txt", "sub", "sub-x", "sub-x/c.txt", "sub/b.txt", "é.txt"}, s.paths(t))
		assert.Equal(t, "", s.Entries[3]["sub"])
		assert.Len(t, s.Meta, 2)
		assert.True(t, slices.IsSorted(s.Meta))
		assert.Equal(t, s.recomputed(t), s.Checksum)
		etag := c.get(t, ds+"/stamp").header.Get("ETag")
		assert.Equal(t, `"`+s.Checksum+`"`, etag)
		assert.Equal(t, 304, c.get(t, ds+"/stamp", "If-None-Match", etag).status)
		head := c.send(t, "HEAD", ds+"/stamp", nil)
		assert.Equal(t, 200, head.status)
		assert.Equal(t, "application/json", head.header.Get("Content-Type"))
		assert.Equal(t, 200, c.anonymous().get(t, ds+"/stamp", "Cookie", "jwtToken=").status)
	}},
	{number: 80, says: "the stamp changes with files and metadata other than settings, and only then", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c80", "private")
		c.upload(t, ds, "a.txt", []byte("a"))
		c.form(t, "POST", ds+"/meta/set", "key", "note", "data", "1", "path", "a.txt").record(t)
		for _, step := range []struct {
			what    string
			change  func() answer
			changes bool
		}{
			{"PUT name", func() answer { return c.form(t, "PUT", ds, "name", "x", "visibility", "2") }, false},
			{"set name", func() answer { return c.form(t, "POST", ds+"/meta/set", "key", "name", "data", "y") }, false},
			{"first tagline", func() answer { return c.form(t, "POST", ds+"/meta/set", "key", "tagline", "data", "y") }, false},
			{"first license", func() answer { return c.form(t, "POST", ds+"/meta/license/set", "data", "MIT") }, false},
			{"chattr", func() answer { return c.form(t, "POST", ds+"/chattr", "attrs", `{"public":false}`) }, false},
			{"unset tagline", func() answer { return c.form(t, "POST", ds+"/meta/unset", "key", "tagline") }, false},
			{"list", func() answer { return c.get(t, ds+"/list") }, false},
			{"set note", func() answer { return c.form(t, "POST", ds+"/meta/set", "key", "note", "data", "2", "path", "a.txt") }, true},
			{"a name that is no setting", func() answer { return c.form(t, "POST", ds+"/meta/set", "key", "name", "data", "2", "path", "a.txt") }, true},
			{"add", func() answer { return c.form(t, "POST", ds+"/meta/notes", "data", "2") }, true},
			{"remove", func() answer { return c.send(t, "DELETE", ds+"/meta/notes", nil) }, true},
			{"the same upload", func() answer { c.upload(t, ds, "a.txt", []byte("a")); return answer{} }, false},
			{"another upload", func() answer { c.upload(t, ds, "a.txt", []byte("b")); return answer{} }, true},
			{"a move", func() answer { return c.form(t, "PUT", ds+"/obj", "source", "a.txt", "dest", "A.txt") }, true},
			{"deletion", func() answer { return c.send(t, "DELETE", ds+"/obj?path=A.txt", nil) }, true},
		} {
			before := c.stamp(t, ds)
			a := step.change()
			require.Less(t, a.status, 300, "%s: %s", step.what, a.body)
			after := c.stamp(t, ds)
			assert.Equal(t, step.changes, before.Checksum != after.Checksum, step.what)
			assert.Equal(t, after.recomputed(t), after.Checksum, step.what)
		}
	}},
	{number: 81, says: "rename moves the dataset to the new slug", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c81", "public")
		c.upload(t, ds, "a.txt", []byte("a"))
		c.upload(t, ds, "scan.tif", geotiff(t, 64))
		var d datasetObject
		c.multipart(t, "POST", ds+"/rename", "slug", "c81-moved").json(t, 200, &d)
		assert.Equal(t, "c81-moved", d.Slug)
		assert.Equal(t, "Site c81", d.Properties.Meta["name"].Data)
		assert.NotNil(t, d.HasThumbnail)
		assert.Equal(t, 404, c.get(t, ds).status)
		assert.Len(t, c.entries(t, "/orgs/admin/ds/c81-moved"), 2)
		assert.Len(t, c.builds(t, "/orgs/admin/ds/c81-moved", ""), 1, "the job history follows")
		c.multipart(t, "POST", "/orgs/admin/ds/c81-moved/rename", "slug", "c81-moved").json(t, 200, &d)
		assert.Equal(t, "c81-moved", d.Slug, "the same slug changes nothing")
		for _, bad := range []string{"", "x", "Upper", "a--b"} {
			c.form(t, "POST", "/orgs/admin/ds/c81-moved/rename", "slug", bad).requireError(t, 400)
		}
	}},
	{number: 82, says: "renaming from or to default is 400", holds: func(t *testing.T) {
		c := server(t)
		c.form(t, "POST", "/orgs/public/ds/default/rename", "slug", "c82").requireError(t, 400, "default")
		c.form(t, "POST", c.newDataset(t, "c82", "private")+"/rename", "slug", "default").requireError(t, 400, "default")
		assert.Equal(t, 200, c.form(t, "POST", "/orgs/public/ds/default/rename", "slug", "default").status, "no change is no rename")
	}},
	{number: 83, says: "renaming to an existing slug is refused", holds: func(t *testing.T) {
		c := server(t)
		c.newDataset(t, "c83-there", "private")
		c.form(t, "POST", c.newDataset(t, "c83", "private")+"/rename", "slug", "c83-there").requireError(t, 409, "c83-there")
	}},
	{number: 84, says: "chattr opens a private dataset", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c84", "private")
		require.Equal(t, 401, c.anonymous().get(t, ds).status)
		a := c.form(t, "POST", ds+"/chattr", "attrs", `{"public":true}`)
		require.Equal(t, 200, a.status, "%s", a.body)
		assert.JSONEq(t, `{"public":true}`, string(a.body))
		assert.Equal(t, 200, c.anonymous().get(t, ds).status)
		assert.EqualValues(t, 1, c.datasetObject(t, ds).Properties.Meta["visibility"].Data, "unlisted")
		c.post(t, "POST", ds+"/chattr", map[string]any{"visibility": 2}).json(t, 200, &struct{}{})
		c.post(t, "POST", ds+"/chattr", map[string]any{"public": true}).json(t, 200, &struct{}{})
		assert.EqualValues(t, 2, c.datasetObject(t, ds).Properties.Meta["visibility"].Data, "what is public already stays so")
		for _, bad := range []string{"", "true", "{", `{"public":"perhaps"}`, `{}`, `{"visibility":3}`} {
			c.form(t, "POST", ds+"/chattr", "attrs", bad).requireError(t, 400)
		}
	}},
	{number: 85, says: "chattr makes it private again", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c85", "public")
		a := c.form(t, "POST", ds+"/chattr", "attrs", `{"public":false}`)
		require.Equal(t, 200, a.status)
		assert.JSONEq(t, `{"public":false}`, string(a.body))
		assert.Equal(t, 401, c.anonymous().get(t, ds).status)
	}},
	{number: 86, says: "a deleted dataset's slug is free at once", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "c86", "private")
		c.upload(t, ds, "a.txt", []byte("a"))
		require.Equal(t, 204, c.post(t, "DELETE", ds, map[string]any{}).status)
		c.newDataset(t, "c86", "private")
		assert.Empty(t, c.entries(t, ds))
	}},
}
