package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// provokeErrors makes an error of every status that is easily had.
func provokeErrors(t *testing.T) map[string]answer {
	t.Helper()
	c := server(t)
	c.uploadOnce(t, "conventions.txt")
	return map[string]answer{
		"400":           c.get(t, "/orgs/ADMIN"),
		"401":           c.anonymous().get(t, "/orgs"),
		"404":           c.get(t, "/orgs/nowhere"),
		"404 file":      c.get(t, "/orgs/public/ds/default/download?path=nothing.tif"),
		"404 route":     c.get(t, "/orgs/a/b/c/d/e"),
		"405":           c.send(t, http.MethodPatch, "/orgs", nil),
		"409":           c.form(t, http.MethodPost, "/orgs", "slug", "public"),
		"413":           c.send(t, http.MethodPost, "/orgs", strings.NewReader(strings.Repeat("x", 2<<20)), "Content-Type", "application/json"),
		"415":           c.send(t, http.MethodPost, "/orgs", strings.NewReader("<org/>"), "Content-Type", "application/xml"),
		"416":           c.get(t, "/orgs/public/ds/default/download?path=conventions.txt", "Range", "bytes=99999999-"),
		"400 body":      c.send(t, http.MethodPost, "/orgs", strings.NewReader("{"), "Content-Type", "application/json"),
		"400 multipart": c.send(t, http.MethodPost, "/orgs/public/ds/default/obj", strings.NewReader("--x"), "Content-Type", "multipart/form-data; boundary=x"),
	}
}

// uploadOnce makes sure that public/default has the file; many tests may ask at once.
func (c client) uploadOnce(t *testing.T, path string) {
	t.Helper()
	c.upload(t, "/orgs/public/ds/default", path, []byte("a file"))
}

// successes are answers of every kind of route.
func successes(t *testing.T) []answer {
	t.Helper()
	c := server(t)
	var list []answer
	for _, path := range []string{"/orgs", "/orgs/public", "/orgs/public/ds", "/orgs/public/ds/default", "/orgs/public/ds/default/ex", "/orgs/public/ds/default/list",
		"/users", "/users/roles", "/sys/features", "/sys/version", "/version", "/sys/build-pending-status", "/stac", "/openapi.json", "/orgs/public/ds/default/builds"} {
		a := c.get(t, path)
		require.Equal(t, http.StatusOK, a.status, "%s: %s", path, a.body)
		list = append(list, a)
	}
	return append(list, c.get(t, "/", "Accept", "text/html"))
}

