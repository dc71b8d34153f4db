package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/catalog/dbtest"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fixture is an empty server without its HTTP.
type fixture struct {
	*Ingest
	jobs    *river.Client[pgx.Tx]
	pool    *pgxpool.Pool
	entries *catalog.Catalog
	folder  *blob.Folder
	dataset *catalog.Dataset
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	pool, err := catalog.Connect(t.Context(), dbtest.New(t, catalog.Migrate))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); pool.Close() })
	users, err := auth.Open(ctx, pool, auth.Options{})
	require.NoError(t, err)
	entries := catalog.Open(ctx, pool)
	_, err = entries.Initialize(ctx, users, "x")
	require.NoError(t, err)
	admin, _, err := users.Login(ctx, "admin", "x", "")
	require.NoError(t, err)
	d, err := entries.Dataset(ctx, auth.Caller{User: admin}, "public", "default", auth.WriteDataset)
	require.NoError(t, err)
	folder, err := blob.NewFolder(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, folder.Close()) })
	in, jobs, err := New(entries, folder, pool, Options{})
	require.NoError(t, err)
	return &fixture{in, jobs, pool, entries, folder, d}
}

// work works the jobs until the test ends.
func (f *fixture) work(t *testing.T) {
	t.Helper()
	queue, err := Start(t.Context(), f.jobs, f.pool)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		assert.NoError(t, queue.Stop(ctx))
	})
}

func (f *fixture) upload(t *testing.T, path, content string) catalog.Entry {
	t.Helper()
	e, err := f.Upload(t.Context(), f.dataset, path, strings.NewReader(content), int64(len(content)))
	require.NoError(t, err, path)
	return e
}

func (f *fixture) move(t *testing.T, source, dest string) (catalog.Entry, error) {
	return f.Relocate(t.Context(), Location{f.dataset, source}, Location{f.dataset, dest}, catalog.Relocation{})
}

func (f *fixture) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, f.pool.QueryRow(t.Context(), sql, args...).Scan(&n))
	return n
}

// blobs returns the hashes of what is stored.
func (f *fixture) blobs(t *testing.T) []string {
	t.Helper()
	hashes := []string{}
	require.NoError(t, f.folder.Walk(t.Context(), "blobs/", func(o blob.Info) error {
		hashes = append(hashes, filepath.Base(o.Key))
		return nil
	}))
	return hashes
}

func (f *fixture) age(t *testing.T, hash string, by time.Duration) {
	t.Helper()
	then := time.Now().Add(-by)
	require.NoError(t, os.Chtimes(f.folder.Location(blob.Key(hash)), then, then))
}

// built makes an uploaded file one that a COG was built of, and returns the
// key of the COG in the store.
func (f *fixture) built(t *testing.T, e catalog.Entry) (key string) {
	t.Helper()
	e.Type = catalog.GeoRaster
	p, _ := f.Product(e)
	require.NoError(t, f.entries.Update(t.Context(), func(tx catalog.Tx) error {
		if _, err := tx.Exec(t.Context(), `update entries set type = 4 where dataset_id = $1 and path = $2`, f.dataset.ID, e.Path); err != nil {
			return err
		}
		if err := f.requestBuilds(t.Context(), tx, f.dataset, false, e); err != nil {
			return err
		}
		if _, err := tx.Exec(t.Context(), `update tasks set state = 'Succeeded', succeeded_at = now() where path = $1`, e.Path); err != nil {
			return err
		}
		return tx.FinishProduct(t.Context(), p.Key(), nil)
	}))
	made := filepath.Join(f.folder.Scratch(), "made")
	require.NoError(t, os.WriteFile(made, []byte(e.Path), 0o600))
	require.NoError(t, f.folder.Adopt(t.Context(), p.File("cog/cog.tif"), made))
	return p.File("cog/cog.tif")
}

func (f *fixture) name() catalog.DatasetName {
	return catalog.DatasetName{ID: f.dataset.ID, Organization: f.dataset.Organization, Slug: f.dataset.Slug}
}

func hashOfText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
