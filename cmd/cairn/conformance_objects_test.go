package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Section 6.6 of the REST API's checklist, and what belongs to it elsewhere.
var objectStatements = []statement{
	{number: 54, says: "a transfer that only may read the source is refused and deletes nothing", holds: func(t *testing.T) {
		c := server(t)
		source := c.newDataset(t, "rest54", "public")
		c.upload(t, source, "a/b.txt", []byte("b"))
		reader := c.user(t, "rest54")
		require.Equal(t, http.StatusCreated, reader.form(t, "POST", "/orgs/rest54/ds", "slug", "mine").status)
		transfer := []string{"sourcePath", "a", "destOrgSlug", "rest54", "destDsSlug", "mine", "destPath", "x/a"}
		reader.multipart(t, "POST", source+"/transfer", transfer...).requireError(t, http.StatusForbidden)
		require.Equal(t, []string{"a", "a/b.txt"}, paths(c.entries(t, source)))
		reader.anonymous().multipart(t, "POST", source+"/transfer", append(transfer, "keepSource", "true")...).requireError(t, http.StatusUnauthorized)
		require.Equal(t, http.StatusNoContent, reader.multipart(t, "POST", source+"/transfer", append(transfer, "keepSource", "true")...).status)
		require.Equal(t, []string{"x", "x/a", "x/a/b.txt"}, paths(reader.entries(t, "/orgs/rest54/ds/mine")))
		reader.multipart(t, "POST", "/orgs/rest54/ds/mine/transfer", "sourcePath", "x", "destOrgSlug", "admin", "destDsSlug", "rest54").requireError(t, http.StatusForbidden)
		c.multipart(t, "POST", source+"/transfer", "sourcePath", "a", "destOrgSlug", "rest54", "destDsSlug", "mine", "destPath", "x/a").requireError(t, http.StatusConflict, "x/a")
		require.Equal(t, http.StatusNoContent, c.multipart(t, "POST", source+"/transfer", "sourcePath", "a", "destOrgSlug", "rest54", "destDsSlug", "mine", "destPath", "x/a", "overwrite", "true").status)
		require.Empty(t, c.entries(t, source))
		require.Equal(t, "b", string(reader.get(t, "/orgs/rest54/ds/mine/download?path=x/a/b.txt").body))
	}},
	{number: 183, says: "maxStorageMB 1 makes a total of 1048576", holds: func(t *testing.T) {
		c := server(t)
		user := c.limitedUser(t, "rest183", 1)
		for _, a := range []answer{user.get(t, "/users/storage"), user.get(t, "/users/rest183/storage"), c.get(t, "/users/rest183/storage")} {
			require.Equal(t, http.StatusOK, a.status)
			require.JSONEq(t, `{"total": 1048576, "used": 0}`, string(a.body))
		}
		require.Contains(t, string(c.get(t, "/users/storage").body), `"total":null`)
		user.get(t, "/users/admin/storage").requireError(t, http.StatusForbidden)
		user.get(t, "/users/nobody/storage").requireError(t, http.StatusForbidden)
		c.get(t, "/users/nobody/storage").requireError(t, http.StatusNotFound, "nobody")
		c.anonymous().get(t, "/users/storage").requireError(t, http.StatusUnauthorized)
	}},
	{number: 87, says: "an upload answers 201 with the entry and the hash of the bytes", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest87", "private")
		a, err := c.tryUpload(ds, "a/b ü.txt", strings.NewReader("content"))
		require.NoError(t, err)
		var e entry
		a.json(t, http.StatusCreated, &e)
		hash := sum([]byte("content"))
		require.Equal(t, entry{Path: "a/b ü.txt", Hash: &hash, Type: 2, Size: 7, Depth: 1}, e)
		require.Equal(t, c.base+ds+"/list?path=a%2Fb+%C3%BC.txt", a.header.Get("Location"))
		var listed []entry
		c.get(t, strings.TrimPrefix(a.header.Get("Location"), c.base)).json(t, http.StatusOK, &listed)
		require.Equal(t, []entry{e}, listed)
	}},
	{number: 88, says: "the same path again replaces content and hash", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest88", "private")
		c.upload(t, ds, "a.txt", []byte("old"))
		c.upload(t, ds, "a.txt", []byte("new and longer"))
		require.Equal(t, "new and longer", string(c.get(t, ds+"/download?path=a.txt").body))
		require.Len(t, c.entries(t, ds), 1)
	}},
	{number: 89, says: "without a file a folder of today is made", holds: func(t *testing.T) {
		c := server(t)
		var e struct {
			Path  string
			Type  int
			MTime int64
		}
		c.multipart(t, "POST", c.newDataset(t, "rest89", "private")+"/obj", "path", "folder").json(t, http.StatusCreated, &e)
		require.Equal(t, 1, e.Type)
		require.InDelta(t, time.Now().Unix(), e.MTime, 60)
	}},
	{number: 90, says: "paths that leave the dataset are refused by upload, move, copy, transfer and delete", holds: func(t *testing.T) {
		c := server(t) // share and push check with the same function
		ds := c.newDataset(t, "rest90", "private")
		c.upload(t, ds, "a.txt", []byte("a"))
		for _, path := range []string{"../x", "/x", "a/../../x", ".ddb/x", "x/.DDB", `a\b`, "C:/x", "a//b", "./a", "a\x00b", "\xff", "a\nb", strings.Repeat("x", 256)} {
			a, err := c.tryUpload(ds, path, strings.NewReader("x"))
			require.NoError(t, err)
			assert.Equal(t, http.StatusBadRequest, a.status, "upload %q", path)
			for _, change := range []struct{ method, route, source, dest string }{{"PUT", "/obj", "source", "dest"}, {"POST", "/obj/copy", "source", "dest"}, {"POST", "/transfer", "sourcePath", "destPath"}} {
				for _, place := range []string{change.source, change.dest} {
					fields := map[string]string{change.source: "a.txt", change.dest: "b.txt"}
					fields[place] = path
					assert.Equal(t, http.StatusBadRequest, c.form(t, change.method, ds+change.route, change.source, fields[change.source], change.dest, fields[change.dest],
						"destOrgSlug", "admin", "destDsSlug", "rest90").status, "%s %s %q", change.route, place, path)
				}
			}
			assert.Equal(t, http.StatusBadRequest, c.form(t, "DELETE", ds+"/obj", "path", path).status, "delete %q", path)
		}
		require.Equal(t, []string{"a.txt"}, paths(c.entries(t, ds)))
	}},
	{number: 91, says: "a folder on a file is refused", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest91", "private")
		c.upload(t, ds, "a.txt", []byte("a"))
		c.multipart(t, "POST", ds+"/obj", "path", "a.txt").requireError(t, http.StatusBadRequest, "Cannot create a folder on another entry")
	}},
	{number: 92, says: "list without a path is the root, sorted", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest92", "private")
		for _, path := range []string{"b", "a/z", "B", "a-", "é"} {
			c.upload(t, ds, path, []byte("x"))
		}
		var list []entry
		c.get(t, ds+"/list").json(t, http.StatusOK, &list)
		require.Equal(t, []string{"B", "a", "a-", "b", "é"}, paths(list))
	}},
	{number: 93, says: "list of a file is that file, of nothing is []", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest93", "private")
		e := c.upload(t, ds, "a/b", []byte("x"))
		var list []entry
		c.get(t, ds+"/list?path=a/b").json(t, http.StatusOK, &list)
		require.Equal(t, []entry{e}, list)
		a := c.get(t, ds+"/list?path=nothing")
		require.Equal(t, http.StatusOK, a.status)
		require.Equal(t, "[]", string(a.body))
	}},
	{number: 94, says: "POST list equals GET list", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest94", "private")
		c.upload(t, ds, "a/b c", []byte("x"))
		c.upload(t, ds, "a/d/e", []byte("x"))
		got := c.get(t, ds+"/list?path=a").body
		require.Equal(t, string(got), string(c.form(t, "POST", ds+"/list", "path", "a").body))
		require.Equal(t, string(got), string(c.multipart(t, "POST", ds+"/list", "PATH", "a/").body))
		require.Equal(t, string(got), string(c.post(t, "POST", ds+"/list", map[string]string{"path": "a"}).body))
	}},
	{number: 95, says: "search ignores case and goes into sub-folders", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest95", "private")
		c.upload(t, ds, "x/y/A.JPG", []byte("x"))
		c.upload(t, ds, "x/jpg", []byte("x"))
		var list []entry
		c.form(t, "POST", ds+"/search", "query", "*.jpg").json(t, http.StatusOK, &list)
		require.Equal(t, []string{"x/y/A.JPG"}, paths(list))
		c.form(t, "POST", ds+"/search", "query", "*.jpg", "recursive", "false").json(t, http.StatusOK, &list)
		require.Empty(t, list)
	}},
	{number: 96, says: "search accepts recursive=True and type=1", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest96", "private")
		c.upload(t, ds, "x/y/z", []byte("x"))
		for _, kind := range []string{"1", "Directory", "directory"} {
			var list []entry
			c.form(t, "POST", ds+"/search", "query", "*", "recursive", "True", "type", kind).json(t, http.StatusOK, &list)
			require.Equal(t, []string{"x", "x/y"}, paths(list))
		}
	}},
	{number: 97, says: "search for * is everything", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest97", "private")
		c.upload(t, ds, "x/y", []byte("x"))
		c.upload(t, ds, "z", []byte("x"))
		require.Equal(t, []string{"x", "x/y", "z"}, paths(c.entries(t, ds)))
		var list []entry
		c.form(t, "POST", ds+"/search").json(t, http.StatusOK, &list)
		require.Equal(t, []string{"x", "x/y", "z"}, paths(list), "without a query")
	}},
	{number: 98, says: "GET obj answers the entry, 404 for an unknown one", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest98", "private")
		want := c.upload(t, ds, "x/y", []byte("x"))
		var got entry
		c.get(t, ds+"/obj?path=x/y").json(t, http.StatusOK, &got)
		require.Equal(t, want, got)
		c.get(t, ds+"/obj?path=x/z").requireError(t, http.StatusNotFound, "x/z")
		c.get(t, ds+"/obj").requireError(t, http.StatusBadRequest)
	}},
	{number: 99, says: "a move keeps the hash and frees the old path", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest99", "private")
		before := c.upload(t, ds, "a.txt", []byte("# a"))
		var after entry
		c.form(t, "PUT", ds+"/obj", "source", "a.txt", "dest", "docs/a.md").json(t, http.StatusOK, &after)
		require.Equal(t, entry{Path: "docs/a.md", Hash: before.Hash, Type: 8, Size: 3, Depth: 1}, after)
		require.Equal(t, http.StatusNotFound, c.get(t, ds+"/obj?path=a.txt").status)
		c.form(t, "PUT", ds+"/obj", "source", "a.txt", "dest", "x").requireError(t, http.StatusNotFound, "a.txt")
	}},
	{number: 100, says: "a folder moves with its content", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest100", "private")
		c.upload(t, ds, "a/b/c", []byte("x"))
		require.Equal(t, http.StatusOK, c.form(t, "PUT", ds+"/obj", "source", "a", "dest", "z/y").status)
		require.Equal(t, []string{"z", "z/y", "z/y/b", "z/y/b/c"}, paths(c.entries(t, ds)))
	}},
	{number: 101, says: "moves into itself and onto others are refused without loss", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest101", "private")
		c.upload(t, ds, "a/b/c", []byte("one"))
		c.upload(t, ds, "d", []byte("two"))
		c.upload(t, ds, "e", []byte("three"))
		c.form(t, "PUT", ds+"/obj", "source", "a", "dest", "a/b/x").requireError(t, http.StatusBadRequest)
		c.form(t, "PUT", ds+"/obj", "source", "a", "dest", "a").requireError(t, http.StatusBadRequest)
		c.form(t, "PUT", ds+"/obj", "source", "a", "dest", "d").requireError(t, http.StatusBadRequest)
		c.form(t, "PUT", ds+"/obj", "source", "d", "dest", "a").requireError(t, http.StatusBadRequest)
		c.form(t, "PUT", ds+"/obj", "source", "d", "dest", "e").requireError(t, http.StatusConflict, "e")
		require.Equal(t, []string{"a", "a/b", "a/b/c", "d", "e"}, paths(c.entries(t, ds)))
		require.Equal(t, "three", string(c.get(t, ds+"/download?path=e").body))
	}},
	{number: 102, says: "DELETE takes the path from the query and from a form", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest102", "private")
		c.upload(t, ds, "a", []byte("x"))
		c.upload(t, ds, "b", []byte("x"))
		c.upload(t, ds, "c/d", []byte("x"))
		require.Equal(t, http.StatusNoContent, c.send(t, "DELETE", ds+"/obj?path=a", nil).status)
		require.Equal(t, http.StatusNoContent, c.form(t, "DELETE", ds+"/obj", "path", "b").status)
		require.Equal(t, http.StatusNoContent, c.post(t, "DELETE", ds+"/obj?path=c", map[string]any{}).status)
		c.send(t, "DELETE", ds+"/obj?path=a", nil).requireError(t, http.StatusNotFound, "a")
		c.send(t, "DELETE", ds+"/obj", nil).requireError(t, http.StatusBadRequest)
		require.Empty(t, c.entries(t, ds))
	}},
	{number: 103, says: "a batch tells what it deleted and what failed", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest103", "private")
		c.upload(t, ds, "a/b", []byte("x"))
		c.upload(t, ds, "c", []byte("x"))
		var done struct {
			Deleted []string
			Failed  map[string]string
		}
		c.form(t, "DELETE", ds+"/obj/batch", "paths", "a/b", "paths", "gone", "paths", "a/", "paths[]", "c", "paths", "c", "paths", "../x").json(t, http.StatusOK, &done)
		require.Equal(t, []string{"a/b", "a/", "c"}, done.Deleted)
		require.Len(t, done.Failed, 2)
		require.Contains(t, done.Failed["gone"], "gone")
		require.Contains(t, done.Failed["../x"], "refused")
		require.Empty(t, c.entries(t, ds))
	}},
	{number: 104, says: "a batch without paths is refused", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest104", "private")
		for _, body := range []any{map[string]any{}, map[string]any{"paths": []string{}}} {
			c.post(t, "DELETE", ds+"/obj/batch", body).requireError(t, http.StatusBadRequest, "No paths provided")
		}
		c.send(t, "DELETE", ds+"/obj/batch", nil).requireError(t, http.StatusBadRequest, "No paths provided")
	}},
	{number: 105, says: "an upload over the storage quota is refused for good", holds: func(t *testing.T) {
		c := strict.client(t)
		owner := c.limitedUser(t, "rest105", 1)
		ds := "/orgs/rest105/ds/quota"
		require.Equal(t, http.StatusCreated, owner.form(t, "POST", "/orgs/rest105/ds", "slug", "quota").status)
		requireQuota := func(a answer) {
			t.Helper()
			var refusal struct {
				Error   string
				NoRetry bool
			}
			a.json(t, http.StatusBadRequest, &refusal)
			require.True(t, refusal.NoRetry)
			require.Contains(t, refusal.Error, "1048576")
		}
		owner.upload(t, ds, "a", make([]byte, 600<<10))
		a, err := owner.tryUpload(ds, "b", bytes.NewReader(make([]byte, 600<<10)))
		require.NoError(t, err)
		requireQuota(a)
		requireQuota(owner.form(t, "POST", ds+"/obj/copy", "source", "a", "dest", "b"))
		requireQuota(owner.form(t, "POST", ds+"/transfer", "sourcePath", "a", "destOrgSlug", "rest105", "destDsSlug", "quota", "destPath", "b", "keepSource", "true"))
		owner.upload(t, ds, "a", make([]byte, 1<<20)) // the difference counts
		require.Equal(t, http.StatusOK, owner.form(t, "PUT", ds+"/obj", "source", "a", "dest", "c/d").status)
		var storage struct{ Total, Used int64 }
		owner.get(t, "/users/storage").json(t, http.StatusOK, &storage)
		require.Equal(t, int64(1<<20), storage.Used)
		c.upload(t, ds, "by the admin", []byte("exempt"))
		owner.upload(t, ds, "c/d", nil)
		owner.upload(t, ds, "b", []byte("room again"))
	}},
	{number: 106, says: "an upload larger than memory takes bounded memory", elsewhere: "bench/upload measures it with 5 GB; endtoend_test.go streams without knowing the length"},
}

