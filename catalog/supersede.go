package catalog

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Served is a product as it is served: its own, or of another version.
type Served struct {
	Key string
	ProductState
}

// File returns the key under which the blob store has one of its files.
func (s Served) File(path string) string { return ProductFile(s.Key, path) }

// ServedProduct returns what is served of a product: the product itself once it
// is ready, until then the newest that is ready of those that another version
// of the builder, or other settings, made of the same input.
func (c *Catalog) ServedProduct(ctx context.Context, p Product) (Served, error) {
	type question struct{ kind, version, inputs string } // of what is served, since keys cost a hash
	return recall(c.known, question{p.Kind, p.Version, strings.Join(p.Inputs, "\n")}, func() (Served, error) {
		key := p.Key()
		found, err := many(ctx, c.pool, func(row pgx.CollectableRow) (s Served, err error) {
			return s, row.Scan(&s.Key, &s.State, &s.Error, &s.Kind)
		}, `select key, state, coalesce(error, ''), kind from products
			where key = $1 or input = $2 and kind = $3 and state = 'ready'
			order by state = 'ready' desc, key = $1 desc, updated_at desc limit 1`, key, p.Inputs[0], p.Kind)
		if err != nil || len(found) == 0 {
			return Served{Key: key}, err
		}
		return found[0], nil
	})
}

// SupersededProducts returns the keys of up to 1000 products that were ready
// before the time and in whose place one of another version is.
func (c *Catalog) SupersededProducts(ctx context.Context, before time.Time) ([]string, error) {
	return many(ctx, c.pool, pgx.RowTo[string], `select key from products p where state = 'ready' and exists (select from products n
		where n.input = p.input and n.kind = p.kind and n.version <> p.version and n.state = 'ready'
		and n.updated_at > p.updated_at and n.updated_at < $1) limit 1000`, before)
}

// RetireProduct makes the product one that nobody asked for yet and calls
// remove. Whoever asks for it meanwhile waits.
func (c *Catalog) RetireProduct(ctx context.Context, key string, remove func() error) error {
	return c.Update(ctx, func(tx Tx) error {
		if err := tx.lockProducts(ctx, []string{key}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from products where key = $1 and state = 'ready'`, key); err != nil {
			return err
		}
		return remove()
	})
}
