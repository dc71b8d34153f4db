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
		served, err := c.ServedProducts(ctx, []Product{p})
		if s, ok := served[p.Key()]; ok {
			return s, err
		}
		return Served{Key: p.Key()}, err
	})
}

// ServedProducts returns what is served of each product that there is in any
// version, by the product's own key.
func (c *Catalog) ServedProducts(ctx context.Context, products []Product) (map[string]Served, error) {
	return servedProducts(ctx, c.pool, products)
}

// ServedProducts is that of the catalog, as of the snapshot's moment.
func (s Snapshot) ServedProducts(ctx context.Context, products []Product) (map[string]Served, error) {
	return servedProducts(ctx, s.tx, products)
}

func servedProducts(ctx context.Context, q querier, products []Product) (map[string]Served, error) {
	served := make(map[string]Served, len(products))
	if len(products) == 0 {
		return served, nil
	}
	var keys, inputs, kinds []string
	for _, p := range products {
		keys, inputs, kinds = append(keys, p.Key()), append(inputs, p.Inputs[0]), append(kinds, p.Kind)
	}
	_, err := many(ctx, q, func(row pgx.CollectableRow) (struct{}, error) {
		var key string
		var s Served
		err := row.Scan(&key, &s.Key, &s.State, &s.Error, &s.Kind)
		served[key] = s
		return struct{}{}, err
	}, `select distinct on (asked.key) asked.key, p.key, p.state, coalesce(p.error, ''), p.kind
		from unnest($1::text[], $2::text[], $3::text[]) asked (key, input, kind)
		join products p on p.key = asked.key or p.input = asked.input and p.kind = asked.kind and p.state = 'ready'
		order by asked.key, p.state = 'ready' desc, p.key = asked.key desc, p.updated_at desc`, keys, inputs, kinds)
	return served, err
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
