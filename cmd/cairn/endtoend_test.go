package main

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	c := server(t).anonymous()
	var parts bytes.Buffer
	form := multipart.NewWriter(&parts)
	require.NoError(t, form.WriteField("userName", "admin"))
	require.NoError(t, form.WriteField("password", adminPassword))
	require.NoError(t, form.Close())
	for contentType, body := range map[string]string{
		"application/x-www-form-urlencoded": "username=admin&password=" + adminPassword,
		"application/json":                  `{"userName": "admin", "password": "` + adminPassword + `"}`,
		form.FormDataContentType():          parts.String(),
	} {
		var login struct {
			UserName, Token string
			Expires         int64
		}
		c.send(t, http.MethodPost, "/users/authenticate", strings.NewReader(body), "Content-Type", contentType).json(t, http.StatusOK, &login)
		assert.Equal(t, "admin", login.UserName, contentType)
		signedIn := client{base: c.base, token: login.Token}
		assert.Equal(t, http.StatusOK, signedIn.get(t, "/orgs/admin/ds").status, contentType)
		assert.Equal(t, http.StatusOK, c.get(t, "/orgs/admin/ds", "Cookie", "jwtToken="+login.Token).status, contentType)
		var fresh struct{ Token string }
		signedIn.form(t, http.MethodPost, "/users/authenticate/refresh").json(t, http.StatusOK, &fresh)
		assert.NotEqual(t, login.Token, fresh.Token)
	}
	wrong := c.form(t, http.MethodPost, "/users/authenticate", "username", "admin", "password", "wrong")
	assert.Equal(t, http.StatusUnauthorized, wrong.status)
	assert.JSONEq(t, `{"error": "Unauthorized", "noRetry": true}`, string(wrong.body))
}

// TestReadme does what the README shows, with curl and a shell.
func TestReadme(t *testing.T) {
	t.Parallel()
	c := server(t)
	script := `set -e
		TOKEN=$(curl -s $CAIRN/users/authenticate -d username=admin -d password=$PASSWORD | sed 's/.*"token":"\([^"]*\)".*/\1/')
		curl -sf -H "Authorization: Bearer $TOKEN" $CAIRN/orgs/admin/ds -d slug=readme -d name="Site A" -d visibility=public
		for f in *.go; do
		  curl -sf -H "Authorization: Bearer $TOKEN" $CAIRN/orgs/admin/ds/readme/obj -F "path=$f" -F "file=@$f"
		done
		auth="Authorization: Bearer $TOKEN"
		curl -sf -H "$auth" $CAIRN/users -d userName=readme -d password='correct horse 1' -d email=alice@example.com
		curl -sf -H "$auth" $CAIRN/orgs -d slug=readme-org -d name="Acme surveys"
		curl -sf -H "$auth" $CAIRN/orgs/readme-org/members -d userName=readme -d permissions=ReadWrite
		curl -sf -H "$auth" $CAIRN/orgs/readme-org/ds -d slug=quarry -d visibility=private`
	shell := exec.Command("bash", "-c", script)
	shell.Env = append(shell.Environ(), "CAIRN="+c.base, "PASSWORD="+adminPassword)
	out, err := shell.CombinedOutput()
	require.NoError(t, err, "%s", out)
	var list []entry
	c.anonymous().get(t, "/orgs/admin/ds/readme/list").json(t, http.StatusOK, &list)
	assert.Contains(t, paths(list), "endtoend_test.go")
	alice := c.as(t, "readme", "correct horse 1")
	alice.upload(t, "/orgs/readme-org/ds/quarry", "a.txt", []byte("a"))
}

func paths(list []entry) []string {
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = e.Path
	}
	return names
}

