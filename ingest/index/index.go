// Package index reads and writes the index file of a dataset, .ddb/dbase.sqlite:
// its entries and metadata as an SQLite database, which clients keep beside the
// files and registries hand to each other.
package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/cairngeo/cairn"
)

// Name is the path of the index file in a working copy or an archive.
const Name = ".ddb/dbase.sqlite"

// DB is an open index file. It may be used by many goroutines at once, and
// other programs may use the file too: readers see one moment, writers take turns.
type DB struct{ sql *sql.DB }

// Create makes a new index file without entries and opens it. The file is there
// whole or not at all.
func Create(ctx context.Context, file string) (*DB, error) {
	if _, err := os.Lstat(file); err == nil {
		return nil, fmt.Errorf("create index: %w", &fs.PathError{Op: "create", Path: file, Err: fs.ErrExist})
	}
	unfinished := file + ".new"
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("create index: %w", err)
	}
	if err := Write(ctx, unfinished, nil); err != nil {
		return nil, err
	}
	written, err := os.Open(unfinished)
	if err == nil { // Write leaves that to those who care
		err = errors.Join(written.Sync(), written.Close())
	}
	if err == nil {
		err = os.Rename(unfinished, file)
	}
	if err != nil {
		return nil, fmt.Errorf("create index: %w", err)
	}
	return Open(ctx, file)
}

// Open opens an index file to read and change it, also one that another client
// made. One of an older version is brought up to date; one of a newer version,
// and what is no index, is Invalid. Without a file there it is NotFound.
//
// While a file is open it has another one with the newest changes beside it,
// whose name ends with -wal; Close unites them.
func Open(ctx context.Context, file string) (*DB, error) {
	return open(ctx, file, func(db *sql.DB) error {
		found, err := versionOf(ctx, db)
		if err != nil {
			return err
		}
		if found < version {
			err = upgrade(ctx, db)
		} else {
			err = check(ctx, db)
		}
		if err != nil {
			return err
		}
		_, err = db.ExecContext(ctx, `pragma journal_mode = wal`) // readers and a writer don't wait for each other
		return translate(err)
	}, "mode", "rw", "_pragma", "busy_timeout(10000)", "_pragma", "synchronous(normal)")
}

// OpenReadOnly opens an index file that nobody changes, and leaves it as it is
// to the last byte. It must be of the present version.
func OpenReadOnly(ctx context.Context, file string) (*DB, error) {
	return open(ctx, file, func(db *sql.DB) error {
		found, err := versionOf(ctx, db)
		if err != nil {
			return err
		}
		if found < version {
			return errNoIndex("it is of an older kind")
		}
		return check(ctx, db)
	}, "mode", "ro", "immutable", "1")
}

func open(ctx context.Context, file string, prepare func(*sql.DB) error, parameters ...string) (*DB, error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, cairn.Errorf(cairn.NotFound, "There is no index file %q.", file)
	case err != nil:
		return nil, fmt.Errorf("open index: %w", err)
	case !info.Mode().IsRegular():
		return nil, errNoIndex("it is no file")
	}
	db, err := connect(file, parameters...)
	if err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	if err := prepare(db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &DB{db}, nil
}

// Close closes the file.
func (db *DB) Close() error { return translate(db.sql.Close()) }
