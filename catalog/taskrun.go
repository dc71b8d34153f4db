package catalog

import (
	"context"
	"errors"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/jackc/pgx/v5"
)

// The tasks that wait for a job of the queue go on together: one job may build
// what several datasets need.

// StartTasks marks the active tasks of a job as being worked on and returns
// the first one; NotFound if nobody waits for the job.
func (c *Catalog) StartTasks(ctx context.Context, job int64) (Task, error) {
	return one(ctx, c.pool, scanTask, errNoTask(), `
		with t as (update tasks set state = 'Processing', started_at = coalesce(started_at, now()) where job = $1 and `+active+` returning *)
		select `+taskColumns+` from t join datasets d on d.id = t.dataset_id join organizations o on o.id = d.organization_id left join users u on u.id = t.submitter
		order by t.id limit 1`, job)
}

// TaskReport is how far a job is.
type TaskReport struct {
	Percent *int
	Phase   string
	Lines   []string // of the log, since the last report
}

// appendLog adds the lines $2; the last 500 are kept.
const appendLog = `log = (log || $2::text[])[greatest(1, cardinality(log) + cardinality($2::text[]) - 499):], log_lines = log_lines + cardinality($2::text[])`

// ReportTasks notes how far the tasks of a job are. It is false if nobody waits for the job any more.
func (c *Catalog) ReportTasks(ctx context.Context, job int64, r TaskReport) (awaited bool, err error) {
	tag, err := c.pool.Exec(ctx, `update tasks set `+appendLog+`, percent = $3, phase = nullif($4, ''), state = 'Processing', started_at = coalesce(started_at, now())
		where job = $1 and `+active, job, nonNil(r.Lines), r.Percent, r.Phase)
	return tag.RowsAffected() > 0, translate(err)
}

// TasksAwait tells whether a task waits for the job.
func (c *Catalog) TasksAwait(ctx context.Context, job int64) (bool, error) {
	return tasksAwait(ctx, c.pool, job)
}

// TasksAwait tells whether a task waits for the job.
func (tx Tx) TasksAwait(ctx context.Context, job int64) (bool, error) {
	return tasksAwait(ctx, tx, job)
}

func tasksAwait(ctx context.Context, q querier, job int64) (bool, error) {
	return one(ctx, q, pgx.RowTo[bool], nil, `select exists (select from tasks where job = $1 and `+active+`)`, job)
}

// PauseTasks says that the job of the tasks will be tried again.
func (c *Catalog) PauseTasks(ctx context.Context, job int64) error {
	_, err := c.pool.Exec(ctx, `update tasks set state = 'Scheduled' where job = $1 and `+active, job)
	return translate(err)
}

// EndTasks makes the tasks of a job succeed, with an artifact if it isn't nil,
// or fail if cause is not nil. It is false if nobody waits for the job any more.
func (tx Tx) EndTasks(ctx context.Context, job int64, lines []string, made *Artifact, cause error) (awaited bool, err error) {
	if cause != nil {
		tag, err := tx.Exec(ctx, `update tasks set `+appendLog+`, state = 'Failed', error = $3, failed_at = now() where job = $1 and `+active, job, nonNil(lines), Message(cause))
		return tag.RowsAffected() > 0, err
	}
	var a Artifact
	var expires *time.Time
	if made != nil {
		a, expires = *made, &made.ExpiresAt
	}
	tag, err := tx.Exec(ctx, `update tasks set `+appendLog+`, state = 'Succeeded', percent = 100, phase = 'done', succeeded_at = now(),
			artifact = nullif($3, ''), artifact_name = nullif($4, ''), artifact_size = $5, artifact_sha256 = nullif($6, ''), artifact_expires_at = $7
		where job = $1 and `+active, job, nonNil(lines), a.Key, a.Name, a.Size, a.SHA256, expires)
	return tag.RowsAffected() > 0, err
}

// Message returns what a person is told of an error: the sentence of a
// *cairn.Error, and nothing of an internal one.
func Message(err error) string {
	if e, ok := errors.AsType[*cairn.Error](err); ok && e.Code != cairn.Internal {
		return e.Message
	}
	return "Something went wrong on the server. Its log says what."
}
