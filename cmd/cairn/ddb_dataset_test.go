package main

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// Section "Dataset info" of the checklist.
var ddbDatasetStatements = []statement{
	{number: 24, says: "a dataset is an array with an entry", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "ddb24", "public")
		for _, g := range generations {
			var list []map[string]any
			g.as(c.anonymous()).get(t, ds).json(t, http.StatusOK, &list)
			require.NotEmpty(t, list)
		}
	}},
	{number: 25, says: "the entry has path, type, size, depth and mtime", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "ddb25", "public", "a.txt")
		var list []map[string]any
		g5.as(c).get(t, ds).json(t, http.StatusOK, &list)
		require.IsType(t, "", list[0]["path"])
		for _, number := range []string{"type", "size", "depth", "mtime"} {
			require.IsType(t, 0.0, list[0][number], number)
		}
		require.Contains(t, []any{nil, ""}, list[0]["hash"])
	}},
	{number: 26, says: "an absent dataset is 404 to who may make it", holds: func(t *testing.T) {
		c := server(t)
		for _, g := range generations {
			g.as(c).get(t, "/orgs/admin/ds/ddb26").requireError(t, http.StatusNotFound)
		}
		g5.as(c.member(t, "ddb26writer", 1)).get(t, "/orgs/admin/ds/ddb26").requireError(t, http.StatusNotFound)
	}},
	{number: 27, says: "a private dataset is 401 to nobody", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "ddb27", "private")
		for _, g := range generations {
			g.as(c.anonymous()).get(t, ds).requireError(t, http.StatusUnauthorized)
		}
	}},
}
