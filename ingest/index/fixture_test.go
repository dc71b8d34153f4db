package index

import (
	"compress/gzip"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/cairngeo/cairn/catalog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twpayne/go-geom"
)

// clientMade returns a copy of an index file that was made as the C++ client
// makes it, by SpatiaLite 5.0.1 with all its tables and triggers, in WAL mode.
func clientMade(t *testing.T) (file string) {
	t.Helper()
	packed, err := os.Open("testdata/client.sqlite.gz")
	require.NoError(t, err)
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	require.NoError(t, err)
	content, err := io.ReadAll(r)
	require.NoError(t, err)
	file = filepath.Join(t.TempDir(), "dbase.sqlite")
	require.NoError(t, os.WriteFile(file, content, 0o600))
	return file
}

// withSQL makes a database of any kind.
func withSQL(t *testing.T, statements ...string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "dbase.sqlite")
	change(t, file, statements...)
	return file
}

// change runs statements on a file as another program would.
func change(t *testing.T, file string, statements ...string) {
	t.Helper()
	db := raw(t, file)
	for _, statement := range statements {
		_, err := db.Exec(statement)
		require.NoError(t, err, statement)
	}
	require.NoError(t, db.Close())
}

func raw(t *testing.T, file string) *sql.DB {
	t.Helper()
	db, err := connect(file, "mode", "rwc")
	require.NoError(t, err)
	return db
}

func created(t *testing.T, entries ...catalog.Entry) *DB {
	t.Helper()
	db, err := Create(t.Context(), filepath.Join(t.TempDir(), "dbase.sqlite"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	require.NoError(t, db.Update(t.Context(), func(tx *Tx) error {
		for _, e := range entries {
			if err := tx.Put(e); err != nil {
				return err
			}
		}
		return nil
	}))
	return db
}

func entries(t *testing.T, db *DB) (list []catalog.Entry) {
	t.Helper()
	for e, err := range db.Entries(t.Context()) {
		require.NoError(t, err)
		list = append(list, e)
	}
	return list
}

func records(t *testing.T, db *DB) (list []catalog.Record) {
	t.Helper()
	for r, err := range db.Records(t.Context()) {
		require.NoError(t, err)
		list = append(list, r)
	}
	return list
}

func pathsOf(list []catalog.Entry) (paths []string) {
	for _, e := range list {
		paths = append(paths, e.Path)
	}
	return paths
}

const helloHash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

var (
	aPoint   = geom.NewPointFlat(geom.XYZ, []float64{10.5, 45.25, 100}).SetSRID(catalog.SRID)
	aPolygon = geom.NewPolygonFlat(geom.XYZ, []float64{10, 45, 0, 11, 45, 0, 11, 46, 0, 10, 46, 0, 10, 45, 0}, []int{15}).SetSRID(catalog.SRID)
)

func folder(path string) catalog.Entry {
	return catalog.Entry{Path: path, MTime: 1700000000, Description: catalog.Description{Type: catalog.Directory}}
}

func photo(path string) catalog.Entry {
	return catalog.Entry{Path: path, Hash: helloHash, MTime: 1700000000, Size: 5, Description: catalog.Description{
		Type: catalog.GeoImage, Properties: map[string]any{"width": 4000.0, "captureTime": 1600000000000.0}, Point: aPoint, Polygon: aPolygon}}
}
