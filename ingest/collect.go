package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"strings"
	"time"

	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// grace is how long bytes that no entry names are kept: an upload names its
// bytes only after they are stored.
const grace = 24 * time.Hour

// collectArgs is the job that removes uploaded bytes that no entry names any more.
type collectArgs struct{}

func (collectArgs) Kind() string { return "collect" }

func (collectArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled}}}
}

type collectWorker struct {
	river.WorkerDefaults[collectArgs]
	pool  *pgxpool.Pool
	store blob.Store
}

// Timeout: a large store takes its time.
func (collectWorker) Timeout(*river.Job[collectArgs]) time.Duration { return -1 }

// Work collects in batches, so that memory does not grow with the store.
func (w *collectWorker) Work(ctx context.Context, _ *river.Job[collectArgs]) error {
	var batch []string
	var removed int
	flush := func() error {
		n, err := w.collect(ctx, batch)
		removed, batch = removed+n, batch[:0]
		return err
	}
	err := w.store.Walk(ctx, "blobs/", func(o blob.Info) error {
		if time.Since(o.ModTime) < grace {
			return nil
		}
		if batch = append(batch, path.Base(o.Key)); len(batch) < 1000 {
			return nil
		}
		return flush()
	})
	err = errors.Join(err, flush())
	if removed > 0 {
		slog.Info("unreferenced files removed", "count", removed)
	}
	return err
}

// collect deletes those of the hashes that no entry has.
func (w *collectWorker) collect(ctx context.Context, hashes []string) (int, error) {
	rows, err := w.pool.Query(ctx, `select h from unnest($1::text[]) h where not exists (select from entries where hash = h)`, hashes)
	if err != nil {
		return 0, fmt.Errorf("unreferenced hashes: %w", err)
	}
	orphans, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return 0, fmt.Errorf("unreferenced hashes: %w", err)
	}
	for _, hash := range orphans {
		if err := w.store.Delete(ctx, blob.Key(strings.ToLower(hash))); err != nil {
			return 0, err
		}
	}
	return len(orphans), nil
}
