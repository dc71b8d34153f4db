package catalog

import (
	"testing"

	"github.com/cairngeo/cairn/auth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Cleanups take what is over, and nothing that somebody works with.
func TestHousekeeping(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	exec := func(sql string, args ...any) {
		t.Helper()
		_, err := f.pool.Exec(ctx, sql, args...)
		require.NoError(t, err)
	}
	for _, slug := range []string{"empty", "shared-into", "idle", "made-for-a-share"} {
		_, err := f.CreateDataset(ctx, f.admin, "public", NewDataset{Slug: slug, Visibility: auth.Public})
		require.NoError(t, err)
	}
	batch := func(token, slug string, status int, made bool, age string) {
		exec(`insert into share_batches (token, user_id, dataset_id, status, made_dataset, last_active_at)
			select $1, $2, id, $3, $4, now() - $5::text::interval from datasets where slug = $6`, token, f.admin.User.ID, status, made, age, slug)
	}
	batch("running", "shared-into", 0, false, "1 minute")
	batch("idle", "idle", 0, false, "2 hours")
	batch("rolled back", "made-for-a-share", 2, true, "2 hours")
	batch("committed", "default", 1, false, "1 minute")
	exec(`insert into share_entries (batch, path, hash, size, type) values ('running', 'a', 'staged', 1, 2)`)

	unreferenced, err := f.Unreferenced(ctx, []string{"staged", "nobody's"})
	require.NoError(t, err)
	assert.Equal(t, []string{"nobody's"}, unreferenced)

	removed, err := f.RemoveBatches(ctx, f.admin)
	require.NoError(t, err)
	var tokens []string
	for _, b := range removed {
		tokens = append(tokens, b.Token)
	}
	assert.ElementsMatch(t, []string{"idle", "rolled back", "committed"}, tokens)

	datasets, err := f.RemoveEmptyDatasets(ctx, f.admin)
	require.NoError(t, err)
	var slugs []string
	for _, d := range datasets {
		slugs = append(slugs, d.Slug)
	}
	assert.Contains(t, slugs, "empty")
	assert.Contains(t, slugs, "idle")
	assert.NotContains(t, slugs, "shared-into")
	assert.NotContains(t, slugs, "default")
	assert.NotContains(t, slugs, "made-for-a-share", "it went with its share")
}

func TestMigrateVisibility(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	for _, slug := range []string{"legacy-open", "legacy-closed", "modern"} {
		_, err := f.CreateDataset(ctx, f.admin, "public", NewDataset{Slug: slug, Visibility: auth.Public})
		require.NoError(t, err)
	}
	_, err := f.pool.Exec(ctx, `delete from metadata m using datasets d where d.id = m.dataset_id and d.slug like 'legacy%' and key = 'visibility'`)
	require.NoError(t, err)
	_, err = f.pool.Exec(ctx, `insert into metadata (dataset_id, key, data, mtime) select id, 'public', '1', 0 from datasets where slug = 'legacy-open'`)
	require.NoError(t, err)
	migrated, err := f.MigrateVisibility(ctx, f.admin)
	require.NoError(t, err)
	assert.Equal(t, []MigratedVisibility{
		{DatasetSlugs{"public", "legacy-closed"}, false, auth.Private},
		{DatasetSlugs{"public", "legacy-open"}, true, auth.Unlisted},
	}, migrated)
	d, err := f.Dataset(ctx, f.admin, "public", "legacy-open", auth.ReadDataset)
	require.NoError(t, err)
	assert.Equal(t, auth.Unlisted, d.Visibility)
}
