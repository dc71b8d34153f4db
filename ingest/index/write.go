package index

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/cairngeo/cairn/catalog"
	"github.com/google/uuid"
)

// Tx is a transaction on an index file.
type Tx struct {
	ctx      context.Context
	sql      *sql.Tx
	prepared map[string]*sql.Stmt
}

// Update runs change in a transaction and commits it if change returns nil.
// Meanwhile the file shows to others what it showed before.
func (db *DB) Update(ctx context.Context, change func(*Tx) error) error {
	return update(ctx, db.sql, change)
}

func update(ctx context.Context, db *sql.DB, change func(*Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return translate(err)
	}
	defer tx.Rollback() // without effect after the commit
	if err := change(&Tx{ctx, tx, map[string]*sql.Stmt{}}); err != nil {
		return translate(err)
	}
	return translate(tx.Commit())
}

// Write makes a new index file with what fill puts into it, nothing for nil,
// and closes it. It is the fastest way to write many entries, best in the order
// of their paths. On an error there is no file.
func Write(ctx context.Context, file string, fill func(*Tx) error) (err error) {
	created, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return fmt.Errorf("write index: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file))
		}
	}()
	if err := created.Close(); err != nil {
		return fmt.Errorf("write index: %w", err)
	}
	// Until it is whole nobody else knows the file, and a failure removes it.
	db, err := connect(file, "mode", "rw", "_pragma", "journal_mode(off)", "_pragma", "synchronous(off)", "_pragma", "locking_mode(exclusive)")
	if err != nil {
		return fmt.Errorf("write index: %w", err)
	}
	db.SetMaxOpenConns(1)
	err = update(ctx, db, func(tx *Tx) error {
		if err := tx.run(entriesTable + ";" + otherTables); err != nil {
			return err
		}
		if fill != nil {
			if err := fill(tx); err != nil {
				return err
			}
		}
		return tx.run(indexes + fmt.Sprintf("; pragma user_version = %d", version))
	})
	return errors.Join(err, translate(db.Close()))
}

const putEntry = `insert into entries (path, hash, type, properties, mtime, size, depth, point_geom, polygon_geom) values (?, ?, ?, ?, ?, ?, ?, ?, ?)
	on conflict (path) do update set hash = excluded.hash, type = excluded.type, properties = excluded.properties, mtime = excluded.mtime,
		size = excluded.size, depth = excluded.depth, point_geom = excluded.point_geom, polygon_geom = excluded.polygon_geom`

// Put adds an entry or replaces the one at its path.
func (tx *Tx) Put(e catalog.Entry) error {
	properties := []byte("null")
	if e.Properties != nil {
		var err error
		if properties, err = json.Marshal(e.Properties); err != nil {
			return fmt.Errorf("properties of %q: %w", e.Path, err)
		}
	}
	return tx.run(putEntry, e.Path, e.Hash, int(e.Type), string(properties), e.MTime, e.Size, e.Depth(), pointBlob(e.Point), polygonBlob(e.Polygon))
}

// Remove removes the entry at exactly this path, and nothing below it. It is
// no error if there is none.
func (tx *Tx) Remove(path string) error { return tx.run(`delete from entries where path = ?`, path) }

const putRecord = `insert into entries_meta (id, path, key, data, mtime) values (?, ?, ?, ?, ?)
	on conflict (id) do update set path = excluded.path, key = excluded.key, data = excluded.data, mtime = excluded.mtime`

// PutRecord adds a record of metadata or replaces the one with its id, and
// returns the id. A record without one gets one.
func (tx *Tx) PutRecord(r catalog.Record) (id string, err error) {
	if r.ID == "" {
		r.ID = uuid.NewString()
	}
	return r.ID, tx.run(putRecord, r.ID, r.Path, r.Key, string(r.Data), r.MTime)
}

// RemoveRecord removes the record with the id. It is no error if there is none.
func (tx *Tx) RemoveRecord(id string) error {
	return tx.run(`delete from entries_meta where id = ?`, id)
}

// RemoveRecords removes the records of exactly this path; "" is the dataset itself.
func (tx *Tx) RemoveRecords(path string) error {
	return tx.run(`delete from entries_meta where path = ?`, path)
}

// run executes a statement, which is prepared the first time if it has arguments.
func (tx *Tx) run(statement string, args ...any) error {
	if len(args) == 0 {
		_, err := tx.sql.ExecContext(tx.ctx, statement)
		return err
	}
	prepared := tx.prepared[statement]
	if prepared == nil {
		var err error
		if prepared, err = tx.sql.PrepareContext(tx.ctx, statement); err != nil { // ends with the transaction
			return err
		}
		tx.prepared[statement] = prepared
	}
	_, err := prepared.ExecContext(tx.ctx, args...)
	return err
}
