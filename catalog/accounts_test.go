package catalog

import (
	"context"
	"strings"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// users returns the accounts of the fixture's catalog, with an organization for everybody.
func (f *fixture) users(t *testing.T) *auth.Users {
	t.Helper()
	users, err := auth.Open(t.Context(), f.pool, auth.Options{})
	require.NoError(t, err)
	users.RememberIn(f.Catalog)
	users.WelcomeWith(Welcome)
	return users
}

func account(t *testing.T, users *auth.Users, name string, roles ...string) *auth.User {
	t.Helper()
	user, err := users.Create(context.Background(), name, "", "secret-1", roles...)
	require.NoError(t, err)
	return user
}

func (f *fixture) account(t *testing.T, name string) Account {
	t.Helper()
	list, err := f.Accounts(t.Context(), f.admin)
	require.NoError(t, err)
	for _, a := range list {
		if a.Name == name {
			return a
		}
	}
	require.Fail(t, "no such account", name)
	return Account{}
}

func TestAccountsCountWhatTheirOwnersHave(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.put(t, "a.txt", "b.txt")
	admin := f.account(t, "admin")
	assert.Equal(t, int64(20), admin.Used)
	assert.Equal(t, 1, admin.Datasets)
	assert.Nil(t, admin.Quota)
	// A directory's metadata is not checked and must not break the list.
	for metadata, want := range map[string]int64{`1024`: 1 << 30, `0`: 0, `-5`: 0, `2.9`: 2 << 20, `1e300`: 8796093022207 << 20} {
		f.exec(t, `update users set metadata = jsonb_build_object('maxStorageMB', $1::jsonb)`, metadata)
		if quota := f.account(t, "admin").Quota; assert.NotNil(t, quota, metadata) {
			assert.Equal(t, want, *quota, metadata)
		}
	}
	for _, none := range []string{`"1024"`, `null`, `[1]`, `true`} {
		f.exec(t, `update users set metadata = jsonb_build_object('maxStorageMB', $1::jsonb)`, none)
		assert.Nil(t, f.account(t, "admin").Quota, none)
	}
}

func TestNewUsersGetTheNextFreeSlug(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	users := f.users(t)
	long := strings.Repeat("a", 127)
	for _, slug := range []string{"bob", "bob-1", long} {
		_, err := f.CreateOrganization(t.Context(), f.admin, NewOrganization{Slug: slug})
		require.NoError(t, err)
	}
	for name, want := range map[string]string{"alice": "alice", "bob": "bob-2", "x": "x-1", "public": "public-1", long: long[:126] + "-1"} {
		account(t, users, name)
		assert.Equal(t, []string{want}, f.account(t, name).Organizations)
	}
}

func TestDeletedUsersLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	users := f.users(t)
	bob := auth.Caller{User: account(t, users, "bob")}
	heir := account(t, users, "heir")
	_, err := f.CreateDataset(t.Context(), bob, "bob", NewDataset{Slug: "site"})
	require.NoError(t, err)
	f.exec(t, `insert into memberships (organization_id, user_id, level) select id, $1, 0 from organizations where slug = 'bob'`, heir.ID)
	f.exec(t, `update organizations set owner_id = $1 where slug = 'public'`, bob.User.ID)

	_, err = f.DeleteUser(t.Context(), f.admin, users, "bob", "nobody")
	assertCode(t, cairn.Invalid, err)
	_, err = f.DeleteUser(t.Context(), f.admin, users, "bob", "bob")
	assertCode(t, cairn.Invalid, err)
	_, err = f.DeleteUser(t.Context(), bob, users, "bob", "")
	assertCode(t, cairn.Forbidden, err)
	left, err := f.DeleteUser(t.Context(), f.admin, users, "bob", "heir")
	require.NoError(t, err)
	assert.Equal(t, Departure{Organizations: 2, Datasets: []string{"default", "site"}}, left)
	assert.Equal(t, []string{"bob", "heir", "public"}, f.account(t, "heir").Organizations)
	own, err := f.UserOrganizations(t.Context(), f.admin, users, "heir")
	require.NoError(t, err)
	assert.True(t, own[0].IsOwner)
	assert.Nil(t, own[0].Level, "an owner is no member")

	left, err = f.DeleteUser(t.Context(), f.admin, users, "heir", "")
	require.NoError(t, err)
	assert.Equal(t, Departure{Organizations: 2, Datasets: []string{"site"}}, left)
	public, err := f.Organization(t.Context(), f.admin, PublicOrganization, auth.ReadOrganization)
	require.NoError(t, err, "nobody deletes it")
	assert.False(t, public.OwnerID.Valid)
	_, err = f.Organization(t.Context(), f.admin, "bob", auth.ReadOrganization)
	assertCode(t, cairn.NotFound, err)
}

func TestAdministratorsWhoCanNotBeDeleted(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	users := f.users(t)
	boss := auth.Caller{User: account(t, users, "boss", auth.RoleAdmin)}
	_, err := f.DeleteUser(t.Context(), boss, users, "admin", "")
	assertCode(t, cairn.Invalid, err)
	require.NoError(t, users.Edit(t.Context(), boss, "admin", auth.AccountChange{Roles: &[]string{}}))
	_, err = f.DeleteUser(t.Context(), boss, users, "boss", "")
	assertCode(t, cairn.Invalid, err, "the last one")
	_, err = f.Organization(t.Context(), boss, "boss", auth.ReadOrganization)
	assert.NoError(t, err)
}
