package main

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/dbtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shareInit begins a share and returns its token.
func (d ddb) shareInit(t *testing.T, tag string) string {
	t.Helper()
	var batch map[string]any
	d.post(t, "/share/init", "tag", tag, "password", "").json(t, http.StatusOK, &batch)
	require.IsType(t, "", batch["token"])
	require.Regexp(t, `^[A-Za-z0-9_-]+$`, batch["token"], "it goes raw into addresses")
	return batch["token"].(string)
}

// shareFile sends one file of a share and returns the hash that the answer must have.
func (d ddb) shareFile(t *testing.T, token, path, content string) any {
	t.Helper()
	var shared map[string]any
	d.send(t, "/share/upload/"+token, part{"file", path[strings.LastIndexByte(path, '/')+1:], content}, part{"path", "", path}).json(t, http.StatusOK, &shared)
	require.Contains(t, shared, "hash")
	return shared["hash"]
}

// shareCommit ends a share and returns the address of what was shared.
func (d ddb) shareCommit(t *testing.T, token string) (url string) {
	t.Helper()
	var shared map[string]any
	d.post(t, "/share/commit/"+token).json(t, http.StatusOK, &shared)
	require.IsType(t, "", shared["url"])
	require.True(t, strings.HasPrefix(shared["url"].(string), "/"), shared["url"])
	return shared["url"].(string)
}

// Section "Share" of the checklist.
var ddbShareStatements = []statement{
	{number: 94, says: "share/init with a tag gives a token", holds: func(t *testing.T) {
		for _, g := range generations {
			require.NotEmpty(t, g.as(server(t)).shareInit(t, "admin/ddb94"))
		}
	}},
	{number: 95, says: "an empty tag makes a dataset of the caller's own", holds: func(t *testing.T) {
		c := server(t).user(t, "ddb95")
		for _, g := range generations {
			d := g.as(c)
			require.True(t, strings.HasPrefix(d.encode("tag", "", "password", ""), "tag=&password="))
			token := d.shareInit(t, "")
			d.shareFile(t, token, "a.txt", "95")
			url := d.shareCommit(t, token)
			require.Regexp(t, `^/r/ddb95/[a-z0-9]{16}$`, url)
			d.requireFiles(t, strings.Replace(url, "/r/ddb95/", "/orgs/ddb95/ds/", 1), contents{"a.txt": "95"})
		}
	}},
	{number: 96, says: "share/init without a valid token is 401", holds: func(t *testing.T) {
		base := server(t).base
		for _, g := range generations {
			for _, token := range []string{"", "garbage", "a.b.c"} {
				g.as(client{base: base, token: token}).post(t, "/share/init", "tag", "admin/ddb96", "password", "").requireError(t, http.StatusUnauthorized)
			}
			d := g.as(client{base: base})
			d.form(t, "/share/init", "", "tag", "", "password", "").requireError(t, http.StatusUnauthorized)
		}
	}},
	{number: 97, says: "an upload of file and path answers the hash", holds: func(t *testing.T) {
		for _, g := range generations {
			d := g.as(server(t))
			require.IsType(t, "", d.shareFile(t, d.shareInit(t, "admin/ddb97"), "f/a.txt", "97"))
		}
	}},
	{number: 98, says: "the hash is the SHA-256 of the content", holds: func(t *testing.T) {
		d := g5.as(server(t))
		token := d.shareInit(t, "admin/ddb98")
		for path, content := range map[string]string{"a.txt": "98", "empty.txt": "", "é b,c.bin": strings.Repeat("\x00\xff", 70_000)} {
			require.Equal(t, sum([]byte(content)), d.shareFile(t, token, path, content))
		}
	}},
	{number: 99, says: "100 MB are answered within 10 seconds", holds: func(t *testing.T) {
		d := g5.as(server(t))
		token := d.shareInit(t, "admin/ddb99")
		content := make([]byte, 100<<20)
		random := rand.New(rand.NewPCG(99, 0))
		for i := 0; i < len(content); i += 4096 {
			content[i] = byte(random.Uint32())
		}
		begin := time.Now()
		require.Equal(t, sum(content), d.shareFile(t, token, "big.tif", string(content)))
		took := time.Since(begin)
		t.Logf("%.1f s", took.Seconds())
		require.Less(t, took, 8*time.Second)
	}},
	{number: 100, says: "a path sent twice keeps the later content", holds: func(t *testing.T) {
		d := g3.as(server(t))
		token := d.shareInit(t, "admin/ddb100")
		for _, content := range []string{"100 first", "100 first", "100 later"} {
			d.shareFile(t, token, "a.txt", content)
		}
		d.shareCommit(t, token)
		d.requireFiles(t, "/orgs/admin/ds/ddb100", contents{"a.txt": "100 later"})
	}},
	{number: 101, says: "a commit without a body answers a relative url", holds: func(t *testing.T) {
		for _, g := range generations {
			d := g.as(server(t))
			require.Equal(t, "/r/admin/ddb101", d.shareCommit(t, d.shareInit(t, "admin/ddb101")))
		}
	}},
	{number: 102, says: "after the commit the files are in the stamp", holds: func(t *testing.T) {
		d := g5.as(server(t))
		token := d.shareInit(t, "admin/ddb102")
		d.shareFile(t, token, "f/a.txt", "102 a")
		d.shareFile(t, token, "b.txt", "102 b")
		require.Equal(t, contents{}.stamp(), d.stamp(t, "/orgs/admin/ds/ddb102"), "before it they are not")
		d.shareCommit(t, token)
		d.requireFiles(t, "/orgs/admin/ds/ddb102", contents{"b.txt": "102 b", "f/": "", "f/a.txt": "102 a"})
	}},
	{number: 103, says: "an unknown token is an error", holds: func(t *testing.T) {
		d := g5.as(server(t))
		for token, status := range map[string]int{"unknown": 404, strings.Repeat("x", 32): 404, strings.Repeat("x", 5000): 404, "%00": 400, "%FF": 400} {
			d.send(t, "/share/upload/"+token, part{"file", "a.txt", "103"}, part{"path", "", "a.txt"}).requireError(t, status)
			d.post(t, "/share/commit/"+token).requireError(t, status)
		}
	}},
}

