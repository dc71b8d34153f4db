package main

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// metaDump asks for records as clone and pull do.
func (d ddb) metaDump(t *testing.T, dataset string, fields ...string) (list []map[string]any) {
	t.Helper()
	d.ask(t, dataset+"/meta/dump", fields...).json(t, http.StatusOK, &list)
	require.NotNil(t, list, "never null")
	return list
}

func idsOf(rows []map[string]any) (ids []any) {
	for _, row := range rows {
		ids = append(ids, row["id"])
	}
	return ids
}

// Section "Meta dump" of the checklist.
var ddbMetadataStatements = []statement{
	{number: 77, says: "only the records with the ids are dumped", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "ddb77", "public", "a.txt")
		one := c.form(t, "POST", ds+"/meta/notes", "data", "1", "path", "a.txt").record(t)
		c.form(t, "POST", ds+"/meta/notes", "data", "2").record(t)
		for _, g := range generations {
			require.Equal(t, []any{one.ID}, idsOf(g.as(c.anonymous()).metaDump(t, ds, "ids", `["`+one.ID+`"]`)))
		}
	}},
	{number: 78, says: "rows have text id, path, key and data, and a whole mtime", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "ddb78", "public", "a.txt")
		c.form(t, "POST", ds+"/meta/notes", "data", `{"a":[1,null]}`, "path", "a.txt").record(t)
		rows := g3.as(c).metaDump(t, ds)
		require.Len(t, rows, 3)
		for _, row := range rows {
			for _, text := range []string{"id", "path", "key", "data"} {
				require.IsType(t, "", row[text], text)
			}
			require.IsType(t, 0.0, row["mtime"])
			require.Equal(t, float64(int64(row["mtime"].(float64))), row["mtime"])
		}
	}},
	{number: 79, says: "data comes back as it was pushed", holds: func(t *testing.T) {
		d, ds := g3.as(server(t)), "/orgs/admin/ds/ddb79"
		files := contents{"h.txt": "79"}
		var records []dumped
		for id, data := range map[string]string{"79-1": `"My ds"`, "79-2": `{"b" :  1,"a":[ 2.50, null ]}`, "79-3": `"\u00e9 é \"q\" \\ <&>"`, "79-4": `1e2`, "79-5": `{"a":1,"a":2}`, "79-6": "\t[ ]\n", "79-7": `"日本 😀"`} {
			records = append(records, note(id, "h.txt", "notes", data))
		}
		d.push(t, ds, stamp{}, files, records...)
		for _, r := range records {
			require.Equal(t, []map[string]any{{"id": r.ID, "path": r.Path, "key": r.Key, "data": r.Data, "mtime": float64(r.MTime)}}, d.metaDump(t, ds, "ids", `["`+r.ID+`"]`))
		}
	}},
	{number: 80, says: "unknown ids are skipped", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "ddb80", "public")
		one := c.form(t, "POST", ds+"/meta/notes", "data", "1").record(t)
		require.Equal(t, []any{one.ID}, idsOf(g5.as(c).metaDump(t, ds, "ids", `["unknown","`+one.ID+`","00000000-0000-4000-8000-000000000000"]`)))
		require.Empty(t, g5.as(c).metaDump(t, ds, "ids", `["unknown"]`))
	}},
	{number: 81, says: "without ids everything is dumped", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "ddb81", "public")
		one := c.form(t, "POST", ds+"/meta/notes", "data", "1").record(t)
		for _, g := range generations {
			all := g.as(c).metaDump(t, ds, "ids", "[]")
			assert.Equal(t, all, g.as(c).metaDump(t, ds))
			assert.Contains(t, idsOf(all), one.ID)
			assert.Len(t, all, 3, "with the settings")
		}
	}},
}
