package catalog

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var product = Product{Kind: "cog", Version: "1", Inputs: []string{"aa"}}

func TestProductKeys(t *testing.T) {
	t.Parallel()
	assert.Equal(t, product.Key(), Product{"cog", "1", []string{"aa"}}.Key())
	for _, other := range []Product{{"vec", "1", []string{"aa"}}, {"cog", "2", []string{"aa"}}, {"cog", "1", []string{"bb"}}, {"cog", "1", []string{"aa", "bb"}}, {"cog", "1", []string{"bb", "aa"}}} {
		assert.NotEqual(t, product.Key(), other.Key())
	}
	assert.Regexp(t, `^products/[0-9a-f]{2}/[0-9a-f]{64}/cog/cog\.tif$`, product.File("cog/cog.tif"))
}

// job is what the tasks of these tests wait for.
const job int64 = 7

// request asks for the product as the upload of path does.
func (f *fixture) request(t *testing.T, path string, force bool) (needed bool) {
	t.Helper()
	assert.NoError(t, f.Update(t.Context(), func(tx Tx) error {
		e := file(path, 1)
		if err := tx.Put(t.Context(), f.dataset.ID, e); err != nil {
			return err
		}
		keys, err := tx.RequestProducts(t.Context(), []Product{product, product}, force)
		if err != nil {
			return err
		}
		needed = len(keys) > 0
		_, err = tx.AddTasks(t.Context(), NewTasks{Dataset: f.dataset.ID, Tool: BuildTool, Version: "1", Each: []NewTask{newBuild(path, needed)}})
		return err
	}))
	return needed
}

func newBuild(path string, needed bool) NewTask {
	key, hash, waitFor := product.Key(), "aa", job
	n := NewTask{Path: &path, Params: "{}", Request: path, Hash: &hash, Product: &key}
	if needed {
		n.Job = &waitFor
	}
	return n
}

func (f *fixture) finish(t *testing.T, cause error) {
	assert.NoError(t, f.Update(t.Context(), func(tx Tx) error {
		if err := tx.FinishProduct(t.Context(), product.Key(), cause); err != nil {
			return err
		}
		_, err := tx.EndTasks(t.Context(), job, nil, nil, cause)
		return err
	}))
}

func (f *fixture) states(t *testing.T) map[string]string {
	t.Helper()
	builds, err := f.Builds(t.Context(), f.dataset, 1, 100)
	require.NoError(t, err)
	states := map[string]string{}
	for _, b := range builds {
		if _, seen := states[*b.Path]; !seen { // newest first
			states[*b.Path] = b.State
		}
	}
	return states
}

func (f *fixture) productState(t *testing.T) (state, reason string) {
	t.Helper()
	s, err := f.ProductState(t.Context(), product.Key())
	require.NoError(t, err)
	return s.State, s.Error
}

func TestABuildFromRequestToEnd(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	requireState := func(want, why string) {
		t.Helper()
		state, reason := f.productState(t)
		assert.Equal(t, want, state)
		assert.Equal(t, why, reason)
	}
	requireState("", "")
	assert.True(t, f.request(t, "a", false))
	requireState(ProductPending, "")
	active, err := f.BuildActive(t.Context(), f.dataset, "a")
	require.NoError(t, err)
	assert.True(t, active)

	started, err := f.StartTasks(t.Context(), job)
	require.NoError(t, err)
	assert.Equal(t, "a", *started.Path)
	percent := 40
	awaited, err := f.ReportTasks(t.Context(), job, TaskReport{Percent: &percent, Phase: "building"})
	require.NoError(t, err)
	assert.True(t, awaited)
	builds, err := f.Builds(t.Context(), f.dataset, 1, 10)
	require.NoError(t, err)
	require.Len(t, builds, 1)
	assert.Equal(t, "Processing", builds[0].State)
	assert.Equal(t, 40, *builds[0].Percent)
	cleared, err := f.ClearBuilds(t.Context(), f.dataset)
	require.NoError(t, err)
	assert.Zero(t, cleared, "what is under way stays")

	f.finish(t, cairn.Errorf(cairn.Invalid, "The file is broken."))
	requireState(ProductFailed, "The file is broken.")
	assert.Equal(t, map[string]string{"a": "Failed"}, f.states(t))

	assert.True(t, f.request(t, "a", false), "a failed build is tried again")
	requireState(ProductPending, "")
	f.finish(t, errors.New("secret path /var/lib"))
	_, reason := f.productState(t)
	assert.NotContains(t, reason, "secret", "the cause is for the log")

	assert.True(t, f.request(t, "a", false))
	f.finish(t, nil)
	requireState(ProductReady, "")
	assert.False(t, f.request(t, "b", false), "decision 52: succeeded at once")
	assert.Equal(t, map[string]string{"a": "Succeeded", "b": "Succeeded"}, f.states(t))
	assert.True(t, f.request(t, "b", true))

	page, err := f.Builds(t.Context(), f.dataset, 2, 2)
	require.NoError(t, err)
	assert.Len(t, page, 2)
	assert.Greater(t, page[0].ID, page[1].ID)
	cleared, err = f.ClearBuilds(t.Context(), f.dataset)
	require.NoError(t, err)
	assert.EqualValues(t, 4, cleared)
}

