package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/google/uuid"
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
		err := row.Scan(&key, &s.State, &s.Error)
		states[key] = s
		return struct{}{}, err
	}, `select key, state, coalesce(error, '') from products where key = any($1)`, keys)
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

// Build is a build job as the API shows it.
type Build struct {
	ID           int64
	Path, Hash   string
	State        string
	Percent      *int // 0 to 100
	Error        *string
	CreatedAt    time.Time
	ProcessingAt *time.Time
	SucceededAt  *time.Time
	FailedAt     *time.Time
	DeletedAt    *time.Time
}

// Builds lists the build jobs of a dataset, newest first. page counts from 1.
func (c *Catalog) Builds(ctx context.Context, d *Dataset, page, size int) ([]Build, error) {
	return many(ctx, c.pool, pgx.RowToStructByPos[Build], `
		select id, path, hash, state, percent, error, created_at, processing_at, succeeded_at, failed_at, deleted_at
		from builds where dataset_id = $1 order by id desc limit $2 offset $3`, d.ID, size, (page-1)*size)
}

// ClearBuilds forgets the build jobs of a dataset that succeeded or failed and returns their number.
func (c *Catalog) ClearBuilds(ctx context.Context, d *Dataset) (int64, error) {
	tag, err := c.pool.Exec(ctx, `delete from builds where dataset_id = $1 and state in ('Succeeded', 'Failed')`, d.ID)
	return tag.RowsAffected(), translate(err)
}

// RequestBuild records that the entry of a dataset wants its product. needed
// is true when a job must build it: it isn't ready. Whoever finishes the
// product waits for this transaction, so no request is forgotten.
func (tx Tx) RequestBuild(ctx context.Context, dataset uuid.UUID, e Entry, p Product, force bool) (needed bool, err error) {
	key := p.Key()
	if _, err := tx.Exec(ctx, `insert into products (key, kind, input, state) values ($1, $2, $3, 'pending') on conflict do nothing`, key, p.Kind, p.Inputs[0]); err != nil {
		return false, err
	}
	var state string
	if err := tx.QueryRow(ctx, `select state from products where key = $1 for update`, key).Scan(&state); err != nil {
		return false, err
	}
	if state == ProductReady && !force {
		_, err := tx.Exec(ctx, `insert into builds (dataset_id, path, hash, product, state, percent, processing_at, succeeded_at)
			values ($1, $2, $3, $4, 'Succeeded', 100, now(), now())`, dataset, e.Path, e.Hash, key)
		return false, err
	}
	if state == ProductFailed {
		if _, err := tx.Exec(ctx, `update products set state = 'pending', error = null, updated_at = now() where key = $1`, key); err != nil {
			return false, err
		}
	}
	_, err = tx.Exec(ctx, `insert into builds (dataset_id, path, hash, product, state) values ($1, $2, $3, $4, 'Enqueued')`, dataset, e.Path, e.Hash, key)
	return true, err
}

// BuildActive tells whether a build of the path is under way.
func (c *Catalog) BuildActive(ctx context.Context, d *Dataset, path string) (active bool, err error) {
	err = c.pool.QueryRow(ctx, `select exists (select from builds where dataset_id = $1 and path = $2
		and state in ('Created', 'Enqueued', 'Scheduled', 'Processing'))`, d.ID, path).Scan(&active)
	return active, translate(err)
}

const activeBuilds = ` where product = $1 and state in ('Created', 'Enqueued', 'Scheduled', 'Processing')`

// StartBuild marks the builds of a product as being worked on.
func (c *Catalog) StartBuild(ctx context.Context, product string) error {
	_, err := c.pool.Exec(ctx, `update builds set state = 'Processing', processing_at = now(), percent = 0`+activeBuilds, product)
	return translate(err)
}

// ProgressBuild notes how far the builds of a product are, in percent.
func (c *Catalog) ProgressBuild(ctx context.Context, product string, percent int) error {
	_, err := c.pool.Exec(ctx, `update builds set percent = $2, state = 'Processing', processing_at = coalesce(processing_at, now())`+activeBuilds, product, percent)
	return translate(err)
}

// FinishBuild makes the product ready, or failed if cause is not nil, and ends its builds.
func (tx Tx) FinishBuild(ctx context.Context, product string, cause error) error {
	if cause == nil {
		if _, err := tx.Exec(ctx, `update products set state = 'ready', error = null, updated_at = now() where key = $1`, product); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update builds set state = 'Succeeded', percent = 100, succeeded_at = now()`+activeBuilds, product)
		return err
	}
	message := Message(cause)
	if _, err := tx.Exec(ctx, `update products set state = 'failed', error = $2, updated_at = now()
		where key = $1 and state <> 'ready'`, product, message); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `update builds set state = 'Failed', error = $2, failed_at = now()`+activeBuilds, product, message)
	return err
}

// Message returns what a person is told of an error: the sentence of a
// *cairn.Error, and nothing of an internal one.
func Message(err error) string {
	if e, ok := errors.AsType[*cairn.Error](err); ok && e.Code != cairn.Internal {
		return e.Message
	}
	return "Something went wrong on the server. Its log says what."
}
