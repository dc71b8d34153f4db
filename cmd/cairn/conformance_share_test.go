package main

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// batch is a share as its owner sees it.
type batch struct {
	Token, UserName string
	Start           time.Time
	End             *time.Time
	Status          int
	Entries         []struct {
		Path, Hash string
		Type       int
		Size       int64
		AddedOn    time.Time
	}
}

// shareRoutes are the two names of each route.
var shareRoutes = map[string]struct{ upload, chunk, commit, rollback, info string }{
	"seed": {"/share/%s/upload", "/share/%s/upload/chunked", "/share/%s/commit", "/share/%s/rollback", "/share/%s"},
	"code": {"/share/upload/%s", "/share/upload-chunk/%s", "/share/commit/%s", "/share/rollback/%s", "/share/info/%s"},
}

// startShare begins a share with fields and returns its token.
func (c client) startShare(t *testing.T, fields ...string) string {
	t.Helper()
	var begun struct{ Token string }
	c.form(t, "POST", "/share/init", fields...).json(t, http.StatusOK, &begun)
	require.Regexp(t, `^[A-Za-z0-9]{32}$`, begun.Token)
	return begun.Token
}

func (c client) sendMultipart(t *testing.T, path string, parts ...part) answer {
	t.Helper()
	head, body := g5.as(c).multipart(path, parts...)
	return g5.as(c).exchange(t, head, strings.NewReader(body))
}

func (c client) shareFile(t *testing.T, token, path, content string) answer {
	t.Helper()
	return c.sendMultipart(t, "/share/"+token+"/upload", part{"path", "", path}, part{"file", "file", content})
}

// commitShare returns the slug that was shared into.
func (c client) commitShare(t *testing.T, token string) (tag string) {
	t.Helper()
	var shared struct{ URL, Tag string }
	c.send(t, "POST", "/share/"+token+"/commit", nil).json(t, http.StatusOK, &shared)
	require.Equal(t, "/r/"+shared.Tag, shared.URL)
	return shared.Tag
}

func (c client) batch(t *testing.T, token string) (b batch) {
	t.Helper()
	c.get(t, "/share/"+token).json(t, http.StatusOK, &b)
	return b
}

// chunk is a piece of a file; fields are changed by more pairs of name and value.
func (c client) shareChunk(t *testing.T, route, token, path string, all []string, index int, changed ...string) answer {
	t.Helper()
	checksum := md5.Sum([]byte(all[index]))
	fields := []string{"fileId", "file-" + path, "chunkIndex", strconv.Itoa(index), "totalChunks", strconv.Itoa(len(all)), "totalFileSize", strconv.Itoa(len(strings.Join(all, ""))),
		"fileName", path, "path", path, "chunkMd5", hex.EncodeToString(checksum[:])}
	var parts []part
	for i := 0; i < len(fields); i += 2 {
		p := part{name: fields[i], content: fields[i+1]}
		for j := 0; j < len(changed); j += 2 {
			if changed[j] == p.name {
				p.content = changed[j+1]
			}
		}
		parts = append(parts, p)
	}
	parts[0].content = strings.NewReplacer("/", "-", ".", "-").Replace(parts[0].content)
	return c.sendMultipart(t, fmt.Sprintf(route, token), append(parts, part{"chunk", "blob", all[index]})...)
}

type chunkAnswer struct {
	FileID        string
	ReceivedChunk int
	Success       bool
	IsComplete    bool
	Path          string
	Hash          *string
	Size          int64
}

