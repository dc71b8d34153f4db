package main

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/dbtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Section "Push" of the checklist: what is sent between init and commit.
var ddbPushUploadStatements = []statement{
	{number: 51, says: "an upload of file, path and token is 200", holds: func(t *testing.T) {
		for _, g := range generations {
			d, ds := g.as(server(t)), "/orgs/admin/ds/ddb51"
			asked := d.begin(t, ds, "", contents{"f/a.txt": "51" + g.name}.stamp())
			a := d.send(t, ds+"/push/upload", part{"file", "a.txt", "51" + g.name}, part{"path", "", "f/a.txt"}, part{"token", "", asked.Token})
			require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		}
	}},
	{number: 52, says: "a file without bytes is 200", holds: func(t *testing.T) {
		d, ds := g5.as(startOn(t, dbtest.New(t, catalog.Migrate))), "/orgs/admin/ds/ddb52" // where no dataset has an empty file yet
		files := contents{"empty.txt": ""}
		asked := d.begin(t, ds, "", files.stamp())
		require.Equal(t, []string{"empty.txt"}, asked.NeededFiles)
		require.Equal(t, http.StatusOK, d.sendFile(t, ds, asked.Token, "empty.txt", "").status)
		require.Equal(t, http.StatusOK, d.commit(t, ds, asked.Token).status)
		d.requireFiles(t, ds, files)
	}},
	{number: 53, says: "the field path counts, not the file's name", holds: func(t *testing.T) {
		d, ds := g5.as(server(t)), "/orgs/admin/ds/ddb53"
		files := contents{"one.txt": "53 one", "two.txt": "53 two"}
		asked := d.begin(t, ds, "", files.stamp())
		for path, content := range files {
			a := d.send(t, ds+"/push/upload", part{"file", "../../two.txt", content}, part{"path", "", path}, part{"token", "", asked.Token})
			require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		}
		require.Equal(t, http.StatusOK, d.commit(t, ds, asked.Token).status)
		d.requireFiles(t, ds, files)
	}},
	{number: 54, says: "content with another hash is refused", holds: func(t *testing.T) {
		for _, g := range generations {
			d, ds := g.as(server(t)), "/orgs/admin/ds/ddb54"
			asked := d.begin(t, ds, "", contents{"a.txt": "54 as added"}.stamp())
			d.sendFile(t, ds, asked.Token, "a.txt", "54 as edited").requireError(t, http.StatusBadRequest, "a.txt", "ddb sync")
			d.sendFile(t, ds, asked.Token, "a.txt", "").requireError(t, http.StatusBadRequest, "ddb sync")
			d.commit(t, ds, asked.Token).requireError(t, http.StatusBadRequest, "a.txt")
			d.get(t, ds).requireError(t, http.StatusNotFound)
		}
	}},
	{number: 55, says: "an unknown token is an error", holds: func(t *testing.T) {
		d, ds := g5.as(server(t)), "/orgs/admin/ds/ddb55"
		for _, token := range []string{"unknown", "", "00000000-0000-4000-8000-000000000000", "x\x00y", "\xff", strings.Repeat("x", 60_000), "../../etc"} {
			d.sendFile(t, ds, token, "a.txt", "55").requireError(t, http.StatusBadRequest)
			d.sendRecords(t, ds, token).requireError(t, http.StatusBadRequest)
			d.commit(t, ds, token).requireError(t, http.StatusBadRequest)
		}
	}},
	{number: 56, says: "what is not needed is refused", holds: func(t *testing.T) {
		d, ds := g5.as(server(t)), "/orgs/admin/ds/ddb56"
		before := d.push(t, ds, stamp{}, contents{"held.txt": "56 held"})
		asked := d.begin(t, ds, before.Checksum, contents{"held.txt": "56 held", "new/": "", "new/a.txt": "56 a"}.stamp())
		for path, content := range map[string]string{"other.txt": "56 a", "new": "56 a", "new/b.txt": "56 a", "NEW/a.txt": "56 a", "": "56 a", "held.txt": "56 held"} {
			d.sendFile(t, ds, asked.Token, path, content).requireError(t, http.StatusBadRequest)
		}
		d.commit(t, ds, asked.Token).requireError(t, http.StatusBadRequest)
		require.Equal(t, before, d.stamp(t, ds))
	}},
	{number: 57, says: "hostile paths are refused in stamp and upload", holds: func(t *testing.T) {
		d, ds := g3.as(server(t)), "/orgs/admin/ds/ddb57"
		asked := d.begin(t, ds, "", contents{"a.txt": "57"}.stamp())
		for _, path := range []string{"../a.txt", "x/../a.txt", "/a.txt", `x\a.txt`, ".ddb/a.txt", "x/.ddb/a.txt"} {
			s := stampOf(map[string]string{path: sum([]byte("57"))})
			d.post(t, ds+"/push/init", "checksum", "", "stamp", s.text(t)).requireError(t, http.StatusBadRequest, "path")
			d.sendFile(t, ds, asked.Token, path, "57").requireError(t, http.StatusBadRequest)
		}
	}},
	{number: 58, says: "a..b.txt can be pushed", holds: func(t *testing.T) {
		d, ds := g5.as(server(t)), "/orgs/admin/ds/ddb58"
		files := contents{"a..b.txt": "58", "..c": "58 c", "d..": "58 d", "e.ddb/": "", "e.ddb/.ddbx": "58 e"}
		d.push(t, ds, stamp{}, files)
		d.requireFiles(t, ds, files)
	}},
	{number: 59, says: "odd names can be pushed and stay as they are", holds: func(t *testing.T) {
		files := contents{}
		for _, path := range []string{"a b.txt", "é.txt", "e\u0301.txt", "100%.txt", "%41.txt", "a&b.txt", "a#b.txt", "a,b.txt", `say "hi".txt`, "a+b.txt", "a=b?.txt", "日本/😀.txt", "semi;colon'.txt", " lead", "trail "} {
			files[path] = "59 " + path
		}
		for _, g := range generations {
			d, ds := g.as(server(t)), "/orgs/admin/ds/ddb59-"+strings.ReplaceAll(g.name, ".", "-")
			d.push(t, ds, stamp{}, files)
			d.requireFiles(t, ds, files)
		}
	}},
	{number: 60, says: "a path sent again replaces what came before", holds: func(t *testing.T) {
		d, ds := g3.as(server(t)), "/orgs/admin/ds/ddb60"
		files := contents{"a.txt": "60 right"}
		asked := d.begin(t, ds, "", files.stamp())
		d.sendFile(t, ds, asked.Token, "a.txt", "60 wrong").requireError(t, http.StatusBadRequest)
		for range 2 {
			require.Equal(t, http.StatusOK, d.sendFile(t, ds, asked.Token, "a.txt", "60 right").status)
		}
		require.Equal(t, http.StatusOK, d.commit(t, ds, asked.Token).status)
		d.requireFiles(t, ds, files)
	}},
	{number: 61, says: "a connection that drops in an upload leaves the push usable", holds: func(t *testing.T) {
		d, ds := g5.as(server(t)), "/orgs/admin/ds/ddb61"
		files := contents{"big.bin": strings.Repeat("61", 1<<20), "a.txt": "61 a"}
		asked := d.begin(t, ds, "", files.stamp())
		for _, half := range []int{0, 100, 1 << 20} {
			d.breakOff(t, half, ds+"/push/upload", pushParts(asked.Token, "big.bin", files["big.bin"])...)
		}
		d.commit(t, ds, asked.Token).requireError(t, http.StatusBadRequest)
		d.sendNeeded(t, ds, asked, files)
		require.Equal(t, http.StatusOK, d.commit(t, ds, asked.Token).status)
		d.requireFiles(t, ds, files)
	}},
	{number: 62, says: "push/meta of records is 200", holds: func(t *testing.T) {
		for _, g := range generations {
			d, ds := g.as(server(t)), "/orgs/admin/ds/ddb62"
			records := []dumped{note("190ae66a-e195-4e2b-8818-b998a6c6910f", "", "name", `"My ds"`), note("ff10318e-2445-490e-af46-dd2f3af9caa5", "h.txt", "annotations", `{"a":1}`)}
			asked := d.begin(t, ds, "", contents{"h.txt": "62"}.stamp(records[0].ID, records[1].ID))
			require.ElementsMatch(t, []string{records[0].ID, records[1].ID}, asked.NeededMeta)
			a := d.sendRecords(t, ds, asked.Token, records...)
			require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		}
	}},
}

