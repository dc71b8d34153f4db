package index

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	someEntries = `create table entries (path TEXT PRIMARY KEY, hash TEXT, type INTEGER, properties TEXT, mtime INTEGER, size INTEGER, depth INTEGER, point_geom, polygon_geom)`
	someMeta    = `create table entries_meta (id TEXT PRIMARY KEY, path TEXT, key TEXT, data TEXT, mtime INTEGER)`
	current     = `pragma user_version = 1`
)

func TestWhatIsNoIndexIsRefused(t *testing.T) {
	t.Parallel()
	text := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(text, []byte(strings.Repeat("this is no database. ", 500)), 0o600))
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	damaged := clientMade(t)
	content, err := os.ReadFile(damaged)
	require.NoError(t, err)
	for i := 4096; i < len(content); i += 3 {
		content[i] ^= 0x55
	}
	copy(content[100:], strings.Repeat("\xff", 50))
	require.NoError(t, os.WriteFile(damaged, content, 0o600))

	for name, file := range map[string]string{
		"text": text, "empty": empty, "damaged": damaged, "a folder": t.TempDir(),
		"newer":              withSQL(t, someEntries, someMeta, `pragma user_version = 2`),
		"other":              withSQL(t, `create table t (a)`),
		"other, current":     withSQL(t, `create table t (a)`, current),
		"without metadata":   withSQL(t, someEntries, current),
		"without geometries": withSQL(t, `create table entries (path, hash, type, properties, mtime, size, depth)`, someMeta, current),
		"a view":             withSQL(t, `create view entries as select 'a' path, '' hash, 1 type, '' properties, 1 mtime, 1 size, 0 depth, null point_geom, null polygon_geom`, someMeta, current),
		"an old view":        withSQL(t, `create view entries as select 'a' path`),
		"computed": withSQL(t, `create table entries (path, hash as (hex(zeroblob(500000000))), type, properties, mtime, size, depth, point_geom, polygon_geom)`,
			someMeta, current),
		"virtual": withSQL(t, `create virtual table entries using fts5(path, hash, type, properties, mtime, size, depth, point_geom, polygon_geom)`, someMeta, current),
		"UTF-16":  withSQL(t, `pragma encoding = 'UTF-16'`, someEntries, someMeta, current),
	} {
		_, err := Open(t.Context(), file)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), "%s: %v", name, err)
		_, err = OpenReadOnly(t.Context(), file)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), "%s: %v", name, err)
	}
	_, err = Open(t.Context(), filepath.Join(t.TempDir(), "gone"))
	assert.Equal(t, cairn.NotFound, cairn.CodeOf(err))
	left, err := os.ReadFile(text)
	require.NoError(t, err)
	assert.Contains(t, string(left), "this is no database", "nothing is written to what is none of ours")
}

func TestValuesOfAnyKind(t *testing.T) {
	t.Parallel()
	const insert = `insert into entries values `
	for values, want := range map[string]string{
		`('a', null, null, null, null, null, null, null, null)`:            "",
		`('a', '', 99, '', 1, 1, 1, null, null)`:                           "",
		`(null, '', 1, 'null', 1, 1, 1, null, null)`:                       "path",
		`(x'61', '', 1, 'null', 1, 1, 1, null, null)`:                      "path",
		`('a', x'00', 1, 'null', 1, 1, 1, null, null)`:                     "hash",
		`('a', '', 'one', 'null', 1, 1, 1, null, null)`:                    "type",
		`('a', '', 1, 'null', 'now', 1, 1, null, null)`:                    "mtime",
		`('a', '', 1, 'null', 1, 1.5, 1, null, null)`:                      "size",
		`('a', '', 1, 'null', 1, -1, 1, null, null)`:                       "size",
		`('a', '', 1, '[]', 1, 1, 1, null, null)`:                          "properties",
		`('a', '', 1, '{', 1, 1, 1, null, null)`:                           "properties",
		`('a', '', 1, hex(zeroblob(9000000)), 1, 1, 1, null, null)`:        "properties",
		`('a', '', 1, 'null', 1, 1, 1, 'here', null)`:                      "point_geom",
		`('a', '', 1, 'null', 1, 1, 1, null, x'0001')`:                     "polygon_geom",
		`('a', '', 1, 'null', 1, 1, 1, zeroblob(20000000), x'0001')`:       "point_geom",
		`('a' || char(0) || 'b', '', 1, 'null', 1, 1, 1, null, null)`:      "",
		`(cast(x'61ff' as text), '', 1, 'null', 1, 1, 1, null, null)`:      "",
		`('a', '', 9223372036854775807, 'null', 1, 1, 1, null, null)`:      "",
		`('a', '', 1, '{"a":1e400}', 1, 1, 1, null, null)`:                 "properties",
		`('a', '', 1, '` + strings.Repeat("[", 2000) + `', 1, 1, 1, 1, 1)`: "properties",
	} {
		db, err := Open(t.Context(), withSQL(t, someEntries, someMeta, current, insert+values))
		require.NoError(t, err)
		err = nil
		for _, failed := range db.Entries(t.Context()) {
			err = failed
		}
		if want == "" {
			assert.NoError(t, err, values)
		} else {
			assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), values)
			assert.ErrorContains(t, err, want, values)
		}
		require.NoError(t, db.Close())
	}
	for values, want := range map[string]string{
		`(null, '', 'a', '1', 1)`: "id", `('x', null, 'a', '1', 1)`: "path", `('x', '', 1.5, '1', 1)`: "", `('x', '', x'00', '1', 1)`: "key", `('x', '', 'a', '{', 1)`: "data",
	} {
		db, err := Open(t.Context(), withSQL(t, someEntries, someMeta, current, `insert into entries_meta values `+values))
		require.NoError(t, err)
		err = nil
		for _, failed := range db.Records(t.Context()) {
			err = failed
		}
		assert.Equal(t, want != "", cairn.CodeOf(err) == cairn.Invalid, "%s: %v", values, err)
		require.NoError(t, db.Close())
	}
}
