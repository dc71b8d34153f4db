package index

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func lower(s string) string { return strings.ToLower(s) }

func TestAClientsFileIsReadAndChanged(t *testing.T) {
	t.Parallel()
	file := clientMade(t)
	db, err := Open(t.Context(), file)
	require.NoError(t, err)
	list := entries(t, db)
	require.Equal(t, []string{"a.jpg", "sub", "sub/é.txt"}, pathsOf(list))
	assert.Equal(t, photo("a.jpg").Description, list[0].Description)
	assert.Equal(t, catalog.Entry{Path: "sub", MTime: 1795413298, Description: catalog.Description{Type: catalog.Directory}}, list[1], "a folder without a hash")
	assert.Equal(t, "name", records(t, db)[0].Key)

	moved := photo("b.jpg")
	moved.Polygon = nil
	require.NoError(t, db.Update(t.Context(), func(tx *Tx) error {
		_, err := tx.PutRecord(catalog.Record{Path: "b.jpg", Key: "notes", Data: []byte(`1`)})
		return errors.Join(err, tx.Remove("a.jpg"), tx.Put(moved), tx.Put(moved), tx.RemoveRecords(""))
	}))
	require.NoError(t, db.Close())
	change(t, file, `insert into entries_meta (path, key, data, mtime) values ('', 'a', '1', 1)`)

	// SpatiaLite itself likes what we wrote, and its triggers are there.
	assert.Equal(t, "ok|b.jpg|POINT Z(10.5 45.25 100)||1|POINT Z(10.5 45.25 100)", spatialite(t, file, `
		insert into entries select 'c.jpg', hash, type, properties, mtime, size, depth, point_geom, polygon_geom from entries where path = 'b.jpg';
		select (select * from pragma_integrity_check), path, AsText(point_geom), AsText(polygon_geom), GeometryConstraints(point_geom, 1001, 4326),
			(select AsText(point_geom) from entries where path = 'c.jpg') from entries where path = 'b.jpg'`))
}

// spatialite runs SQL in SQLite with the real SpatiaLite.
func spatialite(t *testing.T, file, query string) string {
	t.Helper()
	command := exec.Command("sqlite3", file)
	command.Stdin = strings.NewReader(".load mod_spatialite\n" + query + ";\n")
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

func TestOurFileInSpatiaLite(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "dbase.sqlite")
	require.NoError(t, Write(t.Context(), file, func(tx *Tx) error { return tx.Put(photo("a.jpg")) }))
	assert.Equal(t, `{"type":"Point","coordinates":[10.5,45.25,100]}|POLYGON Z((10 45 0, 11 45 0, 11 46 0, 10 46 0, 10 45 0))|1`,
		spatialite(t, file, `select AsGeoJSON(point_geom), AsText(polygon_geom), IsValid(polygon_geom) from entries`))
	spatialite(t, file, `insert into entries select 'b.jpg', null, 3, '{}', 1, 2, 0, GeomFromText('POINT Z (7 46 2)', 4326), GeomFromText('POLYGON Z ((0 0 1, 1 0 1, 1 1 1, 0 0 1))', 4326)`)
	db, err := Open(t.Context(), file)
	require.NoError(t, err)
	defer db.Close()
	e, err := db.Entry(t.Context(), "b.jpg")
	require.NoError(t, err)
	assert.Equal(t, []float64{7, 46, 2}, e.Point.FlatCoords())
	assert.Equal(t, []float64{0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 1}, e.Polygon.FlatCoords())
	assert.Equal(t, map[string]any{}, e.Properties)
}

// A client that was killed leaves its last changes in the file's -wal.
func TestChangesInAWalAreSeen(t *testing.T) {
	t.Parallel()
	file := clientMade(t)
	writer := raw(t, file)
	_, err := writer.Exec(`insert into entries (path, hash, type, properties, mtime, size, depth) values ('new', '', 1, 'null', 1, 0, 0)`)
	require.NoError(t, err)
	copied := filepath.Join(t.TempDir(), "dbase.sqlite")
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(file + suffix)
		require.NoError(t, err)
		require.NotEmpty(t, content, "%q", suffix)
		require.NoError(t, os.WriteFile(copied+suffix, content, 0o600))
	}
	require.NoError(t, writer.Close())
	db, err := Open(t.Context(), copied)
	require.NoError(t, err)
	assert.Contains(t, pathsOf(entries(t, db)), "new")
	require.NoError(t, db.Close())
	assert.NoFileExists(t, copied+"-wal")
}

// old is the schema of the first clients.
var old = []string{
	`create table entries (path TEXT PRIMARY KEY, hash TEXT, type INTEGER, meta TEXT, mtime INTEGER, size INTEGER, depth INTEGER, "point_geom" POINT, "polygon_geom" POLYGON)`,
	`create table attributes (name TEXT PRIMARY KEY, ivalue INTEGER, rvalue REAL, tvalue TEXT, bvalue BLOB)`,
	`insert into attributes (name, ivalue) values ('public', 1), ('mtime', 5)`,
	`insert into entries values ('a.jpg', 'x', 3, '{"width":7}', 1, 2, 0, null, null)`,
}

func TestOldFilesAreBroughtUpToDate(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"first":       withSQL(t, old...),
		"of a client": clientMade(t),
	} {
		if name != "first" { // as clients before 1.4.0 left it, with SpatiaLite's views and triggers
			change(t, file, `alter table entries rename column properties to meta`, `drop table entries_meta`, `drop table passwords`, `drop index ix_entries_hash`, `drop index ix_entries_type`,
				`pragma user_version = 0`, `update entries set meta = '{"width":7}' where path = 'a.jpg'`, old[1], old[2])
		}
		_, err := OpenReadOnly(t.Context(), file)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), name)
		for range 2 { // the second time there is nothing to do
			db, err := Open(t.Context(), file)
			require.NoError(t, err, name)
			assert.Equal(t, map[string]any{"width": 7.0}, entries(t, db)[0].Properties, name)
			list := records(t, db)
			require.Len(t, list, 1, name)
			assert.Equal(t, "visibility 1", list[0].Key+" "+string(list[0].Data), name)
			assert.Regexp(t, uuidForm, list[0].ID, name)
			require.NoError(t, db.Update(t.Context(), func(tx *Tx) error { return tx.Put(photo("b.jpg")) }), name)
			require.NoError(t, db.Close())
		}
		check := raw(t, file)
		var left, indexes, at int
		require.NoError(t, check.QueryRow(`select (select count(*) from sqlite_master where name = 'attributes'), (select count(*) from sqlite_master where name like 'ix_entries%'),
			(select user_version from pragma_user_version)`).Scan(&left, &indexes, &at))
		assert.Equal(t, []int{0, 4, 1}, []int{left, indexes, at}, name)
		require.NoError(t, check.Close())
	}
}
