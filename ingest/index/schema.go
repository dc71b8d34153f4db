package index

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/cairngeo/cairn"
)

// version is the user_version of files with this schema.
const version = 1

// The tables. Clients bring SpatiaLite's functions themselves, so the geometry
// columns need none of its tables.
const (
	entriesTable = `create table if not exists entries (
		path TEXT PRIMARY KEY, hash TEXT, type INTEGER, properties TEXT, mtime INTEGER, size INTEGER, depth INTEGER, point_geom POINT, polygon_geom POLYGON)`

	otherTables = `
	create table if not exists passwords (salt TEXT, hash TEXT);
	create table if not exists entries_meta (
		id TEXT PRIMARY KEY, path TEXT NOT NULL, key TEXT NOT NULL, data TEXT NOT NULL, mtime INTEGER NOT NULL);
	create trigger if not exists tg_entries_meta_autouuid after insert on entries_meta for each row when new.id is null begin
		update entries_meta set id = lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
			|| '-' || substr('89ab', (random() & 3) + 1, 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))
		where rowid = new.rowid;
	end`

	// Made when the rows are there, it is faster by far.
	indexes = `
	create index if not exists ix_entries_type on entries (type);
	create index if not exists ix_entries_hash on entries (hash);
	create index if not exists ix_entries_meta_path_key on entries_meta (path, key);
	create index if not exists ix_entries_meta_key on entries_meta (key)`

	// Long ago the visibility was a row of a table of its own.
	visibilityFromAttributes = `insert into entries_meta (path, key, data, mtime)
		select '', 'visibility', '1', cast(strftime('%s', 'now') as integer) from attributes where name = 'public' and ivalue = 1
			and not exists (select 1 from entries_meta where path = '' and key = 'visibility')`
)

// required are the columns that reading and writing need.
var required = map[string][]string{
	"entries":      {"path", "hash", "type", "properties", "mtime", "size", "depth", "point_geom", "polygon_geom"},
	"entries_meta": {"id", "path", "key", "data", "mtime"},
}

// check makes sure that a database is an index of this version.
func check(ctx context.Context, q querier) error {
	var encoding string
	if err := q.QueryRowContext(ctx, `pragma encoding`).Scan(&encoding); err != nil {
		return translate(err)
	}
	if encoding != "UTF-8" { // paths would have another order
		return errNoIndex("its text is " + encoding)
	}
	for table, wanted := range required {
		columns, err := columnsOf(ctx, q, table)
		if err != nil {
			return err
		}
		for _, name := range wanted {
			if !slices.Contains(columns, name) {
				return errNoIndex(fmt.Sprintf("there is no column %s.%s", table, name))
			}
		}
	}
	return nil
}

// columnsOf returns the columns of an ordinary table that hold what was written
// into them: of a view or another table that computes what it shows there are none.
func columnsOf(ctx context.Context, q querier, table string) ([]string, error) {
	rows, err := q.QueryContext(ctx, `select c.name from sqlite_schema t, pragma_table_xinfo(t.name) c
		where t.name = ? and t.type = 'table' and t.sql not like 'create virtual%' and c.hidden = 0`, table)
	if err != nil {
		return nil, translate(err)
	}
	defer rows.Close()
	var columns []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, translate(err)
		}
		columns = append(columns, name)
	}
	return columns, translate(rows.Err())
}

func versionOf(ctx context.Context, q querier) (found int, err error) {
	if err := q.QueryRowContext(ctx, `pragma user_version`).Scan(&found); err != nil {
		return 0, translate(err)
	}
	if found > version {
		return 0, cairn.Errorf(cairn.Invalid, "The index file has version %d, which is newer than the %d that is understood. Update this program.", found, version)
	}
	return found, nil
}

// upgrade brings a file of an older version to this one.
func upgrade(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return translate(err)
	}
	defer tx.Rollback() // without effect after the commit
	if found, err := versionOf(ctx, tx); err != nil || found == version {
		return err
	}
	columns, err := columnsOf(ctx, tx, "entries")
	if err != nil {
		return err
	}
	if len(columns) == 0 {
		return errNoIndex("it has no entries")
	}
	attributes, err := columnsOf(ctx, tx, "attributes")
	if err != nil {
		return err
	}
	steps := []string{otherTables}
	if slices.Contains(columns, "meta") && !slices.Contains(columns, "properties") {
		steps = append(steps, `alter table entries rename column meta to properties`)
	}
	if len(attributes) > 0 {
		steps = append(steps, visibilityFromAttributes, `drop table attributes`)
	}
	steps = append(steps, indexes, fmt.Sprintf(`pragma user_version = %d`, version))
	for _, step := range steps {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return errNoIndex("it is of an older kind and can't be brought up to date").Because(translate(err))
		}
	}
	if err := check(ctx, tx); err != nil {
		return err
	}
	return translate(tx.Commit())
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}