// Section 6.1 of the REST API's checklist.
var conventionStatements = []statement{
	{number: 1, says: "errors are JSON objects with the text error", holds: func(t *testing.T) {
		for name, a := range provokeErrors(t) {
			assert.Equal(t, "application/json", a.header.Get("Content-Type"), name)
			status, err := strconv.Atoi(name[:3])
			require.NoError(t, err)
			a.requireError(t, status)
		}
	}},
	{number: 2, says: "errors have the boolean noRetry", holds: func(t *testing.T) {
		for name, a := range provokeErrors(t) {
			var body map[string]any
			require.NoError(t, json.Unmarshal(a.body, &body), name)
			assert.IsType(t, true, body["noRetry"], name)
			assert.Equal(t, name == "401" || name == "413", body["noRetry"], name)
		}
	}},
	{number: 3, says: "an unknown API path is 404 as JSON", holds: func(t *testing.T) {
		c := server(t)
		for _, root := range []string{"orgs", "users", "share", "sys", "stac", "swagger", "scalar", "version", "health", "quickhealth", "metrics"} {
			for _, accept := range []string{"*/*", "text/html"} {
				c.get(t, "/"+root+"/no/such/thing/at/all", "Accept", accept).requireError(t, http.StatusNotFound)
			}
		}
		c.get(t, "/nothing").requireError(t, http.StatusNotFound)
		assert.Equal(t, http.StatusOK, c.get(t, "/nothing", "Accept", "text/html").status)
		c.get(t, "/orgs.1a2b.js").requireError(t, http.StatusNotFound, "No such route")
	}},
	{number: 4, says: "a wrong method is 405 with Allow", holds: func(t *testing.T) {
		c := server(t)
		for path, allow := range map[string]string{"/orgs": "GET, HEAD, POST", "/sys/cleanup": "POST", "/orgs/public/ds/default/builds": "GET, HEAD"} {
			a := c.send(t, http.MethodPatch, path, nil)
			a.requireError(t, http.StatusMethodNotAllowed)
			assert.Equal(t, allow, a.header.Get("Allow"))
		}
	}},
	{number: 5, says: "all answers have nosniff and a referrer policy", holds: func(t *testing.T) {
		answers := successes(t)
		for _, a := range provokeErrors(t) {
			answers = append(answers, a)
		}
		for _, a := range answers {
			assert.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
			assert.Equal(t, "strict-origin-when-cross-origin", a.header.Get("Referrer-Policy"))
			assert.Empty(t, a.header.Get("Strict-Transport-Security"), "not over http")
		}
		assert.NotEmpty(t, server(t).get(t, "/version", "X-Forwarded-Proto", "https").header.Get("Strict-Transport-Security"))
	}},
	{number: 6, says: "all answers keep other sites' frames out, except with embed=1", holds: func(t *testing.T) {
		for _, a := range successes(t) {
			assert.Equal(t, "SAMEORIGIN", a.header.Get("X-Frame-Options"))
		}
		for _, path := range []string{"/?embed=1", "/r/public/default?EMBED=1", "/orgs?embed=1"} {
			assert.NotContains(t, server(t).get(t, path, "Accept", "text/html").header, "X-Frame-Options", path)
		}
		assert.Equal(t, "SAMEORIGIN", server(t).get(t, "/?embed=0", "Accept", "text/html").header.Get("X-Frame-Options"))
	}},
	{number: 7, says: "any origin may ask, without credentials", holds: func(t *testing.T) {
		c := server(t)
		a := c.get(t, "/sys/features", "Origin", "https://elsewhere.example")
		assert.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"))
		assert.NotContains(t, a.header, "Access-Control-Allow-Credentials")
		for _, name := range []string{"ETag", "Location", "Content-Range", "Content-Length", "Content-Disposition", "Accept-Ranges", "Retry-After"} {
			assert.Contains(t, strings.ToLower(a.header.Get("Access-Control-Expose-Headers")), strings.ToLower(name))
		}
		preflight := c.send(t, http.MethodOptions, "/orgs/public/ds/default", nil, "Origin", "https://elsewhere.example",
			"Access-Control-Request-Method", "DELETE", "Access-Control-Request-Headers", "authorization,x-anything")
		assert.Less(t, preflight.status, 300)
		assert.Equal(t, "*", preflight.header.Get("Access-Control-Allow-Origin"))
		assert.Contains(t, preflight.header.Get("Access-Control-Allow-Methods"), "DELETE")
		assert.NotEmpty(t, preflight.header.Get("Access-Control-Allow-Headers"))
	}},
	{number: 8, says: "members are camelCase and nulls are there", holds: func(t *testing.T) {
		c := server(t)
		c.newDataset(t, "rest8", "private")
		var organization, ds map[string]any
		c.get(t, "/orgs/admin").json(t, http.StatusOK, &organization)
		for _, name := range []string{"slug", "name", "description", "creationDate", "owner", "isPublic", "permissions"} {
			assert.Contains(t, organization, name)
		}
		assert.Nil(t, organization["description"])
		var list []map[string]any
		c.get(t, "/orgs/admin/ds").json(t, http.StatusOK, &list)
		ds = list[0]
		for _, object := range []map[string]any{organization, ds} {
			for name := range object {
				assert.Regexp(t, `^[a-z][A-Za-z]*$`, name)
			}
		}
		for _, name := range []string{"slug", "creationDate", "properties", "size"} {
			assert.Contains(t, ds, name)
		}
	}},
	{number: 9, says: "enums are numbers", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest9", "Unlisted")
		c.upload(t, ds, "a.txt", []byte("a"))
		var entries []map[string]any
		c.get(t, ds+"/list").json(t, http.StatusOK, &entries)
		assert.EqualValues(t, 2, entries[0]["type"])
		c.get(t, ds).json(t, http.StatusOK, &entries)
		meta := entries[0]["properties"].(map[string]any)["meta"].(map[string]any)
		assert.EqualValues(t, 1, meta["visibility"].(map[string]any)["data"])
	}},
	{number: 10, says: "visibility is a number, its text, or a name in any case", holds: func(t *testing.T) {
		c := server(t)
		for slug, body := range map[string]string{
			"rest10-number": `{"slug":"rest10-number","visibility":2}`, "rest10-text": `{"slug":"rest10-text","visibility":"2"}`,
			"rest10-name": `{"slug":"rest10-name","visibility":"pUBLIC"}`,
		} {
			a := c.send(t, http.MethodPost, "/orgs/admin/ds", strings.NewReader(body), "Content-Type", "application/json")
			require.Equal(t, http.StatusCreated, a.status, "%s", a.body)
			assert.Equal(t, http.StatusOK, c.anonymous().get(t, "/orgs/admin/ds/"+slug).status, slug)
		}
		for _, bad := range []string{"3", "-1", "open", "2.5"} {
			c.form(t, http.MethodPost, "/orgs/admin/ds", "slug", "rest10-bad", "visibility", bad).requireError(t, http.StatusBadRequest)
		}
	}},
	{number: 11, says: "dates are UTC with Z, and now is now", holds: func(t *testing.T) {
		var made struct{ CreationDate string }
		server(t).form(t, http.MethodPost, "/orgs", "slug", "rest11").json(t, http.StatusCreated, &made)
		require.True(t, strings.HasSuffix(made.CreationDate, "Z"), made.CreationDate)
		at, err := time.Parse(time.RFC3339Nano, made.CreationDate)
		require.NoError(t, err)
		assert.WithinDuration(t, time.Now(), at, time.Minute)
	}},
	{number: 12, says: "mtime and expires are whole Unix seconds", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest12", "private")
		c.upload(t, ds, "a.txt", []byte("a"))
		dataset, login := string(c.get(t, ds).body), string(c.form(t, http.MethodPost, "/users/authenticate", "username", "admin", "password", adminPassword).body)
		entry := string(c.get(t, ds+"/obj?path=a.txt").body)
		for name, found := range map[string][]string{
			"metadata": regexp.MustCompile(`"mtime":(\d+)[,}]`).FindStringSubmatch(dataset),
			"entry":    regexp.MustCompile(`"mtime":(\d+)[,}]`).FindStringSubmatch(entry),
			"login":    regexp.MustCompile(`"expires":(\d+)[,}]`).FindStringSubmatch(login),
		} {
			require.NotNil(t, found, name)
			seconds, err := strconv.ParseInt(found[1], 10, 64)
			require.NoError(t, err)
			assert.WithinDuration(t, time.Now(), time.Unix(seconds, 0), 30*24*time.Hour, name)
		}
	}},
	{number: 13, says: "/orgs/ with a trailing slash answers like /orgs", holds: func(t *testing.T) {
		c := server(t)
		require.Equal(t, http.StatusOK, c.get(t, "/orgs/").status)
		require.Equal(t, http.StatusOK, c.get(t, "//orgs/public/ds/").status)
	}},
	{number: 14, says: "/USERS/authenticate answers like /users/authenticate", holds: func(t *testing.T) {
		c := server(t)
		a := c.form(t, http.MethodPost, "/USERS/Authenticate", "UserName", "admin", "PASSWORD", adminPassword)
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	}},
	{number: 15, says: "an upper-case organization slug is 400", holds: func(t *testing.T) {
		for _, path := range []string{"/orgs/ADMIN", "/orgs/Public/ds/demo", "/orgs/public/ds/Demo", "/orgs/a", "/orgs/a--b"} {
			server(t).get(t, path).requireError(t, http.StatusBadRequest)
		}
	}},
	{number: 16, says: "an integer that is none is 400", holds: func(t *testing.T) {
		c := server(t)
		for _, path := range []string{"/orgs/public/ds/default/builds?page=x", "/orgs/public/ds/default/tasks?skip=1.5", "/sys/tasks?take=99999999999999999999", "/stac/collections/public%2Fdefault/items?limit=ten"} {
			c.get(t, path).requireError(t, http.StatusBadRequest)
		}
		ds := c.newDataset(t, "rest16", "private")
		c.anonymous().get(t, ds+"/builds?page=x").requireError(t, http.StatusUnauthorized) // who may not is told so first
		c.anonymous().get(t, "/sys/tasks?take=x").requireError(t, http.StatusUnauthorized)
	}},
	{number: 17, says: "no success has a truthy error or message", holds: func(t *testing.T) {
		for _, a := range successes(t) {
			var body map[string]any
			if json.Unmarshal(a.body, &body) == nil {
				assert.Empty(t, body["error"])
				assert.Empty(t, body["message"])
			}
		}
	}},
	{number: 18, says: "without the right it is 403, and 401 with a challenge for nobody", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest18", "private")
		stranger := c.user(t, "rest18")
		for _, path := range []string{ds, ds + "/list", ds + "/download", ds + "/thumb?path=a.tif", ds + "/tiles/1/1/1.png?path=a.tif", ds + "/build/abc/cog/cog.tif", ds + "/stac", "/users", "/sys/tasks"} {
			stranger.get(t, path).requireError(t, http.StatusForbidden)
			a := c.anonymous().get(t, path)
			a.requireError(t, http.StatusUnauthorized)
			assert.NotEmpty(t, a.header.Get("WWW-Authenticate"), path)
		}
	}},
	{number: 19, says: "204 has neither body nor Content-Type", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest19", "private")
		for _, a := range []answer{c.form(t, http.MethodPut, ds, "name", "Other"), c.send(t, http.MethodDelete, ds, nil)} {
			require.Equal(t, http.StatusNoContent, a.status, "%s", a.body)
			assert.Empty(t, a.body)
			assert.NotContains(t, a.header, "Content-Type")
		}
	}},
	{number: 20, says: "an empty form value counts as absent", holds: func(t *testing.T) {
		c := server(t)
		a := c.form(t, http.MethodPost, "/orgs/admin/ds", "slug", "rest20", "name", "", "visibility", "")
		require.Equal(t, http.StatusCreated, a.status, "%s", a.body)
		c.anonymous().get(t, "/orgs/admin/ds/rest20").requireError(t, http.StatusUnauthorized)
		c.form(t, http.MethodPost, "/users/authenticate", "username", "admin", "password", "").requireError(t, http.StatusBadRequest)
	}},
}

func TestHeadWorksWhereverGetDoes(t *testing.T) {
	t.Parallel()
	c := server(t)
	c.uploadOnce(t, "conventions.txt")
	for _, path := range []string{"/orgs", "/sys/features", "/version", "/stac", "/openapi.json", "/", "/orgs/public/ds/default/download?path=conventions.txt", "/orgs/public/ds/default/list"} {
		got, head := c.get(t, path), c.send(t, http.MethodHead, path, nil)
		assert.Equal(t, got.status, head.status, path)
		assert.Equal(t, got.header.Get("Content-Type"), head.header.Get("Content-Type"), path)
		assert.Empty(t, head.body, path)
	}
}
