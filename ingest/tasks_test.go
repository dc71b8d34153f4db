package ingest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakeTool is a tool that does what a test wants.
type fakeTool struct {
	plan Plan
	run  func(ctx context.Context, run *Run) error
}

func (fakeTool) About() About {
	return About{ID: "fake", Version: "1", Title: "Fake", Access: auth.ReadDataset, Extension: "txt", Params: struct{}{}}
}
func (f fakeTool) Plan(context.Context, Request) (Plan, error) { return f.plan, nil }
func (f fakeTool) Run(ctx context.Context, run *Run) error     { return f.run(ctx, run) }
func (f *fixture) add(run func(context.Context, *Run) error) {
	f.tools = append(f.tools, fakeTool{run: run})
}
func (f *fixture) request(r Request) Request { r.Dataset = f.dataset; return r }
func (f *fixture) task(t *testing.T, id int64) catalog.Task {
	return f.find(t, func(t catalog.Task) bool { return t.ID == id })
}
func (f *fixture) state(t *testing.T, id int64, want string) bool { return f.task(t, id).State == want }

func (f *fixture) find(t *testing.T, wanted func(catalog.Task) bool) catalog.Task {
	t.Helper()
	tasks, err := f.entries.Tasks(t.Context(), catalog.TaskFilter{}, 0, 200)
	require.NoError(t, err)
	for _, task := range tasks {
		if wanted(task) {
			return task
		}
	}
	return catalog.Task{}
}

// somebody is a signed-in user without rights of their own.
func somebody() auth.Caller { return auth.Caller{User: &auth.User{ID: uuid.New(), Name: "somebody"}} }

func (f *fixture) submit(t *testing.T, caller auth.Caller, tool string, r Request) Submitted {
	t.Helper()
	s, err := f.Submit(t.Context(), caller, tool, "", f.request(r))
	require.NoError(t, err)
	return s
}

func (f *fixture) await(t *testing.T, id int64, state string) catalog.Task {
	t.Helper()
	require.Eventually(t, func() bool { return f.state(t, id, state) }, time.Minute, 20*time.Millisecond, "task %d is not %s", id, state)
	return f.task(t, id)
}

// Statement 146: the process that works for a cancelled task ends, and what it wrote goes.
func TestACancelledTaskStopsItsWork(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(f *fixture, id int64) error{
		"cancelled": func(f *fixture, id int64) error { return f.Cancel(t.Context(), f.task(t, id)) },
		"its dataset deleted": func(f *fixture, _ int64) error {
			_, err := f.pool.Exec(t.Context(), `delete from datasets`)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			started, ended := make(chan string, 1), make(chan error, 1)
			f.add(func(ctx context.Context, run *Run) error {
				if err := os.WriteFile(filepath.Join(run.Dir, "half"), []byte("x"), 0o600); err != nil {
					return err
				}
				child := exec.CommandContext(ctx, "sleep", "1000")
				if err := child.Start(); err != nil {
					return err
				}
				started <- run.Dir
				err := child.Wait()
				ended <- err
				return err
			})
			s := f.submit(t, somebody(), "fake", Request{})
			f.work(t)
			dir := <-started
			assert.DirExists(t, dir)
			require.NoError(t, end(f, s.ID))
			assert.Error(t, <-ended, "killed")
			assert.Eventually(t, func() bool { _, err := os.Stat(dir); return errors.Is(err, os.ErrNotExist) }, time.Minute, 10*time.Millisecond)
			assert.Eventually(t, func() bool {
				return f.count(t, `select count(*) from river_job where kind = 'task' and state = 'completed'`) == 1
			}, time.Minute, 20*time.Millisecond)
			if name == "cancelled" {
				assert.Equal(t, catalog.TaskDeleted, f.task(t, s.ID).State)
			}
		})
	}
}