// What is hostile is no more welcome in a share.
func TestHostilePathsInAShare(t *testing.T) {
	t.Parallel()
	d := g5.as(server(t))
	token := d.shareInit(t, "admin/hostile-share")
	for _, path := range append([]string{"", "a\xff"}, hostilePaths...) {
		if path == "a/" { // one trailing slash is dropped
			continue
		}
		a := d.send(t, "/share/upload/"+token, part{"file", "a.txt", "hostile"}, part{"path", "", path})
		assert.Equal(t, http.StatusBadRequest, a.status, "%.80q: %s", path, a.body)
	}
	d.shareFile(t, token, "a..b.txt", "hostile")
	d.shareCommit(t, token)
	d.requireFiles(t, "/orgs/admin/ds/hostile-share", contents{"a..b.txt": "hostile"})
}

// A share ends an hour after its last upload, and takes a dataset that was
// made for it along.
func TestAbandonedShares(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t, catalog.Migrate)
	c := startOn(t, database)
	d := g5.as(c)
	old := c.withFiles(t, "old", "public", "kept.txt")
	abandoned := []string{d.shareInit(t, "admin/made"), d.shareInit(t, "admin/old")}
	for _, token := range abandoned {
		d.shareFile(t, token, "a.txt", "abandoned")
	}
	age := func(duration string) {
		query[any](t, database, "update share_batches set started_at = started_at - $1::interval, last_active_at = last_active_at - $1::interval", duration)
	}
	age("50 minutes")
	for _, token := range abandoned {
		d.shareFile(t, token, "b.txt", "abandoned") // and the hour begins anew
	}
	age("50 minutes")
	for _, token := range abandoned {
		d.shareFile(t, token, "c.txt", "abandoned")
	}
	age("61 minutes")
	for _, token := range abandoned {
		d.send(t, "/share/upload/"+token, part{"file", "d.txt", "x"}, part{"path", "", "d.txt"}).requireError(t, http.StatusBadRequest)
		d.post(t, "/share/commit/"+token).requireError(t, http.StatusBadRequest)
	}
	d.requireFiles(t, old, contents{"kept.txt": "kept.txt"})
	require.Equal(t, http.StatusOK, c.send(t, "POST", "/sys/cleanupbatches", nil).status) // what happens every hour
	d.get(t, "/orgs/admin/ds/made").requireError(t, http.StatusNotFound)
	d.requireFiles(t, old, contents{"kept.txt": "kept.txt"})
}
