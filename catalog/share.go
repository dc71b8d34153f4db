package catalog

import (
	"context"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// NewShare says where somebody wants to share files to.
type NewShare struct {
	Tag          string // "organization/dataset"; the dataset is made if it is not there
	Organization string // without a tag: where a dataset is made; "" for the caller's own
	Name         string // of a dataset that is made; "" for its slug
}

// OpenShare begins a share and returns its token. A dataset that it makes is
// public and empty, and goes with the share if that ends without a commit.
func (c *Catalog) OpenShare(ctx context.Context, caller auth.Caller, n NewShare) (token string, err error) {
	if err := auth.Decide(caller, auth.BeSomebody, auth.Facts{}); err != nil {
		return "", err
	}
	if err := checkLabel("name", n.Name); err != nil {
		return "", err
	}
	d, err := c.shareDestination(ctx, caller, n)
	if err != nil {
		return "", err
	}
	room, err := c.Room(ctx, d, "")
	if err == nil {
		err = room.Check(1)
	}
	if err != nil {
		return "", err
	}
	token = auth.RandomText(32)
	return token, c.Update(ctx, func(tx Tx) error {
		id, made := d.ID, d.ID == uuid.Nil
		if made {
			if id, err = tx.insertDataset(ctx, d.OrganizationID, NewDataset{Slug: d.Slug, Name: n.Name, Visibility: auth.Public}); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `insert into share_batches (token, user_id, dataset_id, made_dataset) values ($1, $2, $3, $4)`, token, caller.ID(), id, made)
		return err
	})
}

// shareDestination is the dataset that a share goes to, with no ID if it is to be made.
func (c *Catalog) shareDestination(ctx context.Context, caller auth.Caller, n NewShare) (*Dataset, error) {
	organization, slug := n.Organization, ""
	switch parts := strings.Split(n.Tag, "/"); {
	case n.Tag == "":
		slug = strings.ToLower(auth.RandomText(16))
	case len(parts) == 2:
		organization, slug = parts[0], parts[1]
	default:
		return nil, cairn.Errorf(cairn.Invalid, "The tag %.300q is not understood: it is organization/dataset.", n.Tag)
	}
	if organization == "" && n.Tag == "" {
		own, err := c.ownOrganization(ctx, caller)
		if err != nil {
			return nil, err
		}
		organization = own
	}
	return c.Destination(ctx, caller, organization, slug)
}

// ownOrganization returns the slug of the caller's own organization, the one
// called like the caller if there are several; without any it is made.
func (c *Catalog) ownOrganization(ctx context.Context, caller auth.Caller) (slug string, err error) {
	const own = `select slug from organizations where owner_id = $1 order by slug = $2 desc, created_at, slug limit 1`
	err = c.Update(ctx, func(tx Tx) error {
		// One at a time, so that two first shares make one organization.
		if _, err := tx.Exec(ctx, `select from users where id = $1 for no key update`, caller.ID()); err != nil {
			return err
		}
		slugs, err := many(ctx, tx, pgx.RowTo[string], own, caller.ID(), Slug(caller.User.Name))
		if err == nil && len(slugs) == 0 {
			if err = Welcome(ctx, tx, caller.User); err == nil {
				slugs, err = many(ctx, tx, pgx.RowTo[string], own, caller.ID(), Slug(caller.User.Name))
			}
		}
		if err == nil {
			slug = slugs[0]
		}
		return err
	})
	return slug, err
}

// running makes sure that a share is not ended until the transaction is.
func (tx Tx) running(ctx context.Context, b *Batch) error {
	_, err := one(ctx, tx, pgx.RowTo[string], errBatchEnded(), `select token from share_batches where token = $1 and status = 0 for key share`, b.Token)
	return err
}

// Share stages a file, which replaces the one that was sent for its path before.
func (tx Tx) Share(ctx context.Context, b *Batch, e Entry) error {
	if err := tx.running(ctx, b); err != nil {
		return err
	}
	if err := tx.refer(ctx, e.Hash); err != nil {
		return err
	}
	point, polygon := e.geometries()
	_, err := tx.Exec(ctx, `
		insert into share_entries (batch, path, hash, type, properties, mtime, size, point_geom, polygon_geom) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (batch, path) do update set hash = excluded.hash, type = excluded.type, properties = excluded.properties, mtime = excluded.mtime,
			size = excluded.size, point_geom = excluded.point_geom, polygon_geom = excluded.polygon_geom, added_at = now()`,
		b.Token, e.Path, e.Hash, e.Type, e.Properties, e.MTime, e.Size, point, polygon)
	return err
}

// SharedBytes is how much has been staged in a share for other paths.
func (c *Catalog) SharedBytes(ctx context.Context, b *Batch, path string) (int64, error) {
	return one(ctx, c.pool, pgx.RowTo[int64], nil, `select coalesce(sum(size), 0)::bigint from (
		select size from share_entries where batch = $1 and path <> $2
		union all
		select f.size from share_files f where batch = $1 and path <> $2 and not exists (select from share_entries e where e.batch = $1 and e.path = f.path)) staged`, b.Token, path)
}

// CheckShared returns an error if no file can be put at the path: something is
// a folder there, or a file above it is in the way.
func (c *Catalog) CheckShared(ctx context.Context, b *Batch, path string) error {
	from, to := below(path)
	clashes, err := many(ctx, c.pool, pgx.RowTo[string], `
		select path from share_entries where batch = $1 and (path >= $4 and path < $5 or path = any($3))
		union all select path from entries where dataset_id = $2 and (path >= $4 and path < $5 or path = $6 and type = 1 or path = any($3) and type <> 1) limit 1`,
		b.Token, b.Dataset.ID, parents(path), from, to, path)
	if err == nil && len(clashes) > 0 {
		err = errInTheWay(path, clashes[0])
	}
	return err
}

func errInTheWay(path, there string) error {
	return cairn.Errorf(cairn.Invalid, "There is %q, so %q can't be a file. Choose another name.", there, path)
}
