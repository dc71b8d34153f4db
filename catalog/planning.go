package catalog

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// The planner knows nothing of rows that were staged a moment ago, and takes a
// loop within a loop for cheap. Statements over all of them are told how to go
// about it, so that their time grows with the rows and not with the square.

// joining makes the statements of work join rows by hashing or sorting, each of
// them read once.
func (tx Tx) joining(ctx context.Context, work func() error) error {
	return tx.without(ctx, "enable_nestloop", work)
}

// lookingUp makes the statements of work look rows up in indexes.
func (tx Tx) lookingUp(ctx context.Context, work func() error) error {
	return tx.without(ctx, "enable_seqscan", work)
}

func (tx Tx) without(ctx context.Context, way string, work func() error) error {
	if _, err := tx.Exec(ctx, `set local `+way+` = off`); err != nil {
		return err
	}
	if err := work(); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `set local `+way+` = on`)
	return err
}

// reading runs statements that change nothing.
func (c *Catalog) reading(ctx context.Context, work func(Tx) error) error {
	return translate(pgx.BeginTxFunc(ctx, c.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error { return work(Tx{tx}) }))
}
