package ingest

import (
	"testing"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// After a change of the builder entries are built anew by themselves, behind
// what people wait for; what they had is served until then and goes a day later.
func TestANewBuilderReplacesProductsInTheBackground(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	e := f.upload(t, "a.tif", geotiff(t))
	product, ok := f.Product(e)
	require.True(t, ok)
	_, err := f.pool.Exec(ctx, `delete from river_job`)
	require.NoError(t, err)
	old := catalog.Product{Kind: "cog", Version: "of another time", Inputs: product.Inputs}
	_, err = f.pool.Exec(ctx, `update products set key = $1, version = $2, state = 'ready'`, old.Key(), old.Version)
	require.NoError(t, err)
	_, err = f.pool.Exec(ctx, `update tasks set product = $1, state = 'Succeeded'`, old.Key())
	require.NoError(t, err)
	require.NoError(t, f.folder.Adopt(ctx, old.File("cog/cog.tif"), geotiffFile(t)))

	served := func() catalog.Served {
		s, err := f.entries.ServedProduct(ctx, product)
		require.NoError(t, err)
		return s
	}
	assert.Equal(t, old.Key(), served().Key)
	found, err := f.SearchBuilds(ctx)
	require.NoError(t, err)
	assert.Equal(t, 1, found.Enqueued)
	assert.Equal(t, backgroundPriority, f.count(t, `select priority from river_job where kind = 'task'`), "behind all others")
	assert.Equal(t, old.Key(), served().Key, "while the new one is pending")
	assert.Equal(t, catalog.ProductReady, served().State)

	f.work(t)
	f.await(t, f.newestBuild(t, "a.tif").ID, catalog.TaskSucceeded)
	require.Eventually(t, func() bool { return served().Key == product.Key() }, 5*time.Second, 10*time.Millisecond)

	require.NoError(t, (&collectWorker{Ingest: f.Ingest, grace: grace}).collectSuperseded(ctx))
	_, err = f.folder.Stat(ctx, old.File("cog/cog.tif"))
	require.NoError(t, err, "within the grace period it stays")
	require.NoError(t, (&collectWorker{Ingest: f.Ingest}).collectSuperseded(ctx))
	_, err = f.folder.Stat(ctx, old.File("cog/cog.tif"))
	assert.Equal(t, cairn.NotFound, cairn.CodeOf(err))
	_, err = f.folder.Stat(ctx, product.File("cog/cog.tif"))
	require.NoError(t, err)
}

// A build that fails leaves what there was.
func TestWhatWasBuiltOutlivesAFailure(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := catalog.Product{Kind: "cog", Version: "2", Inputs: []string{"input"}}
	_, err := f.pool.Exec(t.Context(), `insert into products (key, kind, version, input, state, error) values ('old', 'cog', '1', 'input', 'ready', null), ($1, 'cog', '2', 'input', 'failed', 'why')`, p.Key())
	require.NoError(t, err)
	s, err := f.entries.ServedProduct(t.Context(), p)
	require.NoError(t, err)
	assert.Equal(t, "old", s.Key)
	served, err := f.entries.ServedProducts(t.Context(), []catalog.Product{p, {Kind: "cog", Version: "2", Inputs: []string{"unknown"}}})
	require.NoError(t, err)
	assert.Equal(t, map[string]catalog.Served{p.Key(): s}, served, "lists of entries show what is served, too")
	_, err = f.pool.Exec(t.Context(), `delete from products where key = 'old'`)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		s, err = f.entries.ServedProduct(t.Context(), p)
		return err == nil && s.State == catalog.ProductFailed && s.Error == "why"
	}, 5*time.Second, 10*time.Millisecond)
}
