package catalog

import (
	"context"

	"github.com/cairngeo/cairn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Lock makes the writers of the datasets' entries take turns until they commit.
// They would anyway, at the running totals; from the beginning on it keeps one
// from removing the folder that another one fills.
func (tx Tx) Lock(ctx context.Context, datasets ...uuid.UUID) error {
	_, err := tx.Exec(ctx, `select from datasets where id = any($1) order by id for no key update`, datasets)
	return err
}

// Put adds a file or replaces the one at its path, and adds the folders above
// it that are missing. Its bytes, if they are there now, stay.
func (tx Tx) Put(ctx context.Context, dataset uuid.UUID, e Entry) error {
	if err := tx.Lock(ctx, dataset); err != nil {
		return err
	}
	if err := tx.refer(ctx, e.Hash); err != nil {
		return err
	}
	if err := tx.makeFolders(ctx, dataset, parents(e.Path), e.MTime); err != nil {
		return err
	}
	point, polygon := e.geometries()
	from, to := below(e.Path)
	tag, err := tx.Exec(ctx, `
		insert into entries (dataset_id, path, hash, type, properties, mtime, size, depth, point_geom, polygon_geom)
		select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 where not exists (select from entries where dataset_id = $1 and path >= $11 and path < $12)
		on conflict (dataset_id, path) do update set hash = excluded.hash, type = excluded.type, properties = excluded.properties,
			mtime = excluded.mtime, size = excluded.size, point_geom = excluded.point_geom, polygon_geom = excluded.polygon_geom
		where entries.type <> 1`,
		dataset, e.Path, e.Hash, e.Type, e.Properties, e.MTime, e.Size, depth(e.Path), point, polygon, from, to)
	if err == nil && tag.RowsAffected() == 0 {
		return cairn.Errorf(cairn.Invalid, "%q is a folder. Choose another name for the file.", e.Path)
	}
	return err
}

// MakeFolder adds a folder where nothing is yet, and the missing ones above it.
func (tx Tx) MakeFolder(ctx context.Context, dataset uuid.UUID, path string, mtime int64) error {
	if err := tx.Lock(ctx, dataset); err != nil {
		return err
	}
	_, err := entryAt(ctx, tx, dataset, path)
	switch {
	case err == nil:
		return cairn.Errorf(cairn.Invalid, "Cannot create a folder on another entry: %q exists.", path)
	case cairn.CodeOf(err) != cairn.NotFound:
		return err
	}
	return tx.makeFolders(ctx, dataset, append(parents(path), path), mtime)
}

// makeFolders adds the folders that are missing; a file in the place of one is an error.
func (tx Tx) makeFolders(ctx context.Context, dataset uuid.UUID, folders []string, mtime int64) error {
	if len(folders) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `insert into entries (dataset_id, path, type, mtime, depth)
		select $1, path, 1, $3, length(path) - length(replace(path, '/', '')) from unnest($2::text[]) path on conflict do nothing`, dataset, folders, mtime)
	if err != nil {
		return err
	}
	files, err := many(ctx, tx, pgx.RowTo[string], `select path from entries where dataset_id = $1 and path = any($2) and type <> 1`, dataset, folders)
	if err != nil {
		return err
	}
	if len(files) > 0 {
		return cairn.Errorf(cairn.Invalid, "%q is a file; nothing can be put below it.", files[0])
	}
	return nil
}
