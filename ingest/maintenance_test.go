package ingest

import (
	"os"
	"testing"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const waiting = `select count(*) from tasks where state = 'Enqueued'`

// An entry that is older than its builder, or whose build was never asked for,
// gets one; what was built, fails or is being built is left alone.
func TestSearchAsksForBuildsThatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	last, err := f.entries.LastBuildSearch(t.Context())
	require.NoError(t, err)
	require.Nil(t, last)
	f.built(t, f.upload(t, "built", "built"))
	f.built(t, f.upload(t, "old", "old"))
	f.upload(t, "plain", "plain")
	_, err = f.pool.Exec(t.Context(), `update products set version = '0', key = 'older' where input = $1`, hashOfText("old"))
	require.NoError(t, err)

	search, err := f.SearchBuilds(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, search.Found)
	assert.Equal(t, 1, search.Enqueued)
	assert.Equal(t, int64(1), search.Datasets)
	assert.Equal(t, int64(1), search.Checked)
	assert.Equal(t, 1, f.count(t, waiting+` and path = 'old'`))

	search, err = f.SearchBuilds(t.Context())
	require.NoError(t, err)
	assert.Zero(t, search.Found, "it waits already")
	assert.Equal(t, 1, f.count(t, waiting))
	last, err = f.entries.LastBuildSearch(t.Context())
	require.NoError(t, err)
	assert.Equal(t, search.Began, last.Began)
	assert.WithinDuration(t, time.Now(), last.Began, time.Minute)
}

func TestArtifactCheckBuildsAgainWhatIsMissing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.built(t, f.upload(t, "whole", "whole"))
	lost := f.built(t, f.upload(t, "lost", "lost"))
	empty := f.built(t, f.upload(t, "empty", "empty"))
	unneeded := f.built(t, f.upload(t, "unneeded", "unneeded"))
	require.NoError(t, f.Remove(t.Context(), f.dataset, "unneeded"))
	for _, key := range []string{lost, unneeded} {
		require.NoError(t, f.folder.Delete(t.Context(), key))
	}
	require.NoError(t, os.Truncate(f.folder.Location(empty), 0))

	job, err := f.CheckArtifacts(t.Context())
	require.NoError(t, err)
	assert.NotEmpty(t, job)
	again, err := f.CheckArtifacts(t.Context())
	require.NoError(t, err)
	assert.Equal(t, job, again, "one at a time")

	require.NoError(t, (&artifactCheckWorker{Ingest: f.Ingest}).Work(t.Context(), nil))
	assert.Equal(t, 2, f.count(t, waiting))
	assert.Equal(t, 1, f.count(t, waiting+` and path = 'lost'`))
	assert.Equal(t, 1, f.count(t, waiting+` and path = 'empty'`))
	assert.Equal(t, 2, f.count(t, `select count(*) from products where state = 'pending'`))
}

func TestCleanupRemovesWhatIsLostAndWhatNobodyNeeds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.upload(t, "kept", "kept")
	gone := f.upload(t, "dir/gone", "gone")
	used := f.built(t, f.upload(t, "used", "used"))
	elsewhere := f.built(t, f.upload(t, "elsewhere", "elsewhere"))
	unneeded := f.built(t, f.upload(t, "unneeded", "unneeded"))
	for _, path := range []string{"unneeded", "elsewhere"} {
		require.NoError(t, f.Remove(t.Context(), f.dataset, path))
	}
	_, err := f.pool.Exec(t.Context(), `with d as (insert into datasets (organization_id, slug) select organization_id, 'other' from datasets returning id)
		insert into entries (dataset_id, path, hash, type, mtime, depth) select id, 'mine', $1, 4, 0, 0 from d`, hashOfText("elsewhere"))
	require.NoError(t, err)
	require.NoError(t, f.folder.Delete(t.Context(), blob.Key(gone.Hash)))

	cleaned, err := f.CleanUp(t.Context(), f.name())
	require.NoError(t, err)
	assert.Equal(t, []string{"dir/gone"}, cleaned.Entries)
	assert.Equal(t, []string{hashOfText("unneeded")}, cleaned.Builds)
	for key, stays := range map[string]bool{used: true, elsewhere: true, unneeded: false} {
		_, err := f.folder.Stat(t.Context(), key)
		assert.Equal(t, stays, err == nil)
	}
	assert.Equal(t, 1, f.count(t, `select count(*) from entries where path = 'kept'`))
	assert.Zero(t, f.count(t, `select count(*) from entries where path = 'dir/gone'`))

	cleaned, err = f.CleanUp(t.Context(), f.name())
	require.NoError(t, err)
	assert.Empty(t, cleaned.Entries)
	assert.Empty(t, cleaned.Builds)
}

// A disk that is not mounted looks as if everything were lost.
func TestCleanupSparesEverythingWhenTheStoreIsEmpty(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, path := range []string{"a", "b"} {
		require.NoError(t, f.folder.Delete(t.Context(), blob.Key(f.upload(t, path, path).Hash)))
	}
	_, err := f.CleanUp(t.Context(), f.name())
	assert.Equal(t, cairn.Unavailable, cairn.CodeOf(err))
	assert.Equal(t, 2, f.count(t, `select count(*) from entries`))
}

func TestQueueHealth(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	idle := &Queue{client: f.jobs, pool: f.pool}
	_, err := idle.Health(t.Context())
	assert.Equal(t, cairn.Unavailable, cairn.CodeOf(err), "nobody works")
	f.work(t)
	health, err := idle.Health(t.Context())
	require.NoError(t, err)
	assert.Empty(t, health.Warning)

	_, err = f.pool.Exec(t.Context(), `insert into river_job (kind, args, max_attempts, queue, scheduled_at) values ('none', '{}', 1, 'nobody', now() - interval '2 hours')`)
	require.NoError(t, err)
	health, err = idle.Health(t.Context())
	require.NoError(t, err)
	assert.NotEmpty(t, health.Warning)
	assert.GreaterOrEqual(t, health.Figures["oldestWaitSeconds"], int64(7200))
}
