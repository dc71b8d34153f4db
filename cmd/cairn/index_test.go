package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// indexFile is an index file as Python's SQLite reads it. Positions of
// geometries are read from the blobs as SpatiaLite lays them out.
type indexFile struct {
	Version int
	Sound   string
	Columns map[string][]string
	Objects []string
	Entries []indexedEntry
	Meta    []dumped
}

type indexedEntry struct {
	Path, Hash         string
	Type               int
	Properties         map[string]any
	MTime, Size, Depth int64
	Point, Polygon     [][]float64
}

const readIndex = `
import sqlite3, json, struct, sys
c = sqlite3.connect("file:" + sys.argv[1] + "?mode=ro&immutable=1", uri=True)
c.row_factory = sqlite3.Row
rows = lambda q: [dict(r) for r in c.execute(q)]
def positions(blob, skip):
    if blob is None: return None
    assert blob[:6] == bytes.fromhex("0001E6100000") and blob[38] == 0x7C and blob[-1] == 0xFE, blob.hex()
    assert struct.unpack("<i", blob[39:43])[0] == (1003 if skip else 1001), blob.hex()
    return [list(p) for p in struct.iter_unpack("<3d", blob[43 + skip:-1])]
entries = rows("select * from entries order by path")
for e in entries:
    e["properties"] = json.loads(e["properties"])
    e["point"] = positions(e.pop("point_geom"), 0)
    e["polygon"] = positions(e.pop("polygon_geom"), 8)
print(json.dumps({
    "version": rows("pragma user_version")[0]["user_version"], "sound": rows("pragma integrity_check")[0]["integrity_check"],
    "columns": {t: [r["name"] for r in rows("pragma table_info(%s)" % t)] for t in ("entries", "entries_meta", "passwords")},
    "objects": sorted(r["name"] for r in rows("select name from sqlite_master where type in ('index', 'trigger') and sql is not null")),
    "entries": entries, "meta": rows("select * from entries_meta order by id")}))`

func readIndexFile(t *testing.T, content string) (x indexFile) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "dbase.sqlite")
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	out, err := exec.Command("python3", "-c", readIndex, file).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NoError(t, json.Unmarshal(out, &x))
	require.Equal(t, "ok", x.Sound)
	return x
}

// index returns the dataset's index file as /ddb answers it.
func (c client) index(t *testing.T, ds string) indexFile {
	t.Helper()
	found := members(t, c.get(t, ds+"/ddb"))
	require.Len(t, found, 1)
	return readIndexFile(t, found[".ddb/dbase.sqlite"])
}

// locatedEntry is an entry of the API with its places.
type locatedEntry struct {
	Path               string
	Hash               *string
	Type               int
	Properties         map[string]any
	MTime, Size, Depth int64
	Point              *struct {
		Geometry struct{ Coordinates []float64 }
	} `json:"point_geom"`
	Polygon *struct {
		Geometry struct{ Coordinates [][][]float64 }
	} `json:"polygon_geom"`
}

// requireTheSame compares an index file with what the API says.
func (x indexFile) requireTheSame(t *testing.T, c client, ds string) {
	t.Helper()
	require.Equal(t, 1, x.Version)
	require.Equal(t, map[string][]string{
		"entries":      {"path", "hash", "type", "properties", "mtime", "size", "depth", "point_geom", "polygon_geom"},
		"entries_meta": {"id", "path", "key", "data", "mtime"}, "passwords": {"salt", "hash"}}, x.Columns)
	require.Subset(t, x.Objects, []string{"ix_entries_hash", "ix_entries_type", "ix_entries_meta_key", "ix_entries_meta_path_key", "tg_entries_meta_autouuid"})
	require.Equal(t, c.dump(t, ds), x.Meta)

	stamp := c.stamp(t, ds)
	paths := stamp.paths(t)
	require.Len(t, x.Entries, len(paths))
	var listed []locatedEntry
	c.form(t, http.MethodPost, ds+"/search", "query", "*").json(t, http.StatusOK, &listed)
	for i, e := range x.Entries {
		require.Equal(t, paths[i], e.Path)
		require.Equal(t, stamp.Entries[i][e.Path], e.Hash)
		if e.Path == "" {
			continue
		}
		at := slices.IndexFunc(listed, func(l locatedEntry) bool { return l.Path == e.Path })
		require.GreaterOrEqual(t, at, 0, e.Path)
		l := listed[at]
		want := indexedEntry{Path: l.Path, Hash: e.Hash, Type: l.Type, Properties: l.Properties, MTime: l.MTime, Size: l.Size, Depth: l.Depth}
		if l.Point != nil {
			want.Point = [][]float64{l.Point.Geometry.Coordinates}
		}
		if l.Polygon != nil {
			want.Polygon = l.Polygon.Geometry.Coordinates[0]
		}
		require.Equal(t, want, e)
	}
}