// Decision 53: two tasks wait for one product; who cancels the one does not take it from the other.
func TestACancelledBuildLeavesTheOthersTheirProduct(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.request(t, "a", false)
	f.request(t, "b", false)
	tasks, err := f.Tasks(t.Context(), TaskFilter{Dataset: f.dataset}, 0, 10)
	require.NoError(t, err)
	require.Len(t, tasks, 2)
	cancel := func(id int64) {
		require.NoError(t, f.Update(t.Context(), func(tx Tx) error {
			_, err := tx.CancelTask(t.Context(), id)
			return err
		}))
	}
	cancel(tasks[0].ID)
	state, _ := f.productState(t)
	assert.Equal(t, ProductPending, state)
	awaited, err := f.TasksAwait(t.Context(), job)
	require.NoError(t, err)
	assert.True(t, awaited)

	cancel(tasks[1].ID)
	state, reason := f.productState(t)
	assert.Equal(t, ProductFailed, state)
	assert.Contains(t, reason, "cancelled")
	awaited, err = f.ReportTasks(t.Context(), job, TaskReport{})
	require.NoError(t, err)
	assert.False(t, awaited)
	_, err = f.StartTasks(t.Context(), job)
	assert.Equal(t, cairn.NotFound, cairn.CodeOf(err))
}

// Statement 144 and B1: cursors count every line, also those that are no longer kept.
func TestALogKeepsItsLastLines(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.request(t, "a", false)
	tasks, err := f.Tasks(t.Context(), TaskFilter{}, 0, 1)
	require.NoError(t, err)
	written := 0
	for range 7 {
		lines := make([]string, 100)
		for i := range lines {
			lines[i] = fmt.Sprint(written)
			written++
		}
		_, err := f.ReportTasks(t.Context(), job, TaskReport{Lines: lines})
		require.NoError(t, err)
	}
	for _, c := range []struct {
		since, dropped int64
		first          string
		count          int
	}{{0, 200, "200", 500}, {-5, 200, "200", 500}, {150, 50, "200", 500}, {200, 0, "200", 500}, {698, 0, "698", 2}, {700, 0, "", 0}, {1 << 60, 0, "", 0}} {
		lines, dropped, cursor, err := f.TaskLog(t.Context(), tasks[0].ID, c.since)
		require.NoError(t, err)
		assert.EqualValues(t, 700, cursor)
		assert.Equal(t, c.dropped, dropped, "since %d", c.since)
		require.Len(t, lines, c.count, "since %d", c.since)
		if c.count > 0 {
			assert.Equal(t, c.first, lines[0])
		}
	}
}

