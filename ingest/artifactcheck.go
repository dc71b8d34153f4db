package ingest

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/riverqueue/river"
)

// artifactCheckArgs is the job that makes sure that what is said to be built
// is there.
type artifactCheckArgs struct{}

func (artifactCheckArgs) Kind() string { return "check-artifacts" }

func (artifactCheckArgs) InsertOpts() river.InsertOpts { return onceAtATime }

// CheckArtifacts begins a check of all products and returns the id of its job,
// which may be under way already.
func (in *Ingest) CheckArtifacts(ctx context.Context) (job string, err error) {
	added, err := in.queue.Insert(ctx, artifactCheckArgs{}, nil)
	if err != nil {
		return "", cairn.Errorf(cairn.Unavailable, "The job queue does not answer. Try again.").Because(err)
	}
	return strconv.FormatInt(added.Job.ID, 10), nil
}

type artifactCheckWorker struct {
	river.WorkerDefaults[artifactCheckArgs]
	*Ingest
}

// Timeout: a large store takes its time.
func (artifactCheckWorker) Timeout(*river.Job[artifactCheckArgs]) time.Duration { return -1 }

// Work goes through the products in batches, so that memory does not grow with them.
func (w *artifactCheckWorker) Work(ctx context.Context, _ *river.Job[artifactCheckArgs]) error {
	const batch = 1000
	checked, incomplete := 0, 0
	for after := ""; ; {
		products, err := w.catalog.ReadyProducts(ctx, after, batch)
		if err != nil {
			return err
		}
		for _, p := range products {
			whole, err := w.complete(ctx, p)
			if err == nil && !whole {
				incomplete++
				err = w.rebuild(ctx, p)
			}
			if err != nil {
				return err
			}
			checked, after = checked+1, p.Key
		}
		if len(products) < batch {
			slog.Info("products checked", "count", checked, "incomplete", incomplete)
			return nil
		}
	}
}

// complete tells whether the store has what makes the product worth its name.
func (w *artifactCheckWorker) complete(ctx context.Context, p catalog.ReadyProduct) (bool, error) {
	info, err := w.store.Stat(ctx, catalog.ProductFile(p.Key, MainFile(catalog.Product{Kind: p.Kind})))
	if cairn.CodeOf(err) == cairn.NotFound {
		return false, nil
	}
	return err == nil && info.Size > 0, err
}

// rebuild asks for the product on behalf of one of the entries that need it.
// One that none needs in this version is left to the collector.
func (w *artifactCheckWorker) rebuild(ctx context.Context, p catalog.ReadyProduct) error {
	holders, err := w.catalog.WithContent(ctx, p.Input, 1000)
	if err != nil {
		return err
	}
	for dataset, entries := range holders {
		for _, e := range entries {
			if wanted, ok := w.Product(e); !ok || wanted.Key() != p.Key {
				continue
			}
			return w.catalog.Update(ctx, func(tx catalog.Tx) error {
				if err := tx.MissProduct(ctx, p.Key); err != nil {
					return err
				}
				return w.requestBuilds(ctx, tx, &catalog.Dataset{ID: dataset}, false, e)
			})
		}
	}
	return nil
}
