package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// BuildTool is the tool whose tasks build what entries need.
const BuildTool = "build"

// The states of a task.
const (
	TaskCreated    = "Created"
	TaskEnqueued   = "Enqueued"
	TaskScheduled  = "Scheduled" // waits until it is tried again
	TaskProcessing = "Processing"
	TaskSucceeded  = "Succeeded"
	TaskFailed     = "Failed"
	TaskDeleted    = "Deleted" // cancelled, or thrown away after its end
)

// TaskStates are the states in their order; from TaskSucceeded on they are terminal.
var TaskStates = []string{TaskCreated, TaskEnqueued, TaskScheduled, TaskProcessing, TaskSucceeded, TaskFailed, TaskDeleted}

// TaskEnded tells whether a task in the state is over.
func TaskEnded(state string) bool {
	return state == TaskSucceeded || state == TaskFailed || state == TaskDeleted
}

const (
	active = `state in ('Created', 'Enqueued', 'Scheduled', 'Processing')`
	ended  = `state in ('Succeeded', 'Failed', 'Deleted')`
)

// Task is work on a dataset that a person or the server asked for.
type Task struct {
	ID                  int64
	Dataset             uuid.UUID
	Organization, Slug  string // where the dataset is now
	Parent              *int64 // the task that asked for this one
	Tool, Version       string
	Path                *string // of the entry that it is about; nil for the whole dataset
	Params              json.RawMessage
	Force               bool
	Submitter           uuid.NullUUID // not valid: the server itself
	SubmitterName       *string
	Hash, Product       *string // of builds
	State               string
	Percent             *int // 0 to 100
	Phase, Error        *string
	LogLines            int64 // ever written
	CreatedAt           time.Time
	StartedAt           *time.Time
	SucceededAt         *time.Time
	FailedAt, DeletedAt *time.Time

	Artifact *Artifact // nil without one
}

// Artifact is the file that a task made. It lies in the store until it expires.
type Artifact struct {
	Key       string // in the store
	Name      string
	Size      int64
	SHA256    string
	ExpiresAt time.Time
}

// FinishedAt is when the task ended, nil while it is active.
func (t *Task) FinishedAt() *time.Time {
	for _, end := range []*time.Time{t.SucceededAt, t.FailedAt, t.DeletedAt} {
		if end != nil {
			return end
		}
	}
	return nil
}

// Available tells whether the artifact can be fetched.
func (t *Task) Available() bool {
	return t.State == TaskSucceeded && t.Artifact != nil && time.Now().Before(t.Artifact.ExpiresAt)
}

const taskColumns = `t.id, t.dataset_id, o.slug, d.slug, t.parent_id, t.tool, t.version, t.path, t.params, t.force, t.submitter, u.name, t.hash, t.product,
	t.state, t.percent, t.phase, t.error, t.log_lines, t.created_at, t.started_at, t.succeeded_at, t.failed_at, t.deleted_at,
	t.artifact, t.artifact_name, t.artifact_size, t.artifact_sha256, t.artifact_expires_at`

const taskTables = ` tasks t join datasets d on d.id = t.dataset_id join organizations o on o.id = d.organization_id left join users u on u.id = t.submitter `

func scanTask(row pgx.CollectableRow) (Task, error) {
	var t Task
	var key, name, sha256 *string
	var size *int64
	var expires *time.Time
	err := row.Scan(&t.ID, &t.Dataset, &t.Organization, &t.Slug, &t.Parent, &t.Tool, &t.Version, &t.Path, &t.Params, &t.Force, &t.Submitter, &t.SubmitterName, &t.Hash, &t.Product,
		&t.State, &t.Percent, &t.Phase, &t.Error, &t.LogLines, &t.CreatedAt, &t.StartedAt, &t.SucceededAt, &t.FailedAt, &t.DeletedAt,
		&key, &name, &size, &sha256, &expires)
	if err == nil && key != nil {
		t.Artifact = &Artifact{*key, *name, *size, *sha256, *expires}
	}
	return t, err
}

// errNoTask is for tasks of other datasets too.
func errNoTask() error { return cairn.Errorf(cairn.NotFound, "Task not found") }

// Task returns one task of a dataset if the caller may use it: the own ones,
// the server's, and all for the dataset's owner and administrators.
func (c *Catalog) Task(ctx context.Context, caller auth.Caller, d *Dataset, id string) (Task, error) {
	t, err := c.AnyTask(ctx, id)
	if err == nil && t.Dataset != d.ID {
		err = errNoTask()
	}
	if err != nil {
		return Task{}, err
	}
	return t, auth.Decide(caller, auth.UseTask, auth.Facts{Organization: d.Access, User: t.Submitter})
}

