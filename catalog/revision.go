package catalog

import (
	"context"
	"iter"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/jackc/pgx/v5"
)

// Revision is a state of a dataset's entries and metadata.
type Revision struct {
	Number    int64 // grows with every change
	ChangedAt time.Time
}

func revisionOf(ctx context.Context, q querier, d *Dataset) (Revision, error) {
	return one(ctx, q, pgx.RowToStructByPos[Revision], cairn.Errorf(cairn.NotFound, "The dataset %q was deleted meanwhile.", d.Slug),
		`select revision, changed_at from datasets where id = $1`, d.ID)
}

// Revision returns the present one of a dataset, as the database knows it.
func (c *Catalog) Revision(ctx context.Context, d *Dataset) (Revision, error) {
	return revisionOf(ctx, c.pool, d)
}

// Revision returns the one of the dataset that the snapshot shows.
func (s Snapshot) Revision(ctx context.Context, d *Dataset) (Revision, error) {
	return revisionOf(ctx, s.tx, d)
}

// Everything yields, in batches, every row of the dataset in the order of the
// paths, that with the empty path included; folders without a row are not there.
func (s Snapshot) Everything(ctx context.Context, d *Dataset) iter.Seq2[[]Entry, error] {
	return s.entries(ctx, `select `+entryColumns+` from entries where dataset_id = $1 order by path`, d.ID)
}

// Records calls each with every record of metadata by id, also those that the
// server made for settings.
func (s Snapshot) Records(ctx context.Context, d *Dataset, each func(Record) error) error {
	return eachRecord(ctx, s.tx, d, nil, each)
}
