package index

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/url"
	"path/filepath"

	"github.com/cairngeo/cairn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// connector opens connections to one file.
type connector struct{ name string }

// engine is SQLite with the function that the triggers of files made by
// SpatiaLite call before a geometry is written. What we write is right.
var engine = func() *sqlite.Driver {
	d := new(sqlite.Driver)
	d.MustRegisterDeterministicScalarFunction("GeometryConstraints", 3, func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
		return int64(1), nil
	})
	return d
}()

func (c connector) Connect(context.Context) (driver.Conn, error) { return engine.Open(c.name) }
func (c connector) Driver() driver.Driver                        { return engine }

// connect returns the database in a file, with parameters of SQLite and of the
// driver as name and value. The file is opened when it is used.
func connect(file string, parameters ...string) (*sql.DB, error) {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	query := url.Values{"_txlock": {"immediate"}} // a writer never reads what another one is about to change
	for i := 0; i < len(parameters); i += 2 {
		query.Add(parameters[i], parameters[i+1])
	}
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute), RawQuery: query.Encode()}
	return sql.OpenDB(connector{name.String()}), nil
}

// translate gives failures that a person can act on their code.
func translate(err error) error {
	failed, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch failed.Code() & 0xff { // the rest is a detail
	case sqlite3.SQLITE_NOTADB:
		return errNoIndex("it is no SQLite database").Because(err)
	case sqlite3.SQLITE_CORRUPT:
		return errNoIndex("it is damaged").Because(err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return cairn.Errorf(cairn.Unavailable, "Another program is changing the index file. Try again.").Because(err)
	case sqlite3.SQLITE_FULL:
		return cairn.Errorf(cairn.Unavailable, "The disk is full. Nothing was changed.").Because(err)
	}
	return err
}

func errNoIndex(why string) *cairn.Error {
	return cairn.Errorf(cairn.Invalid, "This is no index file of a dataset: %s.", why)
}
