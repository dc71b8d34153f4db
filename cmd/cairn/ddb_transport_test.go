package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/dbtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// refusals are what the client may run into at each of its requests.
func refusals(t *testing.T, g generation) map[string]answer {
	t.Helper()
	c := server(t)
	ds := "/orgs/admin/ds/ddb-refusals"
	d, nobody, garbage := g.as(c), g.as(c.anonymous()), g.as(client{base: c.base, token: "garbage"})
	s := contents{"a.txt": "a"}.stamp()
	found := map[string]answer{
		"login":        nobody.authenticate(t, "ddb-refusals", "wrong"),
		"no login":     nobody.form(t, "/users/authenticate", ""),
		"info":         nobody.get(t, ds),
		"absent":       d.get(t, "/orgs/admin/ds/ddb-nowhere"),
		"stamp":        nobody.get(t, ds+"/stamp"),
		"dump":         nobody.ask(t, ds+"/meta/dump", "ids", `["x"]`),
		"download":     nobody.get(t, ds+"/download?path=a.txt"),
		"init":         garbage.post(t, ds+"/push/init", "checksum", s.Checksum, "stamp", s.text(t)),
		"init nothing": d.post(t, ds+"/push/init"),
		"upload":       d.send(t, ds+"/push/upload", part{"file", "a.txt", "a"}, part{"path", "", "a.txt"}, part{"token", "", "unknown"}),
		"meta":         d.post(t, ds+"/push/meta", "meta", "[]", "token", "unknown"),
		"commit":       d.post(t, ds+"/push/commit", "token", "unknown"),
		"share":        garbage.post(t, "/share/init", "tag", "admin/ddb-refusals", "password", ""),
		"share tag":    d.post(t, "/share/init", "tag", "admin", "password", ""),
		"share upload": d.send(t, "/share/upload/unknown", part{"file", "a.txt", "a"}, part{"path", "", "a.txt"}),
		"share commit": d.post(t, "/share/commit/unknown"),
	}
	return found
}