// Decision 54 and statement 79 of the web client's checklist.
func TestTasksListOnlyTheNewestBuildOfAPath(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.request(t, "a", false)
	f.finish(t, cairn.Errorf(cairn.Invalid, "no"))
	f.request(t, "a", false)
	f.finish(t, nil)
	f.request(t, "b", false)
	tasks, err := f.Tasks(t.Context(), TaskFilter{Dataset: f.dataset, NewestBuild: true}, 0, 10)
	require.NoError(t, err)
	require.Len(t, tasks, 2)
	assert.Equal(t, "b", *tasks[0].Path)
	assert.Equal(t, "Succeeded", tasks[1].State)
	failed, err := f.Tasks(t.Context(), TaskFilter{Dataset: f.dataset, State: "Failed", NewestBuild: true}, 0, 10)
	require.NoError(t, err)
	assert.Empty(t, failed, "an old failure does not hide the newer success")
	count, err := f.CountTasks(t.Context(), TaskFilter{Tool: BuildTool})
	require.NoError(t, err)
	assert.EqualValues(t, 3, count)
}

// B1: the digest changes with what a result is made from, and with nothing else.
func TestContentsHaveADigest(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	contents := func(paths ...string) Contents {
		c, err := f.Contents(t.Context(), f.dataset, paths...)
		require.NoError(t, err)
		return c
	}
	put := func(path string, size int64) {
		require.NoError(t, f.Update(t.Context(), func(tx Tx) error { return tx.Put(t.Context(), f.dataset.ID, file(path, size)) }))
	}
	empty := contents()
	assert.Zero(t, empty.Entries)
	put("a/1", 5)
	put("b", 7)
	whole, folder := contents(), contents("a")
	assert.EqualValues(t, 3, whole.Entries)
	assert.EqualValues(t, 12, whole.Bytes)
	assert.EqualValues(t, 5, folder.Bytes)
	assert.Equal(t, folder, contents("a", "a/1"), "nothing counts twice")
	assert.NotEqual(t, empty.Digest, whole.Digest)
	put("c", 1)
	assert.NotEqual(t, whole.Digest, contents().Digest)
	assert.Equal(t, folder, contents("a"))
	_, err := f.Contents(t.Context(), f.dataset, "gone")
	assert.Equal(t, cairn.NotFound, cairn.CodeOf(err))
}

// Archives are written a page at a time: in order, nothing twice, nothing left out.
func TestWalkVisitsWhatTreeReturns(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(t, `insert into entries (dataset_id, path, hash, type, mtime, depth) select $1, 'big/' || i, 'h', 2, 0, 1 from generate_series(10, 2500) i`, f.dataset.ID)
	f.put(t, "a", "big.txt", "big-1", "big/7/8", "z/y/x")
	for _, paths := range [][]string{nil, {"z"}, {"a"}, {"big"}, {"z", "big", "big/7", "big-1", "z/y"}} {
		want, err := f.Tree(t.Context(), f.dataset, paths...)
		require.NoError(t, err)
		var got []Entry
		require.NoError(t, f.Walk(t.Context(), f.dataset, paths, func(e Entry) error { got = append(got, e); return nil }))
		assert.Equal(t, want, got, paths)
	}
	enough := errors.New("enough")
	assert.ErrorIs(t, f.Walk(t.Context(), f.dataset, nil, func(Entry) error { return enough }), enough)
	assert.Equal(t, cairn.NotFound, cairn.CodeOf(f.Walk(t.Context(), f.dataset, []string{"gone"}, nil)))
}

// Uploads of the same bytes that race with the end of their build: none is
// left waiting for a job that is over.
func TestNoBuildIsForgotten(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for round := range 15 {
		f.request(t, "first", false)
		cause := error(nil)
		if round%2 == 1 {
			f.request(t, "first", true) // a forced build of what is there
			cause = cairn.Errorf(cairn.Invalid, "no")
		}
		var racing sync.WaitGroup
		needed := make([]bool, 4)
		for i := range needed {
			racing.Go(func() { needed[i] = f.request(t, fmt.Sprint(i), false) })
		}
		racing.Go(func() { f.finish(t, cause) })
		racing.Wait()
		if again, err := f.ProductState(t.Context(), product.Key()); assert.NoError(t, err) && again.State == ProductPending {
			f.finish(t, nil) // somebody came after the end and got a job of their own
		}
		for path, state := range f.states(t) {
			assert.Contains(t, []string{"Succeeded", "Failed"}, state, path)
		}
		if cause == nil {
			f.exec(t, `delete from tasks`)
			f.exec(t, `delete from products`)
		}
	}
}