// limitedUser makes a user who may store so many MiB.
func (c client) limitedUser(t *testing.T, name string, megabytes int) client {
	t.Helper()
	user := c.user(t, name)
	require.Equal(t, http.StatusOK, c.post(t, "POST", "/users/"+name+"/meta", map[string]int{"maxStorageMB": megabytes}).status)
	return user
}

// A client that announces a length need not send what there is no room for.
func TestQuotaIsCheckedBeforeTheBody(t *testing.T) {
	t.Parallel()
	c := strict.client(t)
	owner := c.limitedUser(t, "early", 1)
	require.Equal(t, http.StatusCreated, owner.form(t, "POST", "/orgs/early/ds", "slug", "quota").status)
	request, err := http.NewRequest("POST", c.base+"/orgs/early/ds/quota/obj", neverRead{t})
	require.NoError(t, err)
	request.ContentLength = 1 << 30
	request.Header.Set("Authorization", "Bearer "+owner.token)
	request.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	request.Header.Set("Expect", "100-continue")
	response, err := (&http.Transport{ExpectContinueTimeout: time.Minute}).RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
}

type neverRead struct{ t *testing.T }

func (n neverRead) Read([]byte) (int, error) {
	assert.Fail(n.t, "the body was sent")
	return 0, io.EOF
}

