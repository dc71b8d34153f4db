package catalog

import (
	"context"

	"github.com/cairngeo/cairn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// DatasetName is a dataset by its address.
type DatasetName struct {
	ID                 uuid.UUID
	Organization, Slug string
}

// DatasetNames returns the datasets of an organization, only the one that has
// the slug if it isn't empty; without an organization all there are. What does
// not exist is Invalid: it is a mistake in a request of an administrator.
func (c *Catalog) DatasetNames(ctx context.Context, organization, slug string) ([]DatasetName, error) {
	if slug != "" && organization == "" {
		return nil, cairn.Errorf(cairn.Invalid, "Name the organization of the dataset %q too.", slug)
	}
	if organization != "" {
		var known bool
		if err := c.pool.QueryRow(ctx, `select exists (select from organizations where slug = $1)`, organization).Scan(&known); err != nil {
			return nil, translate(err)
		}
		if !known {
			return nil, cairn.Errorf(cairn.Invalid, "There is no organization %q.", organization)
		}
	}
	names, err := many(ctx, c.pool, pgx.RowToStructByPos[DatasetName], `select d.id, o.slug, d.slug from datasets d join organizations o on o.id = d.organization_id
		where ($1 = '' or o.slug = $1) and ($2 = '' or d.slug = $2) order by o.slug, d.slug`, organization, slug)
	if err == nil && slug != "" && len(names) == 0 {
		return nil, cairn.Errorf(cairn.Invalid, "There is no dataset %q in the organization %q.", slug, organization)
	}
	return names, err
}

// FileName is a file by its dataset's own path.
type FileName struct{ Path, Hash string }

// Files returns, in the order of their paths, up to limit files of a dataset
// whose path comes after the one given.
func (c *Catalog) Files(ctx context.Context, dataset uuid.UUID, after string, limit int) ([]FileName, error) {
	return many(ctx, c.pool, pgx.RowToStructByPos[FileName], `select path, hash from entries
		where dataset_id = $1 and path > $2 and hash <> '' order by path limit $3`, dataset, after, limit)
}

// RemoveLost removes a file whose bytes are lost and tells whether it did. It
// stays if it has other content by now, or if gone finds the bytes after all;
// nobody brings them back meanwhile.
func (c *Catalog) RemoveLost(ctx context.Context, dataset uuid.UUID, f FileName, gone func() (bool, error)) (removed bool, err error) {
	err = c.Update(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, dataset); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock`+referenceLock, f.Hash); err != nil {
			return err
		}
		var same bool
		err := tx.QueryRow(ctx, `select exists (select from entries where dataset_id = $1 and path = $2 and hash = $3)`, dataset, f.Path, f.Hash).Scan(&same)
		if err != nil || !same {
			return err
		}
		if removed, err = gone(); err != nil || !removed {
			return err
		}
		_, err = tx.Remove(ctx, dataset, f.Path)
		return err
	})
	return removed && err == nil, err
}

// UnneededBuilds returns, by key, the inputs of the products that were once
// built for the dataset and whose input no entry of any dataset has.
func (c *Catalog) UnneededBuilds(ctx context.Context, dataset uuid.UUID) (map[string]string, error) {
	inputs := map[string]string{}
	_, err := many(ctx, c.pool, func(row pgx.CollectableRow) (struct{}, error) {
		var key, input string
		err := row.Scan(&key, &input)
		inputs[key] = input
		return struct{}{}, err
	}, `select key, input from products p where state <> 'pending' and key in (select product from tasks where dataset_id = $1)
		and not exists (select from entries where hash = p.input)`, dataset)
	return inputs, err
}
