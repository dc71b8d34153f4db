package ingest

import (
	"context"
	"log/slog"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/google/uuid"
)

// Submitted is the answer to a request for a task.
type Submitted struct {
	ID             int64
	Tool           About
	Deduplicated   bool   // it is a task that was there already
	EstimatedBytes *int64 // nil for tools that make no file
}

// Submit asks a tool for a task on a dataset that the caller may read. A task
// that the caller may see and that answers the same request, from the same
// content, is returned in its place, unless the request forces a new one.
func (in *Ingest) Submit(ctx context.Context, caller auth.Caller, tool, version string, r Request) (Submitted, error) {
	if err := auth.Decide(caller, auth.BeSomebody, auth.Facts{}); err != nil {
		return Submitted{}, err
	}
	known, err := in.tool(tool, version)
	if err != nil {
		return Submitted{}, err
	}
	about, d := known.About(), r.Dataset
	facts := auth.Facts{Organization: d.Access, Dataset: auth.Dataset{Exists: true, Visibility: d.Visibility}}
	if err := auth.Decide(caller, about.Access, facts); err != nil {
		return Submitted{}, err
	}
	plan, err := known.Plan(ctx, r)
	if err != nil {
		return Submitted{}, err
	}
	request, err := plan.request(about)
	if err != nil {
		return Submitted{}, err
	}
	n := catalog.NewTasks{Dataset: d.ID, Tool: about.ID, Version: about.Version, Force: r.Force || plan.Force, Submitter: uuid.NullUUID{UUID: caller.ID(), Valid: true}}
	out := Submitted{Tool: about, EstimatedBytes: plan.Bytes}
	err = in.catalog.Update(ctx, func(tx catalog.Tx) (err error) {
		if err := tx.LockTasks(ctx); err != nil {
			return err
		}
		if !n.Force {
			if out.ID, out.Deduplicated, err = equalTask(ctx, tx, caller, d, request); err != nil || out.Deduplicated {
				return err
			}
		}
		if err := in.options.checkSize(plan.Bytes); err != nil {
			return err
		}
		if err := in.options.checkActive(ctx, tx, d.ID, caller.ID(), about); err != nil {
			return err
		}
		ids, err := in.addTasks(ctx, tx, n, plan)
		if err == nil {
			out.ID = ids[0]
		}
		return err
	})
	return out, err
}

// equalTask finds the newest task that answers the request and that the caller may use.
func equalTask(ctx context.Context, tx catalog.Tx, caller auth.Caller, d *catalog.Dataset, request string) (id int64, found bool, err error) {
	tasks, err := tx.EqualTasks(ctx, d, request)
	for _, t := range tasks {
		if auth.Decide(caller, auth.UseTask, auth.Facts{Organization: d.Access, User: t.Submitter}) == nil {
			return t.ID, true, nil
		}
	}
	return 0, false, err
}

// Cancel ends an active task, whose work stops soon, and marks one that ended as deleted.
func (in *Ingest) Cancel(ctx context.Context, t catalog.Task) error {
	return in.removing(ctx, func(tx catalog.Tx) ([]string, error) { return tx.CancelTask(ctx, t.ID) })
}

// RemoveTask takes a task that ended out of the history, with its artifact.
func (in *Ingest) RemoveTask(ctx context.Context, t catalog.Task) error {
	return in.removing(ctx, func(tx catalog.Tx) ([]string, error) { return tx.RemoveTask(ctx, t.ID) })
}

// ClearTasks takes the tasks of a dataset that ended out of the history, with
// their artifacts, only those of a tool if it isn't empty, and returns their number.
func (in *Ingest) ClearTasks(ctx context.Context, d *catalog.Dataset, tool string) (count int64, err error) {
	err = in.removing(ctx, func(tx catalog.Tx) (artifacts []string, err error) {
		artifacts, count, err = tx.ClearTasks(ctx, d, tool)
		return artifacts, err
	})
	return count, err
}

// removing makes a change that returns artifacts, and removes those.
func (in *Ingest) removing(ctx context.Context, change func(catalog.Tx) (artifacts []string, err error)) error {
	var artifacts []string
	err := in.catalog.Update(ctx, func(tx catalog.Tx) (err error) {
		artifacts, err = change(tx)
		return err
	})
	if err != nil {
		return err
	}
	for _, key := range artifacts {
		if err := in.store.Delete(context.WithoutCancel(ctx), key); err != nil {
			slog.WarnContext(ctx, "an artifact will be removed by the next collection", "key", key, "error", err)
		}
	}
	return nil
}

// Retry does again what failed.
func (in *Ingest) Retry(ctx context.Context, t catalog.Task, d *catalog.Dataset) error {
	if t.State != catalog.TaskFailed {
		return cairn.Errorf(cairn.Conflict, "Only a task that failed can be tried again.")
	}
	known, err := in.tool(t.Tool, "")
	if err != nil {
		return err
	}
	product, err := in.productOf(ctx, t, d)
	if err != nil {
		return err
	}
	return in.catalog.Update(ctx, func(tx catalog.Tx) error {
		if t.Submitter.Valid {
			if err := tx.LockTasks(ctx); err != nil {
				return err
			}
			if err := in.options.checkActive(ctx, tx, d.ID, t.Submitter.UUID, known.About()); err != nil {
				return err
			}
		}
		jobs, err := in.addJobs(ctx, tx, t.Tool, t.Force, Plan{Product: product})
		if err != nil {
			return err
		}
		return tx.RestartTask(ctx, t.ID, jobs[0])
	})
}

// productOf is what the task builds; nil if it is no build of one entry.
func (in *Ingest) productOf(ctx context.Context, t catalog.Task, d *catalog.Dataset) (*catalog.Product, error) {
	if t.Product == nil {
		return nil, nil
	}
	e, err := in.catalog.Entry(ctx, d, *t.Path)
	if err != nil && cairn.CodeOf(err) != cairn.NotFound {
		return nil, err
	}
	p, ok := in.Product(e)
	if !ok || p.Key() != *t.Product {
		return nil, cairn.Errorf(cairn.Conflict, "%q is no longer the file that was built. Build it anew.", *t.Path)
	}
	return &p, nil
}

// ForgetTasks takes tasks that ended days ago out of the history; for 0 as many
// days as the server keeps them. It returns their number and the days.
func (in *Ingest) ForgetTasks(ctx context.Context, days int) (count int64, kept int, err error) {
	if days <= 0 {
		days = in.options.RetentionDays
	}
	days = min(days, 100*365)
	count, err = in.catalog.ForgetTasks(ctx, time.Now().AddDate(0, 0, -days))
	return count, days, err
}