// breakOff sends so many bytes of a multipart body and hangs up.
func (d ddb) breakOff(t *testing.T, bytes int, path string, parts ...part) {
	t.Helper()
	head, body := d.multipart(path, parts...)
	connection, err := net.Dial("tcp", strings.TrimPrefix(d.base, "http://"))
	require.NoError(t, err)
	_, err = io.WriteString(connection, head+body[:bytes])
	require.NoError(t, err)
	require.NoError(t, connection.Close())
}

// Records that a client cannot have sent are refused, and those that are right can follow.
func TestMalformedRecordsOfAPush(t *testing.T) {
	t.Parallel()
	d, ds := g5.as(server(t)), "/orgs/admin/ds/malformed-records"
	right := note("11111111-0000-4000-8000-000000000001", "a.txt", "notes", `{"b": [1,  2.50]}`)
	files := contents{"a.txt": "malformed records"}
	asked := d.begin(t, ds, "", files.stamp(right.ID))
	good := recordsText(t, right)
	for _, bad := range []string{
		"", "x", "null", "{}", `"x"`, "[1]", "[null]", "[[]]", "[{}]", good[:len(good)-1], good + "]",
		strings.Replace(good, `"key":"notes",`, "", 1), strings.Replace(good, `"path":"a.txt"`, `"path":1`, 1), strings.Replace(good, `1795413298`, `"1795413298"`, 1),
		strings.Replace(good, `1795413298`, `null`, 1), strings.Replace(good, `1795413298`, `1e99`, 1), strings.Replace(good, `"notes"`, `""`, 1),
		`[{"data":{"a":1},"id":"` + right.ID + `","key":"notes","mtime":1,"path":"a.txt"}]`, `[{"data":"{not json","id":"` + right.ID + `","key":"notes","mtime":1,"path":"a.txt"}]`,
		`[{"data":"1","id":7,"key":"notes","mtime":1,"path":"a.txt"}]`, `[{"data":"1","id":"` + right.ID + `","key":"notes","mtime":1,"path":"../a"}]`,
		`[{"data":"1","id":"` + right.ID + `","key":"no\u0000tes","mtime":1,"path":"a.txt"}]`,
	} {
		a := d.post(t, ds+"/push/meta", "meta", bad, "token", asked.Token)
		assert.Equal(t, http.StatusBadRequest, a.status, "%.100s: %s", bad, a.body)
	}
	d.sendNeeded(t, ds, asked, files, right)
	a := d.sendRecords(t, ds, asked.Token, right, note("11111111-0000-4000-8000-000000000002", "", "notes", "1")) // more than is needed is no harm
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	require.Equal(t, http.StatusOK, d.commit(t, ds, asked.Token).status)
	require.Equal(t, files.stamp(right.ID), d.stamp(t, ds))
	require.Equal(t, []dumped{right}, server(t).dump(t, ds, "ids", `["`+right.ID+`"]`))
}