// Names that other software stumbles over are stored and served faithfully.
func TestUnusualNames(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "unusual-names", "private")
	names := []string{
		`it's "quoted"`, "two  spaces ", " leading", "plus+and&amp=#?.txt", "100%", "%2f", "a%2fb", "%00", "6644", "null", "true", "-", "~", "a..b", "...", "a,b.jpg",
		"caf\u00e9", "cafe\u0301", "\u202egpj.exe", "日本語/写真.jpg", "\U0001F600", "semi;colon", "star*?", "[brackets]", "<tag>", "con", "a:b", "trailing.", ".hidden", "ddb", ".ddbx", "$HOME", "{org}", "paths[]",
		strings.Repeat("x", 255), strings.Repeat("é", 127), strings.Repeat("d/", 990) + "deep",
	}
	for i, name := range names {
		content := fmt.Sprintf("content %d", i)
		assert.Equal(t, name, c.upload(t, ds, name, []byte(content)).Path)
	}
	for i, name := range names {
		query := "?path=" + url.QueryEscape(name)
		var e entry
		c.get(t, ds+"/obj"+query).json(t, http.StatusOK, &e)
		assert.Equal(t, name, e.Path)
		var list []entry
		c.get(t, ds+"/list"+query).json(t, http.StatusOK, &list)
		assert.Equal(t, []string{name}, paths(list))
		c.multipart(t, "POST", ds+"/list", "path", name).json(t, http.StatusOK, &list)
		assert.Equal(t, []string{name}, paths(list))
		assert.Equal(t, fmt.Sprintf("content %d", i), string(c.get(t, ds+"/download"+query).body), "%q", name)
		var copied, moved entry
		c.post(t, "POST", ds+"/obj/copy", map[string]string{"source": name, "dest": "place"}).json(t, http.StatusOK, &copied)
		assert.Equal(t, e.Hash, copied.Hash)
		c.multipart(t, "PUT", ds+"/obj", "source", name, "dest", "place 2").json(t, http.StatusOK, &moved)
		c.form(t, "PUT", ds+"/obj", "source", "place 2", "dest", name).json(t, http.StatusOK, &moved)
		assert.Equal(t, e, moved, "there and back")
		require.Equal(t, http.StatusNoContent, c.send(t, "DELETE", ds+"/obj?path=place", nil).status)
	}
	for _, name := range names[1:] {
		assert.Equal(t, http.StatusNoContent, c.send(t, "DELETE", ds+"/obj?path="+url.QueryEscape(name), nil).status, "%q", name)
	}
	var done struct{ Deleted []string }
	c.multipart(t, "DELETE", ds+"/obj/batch", "paths", names[0], "paths", "d", "paths", "日本語").json(t, http.StatusOK, &done)
	assert.Len(t, done.Deleted, 3)
	assert.Empty(t, c.entries(t, ds))
}

