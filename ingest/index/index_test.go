package index

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	root := folder("")
	root.Type = catalog.DroneDB
	written := []catalog.Entry{root, photo("Z.jpg"), photo("a.jpg"), folder("sub"), folder("sub-x"), photo("sub/é,%?#\".jpg")}
	db := created(t, written[3], written[5], written[1], written[0], written[4], written[2])
	assert.Equal(t, written, entries(t, db), "by the bytes of the paths")

	e, err := db.Entry(t.Context(), "a.jpg")
	require.NoError(t, err)
	assert.Equal(t, photo("a.jpg"), e)
	_, err = db.Entry(t.Context(), "A.jpg")
	assert.Equal(t, cairn.NotFound, cairn.CodeOf(err))

	changed := folder("a.jpg")
	require.NoError(t, db.Update(t.Context(), func(tx *Tx) error {
		return errors.Join(tx.Put(changed), tx.Remove("sub"), tx.Remove("gone"), tx.Remove("SUB-X"), tx.Remove("sub_x"))
	}))
	assert.Equal(t, []catalog.Entry{root, photo("Z.jpg"), changed, folder("sub-x"), photo("sub/é,%?#\".jpg")}, entries(t, db), "exactly one is removed")

	var brief []catalog.Entry
	for e, err := range db.List(t.Context()) {
		require.NoError(t, err)
		brief = append(brief, e)
	}
	want := catalog.Entry{Path: "Z.jpg", Hash: helloHash, MTime: 1700000000, Size: 5, Description: catalog.Description{Type: catalog.GeoImage}}
	require.Len(t, brief, 5)
	assert.Equal(t, want, brief[1])
}

