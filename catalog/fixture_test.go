package catalog

import (
	"context"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog/dbtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fixture is a catalog as after its first start, and one more dataset in it.
type fixture struct {
	*Catalog
	url     string
	admin   auth.Caller
	dataset *Dataset // admin/site, private
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{url: dbtest.New(t, Migrate)}
	f.Catalog = f.node(t)
	users, err := auth.Open(t.Context(), f.pool, auth.Options{})
	require.NoError(t, err)
	password, err := f.Initialize(t.Context(), users, "")
	require.NoError(t, err)
	admin, _, err := users.Login(t.Context(), "admin", password, "")
	require.NoError(t, err)
	f.admin = auth.Caller{User: admin}
	f.dataset, err = f.CreateDataset(t.Context(), f.admin, "admin", NewDataset{Slug: "site"})
	require.NoError(t, err)
	return f
}

// node opens the catalog once more, as another process would.
func (f *fixture) node(t *testing.T) *Catalog {
	t.Helper()
	pool, err := Connect(t.Context(), f.url)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); pool.Close() })
	return Open(ctx, pool)
}

func (f *fixture) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	_, err := f.pool.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

func file(path string, size int64) Entry {
	return Entry{Path: path, Hash: path + " content", MTime: 1_700_000_000, Size: size, Description: Description{Type: Generic}}
}

func (f *fixture) put(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		require.NoError(t, f.tryPut(t, file(path, 10)), path)
	}
}

func (f *fixture) tryPut(t *testing.T, e Entry) error {
	return f.Update(t.Context(), func(tx Tx) error { return tx.Put(t.Context(), f.dataset.ID, e) })
}

func (f *fixture) makeFolder(t *testing.T, path string) error {
	return f.Update(t.Context(), func(tx Tx) error { return tx.MakeFolder(t.Context(), f.dataset.ID, path, 1_700_000_000) })
}

func (f *fixture) remove(t *testing.T, path string) error {
	return f.Update(t.Context(), func(tx Tx) error {
		removed, err := tx.Remove(t.Context(), f.dataset.ID, path)
		if err == nil && len(removed) == 0 {
			return errNoEntry(path)
		}
		return err
	})
}

func (f *fixture) move(t *testing.T, source, dest string) error {
	return f.relocate(t, source, f.at(dest), Relocation{})
}

func (f *fixture) relocate(t *testing.T, source string, dest Place, how Relocation) error {
	return f.Update(t.Context(), func(tx Tx) error {
		_, err := tx.Relocate(t.Context(), f.at(source), dest, how)
		return err
	})
}

func (f *fixture) at(path string) Place { return Place{f.dataset.ID, path} }

func (f *fixture) list(t *testing.T, path string, only *EntryType) (found []Entry, err error) {
	t.Helper()
	err = f.Snapshot(t.Context(), func(s Snapshot) error {
		for entries, err := range s.List(t.Context(), f.dataset, path, only) {
			if err != nil {
				return err
			}
			found = append(found, entries...)
		}
		return nil
	})
	return found, err
}

func pathsOf(entries []Entry) []string {
	paths := make([]string, len(entries))
	for i, e := range entries {
		paths[i] = e.Path
	}
	return paths
}

// tree returns all paths.
func (f *fixture) tree(t *testing.T) []string {
	t.Helper()
	entries, err := f.Tree(t.Context(), f.dataset)
	require.NoError(t, err)
	return pathsOf(entries)
}

func assertCode(t *testing.T, want cairn.Code, err error, what ...any) {
	t.Helper()
	if !assert.Equal(t, want, cairn.CodeOf(err), what...) {
		t.Log(err)
	}
}

// Tree returns the entries at and below the paths, in the order of their
// paths; all entries for no paths: what Walk must visit, by one simple query. Every path must exist: an unknown one is NotFound.
// Folders without a row of their own are not among them.
func (f *fixture) Tree(ctx context.Context, d *Dataset, paths ...string) ([]Entry, error) {
	if len(paths) == 0 {
		return many(ctx, f.pool, scanEntry, `select `+entryColumns+` from entries where dataset_id = $1 and path <> '' order by path`, d.ID)
	}
	if err := f.checkPaths(ctx, d, paths); err != nil {
		return nil, err
	}
	return many(ctx, f.pool, scanEntry, `select distinct on (path) `+entryColumns+` from entries e, unnest($2::text[]) p
		where dataset_id = $1 and (path = p collate "C" or path >= (p || '/') collate "C" and path < (p || '0') collate "C") order by path`, d.ID, paths)
}
