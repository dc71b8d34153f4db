package main

import (
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

// demoEntries returns the entries of the demo dataset, once it is complete.
func demoEntries(t *testing.T) []map[string]any {
	t.Helper()
	c := server(t).anonymous()
	var list []map[string]any
	require.Eventually(t, func() bool {
		list = nil
		c.multipart(t, "POST", "/orgs/public/ds/demo/search", "query", "*").json(t, 200, &list)
		return len(list) > 9 && c.get(t, "/orgs/public/ds/demo/obj?path=photos/DJI_0006.jpg").status == 200
	}, time.Minute, 100*time.Millisecond, "the demo is not made")
	return list
}

func (c client) postList(t *testing.T, dataset, path string) []entry {
	t.Helper()
	var list []entry
	c.multipart(t, "POST", dataset+"/list", "path", path).json(t, http.StatusOK, &list)
	return list
}

// The file browser and uploads.
var hubFileStatements = []statement{
	{number: 20, says: "the cookie alone uploads", holds: func(t *testing.T) {
		c := server(t)
		c.browsing().upload(t, c.newDataset(t, "hub20", "private"), "a.txt", []byte("a"))
	}},
	{number: 34, says: "list with an empty path is the root, one level", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub34", "public")
		c.upload(t, ds, "a/b.txt", []byte("b"))
		c.upload(t, ds, "c.txt", []byte("c"))
		require.Equal(t, []string{"a", "c.txt"}, paths(c.postList(t, ds, "")))
	}},
	{number: 35, says: "list of a file is that file", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub35", "public")
		c.upload(t, ds, "a/b.txt", []byte("b"))
		require.Equal(t, []string{"a/b.txt"}, paths(c.postList(t, ds, "a/b.txt")))
	}},
	{number: 36, says: "list of an unknown path is empty", holds: func(t *testing.T) {
		c := server(t)
		a := c.multipart(t, "POST", c.newDataset(t, "hub36", "public")+"/list", "path", "nothing")
		require.Equal(t, 200, a.status)
		require.JSONEq(t, "[]", string(a.body))
	}},
	{number: 37, says: "files have hashes, equal for equal content", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub37", "public")
		require.Equal(t, c.upload(t, ds, "a.txt", []byte("same")).Hash, c.upload(t, ds, "b.txt", []byte("same")).Hash)
	}},
	{number: 38, says: "mtime is a number of seconds", holds: func(t *testing.T) {
		for _, e := range demoEntries(t) {
			seconds, ok := e["mtime"].(float64)
			require.True(t, ok)
			require.InDelta(t, time.Now().Unix(), seconds, 3600)
		}
	}},
	{number: 39, says: "geolocated images have point_geom", holds: func(t *testing.T) {
		found := 0
		for _, e := range demoEntries(t) {
			if kind := e["type"].(float64); kind == 3 || kind == 10 || kind == 13 {
				found++
				require.NotNil(t, e["point_geom"], e["path"])
			}
		}
		require.NotZero(t, found)
	}},
	{number: 40, says: "rasters have polygon_geom in degrees", holds: func(t *testing.T) {
		found := 0
		for _, e := range demoEntries(t) {
			if e["type"].(float64) != 4 {
				continue
			}
			found++
			var polygon struct {
				Geometry struct{ Coordinates [][][]float64 }
			}
			encoded, err := json.Marshal(e["polygon_geom"])
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(encoded, &polygon))
			for _, position := range polygon.Geometry.Coordinates[0] {
				require.LessOrEqual(t, max(position[0], -position[0]), 180.0)
				require.LessOrEqual(t, max(position[1], -position[1]), 90.0)
			}
		}
		require.NotZero(t, found)
	}},
	{number: 41, says: "search finds in sub-folders, with full paths", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub41", "public")
		c.upload(t, ds, "x/y/an abc file.txt", []byte("b"))
		var list []entry
		c.multipart(t, "POST", ds+"/search", "query", "*abc*").json(t, 200, &list)
		require.Equal(t, []string{"x/y/an abc file.txt"}, paths(list))
	}},
	{number: 42, says: "a path without a file makes a folder", holds: func(t *testing.T) {
		c := server(t)
		var e entry
		c.multipart(t, "POST", c.newDataset(t, "hub42", "public")+"/obj", "path", "folder").json(t, 201, &e)
		require.Equal(t, entry{Path: "folder", Type: 1}, e)
	}},
	{number: 43, says: "path before file is stored and answered as JSON", holds: func(t *testing.T) {
		c := server(t) // how memory stays is measured by bench/upload
		c.upload(t, c.newDataset(t, "hub43", "public"), "a.bin", make([]byte, 4<<20))
	}},
	{number: 44, says: "eight parallel uploads succeed", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub44", "public")
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				a, err := c.tryUpload(ds, fmt.Sprintf("folder/%d.txt", i), strings.NewReader(strconv.Itoa(i)))
				assert.NoError(t, err)
				assert.Equal(t, 201, a.status, "%s", a.body)
			})
		}
		all.Wait()
		require.Len(t, c.entries(t, ds), 9)
	}},
	{number: 45, says: "an upload replaces the file", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub45", "public")
		c.upload(t, ds, "a.txt", []byte("old"))
		c.upload(t, ds, "a.txt", []byte("new"))
		require.Equal(t, "new", string(c.get(t, ds+"/download?path=a.txt").body))
		require.Len(t, c.entries(t, ds), 1)
	}},
	{number: 46, says: "an upload over the quota is refused with noRetry", holds: func(t *testing.T) {
		owner := strict.client(t).limitedUser(t, "hub46", 0)
		require.Equal(t, 201, owner.form(t, "POST", "/orgs/hub46/ds", "slug", "quota").status)
		a, err := owner.browsing().tryUpload("/orgs/hub46/ds/quota", "a", strings.NewReader("x"))
		require.NoError(t, err)
		require.Equal(t, 400, a.status)
		require.Contains(t, string(a.body), `"noRetry":true`)
	}},
	{number: 47, says: "a move answers the entry with its new type", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub47", "public")
		c.upload(t, ds, "note.txt", []byte("# note"))
		var e entry
		c.multipart(t, "PUT", ds+"/obj", "source", "note.txt", "dest", "docs/note.md").json(t, 200, &e)
		require.Equal(t, "docs/note.md", e.Path)
		require.Equal(t, 8, e.Type)
	}},
	{number: 48, says: "a multipart batch deletes", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub48", "public")
		c.upload(t, ds, "a/b.txt", []byte("b"))
		c.upload(t, ds, "c.txt", []byte("c"))
		var done struct {
			Deleted []string
			Failed  map[string]string
		}
		c.multipart(t, "DELETE", ds+"/obj/batch", "paths", "a", "paths", "c.txt", "paths", "gone").json(t, 200, &done)
		require.ElementsMatch(t, []string{"a", "c.txt"}, done.Deleted)
		require.Contains(t, done.Failed, "gone")
		require.Empty(t, c.entries(t, ds))
	}},
	{number: 49, says: "a multipart body deletes", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub49", "public")
		c.upload(t, ds, "a.txt", []byte("a"))
		require.Equal(t, 204, c.multipart(t, "DELETE", ds+"/obj", "path", "a.txt").status)
		require.Empty(t, c.entries(t, ds))
	}},
}
