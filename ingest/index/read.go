package index

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
)

// Largest is the most bytes that one value may have: a file may come from
// anybody.
const Largest = 16 << 20

// bounded is a column, or a number in place of a text or blob that is too large.
func bounded(column string) string {
	return fmt.Sprintf(`case when octet_length(%[1]s) > %[2]d then 0 else %[1]s end`, column, Largest)
}

var (
	brief         = bounded("path") + `, ` + bounded("hash") + `, type, mtime, size`
	entryColumns  = brief + `, ` + bounded("properties") + `, ` + bounded("point_geom") + `, ` + bounded("polygon_geom")
	recordColumns = bounded("id") + `, ` + bounded("path") + `, ` + bounded("key") + `, ` + bounded("data") + `, mtime`
)

// Entries yields all entries as of one moment, in the order of their paths'
// bytes. What can't be read is an Invalid error, which comes last. Paths are as
// they are in the file, which anybody may have made: see catalog.CleanPath.
func (db *DB) Entries(ctx context.Context) iter.Seq2[catalog.Entry, error] {
	return each(ctx, db, scanEntry, 8, `select `+entryColumns+` from entries order by path collate binary`)
}

// List yields what Entries yields without properties and places, which makes it
// faster by far.
func (db *DB) List(ctx context.Context) iter.Seq2[catalog.Entry, error] {
	return each(ctx, db, scanBrief, 5, `select `+brief+` from entries order by path collate binary`)
}

// Entry returns the entry at a path, NotFound if there is none.
func (db *DB) Entry(ctx context.Context, path string) (catalog.Entry, error) {
	for e, err := range each(ctx, db, scanEntry, 8, `select `+entryColumns+` from entries where path = ?`, path) {
		return e, err
	}
	return catalog.Entry{}, cairn.Errorf(cairn.NotFound, "There is no entry %q in this dataset.", path)
}

// Records yields all records of metadata as of one moment, by their ids.
func (db *DB) Records(ctx context.Context) iter.Seq2[catalog.Record, error] {
	return each(ctx, db, scanRecord, 5, `select `+recordColumns+` from entries_meta order by id collate binary`)
}

// each runs a query and yields what scan makes of its rows.
func each[T any](ctx context.Context, db *DB, scan func(*row) T, columns int, query string, args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := db.sql.QueryContext(ctx, query, args...)
		if err != nil {
			yield(none, translate(err))
			return
		}
		defer rows.Close()
		r := newRow(columns)
		for err == nil && rows.Next() {
			var v T
			if err = rows.Scan(r.targets...); err == nil {
				r.start()
				v, err = scan(r), r.err
			}
			if err == nil && !yield(v, nil) {
				return
			}
		}
		if err == nil {
			err = rows.Err()
		}
		if err != nil {
			yield(none, translate(err))
		}
	}
}

func scanBrief(r *row) catalog.Entry {
	e := catalog.Entry{Path: r.text("path"), Hash: r.textOr("hash", "")} // a folder that a move made has no hash
	e.Type = entryType(r.number("type"))
	e.MTime, e.Size = r.number("mtime"), r.number("size")
	if e.Size < 0 {
		r.fail("size")
	}
	return e
}

func scanEntry(r *row) catalog.Entry {
	e := scanBrief(r)
	if properties := r.textOr("properties", ""); properties != "" {
		if err := json.Unmarshal([]byte(properties), &e.Properties); err != nil {
			r.fail("properties")
		}
	}
	var err error
	if e.Point, err = readPoint(r.blob("point_geom")); err != nil {
		r.fail("point_geom")
	}
	if e.Polygon, err = readPolygon(r.blob("polygon_geom")); err != nil {
		r.fail("polygon_geom")
	}
	return e
}

func scanRecord(r *row) catalog.Record {
	record := catalog.Record{ID: r.text("id"), Path: r.text("path"), Key: r.text("key"), Data: json.RawMessage(r.text("data")), MTime: r.number("mtime")}
	if !json.Valid(record.Data) {
		r.fail("data")
	}
	return record
}

// entryType is the type with a number; a newer client may know more of them.
func entryType(n int64) catalog.EntryType {
	if n < int64(catalog.Undefined) || n > int64(catalog.Tiles3D) {
		return catalog.Undefined
	}
	return catalog.EntryType(n)
}