// Section 6.9 of the REST API's checklist.
var shareStatements = []statement{
	{number: 149, says: "share/init with an empty body", holds: func(t *testing.T) {
		c := server(t)
		for _, a := range []answer{c.send(t, "POST", "/share/init", nil), c.post(t, "POST", "/share/init", map[string]any{}), c.form(t, "POST", "/share/init", "tag", "", "password", "")} {
			var begun struct{ Token string }
			a.json(t, http.StatusOK, &begun)
			require.Len(t, begun.Token, 32)
		}
	}},
	{number: 150, says: "init makes a public dataset", holds: func(t *testing.T) {
		c := server(t)
		c.startShare(t, "tag", "admin/rest150", "datasetName", "Site \"150\"")
		d := c.datasetObject(t, "/orgs/admin/ds/rest150")
		assert.Equal(t, `Site "150"`, d.Properties.Meta["name"].Data)
		assert.EqualValues(t, 2, d.Properties.Meta["visibility"].Data)
		assert.Equal(t, http.StatusOK, c.anonymous().get(t, "/orgs/admin/ds/rest150").status)
		assert.Regexp(t, `^admin/[a-z0-9]{16}$`, c.commitShare(t, c.startShare(t)))
		c.newOrganization(t, "rest150-org")
		assert.Regexp(t, `^rest150-org/[a-z0-9]{16}$`, c.commitShare(t, c.startShare(t, "orgSlug", "rest150-org")))
		for tag, status := range map[string]int{"rest150": 400, "a/b/c": 400, "admin/UPPER": 400, "admin/a--b": 400, "/": 400, "rest150-nowhere/site": 404} {
			c.form(t, "POST", "/share/init", "tag", tag).requireError(t, status)
		}
		c.form(t, "POST", "/share/init", "orgSlug", "rest150-nowhere").requireError(t, 404, "organization")
	}},
	{number: 151, says: "init without write permission is refused", holds: func(t *testing.T) {
		c := server(t)
		reader := c.member(t, "rest151", 0)
		running := c.startShare(t, "tag", "admin/rest151")
		require.Equal(t, http.StatusOK, c.shareFile(t, running, "a.txt", "151").status)
		reader.form(t, "POST", "/share/init", "tag", "admin/rest151").requireError(t, 403)
		reader.form(t, "POST", "/share/init", "tag", "admin/rest151-absent").requireError(t, 403)
		reader.form(t, "POST", "/share/init", "orgSlug", "admin").requireError(t, 403)
		c.anonymous().form(t, "POST", "/share/init", "tag", "admin/rest151").requireError(t, 401)
		c.startShare(t, "tag", "admin/rest151") // nor does one who may roll the first back
		require.Equal(t, "admin/rest151", c.commitShare(t, running))
		g5.as(c).requireFiles(t, "/orgs/admin/ds/rest151", contents{"a.txt": "151"})
	}},
	{number: 152, says: "upload answers hash, size and path", holds: func(t *testing.T) {
		c := server(t)
		token := c.startShare(t, "tag", "admin/rest152")
		for range 2 {
			a := c.shareFile(t, token, "flight 1/é.txt", "152")
			require.Equal(t, http.StatusOK, a.status, "%s", a.body)
			require.JSONEq(t, `{"hash":"`+sum([]byte("152"))+`","size":3,"path":"flight 1/é.txt"}`, string(a.body))
		}
		b := c.batch(t, token)
		require.Len(t, b.Entries, 1)
		require.Equal(t, 2, b.Entries[0].Type)
	}},
	{number: 153, says: "both names of the routes answer alike", holds: func(t *testing.T) {
		c := server(t)
		for name, routes := range shareRoutes {
			at := func(route, token string) string { return fmt.Sprintf(route, token) }
			token := c.startShare(t, "tag", "admin/rest153-"+name)
			a := c.sendMultipart(t, at(routes.upload, token), part{"file", "x", "153"}, part{"path", "", "a.txt"})
			assert.JSONEq(t, `{"hash":"`+sum([]byte("153"))+`","size":3,"path":"a.txt"}`, string(a.body), name)
			a = c.shareChunk(t, routes.chunk, token, "b.txt", []string{"1", "53"}, 0)
			assert.JSONEq(t, `{"fileId":"file-b-txt","receivedChunk":0,"success":true,"isComplete":false,"hash":null,"size":0}`, string(a.body), name)
			a = c.shareChunk(t, routes.chunk, token, "b.txt", []string{"1", "53"}, 1)
			assert.Equal(t, http.StatusOK, a.status, "%s", a.body)
			var running, ended batch
			c.get(t, at(routes.info, token)).json(t, 200, &running)
			assert.Equal(t, token, running.Token)
			assert.Equal(t, "admin", running.UserName)
			assert.Nil(t, running.End)
			assert.Zero(t, running.Status)
			assert.Len(t, running.Entries, 2)
			assert.WithinDuration(t, time.Now(), running.Start, time.Minute)
			a = c.send(t, "POST", at(routes.commit, token), nil)
			assert.JSONEq(t, `{"url":"/r/admin/rest153-`+name+`","tag":"admin/rest153-`+name+`"}`, string(a.body))
			c.get(t, at(routes.info, token)).json(t, 200, &ended)
			assert.Equal(t, 1, ended.Status)
			assert.NotNil(t, ended.End)

			token = c.startShare(t, "tag", "admin/rest153-"+name)
			a = c.send(t, "POST", at(routes.rollback, token), nil)
			assert.Equal(t, http.StatusOK, a.status)
			assert.Empty(t, a.body)
			assert.NotContains(t, a.header, "Content-Type")
			c.get(t, at(routes.info, token)).json(t, 200, &ended)
			assert.Equal(t, 2, ended.Status)
			for _, unknown := range []string{strings.Repeat("0", 32), "x"} {
				c.get(t, at(routes.info, unknown)).requireError(t, 404)
				c.send(t, "POST", at(routes.commit, unknown), nil).requireError(t, 404)
				c.send(t, "POST", at(routes.rollback, unknown), nil).requireError(t, 404)
				c.shareChunk(t, routes.chunk, unknown, "b.txt", []string{"x"}, 0).requireError(t, 404)
			}
		}
	}},
	{number: 154, says: "three chunks in any order", holds: func(t *testing.T) {
		c := server(t)
		chunked := shareRoutes["code"].chunk
		token := c.startShare(t, "tag", "admin/rest154")
		files := contents{}
		for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {2, 0, 2, 0, 1}} {
			path := fmt.Sprintf("order%d%d%d.bin", order[0], order[1], order[2])
			chunks := []string{strings.Repeat(path, 10_000), strings.Repeat("b", 70_000), "end"}
			files[path] = strings.Join(chunks, "")
			for i, index := range order {
				var got chunkAnswer
				c.shareChunk(t, chunked, token, path, chunks, index).json(t, 200, &got)
				if i < len(order)-1 {
					assert.Equal(t, chunkAnswer{FileID: strings.ReplaceAll("file-"+path, ".", "-"), ReceivedChunk: index, Success: true}, got)
					continue
				}
				assert.Equal(t, path, got.Path)
				assert.Equal(t, sum([]byte(files[path])), *got.Hash)
				assert.EqualValues(t, len(files[path]), got.Size)
			}
		}
		many := make([]string, 40) // and as many as there are, at once
		for i := range many {
			many[i] = strings.Repeat(strconv.Itoa(i), 100)
		}
		var together sync.WaitGroup
		for i := range many {
			together.Go(func() { assert.Equal(t, 200, c.shareChunk(t, chunked, token, "many.bin", many, i).status) })
		}
		together.Wait()
		files["many.bin"] = strings.Join(many, "")
		c.commitShare(t, token)
		g5.as(c).requireFiles(t, "/orgs/admin/ds/rest154", files)
	}},
	{number: 155, says: "a wrong chunkMd5 is 400", holds: func(t *testing.T) {
		c := server(t)
		chunked, chunks := shareRoutes["seed"].chunk, []string{"first", "second"}
		token := c.startShare(t, "tag", "admin/rest155")
		for _, wrong := range [][]string{
			{"chunkMd5", strings.Repeat("0", 32)}, {"chunkMd5", "x"}, {"chunkIndex", "2"}, {"chunkIndex", "-1"}, {"chunkIndex", "x"}, {"chunkIndex", ""}, {"totalChunks", "0"}, {"totalChunks", "-1"},
			{"totalChunks", "99999999999999999999"}, {"totalFileSize", "0"}, {"totalFileSize", "-5"}, {"totalFileSize", "9223372036854775808"}, {"path", "../x"}, {"path", ""}, {"path", ".ddb/x"}, {"path", "a\x00b"},
		} {
			a := c.shareChunk(t, chunked, token, "a.txt", chunks, 0, wrong...)
			assert.Equal(t, http.StatusBadRequest, a.status, "%v: %s", wrong, a.body)
		}
		for i := range chunks {
			require.Equal(t, 200, c.shareChunk(t, chunked, token, "a.txt", chunks, i).status)
		}
		c.shareChunk(t, chunked, token, "short.txt", []string{"five!"}, 0, "totalFileSize", "6").requireError(t, 400) // not what was announced
		for i := range chunks {
			require.Equal(t, 200, c.shareChunk(t, chunked, token, "a.txt", []string{"other ", "bytes"}, i).status, "a file of the batch is replaced")
		}
		c.commitShare(t, token)
		g5.as(c).requireFiles(t, "/orgs/admin/ds/rest155", contents{"a.txt": "other bytes"})
	}},
	{number: 156, says: "commit answers url and tag", holds: func(t *testing.T) {
		c := server(t)
		token := c.startShare(t, "tag", "admin/rest156")
		a := c.send(t, "POST", "/share/"+token+"/commit", nil)
		require.JSONEq(t, `{"url":"/r/admin/rest156","tag":"admin/rest156"}`, string(a.body))
		c.shareFile(t, token, "late.txt", "156").requireError(t, 400)
		c.send(t, "POST", "/share/"+token+"/rollback", nil).requireError(t, 400)
		requirePage(t, "/r/admin/rest156")
		require.Equal(t, 204, c.send(t, "DELETE", "/orgs/admin/ds/rest156", nil).status)
		c.send(t, "POST", "/share/"+token+"/commit", nil).requireError(t, 404) // there is no such page any more
	}},
	{number: 157, says: "rollback keeps older files", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "rest157", "private", "old.txt", "both.txt")
		token := c.startShare(t, "tag", "admin/rest157")
		require.Equal(t, 200, c.shareFile(t, token, "both.txt", "157 new").status)
		require.Equal(t, 200, c.shareFile(t, token, "new.txt", "157 new").status)
		require.Equal(t, 200, c.send(t, "POST", "/share/"+token+"/rollback", nil).status)
		g5.as(c).requireFiles(t, ds, contents{"old.txt": "old.txt", "both.txt": "both.txt"})
		c.send(t, "POST", "/share/"+token+"/commit", nil).requireError(t, 400)

		made := c.startShare(t, "tag", "admin/rest157-made")
		require.Equal(t, 200, c.shareFile(t, made, "a.txt", "157").status)
		require.Equal(t, 200, c.send(t, "POST", "/share/"+made+"/rollback", nil).status)
		c.get(t, "/orgs/admin/ds/rest157-made").requireError(t, 404)

		kept := c.startShare(t, "tag", "admin/rest157-kept")
		c.upload(t, "/orgs/admin/ds/rest157-kept", "web.txt", []byte("157 web"))
		require.Equal(t, 200, c.send(t, "POST", "/share/"+kept+"/rollback", nil).status)
		g5.as(c).requireFiles(t, "/orgs/admin/ds/rest157-kept", contents{"web.txt": "157 web"})
	}},
	{number: 158, says: "a foreign token is refused", holds: func(t *testing.T) {
		c := server(t)
		other := c.member(t, "rest158", 3)
		token := c.startShare(t, "tag", "admin/rest158")
		for _, routes := range shareRoutes {
			for _, user := range []struct {
				client
				status int
			}{{other, 403}, {c.anonymous(), 401}} {
				user.sendMultipart(t, fmt.Sprintf(routes.upload, token), part{"file", "x", "158"}, part{"path", "", "a.txt"}).requireError(t, user.status)
				user.shareChunk(t, routes.chunk, token, "a.txt", []string{"158"}, 0).requireError(t, user.status)
				user.send(t, "POST", fmt.Sprintf(routes.commit, token), nil).requireError(t, user.status)
				user.send(t, "POST", fmt.Sprintf(routes.rollback, token), nil).requireError(t, user.status)
				user.get(t, fmt.Sprintf(routes.info, token)).requireError(t, user.status)
			}
		}
		theirs := other.startShare(t, "tag", "admin/rest158")
		assert.Equal(t, "rest158", c.batch(t, theirs).UserName, "administrators may look")
		require.Equal(t, 200, c.shareFile(t, token, "a.txt", "158").status)
		require.Equal(t, "admin/rest158", c.commitShare(t, token))
	}},
	{number: 159, says: "a push to an absent dataset needs all files", holds: func(t *testing.T) {
		c := server(t)
		asked := c.pushInit(t, "/orgs/admin/ds/rest159", "", contents{"a.txt": "159 a", "f/": "", "f/b.txt": "159 b"}.stamp())
		assert.ElementsMatch(t, []string{"a.txt", "f/b.txt"}, asked.NeededFiles)
		assert.False(t, asked.PullRequired)
		reader := c.member(t, "rest159", 0)
		s := contents{}.stamp()
		reader.form(t, "POST", "/orgs/admin/ds/rest159/push/init", "checksum", "", "stamp", s.text(t)).requireError(t, 403)
		c.anonymous().form(t, "POST", "/orgs/admin/ds/rest159/push/init", "checksum", "", "stamp", s.text(t)).requireError(t, 401)
	}},
	{number: 160, says: "a push needs only changed files", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "rest160", "private", "a.txt", "b.txt")
		now := c.stamp(t, ds)
		changed := contents{"a.txt": "a.txt", "b.txt": "160 changed", "c.txt": "160 new"}.stamp()
		assert.ElementsMatch(t, []string{"b.txt", "c.txt"}, c.pushInit(t, ds, now.Checksum, changed).NeededFiles)
		assert.Equal(t, initialized{PullRequired: true, NeededFiles: []string{}, NeededMeta: []string{}}, c.pushInit(t, ds, checksumB, changed))
		for _, body := range []any{map[string]any{"checksum": now.Checksum, "stamp": changed.text(t)}, map[string]any{"Checksum": now.Checksum, "Stamp": json.RawMessage(`"` + strings.ReplaceAll(changed.text(t), `"`, `\"`) + `"`)}} {
			assert.Len(t, c.post(t, "POST", ds+"/push/init", body).initialized(t).NeededFiles, 2, "as JSON")
		}
		assert.Len(t, c.multipart(t, "POST", ds+"/push/init", "checksum", now.Checksum, "stamp", changed.text(t)).initialized(t).NeededFiles, 2, "as multipart")
	}},
	{number: 161, says: "hostile push paths and tokens are refused", holds: func(t *testing.T) {
		c := server(t)
		asked := c.pushInit(t, "/orgs/admin/ds/rest161", "", contents{"a.txt": "161"}.stamp())
		d := g5.as(c)
		for _, path := range append([]string{"b.txt", "/a.txt", "/etc/passwd"}, hostilePaths...) {
			d.sendFile(t, "/orgs/admin/ds/rest161", asked.Token, path, "161").requireError(t, 400)
		}
		for _, token := range []string{"", "x", "00000000-0000-4000-8000-000000000000"} {
			d.sendFile(t, "/orgs/admin/ds/rest161", token, "a.txt", "161").requireError(t, 400)
		}
		other := g5.as(c.member(t, "rest161", 2))
		other.sendFile(t, "/orgs/admin/ds/rest161", asked.Token, "a.txt", "161").requireError(t, 400)
		other.commit(t, "/orgs/admin/ds/rest161", asked.Token).requireError(t, 400)
	}},
	{number: 162, says: "a commit with a missing file changes nothing", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "rest162", "private", "a.txt")
		before := c.stamp(t, ds)
		after := contents{"b.txt": "162"}
		asked := c.pushInit(t, ds, before.Checksum, after.stamp())
		c.form(t, "POST", ds+"/push/commit", "token", asked.Token).requireError(t, 400, "b.txt")
		assert.Equal(t, before, c.stamp(t, ds))
		a := c.sendMultipart(t, ds+"/push/upload", part{"token", "", asked.Token}, part{"path", "", "b.txt"}, part{"file", "x", "162"}) // in any order
		require.Equal(t, 200, a.status, "%s", a.body)
		assert.Empty(t, a.body)
		assert.NotContains(t, a.header, "Content-Type")
		a = c.form(t, "POST", ds+"/push/commit", "token", asked.Token)
		require.Equal(t, 200, a.status, "%s", a.body)
		assert.Empty(t, a.body)
		assert.Equal(t, after.stamp(), c.stamp(t, ds))
	}},
	{number: 163, says: "a concurrent change is refused", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "rest163", "private", "a.txt")
		for _, change := range []func(){
			func() { c.upload(t, ds, "b.txt", []byte("163")) },
			func() { require.Equal(t, 204, c.send(t, "DELETE", ds+"/obj?path=b.txt", nil).status) },
			func() { c.form(t, "POST", ds+"/meta/notes", "data", "1").record(t) },
		} {
			asked := c.pushInit(t, ds, c.stamp(t, ds).Checksum, contents{"a.txt": "a.txt", "f/": ""}.stamp())
			change()
			changed := c.stamp(t, ds)
			c.form(t, "POST", ds+"/push/commit", "token", asked.Token).requireError(t, 409)
			assert.Equal(t, changed, c.stamp(t, ds))
		}
	}},
}

func (c client) pushInit(t *testing.T, ds, checksum string, s stamp) initialized {
	t.Helper()
	return c.form(t, "POST", ds+"/push/init", "checksum", checksum, "stamp", s.text(t)).initialized(t)
}