func TestEntriesOfADataset(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "entries", "private")
	for _, path := range []string{"notes.txt", "flight 1/a.txt", "flight 1/b.txt", "flight 1/raw/é,ü.txt"} {
		c.upload(t, ds, path, []byte("content of "+path))
	}
	list := func(query string) (entries []entry) {
		c.get(t, ds+"/list"+query).json(t, http.StatusOK, &entries)
		return entries
	}
	search := func(fields ...string) (entries []entry) {
		c.form(t, http.MethodPost, ds+"/search", fields...).json(t, http.StatusOK, &entries)
		return entries
	}
	object := func(path string) answer { return c.get(t, ds+"/obj?path="+url.QueryEscape(path)) }

	assert.ElementsMatch(t, []string{"flight 1", "notes.txt"}, paths(list("")))
	assert.ElementsMatch(t, []string{"flight 1/a.txt", "flight 1/b.txt", "flight 1/raw"}, paths(list("?path=flight+1")))
	assert.ElementsMatch(t, []string{"flight 1/a.txt", "flight 1/b.txt", "flight 1/raw/é,ü.txt", "notes.txt"}, paths(search("query", "*.TXT")))
	assert.ElementsMatch(t, []string{"notes.txt"}, paths(search("query", "*.txt", "recursive", "false")))
	var one entry
	object("flight 1/raw/é,ü.txt").json(t, http.StatusOK, &one)
	assert.Equal(t, sum([]byte("content of flight 1/raw/é,ü.txt")), *one.Hash)
	assert.Equal(t, 2, one.Depth)
	object("flight 1/c.txt").requireError(t, http.StatusNotFound, "flight 1/c.txt")

	// A file without bytes is a file; without a file part it is a folder.
	assert.Zero(t, c.upload(t, ds, "empty.txt", nil).Size)
	var parts bytes.Buffer
	form := multipart.NewWriter(&parts)
	require.NoError(t, form.WriteField("path", "plans/new"))
	require.NoError(t, form.Close())
	var folder entry
	c.send(t, http.MethodPost, ds+"/obj", &parts, "Content-Type", form.FormDataContentType()).json(t, http.StatusCreated, &folder)
	assert.Equal(t, 1, folder.Type)
	assert.Nil(t, folder.Hash)

	// Moves take what is below along and overwrite nothing.
	assert.Less(t, c.form(t, http.MethodPut, ds+"/obj", "source", "flight 1", "dest", "archive/2024").status, 300)
	object("archive/2024/raw/é,ü.txt").json(t, http.StatusOK, &one)
	object("flight 1").requireError(t, http.StatusNotFound)
	c.form(t, http.MethodPut, ds+"/obj", "source", "notes.txt", "dest", "empty.txt").requireError(t, http.StatusConflict, "empty.txt")
	c.form(t, http.MethodPut, ds+"/obj", "source", "nothing.txt", "dest", "else.txt").requireError(t, http.StatusNotFound, "nothing.txt")
	c.form(t, http.MethodPut, ds+"/obj", "source", "archive", "dest", "archive/2024/inside").requireError(t, http.StatusBadRequest)

	// Deleting one, and several of which one is missing.
	assert.Less(t, c.send(t, http.MethodDelete, ds+"/obj?path=empty.txt", nil).status, 300)
	object("empty.txt").requireError(t, http.StatusNotFound)
	var batch struct {
		Deleted []string
		Failed  map[string]string
	}
	c.send(t, http.MethodDelete, ds+"/obj/batch", strings.NewReader(`{"paths": ["archive/2024/a.txt", "nothing.txt"]}`), "Content-Type", "application/json").json(t, http.StatusOK, &batch)
	assert.Equal(t, []string{"archive/2024/a.txt"}, batch.Deleted)
	assert.Contains(t, batch.Failed, "nothing.txt")
	c.send(t, http.MethodDelete, ds+"/obj?path=nothing.txt", nil).requireError(t, http.StatusNotFound, "nothing.txt")

	for _, path := range []string{"/absolute.txt", "a/../b.txt", "a//b.txt", `a\b.txt`, ".ddb/dbase.sqlite", "C:/x.txt", "a\x01.txt"} {
		a, err := c.tryUpload(ds, path, strings.NewReader("x"))
		require.NoError(t, err)
		a.requireError(t, http.StatusBadRequest)
	}
	var ex struct {
		Size       int64
		Properties struct{ Entries int }
	}
	c.get(t, ds+"/ex").json(t, http.StatusOK, &ex)
	all := c.entries(t, ds)
	assert.Equal(t, len(all), ex.Properties.Entries, "files and folders: %v", paths(all))
	assert.Less(t, c.send(t, http.MethodDelete, ds, nil).status, 300)
	c.get(t, ds+"/list").requireError(t, http.StatusNotFound)
}

func TestSameBytesAreUploadedAgain(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "again", "private")
	first := c.upload(t, ds, "a.bin", []byte("old"))
	c.upload(t, ds, "a.bin", []byte("new"))
	last := c.upload(t, ds, "b.bin", []byte("old"))
	assert.Equal(t, first.Hash, last.Hash)
	assert.Equal(t, "new", string(c.get(t, ds+"/download?path=a.bin").body))
	assert.Equal(t, "old", string(c.get(t, ds+"/download?path=b.bin").body))
	// A body that ends before its last boundary adds nothing.
	broken := "--x\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\nc.bin\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"c\"\r\n\r\nhalf"
	c.send(t, http.MethodPost, ds+"/obj", strings.NewReader(broken), "Content-Type", "multipart/form-data; boundary=x").requireError(t, http.StatusBadRequest)
	assert.ElementsMatch(t, []string{"a.bin", "b.bin"}, paths(c.entries(t, ds)))
}