// Statements 137 to 139, B1 and S9.
func TestOnlyEqualRequestsShareATask(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.upload(t, "a", "a")
	f.upload(t, "b", "b")
	one, other := somebody(), somebody()
	first := f.submit(t, one, "bulk-download", Request{Path: "a"})
	for name, r := range map[string]Request{
		"the same": {Path: "a"}, "as a parameter": {Params: []byte(`{"PATHS":["a","a"]}`)}, "with the default": {Path: "a", Params: []byte(`{"archiveName":"default.zip","surplus":{}}`)},
	} {
		again := f.submit(t, one, "bulk-download", r)
		assert.True(t, again.Deduplicated, name)
		assert.Equal(t, first.ID, again.ID, name)
	}
	assert.NotEqual(t, first.ID, f.submit(t, other, "bulk-download", Request{Path: "a"}).ID, "somebody else's task is not theirs to read")

	_, err := f.Submit(t.Context(), one, "bulk-download", "", f.request(Request{Path: "b"}))
	assert.Equal(t, cairn.TooManyRequests, cairn.CodeOf(err), "another one, and only one is allowed at a time")
	f.work(t)
	f.await(t, first.ID, catalog.TaskSucceeded)
	assert.True(t, f.submit(t, one, "bulk-download", Request{Path: "a"}).Deduplicated)
	assert.False(t, f.submit(t, one, "bulk-download", Request{Path: "a", Force: true}).Deduplicated)
	f.upload(t, "a", "changed")
	third := somebody()
	changed := f.submit(t, third, "bulk-download", Request{Path: "a"})
	assert.False(t, changed.Deduplicated)
	f.await(t, changed.ID, catalog.TaskSucceeded)
	assert.True(t, f.submit(t, third, "bulk-download", Request{Path: "a"}).Deduplicated)
	f.expire(t, changed.ID)
	assert.False(t, f.submit(t, third, "bulk-download", Request{Path: "a"}).Deduplicated)
}

// expire makes the time of a task's artifact be over.
func (f *fixture) expire(t *testing.T, id int64) {
	t.Helper()
	_, err := f.pool.Exec(t.Context(), `update tasks set artifact_expires_at = now() where id = $1`, id)
	require.NoError(t, err)
}

func TestABadRequestForAnArchiveIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.upload(t, "a", "a")
	for _, params := range []string{`{"paths":["*"]}`, `{"paths":[""]}`, `{"paths":["gone"]}`, `{"paths":["../a"]}`, `{"paths":"a"}`, `{"archiveName":"x/y.zip"}`,
		`{"archiveName":"x\\y"}`, `{"archiveName":"\u0000"}`, `[]`, `{`, `"a"`} {
		_, err := f.Submit(t.Context(), somebody(), "bulk-download", "", f.request(Request{Params: []byte(params)}))
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), params)
	}
	_, err := f.Submit(t.Context(), auth.Caller{}, "bulk-download", "", f.request(Request{}))
	assert.Equal(t, cairn.Unauthenticated, cairn.CodeOf(err), "S8")
	_, err = f.Submit(t.Context(), somebody(), "build", "", f.request(Request{}))
	assert.Equal(t, cairn.Forbidden, cairn.CodeOf(err), "who may only read may not build")
}

// Two cores submit at once; none overruns a limit.
func TestLimitsOfActiveTasks(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.add(func(context.Context, *Run) error { return nil })
	user := somebody()
	for name, c := range map[string]struct {
		limit func(o *Options)
		most  int
	}{
		"user":         {func(o *Options) { o.MaxPerUser = 3 }, 3},
		"organization": {func(o *Options) { o.MaxPerOrganization = 4 }, 4},
		"server":       {func(o *Options) { o.MaxActive = 2 }, 2},
	} {
		_, err := f.pool.Exec(t.Context(), `delete from tasks`)
		require.NoError(t, err)
		f.options = Options{}.withDefaults()
		c.limit(&f.options)
		var racing sync.WaitGroup
		for range 12 {
			racing.Go(func() {
				_, err := f.Submit(t.Context(), user, "fake", "", f.request(Request{Force: true}))
				if refused, ok := errors.AsType[*cairn.Error](err); ok {
					assert.Equal(t, cairn.TooManyRequests, refused.Code, name)
					assert.True(t, refused.NoRetry)
					assert.NotZero(t, refused.RetryAfter)
				} else {
					assert.NoError(t, err)
				}
			})
		}
		racing.Wait()
		assert.Equal(t, c.most, f.count(t, `select count(*) from tasks`), name)
	}
}

