package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Product names something that is derived from blobs: the same inputs, kind
// and builder version always give the same product, whoever asks for it.
type Product struct {
	Kind    string   // also the folder of its files in the API: "cog"
	Version string   // of the builder
	Inputs  []string // hashes, the entry's own first
}

// Key identifies the product.
func (p Product) Key() string {
	sum := sha256.Sum256([]byte(strings.Join(append([]string{p.Kind, p.Version}, p.Inputs...), "\n")))
	return hex.EncodeToString(sum[:])
}

// File returns the key under which the blob store has one of the product's
// files, by its path in the API: "cog/cog.tif".
func (p Product) File(path string) string { return ProductFile(p.Key(), path) }

// ProductFile is Product.File for a product of which only the key is known.
func ProductFile(key, path string) string { return "products/" + key[:2] + "/" + key + "/" + path }

// ProductState says how far a product is.
type ProductState struct {
	State string // "pending", "ready", "failed", or "" when nobody asked for it yet
	Error string // why it failed
	Kind  string // of the product
}

// The states of a product.
const (
	ProductPending = "pending"
	ProductReady   = "ready"
	ProductFailed  = "failed"
)

// ProductStates returns the states of products by their key.
func (c *Catalog) ProductStates(ctx context.Context, keys []string) (map[string]ProductState, error) {
	states := make(map[string]ProductState, len(keys))
	if len(keys) == 0 {
		return states, nil
	}
	_, err := many(ctx, c.pool, func(row pgx.CollectableRow) (struct{}, error) {
		var key string
		var s ProductState
		err := row.Scan(&key, &s.State, &s.Error, &s.Kind)
		states[key] = s
		return struct{}{}, err
	}, `select key, state, coalesce(error, ''), kind from products where key = any($1)`, keys)
	return states, err
}

// ProductState returns the state of one product by its key.
func (c *Catalog) ProductState(ctx context.Context, key string) (ProductState, error) {
	type question struct{ product string }
	return recall(c.known, question{key}, func() (ProductState, error) {
		states, err := c.ProductStates(ctx, []string{key})
		return states[key], err
	})
}

// RequestProducts records that somebody wants the products. needed are the
// keys of those that a job must make: they aren't ready. Whoever finishes a
// product waits for this transaction, so no request is forgotten.
func (tx Tx) RequestProducts(ctx context.Context, products []Product, force bool) (needed []string, err error) {
	columns := [4][]string{}
	for _, p := range products {
		for i, value := range []string{p.Key(), p.Kind, p.Version, p.Inputs[0]} {
			columns[i] = append(columns[i], value)
		}
	}
	keys := columns[0]
	_, err = tx.Exec(ctx, `insert into products (key, kind, version, input, state)
		select distinct on (key) *, 'pending' from unnest($1::text[], $2::text[], $3::text[], $4::text[]) p(key, kind, version, input) order by key
		on conflict (key) do update set version = excluded.version where products.version <> excluded.version`, keys, columns[1], columns[2], columns[3])
	if err != nil {
		return nil, err
	}
	if err := tx.lockProducts(ctx, keys); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `update products set state = 'pending', error = null, updated_at = now() where key = any($1) and state = 'failed'`, keys); err != nil {
		return nil, err
	}
	return many(ctx, tx, pgx.RowTo[string], `select key from products where key = any($1) and (state <> 'ready' or $2)`, keys, force)
}

// FinishProduct makes the product ready, or failed if cause is not nil and it
// isn't ready from before.
func (tx Tx) FinishProduct(ctx context.Context, key string, cause error) error {
	if cause == nil {
		_, err := tx.Exec(ctx, `update products set state = 'ready', error = null, updated_at = now() where key = $1`, key)
		if err == nil {
			err = tx.outdateOverviews(ctx, key)
		}
		return err
	}
	_, err := tx.Exec(ctx, `update products set state = 'failed', error = $2, updated_at = now() where key = $1 and state <> 'ready'`, key, Message(cause))
	return err
}

// ReadyProduct is a product that is said to be ready.
type ReadyProduct struct{ Key, Kind, Input string }

// ReadyProducts returns, in the order of their keys, up to limit products that
// are said to be ready and whose key comes after the one given.
func (c *Catalog) ReadyProducts(ctx context.Context, after string, limit int) ([]ReadyProduct, error) {
	return many(ctx, c.pool, pgx.RowToStructByPos[ReadyProduct], `select key, kind, input from products where state = 'ready' and key > $1 order by key limit $2`, after, limit)
}

// MissProduct makes a product that was ready one that must be built.
func (tx Tx) MissProduct(ctx context.Context, key string) error {
	_, err := tx.Exec(ctx, `update products set state = 'pending', updated_at = now() where key = $1 and state = 'ready'`, key)
	return err
}

// AbandonProducts makes those of the products failed that are not ready and
// that no task waits for any more.
func (tx Tx) AbandonProducts(ctx context.Context, keys ...string) error {
	if err := tx.lockProducts(ctx, keys); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `update products set state = 'failed', error = 'The build was cancelled. Start it again.', updated_at = now()
		where key = any($1) and state = 'pending' and not exists (select from tasks where product = products.key and `+active+`)`, keys)
	return err
}

// lockProducts makes who asks for the products, who finishes them and who
// gives them up take turns, in one order.
func (tx Tx) lockProducts(ctx context.Context, keys []string) error {
	_, err := tx.Exec(ctx, `select from products where key = any($1) order by key for update`, keys)
	return err
}
