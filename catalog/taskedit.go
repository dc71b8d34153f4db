package catalog

import (
	"context"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// NewTasks are what tasks of one tool on one dataset are made from.
type NewTasks struct {
	Dataset       uuid.UUID
	Parent        *int64
	Tool, Version string
	Force         bool
	Submitter     uuid.NullUUID
	Each          []NewTask
}

// NewTask is what the task is about.
type NewTask struct {
	Path          *string
	Params        string  // JSON
	Request       string  // hash of what was asked and of what the result is made from
	Job           *int64  // of the queue; nil if there is nothing left to do
	Hash, Product *string // of builds
}

// AddTasks adds tasks that wait for their job, or that succeeded at once, and returns their ids.
func (tx Tx) AddTasks(ctx context.Context, n NewTasks) (ids []int64, err error) {
	size := len(n.Each)
	paths, params, requests := make([]*string, size), make([]string, size), make([]string, size)
	jobs, hashes, products := make([]*int64, size), make([]*string, size), make([]*string, size)
	for i, t := range n.Each {
		paths[i], params[i], requests[i], jobs[i], hashes[i], products[i] = t.Path, t.Params, t.Request, t.Job, t.Hash, t.Product
	}
	return many(ctx, tx, pgx.RowTo[int64], `
		insert into tasks (dataset_id, parent_id, tool, version, force, submitter, path, params, request, job, hash, product, state, percent, phase, started_at, succeeded_at)
		select $1, $2, $3, $4, $5, $6, path, params::json, request, job, hash, product,
			case when job is null then 'Succeeded' else 'Enqueued' end, case when job is null then 100 end, case when job is null then 'done' end,
			case when job is null then now() end, case when job is null then now() end
		from unnest($7::text[], $8::text[], $9::text[], $10::bigint[], $11::text[], $12::text[]) with ordinality t(path, params, request, job, hash, product, n)
		order by n returning id`,
		n.Dataset, n.Parent, n.Tool, n.Version, n.Force, n.Submitter, paths, params, requests, jobs, hashes, products)
}

// LockTasks makes those who submit tasks take turns until they commit, so that
// none overruns a limit or misses what another one asks for.
func (tx Tx) LockTasks(ctx context.Context) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('cairn:tasks', 0))`)
	return err
}

// reuseFor is how long the result of a task answers for the same request.
const reuseFor = 24 * time.Hour

// EqualTasks returns the tasks of a dataset that answer the request: active
// ones, and those that succeeded lately and whose artifact, if any, is there.
func (tx Tx) EqualTasks(ctx context.Context, d *Dataset, request string) ([]Task, error) {
	return many(ctx, tx, scanTask, `select `+taskColumns+` from`+taskTables+`where t.dataset_id = $1 and t.request = $2
		and (`+active+` or state = 'Succeeded' and succeeded_at > now() - $3::interval and (artifact is null or artifact_expires_at > now()))
		order by t.id desc limit 100`, d.ID, request, reuseFor)
}

// TaskCounts are numbers of active tasks that people submitted.
type TaskCounts struct{ All, Organization, User, UserTool int }

// ActiveTasks counts all of them, those in the organization of the dataset,
// those of the user, and those of the user with the tool.
func (tx Tx) ActiveTasks(ctx context.Context, dataset uuid.UUID, user uuid.UUID, tool string) (TaskCounts, error) {
	return one(ctx, tx, pgx.RowToStructByPos[TaskCounts], nil, `
		select count(*), count(*) filter (where d.organization_id = (select organization_id from datasets where id = $1)),
			count(*) filter (where t.submitter = $2), count(*) filter (where t.submitter = $2 and t.tool = $3)
		from tasks t join datasets d on d.id = t.dataset_id where t.submitter is not null and `+active, dataset, user, tool)
}

// CancelTask ends an active task and those that it asked for, and marks one
// that ended as deleted. It returns the keys of artifacts that nobody may
// fetch any more. The job notices that nobody waits for it.
func (tx Tx) CancelTask(ctx context.Context, id int64) (artifacts []string, err error) {
	own, err := one(ctx, tx, pgx.RowTo[*string], errNoTask(), `select product from tasks where id = $1`, id)
	if err != nil {
		return nil, err
	}
	if own != nil { // products come before tasks, whoever locks them
		if err := tx.lockProducts(ctx, []string{*own}); err != nil {
			return nil, err
		}
	}
	if _, err := tx.Exec(ctx, `select from tasks where id = $1 for update`, id); err != nil { // nothing is added to the family from now on
		return nil, err
	}
	family, err := many(ctx, tx, pgx.RowTo[int64], `select id from tasks where id = $1 or parent_id = $1 and `+active, id)
	if err != nil {
		return nil, err
	}
	products, err := many(ctx, tx, pgx.RowTo[string], `select distinct product from tasks where id = any($1) and product is not null and `+active, family)
	if err != nil {
		return nil, err
	}
	if err := tx.lockProducts(ctx, products); err != nil {
		return nil, err
	}
	artifacts, _, err = tx.removed(ctx, `update tasks set state = 'Deleted', deleted_at = now() where id = any($1) and state <> 'Deleted' returning artifact`, family)
	if err != nil {
		return nil, err
	}
	return artifacts, tx.AbandonProducts(ctx, products...)
}

// removed runs a statement that returns artifacts, null for none, and
// returns those and the number of rows.
func (tx Tx) removed(ctx context.Context, sql string, args ...any) (artifacts []string, rows int64, err error) {
	all, err := many(ctx, tx, pgx.RowTo[*string], sql, args...)
	for _, key := range all {
		if key != nil {
			artifacts = append(artifacts, *key)
		}
	}
	return artifacts, int64(len(all)), err
}

// RemoveTask takes a task that ended out of the history and returns its artifact.
func (tx Tx) RemoveTask(ctx context.Context, id int64) (artifacts []string, err error) {
	artifacts, rows, err := tx.removed(ctx, `delete from tasks where id = $1 and `+ended+` returning artifact`, id)
	if err == nil && rows == 0 {
		return nil, cairn.Errorf(cairn.Conflict, "The task is still active. Cancel it first.")
	}
	return artifacts, err
}

// ClearTasks takes the tasks of a dataset that ended out of the history, only
// those of a tool if it isn't empty, and returns their artifacts and number.
func (tx Tx) ClearTasks(ctx context.Context, d *Dataset, tool string) (artifacts []string, count int64, err error) {
	return tx.removed(ctx, `delete from tasks where dataset_id = $1 and ($2 = '' or tool = $2) and `+ended+` returning artifact`, d.ID, tool)
}

// ClearBuilds forgets the build jobs of a dataset that succeeded or failed and returns their number.
func (c *Catalog) ClearBuilds(ctx context.Context, d *Dataset) (int64, error) {
	tag, err := c.pool.Exec(ctx, `delete from tasks where dataset_id = $1 and tool = 'build' and path is not null and state in ('Succeeded', 'Failed')`, d.ID)
	return tag.RowsAffected(), translate(err)
}

// ForgetTasks forgets the tasks that ended before the time and returns their number.
func (c *Catalog) ForgetTasks(ctx context.Context, before time.Time) (int64, error) {
	tag, err := c.pool.Exec(ctx, `delete from tasks where `+ended+` and coalesce(deleted_at, failed_at, succeeded_at) < $1`, before)
	return tag.RowsAffected(), translate(err)
}

// RestartTask makes a failed task wait for a job again; nil if there is nothing left to do.
func (tx Tx) RestartTask(ctx context.Context, id int64, job *int64) error {
	tag, err := tx.Exec(ctx, `update tasks set job = $2, error = null, failed_at = null, started_at = null,
			state = case when $2::bigint is null then 'Succeeded' else 'Enqueued' end,
			percent = case when $2::bigint is null then 100 end, phase = case when $2::bigint is null then 'done' end, succeeded_at = case when $2::bigint is null then now() end
		where id = $1 and state = 'Failed'`, id, job)
	if err == nil && tag.RowsAffected() == 0 {
		return cairn.Errorf(cairn.Conflict, "Only a task that failed can be tried again.")
	}
	if err == nil {
		_, err = tx.Exec(ctx, `update tasks set parent_id = null where parent_id = $1`, id) // it asks anew
	}
	return err
}

// UnneededArtifacts returns those of the keys whose task is gone or whose time is over.
func (c *Catalog) UnneededArtifacts(ctx context.Context, keys []string) ([]string, error) {
	return many(ctx, c.pool, pgx.RowTo[string], `select k from unnest($1::text[]) k
		where not exists (select from tasks where artifact = k and state = 'Succeeded' and artifact_expires_at > now())`, keys)
}

// AddsChildren keeps the task from being cancelled until the transaction ends; it is false if it was
// already, or is gone.
func (tx Tx) AddsChildren(ctx context.Context, id int64) (bool, error) {
	rows, err := many(ctx, tx, pgx.RowTo[int64], `select id from tasks where id = $1 and `+active+` for share`, id)
	return len(rows) > 0, err
}

// Children returns the states of the tasks that a task asked for, by their path.
func (c *Catalog) Children(ctx context.Context, id int64) (map[string]string, error) {
	type child struct{ Path, State string }
	list, err := many(ctx, c.pool, pgx.RowToStructByPos[child], `select path, state from tasks where parent_id = $1 and path is not null`, id)
	states := make(map[string]string, len(list))
	for _, c := range list {
		states[c.Path] = c.State
	}
	return states, err
}
