package catalog

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Uploaded bytes are named by what has their hash: entries, and what is staged
// by pushes and shares. What begins to name some holds this lock shared until
// it is committed, and whoever removes bytes holds it alone: so nothing is
// removed that is named, or is just about to be. Hashes that begin alike share
// a lock, so that naming a million takes 256.
const referenceLock = `(hashtextextended('blob:' || left($1, 2), 0))`

// refer keeps the bytes from being removed until the transaction ends.
func (tx Tx) refer(ctx context.Context, hash string) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock_shared`+referenceLock, hash)
	return err
}

// referAll is refer for any number of hashes.
func (tx Tx) referAll(ctx context.Context) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock_shared(hashtextextended('blob:' || lpad(to_hex(n), 2, '0'), 0)) from generate_series(0, 255) n`)
	return err
}

// Unreferenced returns those of the hashes that no entry has, nor an unfinished push or share.
func (c *Catalog) Unreferenced(ctx context.Context, hashes []string) ([]string, error) {
	return many(ctx, c.pool, pgx.RowTo[string], `select h from unnest($1::text[]) h where not exists (select from named_hashes where hash = h)`, hashes)
}

// Discard calls remove unless something has the hash. Nobody begins to use the
// bytes before remove has returned.
func (c *Catalog) Discard(ctx context.Context, hash string, remove func() error) error {
	return translate(pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock`+referenceLock, hash); err != nil {
			return err
		}
		var named bool
		if err := tx.QueryRow(ctx, `select exists (select from named_hashes where hash = $1)`, hash).Scan(&named); err != nil || named {
			return err
		}
		return remove()
	}))
}

// UnneededProducts returns, by key, the inputs of up to 1000 products that were
// finished before the time and whose input no entry has.
func (c *Catalog) UnneededProducts(ctx context.Context, before time.Time) (map[string]string, error) {
	inputs := map[string]string{}
	_, err := many(ctx, c.pool, func(row pgx.CollectableRow) (struct{}, error) {
		var key, input string
		err := row.Scan(&key, &input)
		inputs[key] = input
		return struct{}{}, err
	}, `select key, input from products p where state <> 'pending' and updated_at < $1
		and not exists (select from named_hashes where hash = p.input) limit 1000`, before)
	return inputs, err
}

// ForgetProduct makes the product one that nobody asked for yet and calls
// remove, unless an entry has its input again.
func (c *Catalog) ForgetProduct(ctx context.Context, key, input string, remove func() error) error {
	defer c.known.forget()
	return c.Discard(ctx, input, func() error {
		if _, err := c.pool.Exec(ctx, `delete from products where key = $1 and state <> 'pending'`, key); err != nil {
			return err
		}
		return remove()
	})
}