// AnyTask returns a task of whatever dataset, for administrators.
func (c *Catalog) AnyTask(ctx context.Context, id string) (Task, error) {
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return Task{}, errNoTask()
	}
	return one(ctx, c.pool, scanTask, errNoTask(), `select `+taskColumns+` from`+taskTables+`where t.id = $1`, number)
}

// TaskFilter says which tasks are meant; what is empty does not restrict.
type TaskFilter struct {
	Dataset     *Dataset
	Tool        string
	State       string
	User        *uuid.UUID
	NewestBuild bool // of the builds of one path only the newest
}

// where is the condition that the filter stands for, and its arguments. What
// does not restrict is left out, so that the rest finds its index.
func (f TaskFilter) where() (sql string, args []any) {
	conditions := []string{"true"}
	restrict := func(condition string, arg any) {
		args = append(args, arg)
		conditions = append(conditions, condition+" = $"+strconv.Itoa(len(args)))
	}
	if f.Dataset != nil {
		restrict("t.dataset_id", f.Dataset.ID)
	}
	if f.Tool != "" {
		restrict("t.tool", f.Tool)
	}
	if f.State != "" {
		restrict("t.state", f.State)
	}
	if f.User != nil {
		restrict("t.submitter", *f.User)
	}
	if f.NewestBuild {
		conditions = append(conditions, `not (t.tool = 'build' and t.path is not null
			and exists (select from tasks n where n.dataset_id = t.dataset_id and n.tool = 'build' and n.path = t.path and n.id > t.id))`)
	}
	return " where " + strings.Join(conditions, " and "), args
}

// Tasks lists tasks, newest first.
func (c *Catalog) Tasks(ctx context.Context, f TaskFilter, skip, take int) ([]Task, error) {
	where, args := f.where()
	page := fmt.Sprintf(" order by t.id desc offset $%d limit $%d", len(args)+1, len(args)+2)
	return many(ctx, c.pool, scanTask, `select `+taskColumns+` from`+taskTables+where+page, append(args, skip, take)...)
}

// CountTasks counts what Tasks lists.
func (c *Catalog) CountTasks(ctx context.Context, f TaskFilter) (int64, error) {
	where, args := f.where()
	return one(ctx, c.pool, pgx.RowTo[int64], nil, `select count(*) from tasks t`+where, args...)
}

// Builds lists the build jobs of a dataset, newest first. page counts from 1.
func (c *Catalog) Builds(ctx context.Context, d *Dataset, page, size int) ([]Task, error) {
	return many(ctx, c.pool, scanTask, `select `+taskColumns+` from`+taskTables+`
		where t.dataset_id = $1 and t.tool = 'build' and t.path is not null order by t.id desc limit $2 offset $3`, d.ID, size, (page-1)*size)
}

// BuildActive tells whether a build of the path is under way.
func (c *Catalog) BuildActive(ctx context.Context, d *Dataset, path string) (bool, error) {
	return one(ctx, c.pool, pgx.RowTo[bool], nil, `select exists (select from tasks where dataset_id = $1 and tool = 'build' and path = $2 and `+active+`)`, d.ID, path)
}

// TaskLog returns the lines of a task's log after the first since ones, how
// many of those are no longer kept, and how many were ever written.
func (c *Catalog) TaskLog(ctx context.Context, id, since int64) (lines []string, dropped, written int64, err error) {
	type kept struct {
		Lines   []string
		Written int64
	}
	log, err := one(ctx, c.pool, pgx.RowToStructByPos[kept], errNoTask(), `select log, log_lines from tasks where id = $1`, id)
	if err != nil {
		return nil, 0, 0, err
	}
	lines, written = log.Lines, log.Written
	since = min(max(since, 0), written)
	first := written - int64(len(lines)) // lines before the ones that are kept
	if since < first {
		return lines, first - since, written, nil
	}
	return lines[since-first:], 0, written, nil
}

// TasksByState counts the tasks that are kept; every state is there.
func (c *Catalog) TasksByState(ctx context.Context) (map[string]int64, error) {
	counts := map[string]int64{}
	for _, state := range TaskStates {
		counts[state] = 0
	}
	rows, err := c.pool.Query(ctx, `select state, count(*) from tasks group by state`)
	if err != nil {
		return nil, fmt.Errorf("count tasks: %w", err)
	}
	var state string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error {
		counts[state] = n
		return nil
	})
	return counts, err
}
