package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// taskArgs is the job that tasks wait for. One product has one job at a time.
type taskArgs struct {
	Tool    string `json:"tool" river:"unique"`
	Key     string `json:"key" river:"unique"` // of the product, or at random
	Product string `json:"product,omitempty"`
}

func (taskArgs) Kind() string { return "task" }

// maxAttempts includes the times that the server was killed meanwhile.
const maxAttempts = 100

func (taskArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: maxAttempts, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled}}}
}

type taskWorker struct {
	river.WorkerDefaults[taskArgs]
	*Ingest
}

// Timeout: work has no natural one.
func (taskWorker) Timeout(*river.Job[taskArgs]) time.Duration { return -1 }

// retries is how often a run that failed for a reason that may pass is tried again.
const retries = 2

// maxProcessEnds is how often a run may go down with its process. A file that
// crashes a library must not do so for ever.
const maxProcessEnds = 10

// Work runs the tool and ends the tasks in the transaction that completes the job.
func (w *taskWorker) Work(ctx context.Context, job *river.Job[taskArgs]) error {
	task, err := w.catalog.StartTasks(ctx, job.ID)
	if cairn.CodeOf(err) == cairn.NotFound {
		return w.giveUp(ctx, job)
	}
	if err != nil {
		return err
	}
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	run := &Run{Task: task, report: &reporter{catalog: w.catalog, job: job.ID}}
	stop := run.report.watch(running, cancel)
	made, err := w.run(running, job, run)
	stop()
	log := slog.With("tool", task.Tool, "task", task.ID, "dataset", task.Organization+"/"+task.Slug)
	pause, wait := errors.AsType[again](err)
	switch {
	case err == nil:
	case errors.Is(err, errUnawaited), errors.Is(context.Cause(running), errUnawaited):
		log.Info("task cancelled")
		return w.giveUp(ctx, job)
	case ctx.Err() != nil:
		return river.JobSnooze(0) // the server stops; the next start goes on
	case wait:
		if _, err := run.report.flush(ctx); err != nil {
			return err
		}
		return river.JobSnooze(time.Duration(pause))
	case cairn.CodeOf(err) == cairn.Internal && len(job.Errors) < retries:
		log.Warn("task will be tried again", "error", err)
		return errors.Join(err, w.catalog.PauseTasks(ctx, job.ID))
	default:
		log.Warn("task failed", "error", err)
		run.Log("Failed: %s", catalog.Message(err))
	}
	return w.end(context.WithoutCancel(ctx), job, run.report.rest(), made, err) // what is done is written down
}

// end ends the tasks of a job and the job in one transaction.
func (w *taskWorker) end(ctx context.Context, job *river.Job[taskArgs], lines []string, made *catalog.Artifact, cause error) error {
	var awaited bool
	err := w.catalog.Update(ctx, func(tx catalog.Tx) (err error) {
		if job.Args.Product != "" {
			if err := tx.FinishProduct(ctx, job.Args.Product, cause); err != nil {
				return err
			}
		}
		if awaited, err = tx.EndTasks(ctx, job.ID, lines, made, cause); err != nil {
			return err
		}
		_, err = river.JobCompleteTx[*riverpgxv5.Driver, pgx.Tx](ctx, tx.Tx, job)
		return err
	})
	if err == nil && !awaited && made != nil {
		return w.store.Delete(ctx, made.Key)
	}
	return err
}

// giveUp ends a job that nobody waits for; if somebody began to meanwhile it runs again.
func (w *taskWorker) giveUp(ctx context.Context, job *river.Job[taskArgs]) error {
	ctx = context.WithoutCancel(ctx)
	var awaited bool
	err := w.catalog.Update(ctx, func(tx catalog.Tx) (err error) {
		if job.Args.Product != "" {
			if err := tx.AbandonProducts(ctx, job.Args.Product); err != nil {
				return err
			}
		}
		if awaited, err = tx.TasksAwait(ctx, job.ID); err != nil || awaited {
			return err
		}
		_, err = river.JobCompleteTx[*riverpgxv5.Driver, pgx.Tx](ctx, tx.Tx, job)
		return err
	})
	if err == nil && awaited {
		return river.JobSnooze(0)
	}
	return err
}

// run runs the tool in a folder of its own and stores what it made.
func (w *taskWorker) run(ctx context.Context, job *river.Job[taskArgs], run *Run) (made *catalog.Artifact, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("tool panicked: %v\n%s", cause, debug.Stack())
		}
		if errors.Is(err, syscall.ENOSPC) {
			err = cairn.Errorf(cairn.Unavailable, "The server's storage is full. Ask its administrator to free space, then try again.").Because(err)
		}
	}()
	// Attempts that ended in no error ended with their process.
	if ended := job.Attempt - 1 - len(job.Errors); ended >= maxProcessEnds {
		return nil, cairn.Errorf(cairn.Invalid, "The server ended %d times while it worked on this. It was given up so that the server runs; the file may be damaged.", ended)
	}
	tool, err := w.tool(run.Task.Tool, run.Task.Version)
	if err != nil {
		return nil, err
	}
	if run.Dir, err = os.MkdirTemp(w.store.Scratch(), "task-"); err != nil {
		return nil, err
	}
	defer os.RemoveAll(run.Dir)
	if err := tool.Run(ctx, run); err != nil || run.result.file == "" {
		return nil, err
	}
	return w.keep(ctx, run.result)
}

// keep stores the file that a tool made.
func (w *taskWorker) keep(ctx context.Context, r result) (*catalog.Artifact, error) {
	info, err := os.Stat(r.file)
	if err == nil && r.sha256 == "" {
		r.sha256, err = hashOf(r.file)
	}
	if err != nil {
		return nil, err
	}
	id := uuid.NewString()
	a := &catalog.Artifact{Key: "artifacts/" + id[:2] + "/" + id, Name: r.name, Size: info.Size(), SHA256: r.sha256, ExpiresAt: time.Now().Add(w.options.ArtifactLifetime)}
	return a, w.store.Adopt(ctx, a.Key, r.file)
}

func hashOf(file string) (string, error) {
	opened, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer opened.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, opened)
	return hex.EncodeToString(sum.Sum(nil)), err
}
