package ingest

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/cairngeo/cairn/catalog"
	"github.com/riverqueue/river"
)

// BuildSearchEvery is how often entries are looked for that nothing was built of.
const BuildSearchEvery = time.Minute

// mostFound bounds what one search asks for; the next one goes on.
const mostFound = 1000

// buildSearchArgs is the job that asks for the products that nobody asked for:
// those of entries that are older than their builder, above all.
type buildSearchArgs struct{}

func (buildSearchArgs) Kind() string { return "search-builds" }

func (buildSearchArgs) InsertOpts() river.InsertOpts { return onceAtATime }

type buildSearchWorker struct {
	river.WorkerDefaults[buildSearchArgs]
	*Ingest
}

func (w *buildSearchWorker) Work(ctx context.Context, _ *river.Job[buildSearchArgs]) error {
	found, err := w.SearchBuilds(ctx)
	if found.Enqueued > 0 {
		slog.Info("builds enqueued for entries that lacked them", "count", found.Enqueued)
	}
	return err
}

// SearchBuilds asks for the products that nobody asked for, and keeps what it
// found for every node to tell.
func (in *Ingest) SearchBuilds(ctx context.Context) (catalog.BuildSearch, error) {
	search := catalog.BuildSearch{Began: time.Now().UTC()}
	var types []catalog.EntryType
	var errs []error
	for entryType, kind := range kinds {
		types = append(types, entryType)
		if err := in.askForUnbuilt(ctx, catalog.Buildable{Type: entryType, Kind: kind, Version: in.version(kind)}, &search); err != nil {
			errs = append(errs, err)
		}
	}
	var err error
	if search.Datasets, search.Checked, err = in.catalog.CountBuildable(ctx, types); err != nil {
		errs = append(errs, err)
	}
	search.Errors = len(errs)
	search.Duration = time.Since(search.Began)
	return search, errors.Join(append(errs, in.catalog.NoteBuildSearch(ctx, search))...)
}

func (in *Ingest) askForUnbuilt(ctx context.Context, b catalog.Buildable, search *catalog.BuildSearch) error {
	unbuilt, err := in.catalog.Unbuilt(ctx, b, mostFound)
	var errs []error
	for dataset, entries := range unbuilt {
		search.Found += len(entries)
		err := in.catalog.Update(ctx, func(tx catalog.Tx) error {
			return in.requestBackgroundBuilds(ctx, tx, &catalog.Dataset{ID: dataset}, entries)
		})
		if err != nil { // the dataset may be gone; the others have a right to their builds
			errs = append(errs, err)
			continue
		}
		search.Enqueued += len(entries)
	}
	return errors.Join(append(errs, err)...)
}
