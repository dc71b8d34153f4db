package catalog

import (
	"context"
	"errors"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/jackc/pgx/v5/pgconn"
)

// DatasetChange is what an edit changes; nil members keep their value.
type DatasetChange struct {
	Name       *string // "" is like nil
	Visibility *auth.Visibility
}

// EditDataset changes the settings of a dataset.
func (c *Catalog) EditDataset(ctx context.Context, caller auth.Caller, organization, slug string, change DatasetChange) error {
	d, err := c.Dataset(ctx, caller, organization, slug, auth.WriteDataset)
	if err != nil {
		return err
	}
	if change.Name != nil {
		if err := checkLabel("name", *change.Name); err != nil {
			return err
		}
	}
	return c.Update(ctx, func(tx Tx) error {
		if change.Name != nil && *change.Name != "" {
			if err := tx.Set(ctx, d.ID, "name", *change.Name); err != nil {
				return err
			}
		}
		if change.Visibility != nil {
			return tx.Set(ctx, d.ID, "visibility", *change.Visibility)
		}
		return nil
	})
}

// OpenDataset makes a private dataset readable for everybody who knows its
// address, or an open one private, and returns its visibility then.
func (c *Catalog) OpenDataset(ctx context.Context, caller auth.Caller, organization, slug string, open bool) (v auth.Visibility, err error) {
	d, err := c.Dataset(ctx, caller, organization, slug, auth.WriteDataset)
	if err != nil {
		return auth.Private, err
	}
	err = c.Update(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, d.ID); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `select visibility from datasets where id = $1`, d.ID).Scan(&v); err != nil {
			return err
		}
		switch {
		case !open:
			v = auth.Private
		case v == auth.Private:
			v = auth.Unlisted
		}
		return tx.Set(ctx, d.ID, "visibility", v)
	})
	return v, err
}

// fixedSlug is the slug of the dataset that every server has; clients rely on it.
const fixedSlug = "default"

// RenameDataset gives a dataset another slug in its organization and returns
// it under that. Everything else hangs on its id and stays.
func (c *Catalog) RenameDataset(ctx context.Context, caller auth.Caller, organization, slug, to string) (*Dataset, error) {
	d, err := c.Dataset(ctx, caller, organization, slug, auth.WriteDataset)
	if err != nil {
		return nil, err
	}
	if to == slug {
		return d, nil
	}
	if err := CheckSlug(to); err != nil {
		return nil, err
	}
	if slug == fixedSlug || to == fixedSlug {
		return nil, cairn.Errorf(cairn.Invalid, "The slug %q is neither given up nor given away. Choose another one.", fixedSlug)
	}
	err = c.Update(ctx, func(tx Tx) error {
		tag, err := tx.Exec(ctx, `update datasets set slug = $2 where id = $1`, d.ID, to)
		if err == nil && tag.RowsAffected() == 0 {
			return cairn.Errorf(cairn.NotFound, "The dataset was deleted meanwhile.")
		}
		return takenSlug(to, err)
	})
	if err != nil {
		return nil, err
	}
	return c.Dataset(ctx, caller, organization, to, auth.ReadDataset)
}

// takenSlug tells in words that a unique constraint refused the slug.
func takenSlug(slug string, err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "23505" {
		return errTaken(slug)
	}
	return err
}

func errTaken(slug string) error {
	return cairn.Errorf(cairn.Conflict, "The dataset slug %q is taken in this organization.", slug)
}
