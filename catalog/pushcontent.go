package catalog

import (
	"context"
	"fmt"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"
)

// Hold gives a push the contents that need not be sent again: those of its
// dataset, of others that its user may read, and those that the same user sent
// in an unfinished push to the same dataset. Knowing a hash is never enough.
// Contents that are not stored, by their hashes, are left out.
func (tx Tx) Hold(ctx context.Context, p *Push, stored func(hash string) (bool, error)) error {
	if err := tx.referAll(ctx); err != nil {
		return err
	}
	return tx.lookingUp(ctx, func() error { return tx.hold(ctx, p, stored) })
}

func (tx Tx) hold(ctx context.Context, p *Push, stored func(hash string) (bool, error)) error {
	datasets, err := tx.holders(ctx, p)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		insert into push_contents (push, hash, size, sent)
		select $1, a.hash, max(e.size), false from (select distinct hash from push_entries where push = $1 and added and hash <> '') a
		join entries e on e.hash = a.hash and e.hash <> '' and e.dataset_id = any($2) group by a.hash`, p.Token, datasets)
	if err != nil {
		return err
	}
	earlier, err := tx.earlier(ctx, p)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		insert into push_contents (push, hash, size, sent)
		select distinct on (hash) $1, hash, size, true from push_contents c where push = any($2) and sent
			and exists (select from push_entries where push = $1 and added and hash = c.hash)
		on conflict do nothing`, p.Token, earlier)
	if err != nil {
		return err
	}
	if err := tx.dropUnstored(ctx, p, stored); err != nil {
		return err
	}
	return tx.joining(ctx, func() error { return tx.describeHeld(ctx, p, datasets, earlier) })
}

// holders are the datasets that hold a content of the push and that its user
// may read, the push's own among them.
func (tx Tx) holders(ctx context.Context, p *Push) ([]uuid.UUID, error) {
	candidates, err := many(ctx, tx, pgx.RowTo[uuid.UUID], `
		select distinct e.dataset_id from (select distinct hash from push_entries where push = $1 and added and hash <> '') a join entries e on e.hash = a.hash and e.hash <> ''`, p.Token)
	if err != nil || len(candidates) == 0 {
		return nil, err
	}
	rows, err := many(ctx, tx, scanDataset, `select `+organizationColumns+datasetColumns+` from`+organizationTables+`
		join datasets d on d.organization_id = o.id where d.id = any($2)`, p.caller.ID(), candidates)
	if err != nil {
		return nil, err
	}
	var readable []uuid.UUID
	for _, row := range rows {
		if row.dataset.May(p.caller, auth.ReadDataset) {
			readable = append(readable, row.dataset.ID)
		}
	}
	return readable, nil
}

// earlier are the tokens of the user's other unfinished pushes to the dataset.
func (tx Tx) earlier(ctx context.Context, p *Push) ([]string, error) {
	return many(ctx, tx, pgx.RowTo[string], `select token from pushes where token <> $1 and not committed
		and`+ofUser, p.Token, p.caller.ID(), p.Dataset.id(), p.Dataset.OrganizationID, p.Dataset.Slug, pushTimeout)
}