func TestRecords(t *testing.T) {
	t.Parallel()
	db := created(t)
	name := catalog.Record{ID: "b", Key: "name", Data: json.RawMessage(`"My  ds"`), MTime: 7}
	note := catalog.Record{ID: "a", Path: "x", Key: "notes", Data: json.RawMessage(`{"b": 1.0,"a":[]}`), MTime: 8}
	var made string
	require.NoError(t, db.Update(t.Context(), func(tx *Tx) (err error) {
		for _, r := range []catalog.Record{{ID: "b", Key: "old", Data: json.RawMessage(`1`)}, name, note} {
			if _, err := tx.PutRecord(r); err != nil {
				return err
			}
		}
		made, err = tx.PutRecord(catalog.Record{Path: "x", Key: "tags", Data: json.RawMessage(`1`), MTime: 9})
		return err
	}))
	assert.Regexp(t, uuidForm, made)
	list := records(t, db)
	require.Len(t, list, 3)
	assert.Contains(t, list, name, "kept as it was written, in place of the one with its id")
	assert.Contains(t, list, note)
	require.NoError(t, db.Update(t.Context(), func(tx *Tx) error { return errors.Join(tx.RemoveRecord("b"), tx.RemoveRecord("gone")) }))
	assert.NotContains(t, records(t, db), name)
	require.NoError(t, db.Update(t.Context(), func(tx *Tx) error { return tx.RemoveRecords("x") }))
	assert.Empty(t, records(t, db))
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestAFailedUpdateChangesNothing(t *testing.T) {
	t.Parallel()
	db := created(t, photo("a"))
	failure := errors.New("no")
	err := db.Update(t.Context(), func(tx *Tx) error { return errors.Join(tx.Put(photo("b")), tx.Remove("a"), failure) })
	require.ErrorIs(t, err, failure)
	assert.Equal(t, []string{"a"}, pathsOf(entries(t, db)))
}

func TestWritingWhileReading(t *testing.T) {
	t.Parallel()
	db := created(t, photo("a"), photo("b"))
	var seen []string
	for e, err := range db.Entries(t.Context()) {
		require.NoError(t, err)
		seen = append(seen, e.Path)
		require.NoError(t, db.Update(t.Context(), func(tx *Tx) error { return tx.Put(photo(e.Path + "x")) }))
	}
	assert.Equal(t, []string{"a", "b"}, seen, "one moment")
	assert.Len(t, entries(t, db), 4)
}

// What others see of a file that was written: one file, the schema that native
// clients want, and a trigger that works.
func TestTheFileByItself(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "with % and ? and #.sqlite")
	require.NoError(t, Write(t.Context(), file, func(tx *Tx) error { return errors.Join(tx.Put(photo("a.jpg")), tx.Put(folder("sub"))) }))
	names, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*"))
	require.NoError(t, err)
	require.Equal(t, []string{file}, names)
	require.NoError(t, os.Chmod(file, 0o400))

	out, err := exec.Command("python3", "-c", `
import sqlite3, json, sys
c = sqlite3.connect("file:" + __import__("urllib.parse").parse.quote(sys.argv[1]) + "?mode=ro", uri=True)
one = lambda q: c.execute(q).fetchone()[0]
print(json.dumps({
  "version": one("pragma user_version"), "application": one("pragma application_id"), "journal": one("pragma journal_mode"), "sound": one("pragma integrity_check"),
  "entries": [r[1] + " " + r[2] for r in c.execute("pragma table_info(entries)")],
  "meta": [r[1] + " " + r[2] + " " + str(r[3]) for r in c.execute("pragma table_info(entries_meta)")],
  "passwords": [r[1] for r in c.execute("pragma table_info(passwords)")],
  "rest": sorted(r[0] for r in c.execute("select name from sqlite_master where type in ('index', 'trigger') and sql is not null")),
  "tables": sorted(r[0] for r in c.execute("select name from sqlite_master where type = 'table'")),
  "rows": [list(r[:7]) + [r[7] and r[7].hex(), r[8] and r[8].hex()] for r in c.execute("select * from entries")],
}))`, file).Output()
	require.NoError(t, err)
	assert.JSONEq(t, `{"version": 1, "application": 0, "journal": "delete", "sound": "ok",
		"entries": ["path TEXT", "hash TEXT", "type INTEGER", "properties TEXT", "mtime INTEGER", "size INTEGER", "depth INTEGER", "point_geom POINT", "polygon_geom POLYGON"],
		"meta": ["id TEXT 0", "path TEXT 1", "key TEXT 1", "data TEXT 1", "mtime INTEGER 1"], "passwords": ["salt", "hash"],
		"rest": ["ix_entries_hash", "ix_entries_meta_key", "ix_entries_meta_path_key", "ix_entries_type", "tg_entries_meta_autouuid"],
		"tables": ["entries", "entries_meta", "passwords"],
		"rows": [["a.jpg", "`+helloHash+`", 3, "{\"captureTime\":1600000000000,\"width\":4000}", 1700000000, 5, 0, "`+lower(spatialitePoint)+`", "`+lower(spatialitePolygon)+`"],
			["sub", "", 1, "null", 1700000000, 0, 0, null, null]]}`, string(out))

	require.NoError(t, os.Chmod(file, 0o600))
	change(t, file, `insert into entries_meta (path, key, data, mtime) values ('', 'a', '1', 1)`)
	db, err := Open(t.Context(), file)
	require.NoError(t, err)
	list := records(t, db)
	require.Len(t, list, 1)
	assert.Regexp(t, uuidForm, list[0].ID)
	require.NoError(t, db.Update(t.Context(), func(tx *Tx) error { return tx.Put(photo("b")) }))
	require.NoError(t, db.Close())
	names, err = filepath.Glob(filepath.Join(filepath.Dir(file), "*"))
	require.NoError(t, err)
	assert.Equal(t, []string{file}, names, "closed it is one file again")
}

func TestAFailedWriteLeavesNothing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "dbase.sqlite")
	failure := errors.New("no")
	require.ErrorIs(t, Write(t.Context(), file, func(tx *Tx) error { return errors.Join(tx.Put(photo("a")), failure) }), failure)
	assert.NoFileExists(t, file)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, Write(ctx, file, nil), context.Canceled)
	assert.NoFileExists(t, file)
	require.NoError(t, os.WriteFile(file, []byte("mine"), 0o600))
	require.ErrorIs(t, Write(t.Context(), file, nil), os.ErrExist)
	assert.FileExists(t, file, "what was there stays")
}

func TestManyEntriesAreWrittenAtOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "dbase.sqlite")
	const n = 20_000
	require.NoError(t, Write(t.Context(), file, func(tx *Tx) error {
		for i := range n {
			if err := tx.Put(photo(fmt.Sprintf("%06d.jpg", i))); err != nil {
				return err
			}
		}
		return nil
	}))
	db, err := OpenReadOnly(t.Context(), file)
	require.NoError(t, err)
	defer db.Close()
	count := 0
	for _, err := range db.List(t.Context()) {
		require.NoError(t, err)
		count++
	}
	assert.Equal(t, n, count)
	assert.Error(t, db.Update(t.Context(), func(tx *Tx) error { return tx.Remove("000000.jpg") }), "it is open for reading only")
}
