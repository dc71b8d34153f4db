package ingest

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/riverqueue/river"
)

// Cleaned is what a cleanup of a dataset removed.
type Cleaned struct {
	Entries []string // paths of files whose bytes are lost
	Builds  []string // hashes of files that were built and that no dataset has any more
}

// cleanupArgs is the job that cleans a dataset up.
type cleanupArgs struct {
	Dataset catalog.DatasetName `json:"dataset" river:"unique"`
}

func (cleanupArgs) Kind() string { return "cleanup" }

func (cleanupArgs) InsertOpts() river.InsertOpts { return onceAtATime }

// CleanUpLater enqueues the cleanup of datasets and returns the ids of the jobs.
func (in *Ingest) CleanUpLater(ctx context.Context, datasets []catalog.DatasetName) (jobs []string, err error) {
	for batch := range slices.Chunk(datasets, 1000) {
		inserts := make([]river.InsertManyParams, len(batch))
		for i, d := range batch {
			inserts[i].Args = cleanupArgs{d}
		}
		added, err := in.queue.InsertMany(ctx, inserts)
		if err != nil {
			return nil, cairn.Errorf(cairn.Unavailable, "The job queue does not answer. Try again.").Because(err)
		}
		for _, a := range added {
			jobs = append(jobs, strconv.FormatInt(a.Job.ID, 10))
		}
	}
	return jobs, nil
}

type cleanupWorker struct {
	river.WorkerDefaults[cleanupArgs]
	*Ingest
}

// Timeout: a large dataset takes its time.
func (cleanupWorker) Timeout(*river.Job[cleanupArgs]) time.Duration { return -1 }

func (w *cleanupWorker) Work(ctx context.Context, job *river.Job[cleanupArgs]) error {
	d := job.Args.Dataset
	cleaned, err := w.CleanUp(ctx, d)
	if len(cleaned.Entries)+len(cleaned.Builds) > 0 {
		slog.Info("dataset cleaned up", "dataset", d.Organization+"/"+d.Slug, "entries", len(cleaned.Entries), "builds", len(cleaned.Builds))
	}
	return err
}

// CleanUp removes the files of a dataset whose bytes the store has lost, and
// the products that were built for it and that no dataset needs.
func (in *Ingest) CleanUp(ctx context.Context, d catalog.DatasetName) (cleaned Cleaned, err error) {
	const batch = 1000
	for after := ""; ; {
		files, err := in.catalog.Files(ctx, d.ID, after, batch)
		if err != nil {
			return cleaned, err
		}
		for _, f := range files {
			removed, err := in.removeIfLost(ctx, d, f)
			if err != nil {
				return cleaned, err
			}
			if removed {
				cleaned.Entries = append(cleaned.Entries, f.Path)
			}
			after = f.Path
		}
		if len(files) < batch {
			break
		}
	}
	unneeded, err := in.catalog.UnneededBuilds(ctx, d.ID)
	for key, input := range unneeded {
		if err := in.forgetProduct(ctx, key, input); err != nil {
			return cleaned, err
		}
		cleaned.Builds = append(cleaned.Builds, input)
	}
	slices.Sort(cleaned.Builds)
	cleaned.Builds = slices.Compact(cleaned.Builds)
	return cleaned, err
}

func (in *Ingest) removeIfLost(ctx context.Context, d catalog.DatasetName, f catalog.FileName) (bool, error) {
	if lost, err := in.lost(ctx, f); err != nil || !lost {
		return false, err
	}
	if err := in.checkStore(ctx); err != nil {
		return false, err
	}
	return in.catalog.RemoveLost(ctx, d.ID, f, func() (bool, error) { return in.lost(ctx, f) })
}

func (in *Ingest) lost(ctx context.Context, f catalog.FileName) (bool, error) {
	_, err := in.store.Stat(ctx, blob.Key(f.Hash))
	if cairn.CodeOf(err) == cairn.NotFound {
		return true, nil
	}
	return false, err
}

// checkStore keeps a store whose disk is not mounted from being taken for one
// that has lost every file.
func (in *Ingest) checkStore(ctx context.Context) error {
	found := errors.New("found")
	err := in.store.Walk(ctx, "blobs/", func(blob.Info) error { return found })
	switch {
	case errors.Is(err, found):
		return nil
	case err != nil:
		return err
	}
	return cairn.Errorf(cairn.Unavailable, "The store has no file at all, so nothing was removed. Is its disk mounted?")
}
