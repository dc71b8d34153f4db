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
)

const buildQueue = "builds"

// Queue works the jobs of the catalog until it is stopped.
type Queue struct {
	client *river.Client[pgx.Tx]
	alive  *pgxpool.Conn // holds the lock that says that this process lives
	cancel context.CancelFunc
	done   chan struct{}
}

// New returns an Ingest on a migrated database. Jobs wait until Start works them.
func New(c *catalog.Catalog, store blob.Store, pool *pgxpool.Pool) (*Ingest, *river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &buildWorker{catalog: c, store: store})
	river.AddWorker(workers, &collectWorker{catalog: c, store: store, grace: grace})
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		ID:            uuid.NewString(),
		Workers:       workers,
		Logger:        slog.New(warnings{slog.Default().Handler()}),
		FetchCooldown: 20 * time.Millisecond,
		JobTimeout:    -1,
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: 4},
			buildQueue:         {MaxWorkers: max(1, runtime.NumCPU()/2)}, // a build uses several cores itself
		},
		PeriodicJobs: []*river.PeriodicJob{
			river.NewPeriodicJob(river.PeriodicInterval(time.Hour), func() (river.JobArgs, *river.InsertOpts) { return collectArgs{}, nil }, nil),
		},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("job queue: %w", err)
	}
	return &Ingest{catalog: c, store: store, queue: client}, client, nil
}

// lockName is what a process that works jobs holds an advisory lock on.
const lockName = `hashtextextended('river:' || $1, 0)`

// sweepEvery is how long the jobs of a process that died wait at most.
const sweepEvery = 5 * time.Second

// Start works jobs. Those that a dead process left run again at once: each
// process holds a lock in the database that ends with it, so age says nothing
// and a long build is never mistaken for a lost one.
func Start(ctx context.Context, client *river.Client[pgx.Tx], pool *pgxpool.Pool) (*Queue, error) {
	alive, err := pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	if _, err := alive.Exec(ctx, `select pg_advisory_lock(`+lockName+`)`, client.ID()); err != nil {
		alive.Release()
		return nil, fmt.Errorf("job queue: %w", err)
	}
	if err := rescue(ctx, pool); err != nil {
		alive.Release()
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	if err := client.Start(ctx); err != nil {
		cancel()
		alive.Release()
		return nil, fmt.Errorf("job queue: %w", err)
	}
	q := &Queue{client: client, alive: alive, cancel: cancel, done: make(chan struct{})}
	go q.sweep(ctx, pool)
	return q, nil
}

// Stop interrupts running jobs, which the next start takes up again.
func (q *Queue) Stop(ctx context.Context) error {
	err := q.client.StopAndCancel(ctx)
	q.cancel()
	<-q.done
	q.alive.Hijack().Close(ctx)
	return err
}

func (q *Queue) sweep(ctx context.Context, pool *pgxpool.Pool) {
	defer close(q.done)
	ticks := time.NewTicker(sweepEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		if err := q.alive.Ping(ctx); err != nil && ctx.Err() == nil {
			// Without the lock another process would run our jobs a second time.
			slog.Error("connection that keeps the job lock is lost; this process stops working jobs", "error", err)
			stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			if err := q.client.StopAndCancel(stop); err != nil {
				slog.Error("job queue did not stop", "error", err)
			}
			cancel()
			return
		}
		if err := rescue(ctx, pool); err != nil && ctx.Err() == nil {
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