// Section "Transport and errors" of the checklist.
var ddbTransportStatements = []statement{
	{number: 15, says: "every refusal is JSON with an error", holds: func(t *testing.T) {
		for _, g := range generations {
			for name, a := range refusals(t, g) {
				assert.GreaterOrEqual(t, a.status, 400, name)
				assert.Equal(t, "application/json", a.header.Get("Content-Type"), name)
				a.requireError(t, a.status)
			}
		}
	}},
	{number: 16, says: "an unknown route is a 404 in JSON", holds: func(t *testing.T) {
		d := g5.as(server(t))
		for _, path := range []string{"/orgs/admin/ds/ddb16/nothing", "/orgs/admin/nothing", "/share/nothing/at/all", "/users/admin/nothing", "/share"} {
			for _, accept := range []string{"", "Accept: text/html"} {
				a := d.exchange(t, d.head("GET", path, accept, d.cookie()), nil)
				require.Equal(t, "application/json", a.header.Get("Content-Type"), path)
				a.requireError(t, http.StatusNotFound)
			}
		}
	}},
	{number: 17, says: "a wrong method is an error in JSON", holds: func(t *testing.T) {
		d := g5.as(server(t))
		for path, method := range map[string]string{"/users/authenticate": "GET", "/share/init": "DELETE", "/orgs/public/ds/default/stamp": "POST",
			"/orgs/public/ds/default/push/init": "GET", "/orgs/public/ds/default/push/commit": "DELETE", "/share/commit/abc": "PUT"} {
			a := d.exchange(t, d.head(method, path, d.bearer(), "Content-Length: 0"), nil)
			require.Equal(t, "application/json", a.header.Get("Content-Type"), path)
			a.requireError(t, http.StatusMethodNotAllowed)
		}
	}},
	{number: 18, says: "a malformed slug is an error in JSON", holds: func(t *testing.T) {
		for _, g := range generations {
			d := g.as(server(t))
			for _, address := range []string{"/orgs/a/ds/site", "/orgs/admin/ds/a", "/orgs/Admin/ds/site", "/orgs/admin/ds/my--site", "/orgs/admin/ds/my.site", "/orgs/admin/ds/" + strings.Repeat("x", 129)} {
				s := contents{}.stamp()
				d.get(t, address).requireError(t, http.StatusBadRequest)
				d.get(t, address+"/stamp").requireError(t, http.StatusBadRequest)
				d.post(t, address+"/push/init", "checksum", s.Checksum, "stamp", s.text(t)).requireError(t, http.StatusBadRequest)
			}
		}
	}},
	{number: 19, says: "nothing is a redirect", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "ddb19", "public", "a.txt")
		for _, g := range generations {
			d := g.as(c)
			for _, path := range []string{ds, ds + "/", "/" + ds, ds + "/stamp", ds + "/stamp/", ds + "/download?path=a.txt", ds + "/download/a.txt"} {
				assert.Equal(t, http.StatusOK, d.get(t, path).status, path)
			}
			for name, a := range refusals(t, g) {
				assert.False(t, a.status >= 300 && a.status < 400, name)
			}
		}
	}},
	{number: 20, says: "without Accept-Encoding nothing is encoded", holds: func(t *testing.T) {
		c := server(t)
		d, ds := g3.as(c), c.longDataset(t, "ddb20")
		for _, a := range []answer{d.get(t, ds), d.get(t, ds+"/stamp"), d.ask(t, ds+"/meta/dump"), d.get(t, ds+"/download?path=a/long/folder/0.txt"), d.ask(t, ds+"/download", "path", "a/long/folder/0.txt,a/long/folder/1.txt")} {
			require.Equal(t, http.StatusOK, a.status)
			require.NotContains(t, a.header, "Content-Encoding")
		}
	}},
	{number: 21, says: "what is compressed says so", holds: func(t *testing.T) {
		c := server(t)
		ds := c.longDataset(t, "ddb21")
		for path, plain := range map[string][]byte{ds + "/stamp": g3.as(c).get(t, ds+"/stamp").body, ds + "/download?path=a/long/folder/0.txt": []byte("x")} {
			a, err := g5.as(c).tryExchange(g5.as(c).head("GET", path, g5.as(c).cookie()), nil)
			require.NoError(t, err)
			body := a.body
			if a.header.Get("Content-Encoding") != "" {
				require.Equal(t, "gzip", a.header.Get("Content-Encoding"))
				unpacked, err := gzip.NewReader(bytes.NewReader(body))
				require.NoError(t, err)
				body, err = io.ReadAll(unpacked)
				require.NoError(t, err)
			}
			require.Equal(t, string(plain), string(body))
		}
	}},
	{number: 22, says: "a form that waits for 100-continue is taken", holds: func(t *testing.T) {
		d := g3.as(server(t))
		s := manyFiles(20_000).stamp()
		form := d.encode("checksum", s.Checksum, "stamp", s.text(t))
		require.Greater(t, len(form), 1<<20, "else the client does not wait")
		d.post(t, "/orgs/admin/ds/ddb22/push/init", "checksum", s.Checksum, "stamp", s.text(t)).initialized(t)
	}},
	{number: 23, says: "a failure of the server is a 500 in JSON", holds: func(t *testing.T) {
		database := dbtest.New(t, catalog.Migrate)
		c := startOn(t, database)
		ds := c.newDataset(t, "ddb23", "public")
		query[any](t, database, "alter table entries rename to lost")
		for _, g := range generations {
			a := g.as(c).get(t, ds+"/stamp")
			require.Equal(t, "application/json", a.header.Get("Content-Type"))
			a.requireError(t, http.StatusInternalServerError)
			require.NotContains(t, string(a.body), "entries", "what broke is for the log")
		}
		query[any](t, database, "alter table lost rename to entries")
		require.Equal(t, http.StatusOK, g5.as(c).get(t, ds+"/stamp").status)
	}},
}

// manyFiles are so many files with paths of 18 characters.
func manyFiles(n int) contents {
	files := contents{}
	for i := range n {
		files[fmt.Sprintf("images/f%06d.jpg", i)] = fmt.Sprint("one of many: ", i)
	}
	return files
}

// longDataset makes a dataset whose stamp is worth compressing.
func (c client) longDataset(t *testing.T, slug string) (dataset string) {
	t.Helper()
	dataset = c.newDataset(t, slug, "public")
	for i := range 30 {
		c.upload(t, dataset, fmt.Sprintf("a/long/folder/%d.txt", i), []byte("x"))
	}
	return dataset
}
