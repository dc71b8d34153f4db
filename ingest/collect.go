package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// grace is how long bytes that no entry names are kept: an upload names its
// bytes only after they are stored.
const grace = 24 * time.Hour

// collectArgs is the job that removes uploaded bytes that no entry names any
// more, and what was built from them.
type collectArgs struct{}

func (collectArgs) Kind() string { return "collect" }

func (collectArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled}}}
}

type collectWorker struct {
	river.WorkerDefaults[collectArgs]
	catalog *catalog.Catalog
	store   blob.Store
	grace   time.Duration
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
		if !w.old(o) {
			return nil
		}
		if batch = append(batch, path.Base(o.Key)); len(batch) < 1000 {
			return nil
		}
		return flush()
	})
	err = errors.Join(err, flush(), w.collectProducts(ctx))
	if removed > 0 {
		slog.Info("unreferenced files removed", "count", removed)
	}
	return err
}

func (w *collectWorker) old(o blob.Info) bool { return time.Since(o.ModTime) >= w.grace }

// collect deletes those of the hashes that no entry has, and returns their number.
func (w *collectWorker) collect(ctx context.Context, hashes []string) (removed int, err error) {
	orphans, err := w.catalog.Unreferenced(ctx, hashes)
	if err != nil {
		return 0, fmt.Errorf("unreferenced hashes: %w", err)
	}
	for _, hash := range orphans {
		err := w.catalog.Discard(ctx, hash, func() error {
			o, err := w.store.Stat(ctx, blob.Key(hash))
			if cairn.CodeOf(err) == cairn.NotFound || err == nil && !w.old(o) { // uploaded again meanwhile
				return nil
			}
			if err != nil {
				return err
			}
			removed++
			return w.store.Delete(ctx, o.Key)
		})
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// collectProducts deletes the files of products whose input no entry has.
func (w *collectWorker) collectProducts(ctx context.Context) error {
	for {
		inputs, err := w.catalog.UnneededProducts(ctx, time.Now().Add(-w.grace))
		if err != nil || len(inputs) == 0 {
			return err
		}
		for key, input := range inputs {
			err := w.catalog.ForgetProduct(ctx, key, input, func() error {
				return w.store.Walk(ctx, catalog.ProductFile(key, ""), func(o blob.Info) error { return w.store.Delete(ctx, o.Key) })
			})
			if err != nil {
				return err
			}
		}
	}
}