// A dataset with a photo that has a position, a raster that has an extent, folders and metadata.
func (c client) withEverything(t *testing.T, slug string) (ds string) {
	t.Helper()
	ds = c.withFiles(t, slug, "unlisted", "a.txt", "sub/é,+&.txt", "!first")
	c.upload(t, ds, "sub/raster.tif", geotiff(t, 64))
	require.Equal(t, 201, c.multipart(t, "POST", ds+"/obj", "path", "empty/folder").status)
	c.form(t, "POST", ds+"/meta/add", "path", "a.txt", "key", "notes", "data", `{"b": 1.0, "a": []}`).record(t)
	c.form(t, "POST", ds+"/meta/set", "key", "tagline", "data", `"A \"line\""`).record(t)
	return ds
}

// The index follows the settings; the stamp stays, so that nobody has to pull.
func TestTheIndexHasTheSettings(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.withEverything(t, "index-settings")
	setting := func(x indexFile, key string) (record dumped) {
		for _, r := range x.Meta {
			if r.Path == "" && r.Key == key {
				record = r
			}
		}
		return record
	}
	before, stamp := c.index(t, ds), c.stamp(t, ds)
	assert.Equal(t, `"Site index-settings"`, setting(before, "name").Data)
	assert.Equal(t, "1", setting(before, "visibility").Data)
	assert.NotContains(t, stamp.Meta, setting(before, "name").ID)

	c.form(t, "POST", ds+"/meta/set", "key", "name", "data", "Other").record(t)
	c.form(t, "POST", ds+"/meta/set", "key", "visibility", "data", "2").record(t)
	after := c.index(t, ds)
	assert.Equal(t, `"Other"`, setting(after, "name").Data)
	assert.Equal(t, setting(before, "name").ID, setting(after, "name").ID)
	assert.Equal(t, "2", setting(after, "visibility").Data)
	assert.Equal(t, stamp, c.stamp(t, ds))
	after.requireTheSame(t, c, ds)
}

func TestTheIndexAsADownload(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.withEverything(t, "index-download")
	a := c.get(t, ds+"/ddb")
	assert.Equal(t, `attachment; filename="admin-index-download-ddb.zip"`, a.header.Get("Content-Disposition"))
	assert.Equal(t, strconv.Itoa(len(a.body)), a.header.Get("Content-Length"))
	head := c.send(t, http.MethodHead, ds+"/ddb", nil)
	assert.Equal(t, 200, head.status)
	assert.Equal(t, a.header.Get("Content-Length"), head.header.Get("Content-Length"))
	etag := a.header.Get("ETag")
	require.NotEmpty(t, etag)
	assert.Equal(t, 304, c.get(t, ds+"/ddb", "If-None-Match", etag).status)
	assert.Equal(t, a.body, c.get(t, ds+"/ddb").body)
	c.upload(t, ds, "new", []byte("new"))
	changed := c.get(t, ds+"/ddb", "If-None-Match", etag)
	assert.Equal(t, 200, changed.status)
	assert.NotEqual(t, etag, changed.header.Get("ETag"))

	private := c.withFiles(t, "index-private", "private", "a")
	c.anonymous().get(t, private+"/ddb").requireError(t, 401)
	assert.Equal(t, 200, c.browsing().get(t, private+"/ddb").status, "by cookie")
	c.get(t, "/orgs/admin/ds/index-gone/ddb").requireError(t, 404)
	empty := c.newDataset(t, "index-empty", "public")
	assert.Empty(t, c.index(t, empty).Entries)
	assert.Equal(t, []string{".ddb/dbase.sqlite"}, names(members(t, c.get(t, empty+"/download"))))
}

func names(found map[string]string) (list []string) {
	for name := range found {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// The archive that a task packs is the same as the one that is streamed.
func TestTheIndexInABulkDownload(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.withFiles(t, "index-bulk", "private", "a", "b/c")
	pack := func(paths ...string) map[string]string {
		s := c.submit(t, ds, http.StatusAccepted, archiveOf(paths...))
		require.Equal(t, "Succeeded", c.awaitTask(t, s.StatusURL))
		return zipMembers(t, c.get(t, s.StatusURL+"/result").body)
	}
	found := pack()
	assert.Equal(t, []string{".ddb/dbase.sqlite", "a", "b/", "b/c"}, names(found))
	readIndexFile(t, found[".ddb/dbase.sqlite"]).requireTheSame(t, c, ds)
	assert.Equal(t, []string{"a"}, names(pack("a")))
	c.form(t, "POST", ds+"/meta/set", "key", "name", "data", "Other").record(t)
	renamed := readIndexFile(t, pack()[".ddb/dbase.sqlite"])
	assert.True(t, slices.ContainsFunc(renamed.Meta, func(r dumped) bool { return strings.Contains(r.Data, "Other") }), "not the archive of before")
}