func TestVisibility(t *testing.T) {
	t.Parallel()
	owner := server(t)
	anonymous := owner.anonymous()
	for _, v := range []struct {
		visibility   string
		read, listed bool
	}{{"private", false, false}, {"unlisted", true, false}, {"public", true, true}} {
		slug := "seen-" + v.visibility
		ds := owner.newDataset(t, slug, v.visibility)
		hash := *owner.upload(t, ds, "site.txt", []byte("site")).Hash
		for _, path := range []string{"", "/ex", "/list", "/obj?path=site.txt", "/download?path=site.txt", "/download", "/builds", "/stac",
			"/thumb?path=site.txt", "/tiles/0/0/0.png?path=site.txt", "/build/" + hash + "/cog/cog.tif"} {
			asOwner, asAnyone := owner.get(t, ds+path), anonymous.get(t, ds+path)
			assert.NotContains(t, []int{401, 403, 500}, asOwner.status, "%s %s", v.visibility, path)
			if v.read {
				assert.Equal(t, asOwner.status, asAnyone.status, "%s %s", v.visibility, path)
				continue
			}
			asAnyone.requireError(t, http.StatusUnauthorized)
			absent := anonymous.get(t, strings.Replace(ds+path, slug, "no-such", 1))
			assert.Equal(t, asAnyone.status, absent.status, path)
			assert.Equal(t, string(asAnyone.body), string(absent.body), "a private dataset is told from an absent one at %s", path)
		}
		for _, list := range []string{"/stac", "/stac/collections"} {
			assert.Contains(t, string(owner.get(t, list).body), slug)
			assert.Equal(t, v.listed, strings.Contains(string(anonymous.get(t, list).body), slug), "%s in %s", v.visibility, list)
		}
		a, err := anonymous.tryUpload(ds, "theirs.txt", strings.NewReader("x"))
		require.NoError(t, err)
		a.requireError(t, http.StatusUnauthorized)
		anonymous.send(t, http.MethodDelete, ds+"/obj?path=site.txt", nil).requireError(t, http.StatusUnauthorized)
	}
	forged := client{base: owner.base, token: owner.token[:len(owner.token)-3] + "abc"}
	forged.get(t, "/orgs/admin/ds/seen-private/list").requireError(t, http.StatusUnauthorized, "Unauthorized")
	owner.get(t, "/orgs/no-such/ds/site/list").requireError(t, http.StatusNotFound, "no-such")
	owner.get(t, "/orgs/Admin/ds/site/list").requireError(t, http.StatusBadRequest)
	owner.get(t, fmt.Sprintf("/orgs/admin/ds/%s/nowhere", "seen-private")).requireError(t, http.StatusNotFound, "No such route")
}

// Text that no database can hold is refused, or names nothing; it is never the
// server's fault.
func TestTextThatIsNone(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "no-text", "public")
	for _, address := range []string{
		ds + "/list?path=%ff", ds + "/list?path=%00", ds + "/obj?path=%ff", ds + "/download?path=a,%ff", ds + "/thumb?path=%00",
		ds + "/tiles/0/0/0.png?path=%ff", ds + "/build/%ff/cog/cog.tif", ds + "/build/%00/cog/cog.tif", ds + "/stac/AA", ds + "/stac/_w",
		"/stac/collections/admin/no-text/items/AA", "/stac/collections/admin/no-text/items?token=_w", "/orgs/%ff/ds", "/orgs/admin/ds/%00",
	} {
		assert.Contains(t, []int{400, 404}, c.get(t, address).status, address)
	}
	for _, fields := range [][]string{{"query", "\xff"}, {"query", "\x00"}, {"path", "\xff"}, {"query", strings.Repeat("*", 1000)}} {
		assert.Contains(t, []int{200, 400}, c.form(t, http.MethodPost, ds+"/search", fields...).status, "%q", fields)
	}
	c.form(t, http.MethodPost, ds+"/search", "query", strings.Repeat("x", 100_000)).requireError(t, http.StatusBadRequest, "query")
	c.post(t, http.MethodPost, ds+"/meta/dump", []int{1}).requireError(t, http.StatusBadRequest, "number")
	assert.Equal(t, http.StatusUnauthorized, c.anonymous().form(t, http.MethodPost, "/users/authenticate", "username", "\x00", "password", "x").status)
	assert.Contains(t, []int{201, 400}, c.form(t, http.MethodPost, "/orgs/admin/ds", "slug", "no-text-2", "name", "\xff\x00").status)
	long := strings.Repeat("é", 257)
	c.post(t, http.MethodPost, "/orgs/admin/ds", map[string]string{"slug": "no-text-3", "name": long}).requireError(t, http.StatusBadRequest, "name")
	c.post(t, http.MethodPut, ds, map[string]string{"name": long}).requireError(t, http.StatusBadRequest, "name")
	c.post(t, http.MethodPost, ds+"/meta/set/name", map[string]string{"data": long}).requireError(t, http.StatusBadRequest, "name")
	c.post(t, http.MethodPost, "/orgs", map[string]string{"slug": "no-text-4", "name": long}).requireError(t, http.StatusBadRequest, "name")
	c.post(t, http.MethodPut, "/orgs/admin", map[string]string{"description": strings.Repeat("x", 10_001)}).requireError(t, http.StatusBadRequest, "description")
}
