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
)

// grace is how long bytes that no entry names are kept: an upload names its
// bytes only after they are stored.
const grace = 24 * time.Hour

// collectArgs is the job that removes uploaded bytes that no entry names any
// more, and what was built from them; artifacts whose time is over; tasks that
// ended long ago; and pushes and shares that nobody goes on with.
type collectArgs struct{}

func (collectArgs) Kind() string { return "collect" }

func (collectArgs) InsertOpts() river.InsertOpts { return onceAtATime }

type collectWorker struct {
	river.WorkerDefaults[collectArgs]
	*Ingest
	grace time.Duration
}

// Timeout: a large store takes its time.
func (collectWorker) Timeout(*river.Job[collectArgs]) time.Duration { return -1 }

// Work goes through the store once.
func (w *collectWorker) Work(ctx context.Context, _ *river.Job[collectArgs]) error {
	pushes, shares, sessionErr := w.catalog.EndSessions(ctx) // first: what they staged may go at once
	removed, err := w.sweep(ctx, "blobs/", w.grace, w.collect)
	expired, artifactErr := w.sweep(ctx, "artifacts/", min(w.grace, artifactGrace), w.collectArtifacts)
	_, overviewErr := w.sweep(ctx, "mosaics/", min(w.grace, artifactGrace), w.collectOverviews)
	_, _, taskErr := w.ForgetTasks(ctx, 0)
	err = errors.Join(sessionErr, err, artifactErr, overviewErr, taskErr, w.collectProducts(ctx), w.collectSuperseded(ctx))
	if pushes+shares > 0 {
		slog.Info("abandoned pushes and shares ended", "pushes", pushes, "shares", shares)
	}
	if expired > 0 {
		slog.Info("expired artifacts removed", "count", expired)
	}
	if removed > 0 {
		slog.Info("unreferenced files removed", "count", removed)
	}
	return err
}

// artifactGrace is how long a file may lie in the store before its task names it.
const artifactGrace = time.Hour

// sweep hands the keys of objects that are older than the grace on, in
// batches, so that memory does not grow with the store.
func (w *collectWorker) sweep(ctx context.Context, prefix string, grace time.Duration, collect func(ctx context.Context, keys []string) (int, error)) (removed int, err error) {
	var batch []string
	flush := func() error {
		n, err := collect(ctx, batch)
		removed, batch = removed+n, batch[:0]
		return err
	}
	err = w.store.Walk(ctx, prefix, func(o blob.Info) error {
		if time.Since(o.ModTime) < grace {
			return nil
		}
		if batch = append(batch, o.Key); len(batch) < 1000 {
			return nil
		}
		return flush()
	})
	return removed, errors.Join(err, flush())
}

// collectArtifacts deletes those that no task offers any more, and returns their number.
func (w *collectWorker) collectArtifacts(ctx context.Context, keys []string) (removed int, err error) {
	keys, err = w.catalog.UnneededArtifacts(ctx, keys)
	if err != nil {
		return 0, err
	}
	for _, key := range keys {
		if err := w.store.Delete(ctx, key); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// collectOverviews deletes pictures that are no dataset's overview any more, and returns their number.
func (w *collectWorker) collectOverviews(ctx context.Context, files []string) (removed int, err error) {
	keys := make([]string, len(files))
	for i, file := range files {
		keys[i] = path.Base(path.Dir(file))
	}
	if keys, err = w.catalog.UnneededOverviews(ctx, keys); err != nil {
		return 0, err
	}
	for _, key := range keys {
		err := w.catalog.DiscardOverview(ctx, key, func() error {
			removed++
			return w.store.Delete(ctx, OverviewFile(key))
		})
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

func (w *collectWorker) old(o blob.Info) bool { return time.Since(o.ModTime) >= w.grace }

// collect deletes those of the blobs that no entry has, and returns their number.
func (w *collectWorker) collect(ctx context.Context, keys []string) (removed int, err error) {
	hashes := make([]string, len(keys))
	for i, key := range keys {
		hashes[i] = path.Base(key)
	}
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
			if err := w.forgetProduct(ctx, key, input); err != nil {
				return err
			}
		}
	}
}

// collectSuperseded deletes the files of products that one of another version
// replaced a while ago: a page that is open may still ask for them.
func (w *collectWorker) collectSuperseded(ctx context.Context) error {
	for {
		keys, err := w.catalog.SupersededProducts(ctx, time.Now().Add(-w.grace))
		if err != nil || len(keys) == 0 {
			return err
		}
		for _, key := range keys {
			if err := w.catalog.RetireProduct(ctx, key, func() error { return w.removeProduct(ctx, key) }); err != nil {
				return err
			}
		}
	}
}

// forgetProduct deletes the files of a product, unless an entry has its input again.
func (in *Ingest) forgetProduct(ctx context.Context, key, input string) error {
	return in.catalog.ForgetProduct(ctx, key, input, func() error { return in.removeProduct(ctx, key) })
}

// removeProduct deletes the files of a product.
func (in *Ingest) removeProduct(ctx context.Context, key string) error {
	return in.store.Walk(ctx, catalog.ProductFile(key, ""), func(o blob.Info) error { return in.store.Delete(ctx, o.Key) })
}