// What a push has begun is its user's and its dataset's alone.
func TestForeignPushTokens(t *testing.T) {
	t.Parallel()
	c := server(t)
	other := c.member(t, "pushother", 2)
	d, ds := g5.as(c), "/orgs/admin/ds/foreign-push"
	files := contents{"a.txt": "foreign push"}
	asked := d.begin(t, ds, "", files.stamp("x"))
	elsewhere := c.newDataset(t, "foreign-push-2", "private")
	for _, foreign := range []struct {
		ddb
		dataset string
	}{{g5.as(other), ds}, {d, elsewhere}, {g5.as(other), elsewhere}} {
		foreign.sendFile(t, foreign.dataset, asked.Token, "a.txt", files["a.txt"]).requireError(t, http.StatusBadRequest)
		foreign.sendRecords(t, foreign.dataset, asked.Token, note("x", "", "notes", "1")).requireError(t, http.StatusBadRequest)
		foreign.commit(t, foreign.dataset, asked.Token).requireError(t, http.StatusBadRequest)
	}
	require.Equal(t, contents{}.stamp(), d.stamp(t, elsewhere))
	d.sendNeeded(t, ds, asked, files, note("x", "", "notes", "1"))
	require.Equal(t, http.StatusOK, d.commit(t, ds, asked.Token).status)
	g5.as(other).commit(t, ds, asked.Token).requireError(t, http.StatusBadRequest)
}
