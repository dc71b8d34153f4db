package catalog

import (
	"context"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// BatchStatus is what became of a share. The numbers are part of the API.
type BatchStatus int

// The statuses.
const (
	BatchRunning BatchStatus = iota
	BatchCommitted
	BatchRolledBack
)

// Batch is a share: files that one user stages for a dataset and that become
// its entries at commit, all at once.
type Batch struct {
	Token     string
	UserName  string
	Status    BatchStatus
	StartedAt time.Time
	EndedAt   *time.Time
	DatasetSlugs

	Dataset *Dataset // only of a batch that the caller may add to; nil if it is gone

	user uuid.UUID
}

// batchTables and batchColumns select a Batch b; $1 is how long one may be idle.
const (
	batchColumns = `b.token, u.name, case when b.status = 0 and b.last_active_at < now() - $1::interval then 2 else b.status end, b.started_at, b.ended_at,
		coalesce(o.slug, ''), coalesce(d.slug, ''), b.user_id`
	batchTables = ` share_batches b join users u on u.id = b.user_id left join datasets d on d.id = b.dataset_id left join organizations o on o.id = d.organization_id`
)

func scanBatch(row pgx.CollectableRow) (*Batch, error) {
	var b Batch
	err := row.Scan(&b.Token, &b.UserName, &b.Status, &b.StartedAt, &b.EndedAt, &b.Organization, &b.Slug, &b.user)
	return &b, err
}

// Batch returns the share with the token, which is its user's own business.
func (c *Catalog) Batch(ctx context.Context, caller auth.Caller, token string) (*Batch, error) {
	unknown := cairn.Errorf(cairn.NotFound, "There is no share with this token.")
	if len(token) > maxToken {
		return nil, unknown
	}
	b, err := one(ctx, c.pool, scanBatch, unknown, `select `+batchColumns+` from`+batchTables+` where b.token = $2`, batchTimeout, token)
	if err != nil {
		return nil, err
	}
	return b, auth.Decide(caller, auth.UseShare, auth.Facts{User: uuid.NullUUID{UUID: b.user, Valid: true}})
}

// OpenBatch is Batch for one that is still running, by a caller who still may
// write to its dataset.
func (c *Catalog) OpenBatch(ctx context.Context, caller auth.Caller, token string) (*Batch, error) {
	b, err := c.Batch(ctx, caller, token)
	if err != nil {
		return nil, err
	}
	if b.Status != BatchRunning || b.Slug == "" {
		return nil, errBatchEnded()
	}
	b.Dataset, err = c.Dataset(ctx, caller, b.Organization, b.Slug, auth.WriteDataset)
	return b, err
}

func errBatchEnded() error {
	return cairn.Errorf(cairn.Invalid, "This share has ended. Share again.")
}

// TouchBatch keeps a share from ending for another hour.
func (c *Catalog) TouchBatch(ctx context.Context, b *Batch) error {
	_, err := c.pool.Exec(ctx, `update share_batches set last_active_at = now() where token = $1 and last_active_at < now() - interval '1 minute'`, b.Token)
	return translate(err)
}

// Batches returns the shares into a dataset, newest first.
func (c *Catalog) Batches(ctx context.Context, d *Dataset) ([]*Batch, error) {
	return many(ctx, c.pool, scanBatch, `select `+batchColumns+` from`+batchTables+` where b.dataset_id = $2 order by b.started_at desc, b.token`, batchTimeout, d.ID)
}

// SharedEntry is a file of a share.
type SharedEntry struct {
	Path    string
	Hash    string
	Type    EntryType
	Size    int64 // bytes
	AddedAt time.Time
}

// BatchEntries calls each with the files of a share by path.
func (c *Catalog) BatchEntries(ctx context.Context, b *Batch, each func(SharedEntry) error) error {
	var e SharedEntry
	return eachRow(ctx, c.pool, []any{&e.Path, &e.Hash, &e.Type, &e.Size, &e.AddedAt}, func() error { return each(e) },
		`select path, hash, type, size, added_at from share_entries where batch = $1 order by path`, b.Token)
}

// endBatches rolls shares back that are not committed: nothing of what they
// staged remains, nor do the datasets that were made for them if nothing else
// is in them.
func (tx Tx) endBatches(ctx context.Context, tokens []string) error {
	if len(tokens) == 0 {
		return nil
	}
	for _, statement := range []string{
		`select from share_batches where token = any($1) order by token for update`, // waits for files that are being noted: see running
		`select from datasets where id in (select dataset_id from share_batches where token = any($1)) order by id for update`,
		`update share_batches set status = 2, ended_at = now() where token = any($1) and status = 0`,
		`delete from share_entries where batch in (select token from share_batches where token = any($1) and status = 2)`,
		`delete from share_files where batch = any($1)`,
		`delete from datasets d using share_batches b where b.dataset_id = d.id and b.token = any($1) and b.made_dataset and b.status = 2
			and not exists (select from entries where dataset_id = d.id)
			and not exists (select from share_batches other where other.dataset_id = d.id and other.status = 0)
			and not exists (select from pushes where dataset_id = d.id and not committed)`,
	} {
		if _, err := tx.Exec(ctx, statement, tokens); err != nil {
			return err
		}
	}
	return nil
}

// RollBack ends a share without its files becoming entries. One that has ended
// already stays as it is.
func (c *Catalog) RollBack(ctx context.Context, b *Batch) error {
	if b.Status == BatchCommitted {
		return cairn.Errorf(cairn.Invalid, "This share is committed already; delete the files from the dataset instead.")
	}
	return c.Update(ctx, func(tx Tx) error { return tx.endBatches(ctx, []string{b.Token}) })
}
