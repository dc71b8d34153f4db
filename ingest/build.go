package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/ingest/raster"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// A builder makes the files of a product in dir from the file that GDAL opens
// as source.
type builder struct {
	version string
	build   func(ctx context.Context, source, dir string, progress func(percent float64)) error
}

// builders are by the kind of their product, which is also the folder of its files in the API.
var builders = map[string]builder{
	"cog": {raster.Version, raster.Build},
}

var kinds = map[catalog.EntryType]string{catalog.GeoRaster: "cog"}

// Product names what is built from the entry; ok is false if nothing is.
func Product(e catalog.Entry) (p catalog.Product, ok bool) {
	kind, ok := kinds[e.Type]
	return catalog.Product{Kind: kind, Version: builders[kind].version, Inputs: []string{e.Hash}}, ok
}

// Build asks for the product of an entry. Nothing happens for an entry that
// none is built from. Without force a build under way is a Conflict.
func (in *Ingest) Build(ctx context.Context, d *catalog.Dataset, path string, force bool) error {
	e, err := in.catalog.Entry(ctx, d, path)
	if err != nil {
		return err
	}
	if _, buildable := Product(e); !buildable {
		return nil
	}
	active, err := in.catalog.BuildActive(ctx, d, path)
	if err != nil {
		return err
	}
	if active && !force {
		return cairn.Errorf(cairn.Conflict, "A build of %q is under way already.", path)
	}
	return in.catalog.Update(ctx, func(tx catalog.Tx) error { return in.requestBuild(ctx, tx, d, e, force) })
}

// requestBuild enqueues the build of the entry's product in the transaction that needs it.
func (in *Ingest) requestBuild(ctx context.Context, tx catalog.Tx, d *catalog.Dataset, e catalog.Entry, force bool) error {
	p, buildable := Product(e)
	if !buildable {
		return nil
	}
	needed, err := tx.RequestBuild(ctx, d.ID, e, p, force)
	if err != nil || !needed {
		return err
	}
	_, err = in.queue.InsertTx(ctx, tx.Tx, buildArgs{Product: p.Key(), Builder: p.Kind, Hash: e.Hash}, nil)
	return err
}

// buildArgs is the job that builds a product. One product has one job at a time.
type buildArgs struct {
	Product string `json:"product" river:"unique"`
	Builder string `json:"kind"`
	Hash    string `json:"hash"`
}

func (buildArgs) Kind() string { return "build" }

// maxBuildAttempts includes the times that the server was killed meanwhile.
const maxBuildAttempts = 100

func (buildArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: maxBuildAttempts, Queue: buildQueue, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled}}}
}

type buildWorker struct {
	river.WorkerDefaults[buildArgs]
	catalog *catalog.Catalog
	store   blob.Store
}

// Timeout: a build has no natural one.
func (buildWorker) Timeout(*river.Job[buildArgs]) time.Duration { return -1 }

// retries is how often a build that failed for a reason that may pass is tried again.
const retries = 2

// maxProcessEnds is how often a build may go down with its process. A file
// that crashes a library must not do so for ever.
const maxProcessEnds = 10

// Work builds the product, publishes its files, and makes it ready in the
// transaction that completes the job.
func (w *buildWorker) Work(ctx context.Context, job *river.Job[buildArgs]) error {
	err := w.build(ctx, job)
	switch {
	case err == nil:
	case ctx.Err() != nil && !errors.Is(context.Cause(ctx), rivertype.ErrJobCancelledRemotely):
		return river.JobSnooze(0) // the server stops; the next start goes on
	case cairn.CodeOf(err) == cairn.Internal && len(job.Errors) < retries:
		slog.Warn("build will be tried again", "hash", job.Args.Hash, "error", err)
		return err
	default:
		slog.Warn("build failed", "hash", job.Args.Hash, "error", err)
	}
	ctx = context.WithoutCancel(ctx) // what is done is written down
	return w.catalog.Update(ctx, func(tx catalog.Tx) error {
		if err := tx.FinishBuild(ctx, job.Args.Product, err); err != nil {
			return err
		}
		_, err := river.JobCompleteTx[*riverpgxv5.Driver, pgx.Tx](ctx, tx.Tx, job)
		return err
	})
}

func (w *buildWorker) build(ctx context.Context, job *river.Job[buildArgs]) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("builder panicked: %v\n%s", cause, debug.Stack())
		}
	}()
	// Attempts that ended in no error ended with their process.
	if ended := job.Attempt - 1 - len(job.Errors); ended >= maxProcessEnds {
		return cairn.Errorf(cairn.Invalid, "The server ended %d times while it built this file. It was given up so that the server runs; the file may be damaged.", ended)
	}
	args := job.Args
	b, ok := builders[args.Builder]
	if !ok {
		return cairn.Errorf(cairn.Invalid, "This version of Cairn can't build %q.", args.Builder)
	}
	if err := w.catalog.StartBuild(ctx, args.Product); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(w.store.Scratch(), "build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := b.build(ctx, w.store.Location(blob.Key(args.Hash)), dir, w.report(ctx, args.Product)); err != nil {
		return err
	}
	return w.publish(ctx, args, dir)
}

// report returns a function that writes the progress down, at most once a second.
func (w *buildWorker) report(ctx context.Context, product string) func(percent float64) {
	var last time.Time
	return func(percent float64) {
		if time.Since(last) < time.Second {
			return
		}
		last = time.Now()
		if err := w.catalog.ProgressBuild(ctx, product, int(min(max(percent, 0), 100))); err != nil {
			slog.Warn("build progress not recorded", "error", err)
		}
	}
}

// publish moves the files into the store. Nobody asks for them before the
// product is ready.
func (w *buildWorker) publish(ctx context.Context, args buildArgs, dir string) error {
	return filepath.WalkDir(dir, func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		key := catalog.ProductFile(args.Product, args.Builder+"/"+filepath.ToSlash(name))
		if err := w.store.Delete(ctx, key); err != nil { // a forced build betters what is there
			return err
		}
		return w.store.Adopt(ctx, key, file)
	})
}
