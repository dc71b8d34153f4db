package catalog

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// owned makes a user with metadata and a dataset of his own, on a server that limits storage.
func (f *fixture) owned(t *testing.T, name, metadata string) (*Dataset, uuid.UUID) {
	t.Helper()
	f.LimitStorage()
	var id uuid.UUID
	require.NoError(t, f.pool.QueryRow(t.Context(), `insert into users (name, metadata) values ($1, $2) returning id`, name, metadata).Scan(&id))
	caller := auth.Caller{User: &auth.User{ID: id, Name: name}}
	_, err := f.CreateOrganization(t.Context(), caller, NewOrganization{Slug: name})
	require.NoError(t, err)
	_, err = f.CreateDataset(t.Context(), caller, name, NewDataset{Slug: "site"})
	require.NoError(t, err)
	d, err := f.Dataset(t.Context(), caller, name, "site", auth.WriteDataset)
	require.NoError(t, err)
	return d, id
}

func (f *fixture) charge(t *testing.T, d *Dataset, e Entry) error {
	return f.Update(t.Context(), func(tx Tx) error {
		return tx.Charge(t.Context(), d, func() error { return tx.Put(t.Context(), d.ID, e) })
	})
}

func TestQuota(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	d, owner := f.owned(t, "limited", `{"maxStorageMB": 1}`)
	const all = 1 << 20
	room := func(path string, bytes int64) error {
		r, err := f.Room(t.Context(), d, path)
		require.NoError(t, err)
		return r.Check(bytes)
	}
	assert.NoError(t, room("a", all))
	assertCode(t, cairn.QuotaExceeded, room("a", all+1))
	assertCode(t, cairn.QuotaExceeded, f.charge(t, d, file("a", all+1)))
	require.NoError(t, f.charge(t, d, file("a", all)))
	assertCode(t, cairn.QuotaExceeded, f.charge(t, d, file("b", 1)))
	assertCode(t, cairn.QuotaExceeded, room("b", 1))
	assert.NoError(t, f.charge(t, d, file("empty", 0)))
	assert.NoError(t, room("a", all), "it replaces what is there")
	assert.NoError(t, f.charge(t, d, file("a", all)))
	s, err := f.Storage(t.Context(), owner)
	require.NoError(t, err)
	assert.Equal(t, Storage{new(int64(all)), all}, s)

	f.exec(t, `update users set metadata = '{"maxStorageMB": 0}' where name = 'limited'`)
	assert.NoError(t, room("a", all))
	assert.NoError(t, f.charge(t, d, file("a", all-1)), "less is welcome even above the quota")
	assertCode(t, cairn.QuotaExceeded, f.charge(t, d, file("a", all)))
	for _, none := range []string{`{}`, `{"maxStorageMB": "1"}`, `{"maxStorageMB": null}`, `{"maxStorageMB": 1e300}`} {
		f.exec(t, `update users set metadata = $1 where name = 'limited'`, none)
		assert.NoError(t, f.charge(t, d, file("a", 1<<40)), none)
	}
	f.exec(t, `update users set metadata = '{"maxStorageMB": -5}' where name = 'limited'`)
	assertCode(t, cairn.QuotaExceeded, f.charge(t, d, file("b", 1)))

	byAdmin, err := f.Dataset(t.Context(), f.admin, "limited", "site", auth.WriteDataset)
	require.NoError(t, err)
	assert.NoError(t, f.charge(t, byAdmin, file("b", 1)), "administrators are exempt")
	f.exec(t, `update organizations set owner_id = null where slug = 'limited'`)
	f.exec(t, `insert into memberships (organization_id, user_id, level) select id, $1, 1 from organizations where slug = 'limited'`, owner)
	ownerless, err := f.node(t).Dataset(t.Context(), auth.Caller{User: &auth.User{ID: owner}}, "limited", "site", auth.WriteDataset)
	require.NoError(t, err)
	assert.NoError(t, f.charge(t, ownerless, file("c", 1)), "without an owner there is no limit")
}

// Uploads at once can't overrun the quota, wherever in the owner's organizations.
func TestQuotaHoldsAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	d, owner := f.owned(t, "limited", `{"maxStorageMB": 1}`)
	caller := auth.Caller{User: &auth.User{ID: owner}}
	_, err := f.CreateDataset(t.Context(), caller, "limited", NewDataset{Slug: "second"})
	require.NoError(t, err)
	second, err := f.Dataset(t.Context(), caller, "limited", "second", auth.WriteDataset)
	require.NoError(t, err)
	var all sync.WaitGroup
	var stored atomic.Int32
	for i := range 16 {
		all.Go(func() {
			err := f.charge(t, []*Dataset{d, second}[i%2], file(fmt.Sprint(i), 200<<10))
			if err == nil {
				stored.Add(1)
				return
			}
			assertCode(t, cairn.QuotaExceeded, err)
		})
	}
	all.Wait()
	assert.EqualValues(t, 5, stored.Load())
	s, err := f.Storage(t.Context(), owner)
	require.NoError(t, err)
	assert.EqualValues(t, 1000<<10, s.Used)
}

// Nobody brings somebody else over the quota by giving an organization away.
func TestHandingOverKeepsToTheQuota(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.owned(t, "heir", `{"maxStorageMB": 1}`)
	d, giver := f.owned(t, "giver", `{}`)
	require.NoError(t, f.charge(t, d, file("a", 2<<20)))
	heir := "heir"
	give := func(caller auth.Caller) error {
		return f.EditOrganization(t.Context(), caller, "giver", OrganizationChange{Owner: &heir})
	}
	assertCode(t, cairn.QuotaExceeded, give(auth.Caller{User: &auth.User{ID: giver, Name: "giver"}}))
	require.NoError(t, f.charge(t, d, file("a", 1<<20)))
	assert.NoError(t, give(auth.Caller{User: &auth.User{ID: giver, Name: "giver"}}))
}