// B2.
func TestAFailedTaskIsTriedAgainWhenAsked(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var runs int
	f.add(func(_ context.Context, run *Run) error {
		runs++
		if runs == 1 {
			return cairn.Errorf(cairn.Invalid, "Not this time.")
		}
		file := filepath.Join(run.Dir, "x")
		run.Deliver(file, "x.txt", "")
		return os.WriteFile(file, []byte("abc"), 0o600)
	})
	s := f.submit(t, somebody(), "fake", Request{})
	assert.Equal(t, cairn.Conflict, cairn.CodeOf(f.Retry(t.Context(), f.task(t, s.ID), f.dataset)), "it has not failed")
	assert.Equal(t, cairn.Conflict, cairn.CodeOf(f.RemoveTask(t.Context(), f.task(t, s.ID))), "it is active")
	f.work(t)
	failed := f.await(t, s.ID, catalog.TaskFailed)
	assert.Equal(t, "Not this time.", *failed.Error)
	require.NoError(t, f.Retry(t.Context(), failed, f.dataset))
	done := f.await(t, s.ID, catalog.TaskSucceeded)
	assert.Nil(t, done.Error)
	assert.Equal(t, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", done.Artifact.SHA256, "FIPS 180-4")
	assert.Equal(t, cairn.Conflict, cairn.CodeOf(f.Retry(t.Context(), failed, f.dataset)), "it has not failed since")
	_, err := f.folder.Stat(t.Context(), done.Artifact.Key)
	require.NoError(t, err)
	require.NoError(t, f.RemoveTask(t.Context(), done))
	_, err = f.folder.Stat(t.Context(), done.Artifact.Key)
	assert.Equal(t, cairn.NotFound, cairn.CodeOf(err))
}

// A tool that fails for a reason that may pass is tried again by itself, one that panics too.
func TestAFailureThatMayPassIsTriedAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var runs int
	f.add(func(context.Context, *Run) error {
		if runs++; runs == 1 {
			panic("by chance")
		}
		return nil
	})
	s := f.submit(t, somebody(), "fake", Request{})
	f.work(t)
	f.await(t, s.ID, catalog.TaskSucceeded)
	assert.Equal(t, 2, runs)
}

func TestCollectionOfArtifactsAndHistory(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.upload(t, "a", "a")
	kept, expired, gone := f.submit(t, somebody(), "bulk-download", Request{}), f.submit(t, somebody(), "bulk-download", Request{}), f.submit(t, somebody(), "bulk-download", Request{})
	f.work(t)
	keys := map[int64]string{}
	for _, s := range []Submitted{kept, expired, gone} {
		keys[s.ID] = f.await(t, s.ID, catalog.TaskSucceeded).Artifact.Key
	}
	f.expire(t, expired.ID)
	_, err := f.pool.Exec(t.Context(), `delete from tasks where id = $1`, gone.ID) // as when its dataset goes
	require.NoError(t, err)
	require.NoError(t, (&collectWorker{Ingest: f.Ingest, grace: grace}).Work(t.Context(), nil))
	for id, key := range keys {
		_, err := f.folder.Stat(t.Context(), key)
		require.NoError(t, err, "young files stay: task %d", id)
	}
	require.NoError(t, (&collectWorker{Ingest: f.Ingest}).Work(t.Context(), nil))
	for id, key := range keys {
		_, err := f.folder.Stat(t.Context(), key)
		assert.Equal(t, id == kept.ID, err == nil, "task %d", id)
	}

	_, err = f.pool.Exec(t.Context(), `update tasks set succeeded_at = now() - interval '61 days' where id = $1`, expired.ID)
	require.NoError(t, err)
	count, days, err := f.ForgetTasks(t.Context(), -1)
	require.NoError(t, err)
	assert.EqualValues(t, 1, count)
	assert.Equal(t, 60, days)
	count, _, err = f.ForgetTasks(t.Context(), 1<<40)
	require.NoError(t, err)
	assert.Zero(t, count)
}
