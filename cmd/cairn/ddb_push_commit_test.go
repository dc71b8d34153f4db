package main

import (
	"net/http"
	"testing"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/dbtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Section "Push" of the checklist: the commit and what follows it.
var ddbPushCommitStatements = []statement{
	{number: 63, says: "a commit before all files came changes nothing", holds: func(t *testing.T) {
		for _, g := range generations {
			d, ds := g.as(server(t)), "/orgs/admin/ds/ddb63"+g.name[len(g.name)-1:]
			before := d.push(t, ds, stamp{}, contents{"a.txt": "63 a"})
			after := contents{"b.txt": "63 b" + g.name, "c.txt": "63 c" + g.name}
			asked := d.begin(t, ds, before.Checksum, after.stamp())
			require.Equal(t, http.StatusOK, d.sendFile(t, ds, asked.Token, "b.txt", after["b.txt"]).status)
			d.commit(t, ds, asked.Token).requireError(t, http.StatusBadRequest, "c.txt")
			require.Equal(t, before, d.stamp(t, ds))
			require.Equal(t, http.StatusOK, d.sendFile(t, ds, asked.Token, "c.txt", after["c.txt"]).status)
			require.Equal(t, http.StatusOK, d.commit(t, ds, asked.Token).status)
			d.requireFiles(t, ds, after)
		}
	}},
	{number: 64, says: "a commit after all files came is exactly 200", holds: func(t *testing.T) {
		for _, g := range generations {
			d, ds := g.as(server(t)), "/orgs/admin/ds/ddb64"+g.name[len(g.name)-1:]
			files := contents{"a.txt": "64"}
			asked := d.begin(t, ds, "", files.stamp())
			d.sendNeeded(t, ds, asked, files)
			require.Equal(t, http.StatusOK, d.commit(t, ds, asked.Token).status)
		}
	}},
	{number: 65, says: "after it the stamp is the one that was pushed", holds: func(t *testing.T) {
		d, ds := g5.as(server(t)), "/orgs/admin/ds/ddb65"
		record := note("65656565-0000-4000-8000-00000000000A", "deep/down/a.txt", "notes", "1") // an id is no uuid to us
		pushed := d.push(t, ds, stamp{}, contents{"deep/down/a.txt": "65", "/": "", "z/": ""}, record)
		require.Equal(t, contents{"deep/down/a.txt": "65", "/": "", "z/": ""}.stamp(record.ID), pushed)
		require.Equal(t, pushed, d.stamp(t, ds), "no folder was added, nothing dropped")
	}},
	{number: 66, says: "after it nothing is needed", holds: func(t *testing.T) {
		for _, g := range generations {
			d, ds := g.as(server(t)), "/orgs/admin/ds/ddb66"+g.name[len(g.name)-1:]
			s := d.push(t, ds, stamp{}, exampleB, note(exampleBID, "a.txt", "notes", "1"))
			asked := d.begin(t, ds, s.Checksum, s)
			assert.Empty(t, asked.NeededFiles)
			assert.Empty(t, asked.NeededMeta)
		}
	}},
	{number: 67, says: "a commit onto a dataset that has changed is refused", holds: func(t *testing.T) {
		c := server(t)
		d, ds := g5.as(c), "/orgs/admin/ds/ddb67"
		before := d.push(t, ds, stamp{}, contents{"a.txt": "67 a"})
		after := contents{"a.txt": "67 new"}
		asked := d.begin(t, ds, before.Checksum, after.stamp())
		d.sendNeeded(t, ds, asked, after)
		c.upload(t, ds, "web.txt", []byte("67 web"))
		for range 2 {
			d.commit(t, ds, asked.Token).requireError(t, http.StatusConflict)
			d.requireFiles(t, ds, contents{"a.txt": "67 a", "web.txt": "67 web"})
		}
	}},
	{number: 68, says: "a rename needs no upload and keeps the content", holds: func(t *testing.T) {
		d, ds := g3.as(server(t)), "/orgs/admin/ds/ddb68"
		before := d.push(t, ds, stamp{}, contents{"old.txt": "68", "x/": "", "x/old.txt": "68 x"})
		after := contents{"new.txt": "68", "y/": "", "y/new.txt": "68 x"}
		asked := d.begin(t, ds, before.Checksum, after.stamp())
		require.Empty(t, asked.NeededFiles)
		require.Equal(t, http.StatusOK, d.commit(t, ds, asked.Token).status)
		d.requireFiles(t, ds, after)
	}},
	{number: 69, says: "removing a_1.txt leaves aX1.txt and A_1.TXT", holds: func(t *testing.T) {
		d, ds := g5.as(server(t)), "/orgs/admin/ds/ddb69"
		all := contents{"a_1.txt": "69 a", "aX1.txt": "69 x", "A_1.TXT": "69 A", "b%.txt": "69 b", "bXX.txt": "69 bx", "*": "69 *", "c": "69 c"}
		before := d.push(t, ds, stamp{}, all)
		rest := contents{"aX1.txt": "69 x", "A_1.TXT": "69 A", "bXX.txt": "69 bx", "c": "69 c"}
		d.push(t, ds, before, rest)
		d.requireFiles(t, ds, rest)
	}},
	{number: 70, says: "removing a folder's entry keeps what is below", holds: func(t *testing.T) {
		d, ds := g5.as(server(t)), "/orgs/admin/ds/ddb70"
		before := d.push(t, ds, stamp{}, contents{"sub/": "", "sub/deep/": "", "sub/deep/a.txt": "70 a", "sub/b.txt": "70 b"})
		rest := contents{"sub/deep/a.txt": "70 a", "sub/b.txt": "70 b"}
		d.push(t, ds, before, rest)
		d.requireFiles(t, ds, rest)
	}},
	{number: 71, says: "a file becomes a folder, and a file again", holds: func(t *testing.T) {
		d, ds := g3.as(server(t)), "/orgs/admin/ds/ddb71"
		file, folder := contents{"p": "71 file"}, contents{"p/": "", "p/a.txt": "71 a"}
		first := d.push(t, ds, stamp{}, file)
		second := d.push(t, ds, first, folder)
		d.requireFiles(t, ds, folder)
		d.push(t, ds, second, file)
		d.requireFiles(t, ds, file)
	}},
	{number: 72, says: "the empty path comes and goes without harm", holds: func(t *testing.T) {
		c := server(t)
		d, ds := g5.as(c), "/orgs/admin/ds/ddb72"
		with := d.push(t, ds, stamp{}, contents{"/": "", "a.txt": "72 a", "s/": "", "s/b.txt": "72 b"})
		require.Equal(t, map[string]string{"": ""}, with.Entries[0])
		require.ElementsMatch(t, []string{"a.txt", "s", "s/b.txt"}, paths(c.entries(t, ds)), "it is in no list")
		rest := contents{"a.txt": "72 a", "s/": "", "s/b.txt": "72 b"}
		d.push(t, ds, with, rest)
		d.requireFiles(t, ds, rest)
	}},
	{number: 73, says: "metadata that the client dropped is gone", holds: func(t *testing.T) {
		c := server(t)
		d, ds := g5.as(c), "/orgs/admin/ds/ddb73"
		files := contents{"a.txt": "73"}
		kept, dropped := note("73737373-0000-4000-8000-000000000001", "a.txt", "notes", "1"), note("73737373-0000-4000-8000-000000000002", "a.txt", "notes", "2")
		d.push(t, ds, stamp{}, files, kept, dropped)
		ours := c.form(t, "POST", ds+"/meta/add", "key", "notes", "path", "a.txt", "data", "3").record(t)
		before := d.stamp(t, ds)
		require.Equal(t, files.stamp(kept.ID, dropped.ID, ours.ID), before)
		d.push(t, ds, before, files, kept)
		var list []record
		c.get(t, ds+"/meta/notes?path=a.txt").json(t, http.StatusOK, &list)
		require.Len(t, list, 1)
		require.Equal(t, kept.ID, list[0].ID)
	}},
	{number: 74, says: "an older singular record that is pushed takes the place of the server's", holds: func(t *testing.T) {
		c := server(t)
		d, ds := g3.as(c), "/orgs/admin/ds/ddb74"
		files := contents{"a.txt": "74"}
		d.push(t, ds, stamp{}, files)
		for _, path := range []string{"a.txt", ""} {
			c.form(t, "POST", ds+"/meta/set", "key", "remark", "path", path, "data", `"of the server"`).record(t)
		}
		older := note("74747474-0000-4000-8000-000000000001", "a.txt", "remark", `"of the client"`)
		older.MTime = 1
		d.push(t, ds, d.stamp(t, ds), files, older)
		require.Equal(t, record{older.ID, []byte(older.Data), 1}, c.record(t, ds+"/meta/remark?path=a.txt"))
		c.get(t, ds+"/meta/remark").requireError(t, http.StatusNotFound)
	}},
	{number: 75, says: "a repeated commit does no harm", holds: func(t *testing.T) {
		c := server(t)
		d, ds := g5.as(c), "/orgs/admin/ds/ddb75"
		files := contents{"a.txt": "75"}
		asked := d.begin(t, ds, "", files.stamp())
		d.sendNeeded(t, ds, asked, files)
		for range 3 {
			require.Equal(t, http.StatusOK, d.commit(t, ds, asked.Token).status)
			d.requireFiles(t, ds, files)
		}
		c.upload(t, ds, "web.txt", []byte("75 web"))
		require.Equal(t, http.StatusOK, d.commit(t, ds, asked.Token).status)
		d.requireFiles(t, ds, contents{"a.txt": "75", "web.txt": "75 web"})
	}},
	{number: 76, says: "a push that was given up ends and leaves the dataset alone", holds: func(t *testing.T) {
		database := dbtest.New(t, catalog.Migrate)
		d, ds := g5.as(startOn(t, database)), "/orgs/admin/ds/ddb76"
		before := d.push(t, ds, stamp{}, contents{"a.txt": "76 a"})
		after := contents{"b.txt": "76 b", "c.txt": "76 c"}
		asked := d.begin(t, ds, before.Checksum, after.stamp())
		require.Equal(t, http.StatusOK, d.sendFile(t, ds, asked.Token, "b.txt", after["b.txt"]).status)

		age := func(duration string) {
			query[any](t, database, "update pushes set started_at = started_at - $1::interval, last_active_at = last_active_at - $1::interval", duration)
		}
		age("23 hours")
		require.Equal(t, []string{"c.txt"}, d.begin(t, ds, before.Checksum, after.stamp()).NeededFiles, "it can be taken up within a day")
		require.Equal(t, http.StatusOK, d.sendFile(t, ds, asked.Token, "b.txt", after["b.txt"]).status, "which begins anew with each request")
		age("23 hours")
		require.Equal(t, http.StatusOK, d.sendFile(t, ds, asked.Token, "b.txt", after["b.txt"]).status)
		age("25 hours")
		d.sendFile(t, ds, asked.Token, "c.txt", after["c.txt"]).requireError(t, http.StatusBadRequest)
		d.commit(t, ds, asked.Token).requireError(t, http.StatusBadRequest)
		d.requireFiles(t, ds, contents{"a.txt": "76 a"})
		require.Equal(t, []string{"b.txt", "c.txt"}, d.begin(t, ds, before.Checksum, after.stamp()).NeededFiles, "nothing of it is left")
		d.push(t, ds, before, after)
		d.requireFiles(t, ds, after)
	}},
}
