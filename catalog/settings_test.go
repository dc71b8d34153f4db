package catalog

import (
	"sync"
	"testing"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog/dbtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Decision 41.
func TestSettingsKeepTheirID(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ids := func() map[string]string {
		d, err := f.Dataset(t.Context(), f.admin, "admin", "site", auth.ReadDataset)
		require.NoError(t, err)
		ids := map[string]string{}
		for _, r := range d.Metadata {
			ids[r.Key] = r.ID
		}
		return ids
	}
	before := ids()
	require.Len(t, before, 2)
	name, visibility := "quotes \" \\ \n 😀 6644", auth.Public
	require.NoError(t, f.EditDataset(t.Context(), f.admin, "admin", "site", DatasetChange{Name: &name, Visibility: &visibility}))
	assert.Equal(t, before, ids())
	d, err := f.Dataset(t.Context(), f.admin, "admin", "site", auth.ReadDataset)
	require.NoError(t, err)
	assert.Equal(t, name, d.Name())
	assert.Equal(t, auth.Public, d.Visibility)
}

// Items 52 and 53: however a visibility is written, the next question knows it,
// on the node that wrote it at once and on others by their notification.
func TestVisibilityIsEffectiveHoweverItWasWritten(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	other := f.node(t)
	require.Eventually(t, func() bool { return f.known.listening.Load() && other.known.listening.Load() }, 20*time.Second, time.Millisecond)
	readable := func(c *Catalog) bool {
		_, err := c.Dataset(t.Context(), auth.Caller{}, "admin", "site", auth.ReadDataset)
		if err != nil {
			assertCode(t, cairn.Unauthenticated, err)
		}
		return err == nil
	}
	visible := func(c *Catalog, want bool) func() bool { return func() bool { return readable(c) == want } }
	require.False(t, readable(f.Catalog) || readable(other))
	public := auth.Public
	require.NoError(t, f.EditDataset(t.Context(), f.admin, "admin", "site", DatasetChange{Visibility: &public}))
	assert.True(t, readable(f.Catalog), "at once")
	assert.Eventually(t, visible(other, true), 20*time.Second, time.Millisecond)
	for _, written := range []struct {
		sql  string
		want bool
	}{
		{`update metadata set data = '0' where key = 'visibility' and path = ''`, false},
		{`update metadata set data = '1' where key = 'visibility' and path = ''`, true},
		{`update metadata set data = '"nonsense"' where key = 'visibility' and path = ''`, false},
		{`update metadata set data = '2' where key = 'visibility' and path = ''`, true},
		{`delete from metadata where key = 'visibility'`, false},
		{`insert into metadata (dataset_id, key, data, mtime) select id, 'visibility', '2', 0 from datasets where slug = 'site'`, true},
		{`update organizations set owner_id = null`, true},
		{`insert into metadata (dataset_id, path, key, data, mtime) select id, 'a', 'visibility', '0', 0 from datasets where slug = 'site'`, true},
	} {
		f.exec(t, written.sql)
		for _, node := range []*Catalog{f.Catalog, other} {
			assert.Eventually(t, visible(node, written.want), 20*time.Second, time.Millisecond, written.sql)
		}
	}
}

// Decisions 14 and 78 in the catalog, and what is remembered for one caller is
// not told to another.
func TestPrivateAndAbsentDatasetsAreAlike(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range 2 { // asked and remembered
		for _, slug := range []string{"site", "absent"} {
			_, err := f.Dataset(t.Context(), auth.Caller{}, "admin", slug, auth.ReadDataset)
			assert.EqualError(t, err, "Sign in to read this dataset.")
		}
		_, err := f.Dataset(t.Context(), f.admin, "admin", "site", auth.ReadDataset)
		assert.NoError(t, err)
		_, err = f.Dataset(t.Context(), f.admin, "admin", "absent", auth.ReadDataset)
		assertCode(t, cairn.NotFound, err)
	}
	_, err := f.Dataset(t.Context(), auth.Caller{}, "nowhere", "site", auth.ReadDataset)
	assertCode(t, cairn.NotFound, err)
	_, err = f.Dataset(t.Context(), auth.Caller{}, "admin", "Site", auth.ReadDataset)
	assertCode(t, cairn.Invalid, err)
}

func TestOrganizationPublicStays(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	assertCode(t, cairn.Invalid, f.DeleteOrganization(t.Context(), f.admin, "public"))
	assertCode(t, cairn.Unauthenticated, f.DeleteOrganization(t.Context(), auth.Caller{}, "public"))
	assertCode(t, cairn.Forbidden, f.DeleteOrganization(t.Context(), auth.Caller{User: &auth.User{}}, "public"))
	gone := auth.Caller{User: &auth.User{Roles: []string{auth.RoleDeactivated}}}
	assertCode(t, cairn.Unauthenticated, f.DeleteOrganization(t.Context(), gone, "public"))
	_, err := f.PublicOrganizations(t.Context(), gone)
	assertCode(t, cairn.Unauthenticated, err)
	_, err = f.ListedDatasets(t.Context(), gone)
	assertCode(t, cairn.Unauthenticated, err)
}

func TestDatasetsAreCreatedOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var racing sync.WaitGroup
	codes := make([]cairn.Code, 4)
	for i := range codes {
		racing.Go(func() {
			_, err := f.CreateDataset(t.Context(), f.admin, "admin", NewDataset{Slug: "race"})
			codes[i] = cairn.CodeOf(err)
		})
	}
	racing.Wait()
	assert.ElementsMatch(t, []cairn.Code{"", cairn.Conflict, cairn.Conflict, cairn.Conflict}, codes)
	require.NoError(t, f.DeleteDataset(t.Context(), f.admin, "admin", "race"))
	_, err := f.CreateDataset(t.Context(), f.admin, "admin", NewDataset{Slug: "race"})
	assert.NoError(t, err, "the slug is free at once")
}

// Nodes that start together, and again later.
func TestMigrationsInParallelAndAgain(t *testing.T) {
	t.Parallel()
	url := dbtest.New(t, nil)
	var starting sync.WaitGroup
	for range 3 {
		starting.Go(func() { assert.NoError(t, Migrate(t.Context(), url)) })
	}
	starting.Wait()
	require.NoError(t, Migrate(t.Context(), url))
	assertCode(t, cairn.Invalid, Migrate(t.Context(), "nonsense://"))
	assertCode(t, cairn.Unavailable, Migrate(t.Context(), "postgres://x@127.0.0.1:1/x"))
}