// What breaks off leaves nothing, whatever has come of it.
func TestBrokenUploadsLeaveNothing(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "broken-uploads", "private")
	c.upload(t, ds, "kept", []byte("old"))
	const boundary = "multipart/form-data; boundary=b"
	field := func(name, content string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"f\"\r\n\r\n" + content + "\r\n"
	}
	path, file := strings.Replace(field("path", "kept"), `; filename="f"`, "", 1), field("file", "new")
	for _, body := range []string{"", "--b", path, path + file, path + file[:len(file)-4], file + path, path + file + "--b", file + "--b--\r\n", "--b--", path + "--b\r\n\r\nx\r\n--b--"} {
		a := c.send(t, "POST", ds+"/obj", strings.NewReader(body), "Content-Type", boundary)
		assert.Equal(t, http.StatusBadRequest, a.status, "%q: %s", body, a.body)
	}
	assert.Equal(t, "old", string(c.get(t, ds+"/download?path=kept").body))
	assert.Len(t, c.entries(t, ds), 1)

	a := c.send(t, "POST", ds+"/obj", strings.NewReader(file+path+"--b--\r\n"), "Content-Type", boundary)
	assert.Equal(t, http.StatusCreated, a.status, "the file may come before the path: %s", a.body)
	assert.Equal(t, "new", string(c.get(t, ds+"/download?path=kept").body))
	a = c.send(t, "POST", ds+"/obj", strings.NewReader(field("file", "")+strings.Replace(path, "kept", "empty", 1)+"--b--\r\n"), "Content-Type", boundary)
	assert.Equal(t, http.StatusCreated, a.status)
	var e entry
	c.get(t, ds+"/obj?path=empty").json(t, http.StatusOK, &e)
	assert.Equal(t, sum(nil), *e.Hash, "a file without bytes is a file")
	assert.Equal(t, http.StatusUnsupportedMediaType, c.form(t, "POST", ds+"/obj", "path", "x").status)
}

func TestBatchOfTenThousand(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "ten-thousand", "private")
	c.upload(t, ds, "there", []byte("x"))
	list := []string{"there"}
	for i := range 9_999 {
		list = append(list, fmt.Sprintf("%04d", i)+strings.Repeat("é", 125)+"x")
	}
	fields := url.Values{"paths": list}
	var done struct {
		Deleted []string
		Failed  map[string]string
	}
	c.send(t, "DELETE", ds+"/obj/batch", strings.NewReader(fields.Encode()), "Content-Type", "application/x-www-form-urlencoded").json(t, http.StatusOK, &done)
	require.Equal(t, []string{"there"}, done.Deleted)
	require.Len(t, done.Failed, 9_999)
	a := c.send(t, "DELETE", ds+"/obj/batch", bytes.NewReader(make([]byte, 9<<20)), "Content-Type", "application/json")
	require.Equal(t, http.StatusRequestEntityTooLarge, a.status)
}
