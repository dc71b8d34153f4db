// Package catalog keeps organizations, datasets, entries, their metadata and
// their builds and tasks on PostGIS. Bytes are in package blob; the catalog knows them by
// their hash.
package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Catalog is the catalog in one database.
type Catalog struct {
	pool           *pgxpool.Pool
	known          *memory
	storageLimited bool
}

// Open returns the catalog in a migrated database. What it remembers of
// permissions and entries is forgotten at every change, also one that another
// node makes, until ctx ends.
func Open(ctx context.Context, pool *pgxpool.Pool) *Catalog {
	c := &Catalog{pool: pool, known: newMemory()}
	go c.known.listen(ctx, pool)
	return c
}

// Ping tells whether the database answers.
func (c *Catalog) Ping(ctx context.Context) error {
	if err := c.pool.Ping(ctx); err != nil {
		return cairn.Errorf(cairn.Unavailable, "The catalog is not available right now. Try again.").Because(err)
	}
	return nil
}

// Tx is a transaction on the catalog. All its changes become visible at once,
// or none. Jobs that belong to them are enqueued on the embedded pgx.Tx.
type Tx struct{ pgx.Tx }

// Update runs change in a transaction and commits it if change returns nil.
func (c *Catalog) Update(ctx context.Context, change func(Tx) error) error {
	err := pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error { return change(Tx{tx}) })
	c.known.forget()
	return translate(err)
}

// translate gives database failures that a person can act on their code.
func translate(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "40001", "40P01": // serialization failure, deadlock
			return cairn.Errorf(cairn.Conflict, "Somebody changed the same thing at this moment. Try again.").Because(err)
		case "22021": // a byte that is no text
			return cairn.Errorf(cairn.Invalid, "A text in the request is not valid UTF-8 or has a NUL character.").Because(err)
		case "23503": // what a new row belongs to was deleted meanwhile
			return cairn.Errorf(cairn.NotFound, "What this belongs to was deleted meanwhile.").Because(err)
		case "54001": // stack depth limit
			return cairn.Errorf(cairn.Invalid, "A value in the request is nested too deeply.").Because(err)
		case "23505": // another transaction was faster with the same name
			return cairn.Errorf(cairn.Conflict, "Somebody took the same name at this moment. Choose another or try again.").Because(err)
		case "53100": // disk full
			return cairn.Errorf(cairn.Unavailable, "The server's disk is full. Nothing was changed.").Because(err)
		}
	}
	return auth.Reach(err)
}

// one runs a query that gives one row; no row is the error missing.
func one[T any](ctx context.Context, q querier, scan pgx.RowToFunc[T], missing error, sql string, args ...any) (T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		var none T
		return none, translate(err)
	}
	v, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, missing
	}
	return v, translate(err)
}

// many runs a query and collects its rows; the slice is never nil.
func many[T any](ctx context.Context, q querier, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, translate(err)
	}
	list, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, translate(fmt.Errorf("catalog: %w", err))
	}
	return list, nil
}

// eachRow runs a query and calls each when a row has been scanned, so that any
// number of rows takes the memory of one.
func eachRow(ctx context.Context, q querier, scan []any, each func() error, sql string, args ...any) error {
	rows, err := q.Query(ctx, sql, args...)
	if err == nil {
		_, err = pgx.ForEachRow(rows, scan, each)
	}
	return translate(err)
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}
