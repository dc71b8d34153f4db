package catalog

import (
	"context"
	"fmt"

	"github.com/cairngeo/cairn"
	"github.com/jackc/pgx/v5"
)

// CommitBatch makes the files of a share entries of its dataset, with the
// folders above them. each is called with those of the types, in batches. A
// share that has been committed already changes nothing more.
func (tx Tx) CommitBatch(ctx context.Context, b *Batch, types []EntryType, each func([]Entry) error) error {
	status, err := one(ctx, tx, pgx.RowTo[BatchStatus], errBatchEnded(), `select status from share_batches where token = $1 for update`, b.Token)
	switch {
	case err != nil:
		return err
	case status == BatchCommitted:
		return nil
	case status != BatchRunning:
		return errBatchEnded()
	}
	if err := tx.Lock(ctx, b.Dataset.ID); err != nil {
		return err
	}
	if err := tx.lookingUp(ctx, func() error { return tx.placeShared(ctx, b) }); err != nil {
		return err
	}
	for entries, err := range (Snapshot{tx.Tx}).entries(ctx, `select `+entryColumns+` from share_entries where batch = $1 and type = any($2) order by path`, b.Token, types) {
		if err == nil {
			err = each(entries)
		}
		if err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `delete from share_files where batch = $1`, b.Token); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update share_batches set status = $2, ended_at = now(), last_active_at = now() where token = $1`, b.Token, BatchCommitted)
	return err
}

// placeShared puts the files of a share where they belong.
func (tx Tx) placeShared(ctx context.Context, b *Batch) error {
	const folders = `(select distinct array_to_string(parts[1:n], '/') as path from (select string_to_array(path, '/') parts from share_entries where batch = $1) p,
		generate_series(1, cardinality(parts) - 1) n)`
	type clash struct{ Path, There string }
	clashes, err := many(ctx, tx, pgx.RowToStructByPos[clash], `
		select s.path, e.path from share_entries s join entries e on e.dataset_id = $2 and e.path = s.path and e.type = 1 where s.batch = $1
		union all
		select s.path, e.path from share_entries s, lateral (select path from entries
			where dataset_id = $2 and path >= (s.path || '/') collate "C" and path < (s.path || '0') collate "C" limit 1) e where s.batch = $1
		union all
		select f.path || '/', e.path from `+folders+` f join entries e on e.dataset_id = $2 and e.path = f.path collate "C" and e.type <> 1
		union all
		select f.path || '/', s.path from `+folders+` f join share_entries s on s.batch = $1 and s.path = f.path collate "C" limit 1`, b.Token, b.Dataset.ID)
	if err != nil {
		return err
	}
	if len(clashes) > 0 {
		return cairn.Errorf(cairn.Invalid, "%q can't be put where %q is. Share it under another name.", clashes[0].Path, clashes[0].There)
	}
	_, err = tx.Exec(ctx, fmt.Sprintf(`insert into entries (dataset_id, path, type, mtime, depth)
		select $2, path, %d, extract(epoch from now())::bigint, length(path) - length(replace(path, '/', '')) from `+folders+` f on conflict do nothing`, Directory), b.Token, b.Dataset.ID)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		insert into entries (dataset_id, path, hash, type, properties, mtime, size, depth, point_geom, polygon_geom)
		select $2, path, hash, type, properties, mtime, size, length(path) - length(replace(path, '/', '')), point_geom, polygon_geom from share_entries where batch = $1
		on conflict (dataset_id, path) do update set hash = excluded.hash, type = excluded.type, properties = excluded.properties,
			mtime = excluded.mtime, size = excluded.size, point_geom = excluded.point_geom, polygon_geom = excluded.polygon_geom`, b.Token, b.Dataset.ID)
	return err
}