func (tx Tx) dropUnstored(ctx context.Context, p *Push, stored func(hash string) (bool, error)) error {
	held, err := many(ctx, tx, pgx.RowTo[string], `select hash from push_contents where push = $1`, p.Token)
	if err != nil {
		return err
	}
	var lost []string
	for _, hash := range held {
		ok, err := stored(hash)
		if err != nil {
			return err
		}
		if !ok {
			lost = append(lost, hash)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	_, err = tx.Exec(ctx, `delete from push_contents where push = $1 and hash = any($2)`, p.Token, lost)
	return err
}

// extension is that of a path in SQL: what a file is depends on it and on its
// content. It is never null, so that rows can be joined by it in any way.
const extension = `coalesce(lower(substring(%s.path from '\.([^./]*)$')), '')`

// describedAs takes over what is known of d.
const describedAs = ` set type = d.type, properties = d.properties, mtime = d.mtime, point_geom = d.point_geom, polygon_geom = d.polygon_geom`

// describeHeld says of entries whose content was looked at before what it is. A
// file that was moved within the dataset keeps its time.
func (tx Tx) describeHeld(ctx context.Context, p *Push, datasets []uuid.UUID, earlier []string) error {
	_, err := tx.Exec(ctx, `
		with d as materialized (
			select e.* from push_contents c, lateral (
				select distinct on (extension) e.hash, `+fmt.Sprintf(extension, "e")+` as extension, e.type, e.properties,
					case when e.dataset_id = $3 then e.mtime end as mtime, e.point_geom, e.polygon_geom
				from entries e where e.hash = c.hash and e.hash <> '' and e.dataset_id = any($2) order by extension, e.dataset_id = $3 desc) e
			where c.push = $1 and not c.sent)
		update push_entries p`+describedAs+` from d
		where p.push = $1 and p.added and p.hash = d.hash and `+fmt.Sprintf(extension, "p")+` = d.extension`, p.Token, datasets, p.Dataset.ID)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		update push_entries p`+describedAs+` from (
			select distinct on (path) * from push_entries where push = any($2) and type is not null order by path) d
		where p.push = $1 and p.added and p.path = d.path and p.hash = d.hash`, p.Token, earlier)
	return err
}

// Announced returns the hash that the file at the path must have. A file that
// the push does not need is Invalid.
func (c *Catalog) Announced(ctx context.Context, p *Push, path string) (hash string, err error) {
	return one(ctx, c.pool, pgx.RowTo[string], cairn.Errorf(cairn.Invalid, "This push has no need of a file %q.", path), `
		select hash from push_entries e where push = $1 and path = $2 and added and hash <> ''
			and not exists (select from push_contents c where c.push = e.push and c.hash = e.hash and not sent)`, p.Token, path)
}

// SentBytes is how much of other contents was sent for the push.
func (c *Catalog) SentBytes(ctx context.Context, p *Push, hash string) (int64, error) {
	return one(ctx, c.pool, pgx.RowTo[int64], nil, `select coalesce(sum(size), 0)::bigint from push_contents where push = $1 and sent and hash <> $2`, p.Token, hash)
}

// Deliver notes that the content of a file was sent and is stored.
func (tx Tx) Deliver(ctx context.Context, p *Push, path string, content Content, d Description) error {
	if err := tx.refer(ctx, content.Hash); err != nil {
		return err
	}
	if err := tx.describeStaged(ctx, p, path, d); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update push_entries set mtime = extract(epoch from now())::bigint where push = $1 and path = $2`, p.Token, path); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `insert into push_contents (push, hash, size, sent) values ($1, $2, $3, true) on conflict do nothing`, p.Token, content.Hash, content.Size)
	return err
}

func (tx Tx) describeStaged(ctx context.Context, p *Push, path string, d Description) error {
	point, polygon := d.geometries()
	_, err := tx.Exec(ctx, `update push_entries set type = $3, properties = $4, point_geom = $5, polygon_geom = $6 where push = $1 and path = $2`,
		p.Token, path, d.Type, d.Properties, point, polygon)
	return err
}

// geometries are the geometries as the database takes them.
func (d Description) geometries() (point, polygon geom.T) {
	if d.Point != nil {
		point = d.Point
	}
	if d.Polygon != nil {
		polygon = d.Polygon
	}
	return point, polygon
}

// describeAlike says of files what is known of others of the push that have the
// same content and extension.
func (tx Tx) describeAlike(ctx context.Context, p *Push) error {
	_, err := tx.Exec(ctx, `
		update push_entries p`+describedAs+` from (
			select distinct on (hash, extension) hash, `+fmt.Sprintf(extension, "e")+` as extension, type, properties, mtime, point_geom, polygon_geom
			from push_entries e where push = $1 and added and hash <> '' and type is not null order by hash, extension) d
		where p.push = $1 and p.added and p.type is null and p.hash = d.hash and `+fmt.Sprintf(extension, "p")+` = d.extension`, p.Token)
	return err
}

// DescribeStaged lets describe look at the files of the push that nobody has
// looked at: contents that are held under a name of another kind.
func (c *Catalog) DescribeStaged(ctx context.Context, p *Push, describe func(path, hash string) (Description, error)) error {
	err := c.Update(ctx, func(tx Tx) error {
		return tx.joining(ctx, func() error { return tx.describeAlike(ctx, p) })
	})
	if err != nil {
		return err
	}
	type file struct{ Path, Hash string }
	for {
		files, err := many(ctx, c.pool, pgx.RowToStructByPos[file], `select path, hash from push_entries e where push = $1 and added and hash <> '' and type is null
			and exists (select from push_contents c where c.push = e.push and c.hash = e.hash) order by path limit $2`, p.Token, batch)
		if err != nil || len(files) == 0 {
			return err
		}
		descriptions := make([]Description, len(files))
		for i, f := range files {
			if descriptions[i], err = describe(f.Path, f.Hash); err != nil {
				return err
			}
		}
		err = c.Update(ctx, func(tx Tx) error {
			for i, f := range files {
				if err := tx.describeStaged(ctx, p, f.Path, descriptions[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
