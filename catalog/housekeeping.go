package catalog

import (
	"context"

	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// DatasetSlugs are the slugs by which a dataset is known.
type DatasetSlugs struct{ Organization, Slug string }

// RemoveEmptyDatasets deletes, for an administrator, the datasets without
// entries, except public/default and those into which somebody is sharing or pushing.
func (c *Catalog) RemoveEmptyDatasets(ctx context.Context, caller auth.Caller) (removed []DatasetSlugs, err error) {
	if err := auth.Decide(caller, auth.Administer, auth.Facts{}); err != nil {
		return nil, err
	}
	err = c.Update(ctx, func(tx Tx) error {
		empty, err := many(ctx, tx, pgx.RowTo[uuid.UUID], `select id from datasets where entry_count = 0 order by id for update`)
		if err != nil {
			return err
		}
		// A statement of its own, which sees what was committed while the one above waited.
		removed, err = many(ctx, tx, pgx.RowToStructByPos[DatasetSlugs], `
			delete from datasets d using organizations o where o.id = d.organization_id and d.id = any($1)
				and not exists (select from entries where dataset_id = d.id)
				and (o.slug, d.slug) <> ('public', 'default')
				and not exists (select from share_batches where dataset_id = d.id and status = 0 and last_active_at > now() - $2::interval)
				and not exists (select from pushes where dataset_id = d.id and not committed and last_active_at > now() - $3::interval)
			returning o.slug, d.slug`, empty, batchTimeout, pushTimeout)
		return err
	})
	return removed, err
}

// MigratedVisibility is the visibility that a dataset got which had none.
type MigratedVisibility struct {
	DatasetSlugs
	Public     bool // what the legacy setting said
	Visibility auth.Visibility
}

// MigrateVisibility gives, for an administrator, datasets without a
// visibility the one that the legacy setting "public" stands for.
func (c *Catalog) MigrateVisibility(ctx context.Context, caller auth.Caller) (migrated []MigratedVisibility, err error) {
	if err := auth.Decide(caller, auth.Administer, auth.Facts{}); err != nil {
		return nil, err
	}
	err = c.Update(ctx, func(tx Tx) error {
		type lacking struct {
			ID     uuid.UUID
			Name   DatasetSlugs
			Public bool
		}
		found, err := many(ctx, tx, func(row pgx.CollectableRow) (l lacking, err error) {
			return l, row.Scan(&l.ID, &l.Name.Organization, &l.Name.Slug, &l.Public)
		}, `
			select d.id, o.slug, d.slug, coalesce((select data::text in ('1', 'true', '"1"', '"true"')
				from metadata where dataset_id = d.id and path = '' and key = 'public' order by mtime desc limit 1), false)
			from datasets d join organizations o on o.id = d.organization_id
			where not exists (select from metadata where dataset_id = d.id and path = '' and key = 'visibility') order by o.slug, d.slug for update of d`)
		if err != nil {
			return err
		}
		for _, l := range found {
			m := MigratedVisibility{DatasetSlugs: l.Name, Public: l.Public}
			if l.Public {
				m.Visibility = auth.Unlisted
			}
			tag, err := tx.Exec(ctx, `insert into metadata (dataset_id, key, data, mtime, made_by_server) select $1, 'visibility', $2, extract(epoch from now())::bigint, true
				where not exists (select from metadata where dataset_id = $1 and path = '' and key = 'visibility')`, l.ID, m.Visibility)
			if err != nil {
				return err
			}
			if tag.RowsAffected() == 0 { // somebody said it at this moment
				continue
			}
			migrated = append(migrated, m)
		}
		return nil
	})
	return migrated, err
}

// RemoveBatches forgets, for an administrator, the shares that were committed
// and those that ended otherwise or have been idle for an hour, with what was
// staged in them and with datasets that were made for them and stayed empty.
func (c *Catalog) RemoveBatches(ctx context.Context, caller auth.Caller) (removed []*Batch, err error) {
	if err := auth.Decide(caller, auth.Administer, auth.Facts{}); err != nil {
		return nil, err
	}
	err = c.Update(ctx, func(tx Tx) error {
		removed, err = many(ctx, tx, scanBatch, `select `+batchColumns+` from`+batchTables+`
			where b.status = 1 or b.last_active_at < now() - $1::interval order by b.started_at for update of b`, batchTimeout)
		if err != nil {
			return err
		}
		tokens := make([]string, len(removed))
		for i, b := range removed {
			tokens[i] = b.Token
		}
		if err := tx.endBatches(ctx, tokens); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `delete from share_batches where token = any($1)`, tokens)
		return err
	})
	return removed, err
}
