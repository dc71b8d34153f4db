package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// Builds have a queue of their own, so that a hundred of them don't keep an archive waiting.
const (
	buildQueue = "builds"
	taskQueue  = "tasks"
)

// Queue works the jobs of the catalog until it is stopped.
type Queue struct {
	client *river.Client[pgx.Tx]
	pool   *pgxpool.Pool
	cancel context.CancelFunc
	done   chan struct{}
}

// New returns an Ingest on a migrated database. Jobs wait until Start works them.
func New(c *catalog.Catalog, store blob.Store, pool *pgxpool.Pool, options Options) (*Ingest, *river.Client[pgx.Tx], error) {
	in := &Ingest{catalog: c, store: store, options: options.withDefaults()}
	in.indexes = newIndexes(c, store, in.options.IndexBytes)
	in.tools = newTools(in)
	workers := river.NewWorkers()
	river.AddWorker(workers, &taskWorker{Ingest: in})
	river.AddWorker(workers, &collectWorker{Ingest: in, grace: grace})
	river.AddWorker(workers, &buildSearchWorker{Ingest: in})
	river.AddWorker(workers, &overviewSearchWorker{Ingest: in})
	river.AddWorker(workers, &artifactCheckWorker{Ingest: in})
	river.AddWorker(workers, &cleanupWorker{Ingest: in})
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		ID:            uuid.NewString(),
		Workers:       workers,
		Logger:        slog.New(warnings{slog.Default().Handler()}),
		FetchCooldown: 20 * time.Millisecond,
		JobTimeout:    -1,
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: 4},
			taskQueue:          {MaxWorkers: max(2, runtime.NumCPU())},
			buildQueue:         {MaxWorkers: max(1, runtime.NumCPU()/2)}, // a build uses several cores itself
		},
		PeriodicJobs: []*river.PeriodicJob{
			river.NewPeriodicJob(river.PeriodicInterval(time.Hour), func() (river.JobArgs, *river.InsertOpts) { return collectArgs{}, nil }, nil),
			river.NewPeriodicJob(river.PeriodicInterval(BuildSearchEvery), func() (river.JobArgs, *river.InsertOpts) { return buildSearchArgs{}, nil }, nil),
			river.NewPeriodicJob(river.PeriodicInterval(OverviewSearchEvery), func() (river.JobArgs, *river.InsertOpts) { return overviewSearchArgs{}, nil }, nil),
		},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("job queue: %w", err)
	}
	in.queue = client
	return in, client, nil
}

// onceAtATime is for jobs that begin anew each time: one that is under way is
// enough, and one that failed is not worth a second try.
var onceAtATime = river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled}}}

// lockName is what a process that works jobs holds an advisory lock on.
const lockName = `hashtextextended('river:' || $1, 0)`

// sweepEvery is how long the jobs of a process that died wait at most.
const sweepEvery = 5 * time.Second

// Start works jobs. Those that a dead process left run again at once: each
// process holds a lock in the database that ends with its connection, so age
// says nothing and a long build is never mistaken for a lost one. When the
// database goes away the jobs stop, and begin anew when it is back.
func Start(ctx context.Context, client *river.Client[pgx.Tx], pool *pgxpool.Pool) (*Queue, error) {
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	q := &Queue{client: client, pool: pool, cancel: cancel, done: make(chan struct{})}
	alive, err := q.begin(ctx)
	if err != nil {
		cancel()
		return nil, err
	}
	go q.run(life, alive)
	return q, nil
}

// Stop interrupts running jobs, which the next start takes up again.
func (q *Queue) Stop(ctx context.Context) error {
	q.cancel()
	select {
	case <-q.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("job queue: %w", ctx.Err())
	}
}

// begin works jobs on a new connection that holds the lock of this process.
// What it was working on when the last connection broke is rescued first.
func (q *Queue) begin(ctx context.Context) (alive *pgxpool.Conn, err error) {
	if alive, err = q.pool.Acquire(ctx); err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	if err = rescue(ctx, q.pool); err == nil {
		_, err = alive.Exec(ctx, `select pg_advisory_lock(`+lockName+`)`, q.client.ID())
	}
	if err == nil {
		err = q.client.Start(context.WithoutCancel(ctx))
	}
	if err != nil {
		letGo(ctx, alive)
		return nil, fmt.Errorf("job queue: %w", err)
	}
	return alive, nil
}

// run works jobs until ctx ends.
func (q *Queue) run(ctx context.Context, alive *pgxpool.Conn) {
	defer close(q.done)
	for {
		err := q.watch(ctx, alive)
		if err != nil {
			slog.Error("the database is gone; jobs wait for it", "error", err)
		}
		// Without the lock another process would run our jobs a second time.
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		if err := q.client.StopAndCancel(stop); err != nil {
			slog.Error("job queue did not stop", "error", err)
		}
		letGo(stop, alive)
		cancel()
		if err == nil {
			return
		}
		for alive = nil; alive == nil; {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Second):
			}
			if alive, err = q.begin(ctx); err != nil {
				slog.Warn("jobs still wait for the database", "error", err)
			}
		}
		slog.Info("jobs run again")
	}
}

// stopWithin is how long running jobs may take to notice that they are cancelled.
const stopWithin = 8 * time.Second

// letGo ends the connection and with it the lock.
func letGo(ctx context.Context, alive *pgxpool.Conn) {
	if err := alive.Hijack().Close(ctx); err != nil {
		slog.Debug("job lock connection closed", "error", err)
	}
}

// watch looks for jobs of dead processes until ctx ends (nil) or the
// connection that holds the lock breaks.
func (q *Queue) watch(ctx context.Context, alive *pgxpool.Conn) error {
	ticks := time.NewTicker(sweepEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
		if err := alive.Ping(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if err := rescue(ctx, q.pool); err != nil && ctx.Err() == nil {
			slog.Warn("jobs of dead processes not looked for", "error", err)
		}
	}
}

// rescue makes the running jobs of processes that are dead available again.
func rescue(ctx context.Context, pool *pgxpool.Pool) error {
	_, err := pool.Exec(ctx, `
		with owners as (select distinct attempted_by[array_upper(attempted_by, 1)] id from river_job where state = 'running'),
		dead as (select id from owners where pg_try_advisory_xact_lock(hashtextextended('river:' || id, 0)))
		update river_job set state = 'available', scheduled_at = now(), max_attempts = greatest(max_attempts, attempt + 1)
		where state = 'running' and attempted_by[array_upper(attempted_by, 1)] in (select id from dead)`)
	if err != nil {
		return fmt.Errorf("rescue jobs: %w", err)
	}
	return nil
}

// warnings passes what the queue logs from a warning up.
type warnings struct{ slog.Handler }

func (w warnings) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }
