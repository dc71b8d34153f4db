package ingest

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var anAdmin = auth.Caller{User: &auth.User{ID: uuid.New(), Name: "admin", Roles: []string{auth.RoleAdmin}}}

// geotiff returns a small GeoTIFF.
func geotiff(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(geotiffFile(t))
	require.NoError(t, err)
	return string(content)
}

// geotiffFile is geotiff as a file.
func geotiffFile(t *testing.T) string {
	t.Helper()
	var plain bytes.Buffer
	require.NoError(t, png.Encode(&plain, image.NewGray(image.Rect(0, 0, 40, 30))))
	source, made := filepath.Join(t.TempDir(), "a.png"), filepath.Join(t.TempDir(), "a.tif")
	require.NoError(t, os.WriteFile(source, plain.Bytes(), 0o600))
	out, err := exec.Command("gdal_translate", "-q", "-of", "GTiff", "-a_srs", "EPSG:32632", "-a_ullr", "500000", "5000000", "500040", "4999970", source, made).CombinedOutput()
	require.NoError(t, err, string(out))
	return made
}

// newestBuild returns the newest build of the path.
func (f *fixture) newestBuild(t *testing.T, path string) catalog.Task {
	t.Helper()
	return f.find(t, func(t catalog.Task) bool { return t.Path != nil && *t.Path == path })
}

// Decision 53, in a running queue: both wait for one job.
func TestACancelledBuildIsDoneForTheOthers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	raster := geotiff(t)
	f.upload(t, "1.tif", raster)
	f.upload(t, "2.tif", raster)
	one, two := f.newestBuild(t, "1.tif"), f.newestBuild(t, "2.tif")
	require.NoError(t, f.Cancel(t.Context(), one))
	f.work(t)
	f.await(t, two.ID, catalog.TaskSucceeded)
	assert.Equal(t, catalog.TaskDeleted, f.task(t, one.ID).State)
	states, err := f.entries.ProductStates(t.Context(), []string{*two.Product})
	require.NoError(t, err)
	assert.Equal(t, catalog.ProductReady, states[*two.Product].State)
}

// A cancelled build that nobody else needs is not left pending, and can be started again.
func TestACancelledBuildCanBeStartedAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.upload(t, "a.tif", geotiff(t))
	assert.Equal(t, cairn.Conflict, cairn.CodeOf(f.Build(t.Context(), f.dataset, "a.tif", false)), "it is under way")
	first := f.newestBuild(t, "a.tif")
	require.NoError(t, f.Cancel(t.Context(), first))
	states, err := f.entries.ProductStates(t.Context(), []string{*first.Product})
	require.NoError(t, err)
	assert.Equal(t, catalog.ProductFailed, states[*first.Product].State)
	require.NoError(t, f.Build(t.Context(), f.dataset, "a.tif", false))
	f.work(t)
	f.await(t, f.newestBuild(t, "a.tif").ID, catalog.TaskSucceeded)
	assert.Equal(t, catalog.TaskDeleted, f.task(t, first.ID).State)
}

// Who reads while a forced build betters a product finds a whole file at any moment.
func TestAForcedBuildNeverLeavesNoFile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.upload(t, "a.tif", geotiff(t))
	f.work(t)
	f.await(t, f.newestBuild(t, "a.tif").ID, catalog.TaskSucceeded)
	p, _ := f.Product(e)
	before, err := f.folder.Stat(t.Context(), p.File("cog/cog.tif"))
	require.NoError(t, err)
	require.NoError(t, f.Build(t.Context(), f.dataset, "a.tif", true))
	second := f.newestBuild(t, "a.tif")
	for !f.state(t, second.ID, catalog.TaskSucceeded) {
		info, err := f.folder.Stat(t.Context(), p.File("cog/cog.tif"))
		require.NoError(t, err)
		require.Equal(t, before.Size, info.Size)
	}
	after, err := f.folder.Stat(t.Context(), p.File("cog/cog.tif"))
	require.NoError(t, err)
	assert.True(t, after.ModTime.After(before.ModTime), "it was built again")
	log, _, _, err := f.entries.TaskLog(t.Context(), second.ID, 0)
	require.NoError(t, err)
	assert.Len(t, log, 2)
}

// The tool build without a path builds what is not built, and ends when that has ended.
func TestBuildingWhatIsMissing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	raster := geotiff(t)
	for _, path := range []string{"a.tif", "b/c.tif"} {
		f.upload(t, path, raster+path)
		require.NoError(t, f.Cancel(t.Context(), f.newestBuild(t, path)))
	}
	f.upload(t, "broken.tif", "no raster")
	_, err := f.pool.Exec(t.Context(), `update entries set type = 4 where path = 'broken.tif'`)
	require.NoError(t, err)

	s := f.submit(t, anAdmin, "build", Request{})
	assert.Nil(t, s.EstimatedBytes)
	assert.True(t, f.submit(t, anAdmin, "build", Request{}).Deduplicated)
	f.work(t)
	failed := f.await(t, s.ID, catalog.TaskFailed)
	assert.Contains(t, *failed.Error, "1 of 3")
	for path, want := range map[string]string{"a.tif": catalog.TaskSucceeded, "b/c.tif": catalog.TaskSucceeded, "broken.tif": catalog.TaskFailed} {
		build := f.newestBuild(t, path)
		assert.Equal(t, want, build.State, path)
		assert.Equal(t, s.ID, *build.Parent, path)
		assert.False(t, build.Submitter.Valid, "it counts to nobody's limit")
	}

	require.NoError(t, f.Retry(t.Context(), failed, f.dataset))
	f.await(t, s.ID, catalog.TaskFailed)
	children, err := f.entries.Children(t.Context(), s.ID)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"broken.tif": catalog.TaskFailed}, children, "only what is missing")

	require.NoError(t, f.Remove(t.Context(), f.dataset, "broken.tif"))
	forced := f.submit(t, anAdmin, "build", Request{Force: true})
	f.await(t, forced.ID, catalog.TaskSucceeded)
	children, err = f.entries.Children(t.Context(), forced.ID)
	require.NoError(t, err)
	assert.Len(t, children, 2)
	assert.Equal(t, 2+3+1+2, f.count(t, `select count(*) from tasks t join river_job j on j.id = t.job where j.args->>'product' = t.product`), "each waits for the job of its own product")
}

// Cancelling the building of everything cancels what it asked for.
func TestCancellingTheBuildOfEverything(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.upload(t, "a.tif", geotiff(t))
	s := f.submit(t, anAdmin, "build", Request{})
	tool, err := f.tool("build", "")
	require.NoError(t, err)
	run := &Run{Task: f.task(t, s.ID), report: &reporter{catalog: f.entries}}
	require.ErrorIs(t, tool.Run(t.Context(), run), again(0))
	child := f.newestBuild(t, "a.tif")
	require.Equal(t, s.ID, *child.Parent)
	require.NoError(t, f.Cancel(t.Context(), f.task(t, s.ID)))
	assert.Equal(t, catalog.TaskDeleted, f.task(t, child.ID).State)
	assert.Equal(t, 1, f.count(t, `select count(*) from tasks where state = 'Enqueued'`), "the build of the upload is another task")
	require.NoError(t, f.Remove(t.Context(), f.dataset, "a.tif"))
	f.upload(t, "b.tif", geotiff(t)+"b")
	run.Task.CreatedAt = run.Task.CreatedAt.AddDate(1, 0, 0)
	assert.ErrorIs(t, tool.Run(t.Context(), run), errUnawaited, "nothing is added to a cancelled task")
}

func TestABuildThatIsNotPossible(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.upload(t, "a.txt", "abc")
	for _, r := range []Request{{Path: "a.txt"}, {Path: "gone"}, {Params: []byte(`{"path":"gone"}`)}, {Params: []byte(`{"force":"yes"}`)}, {Path: "\x00"}} {
		_, err := f.Submit(t.Context(), anAdmin, "build", "", f.request(r))
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), "%+v", r)
	}
	assert.NoError(t, f.Build(t.Context(), f.dataset, "a.txt", false), "nothing happens")
	assert.Equal(t, cairn.NotFound, cairn.CodeOf(f.Build(t.Context(), f.dataset, "gone", false)))
	assert.Equal(t, 0, f.count(t, `select count(*) from tasks`))
}
