package auth_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// boss makes an administrator and returns him as a caller.
func boss(t *testing.T, users *auth.Users, name string) auth.Caller {
	t.Helper()
	return auth.Caller{User: create(t, users, name, auth.RoleAdmin)}
}

func roles(names ...string) auth.AccountChange { return auth.AccountChange{Roles: &names} }

// rolesOf returns a user's roles as the database has them.
func rolesOf(t *testing.T, users *auth.Users, admin auth.Caller, name string) []string {
	t.Helper()
	user, err := users.Account(t.Context(), admin, name, auth.Administer)
	require.NoError(t, err)
	return user.Roles
}

func TestAllRolesCanBeTaken(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	admin := boss(t, users, "boss")
	create(t, users, "alice", auth.RoleDeactivated)
	require.NoError(t, users.Edit(t.Context(), admin, "alice", roles()))
	login(t, users, "alice")

	create(t, users, "bob", auth.RoleAdmin)
	require.NoError(t, users.SetMetadata(t.Context(), admin, "bob", json.RawMessage(`{"roles": []}`)))
	assert.Empty(t, rolesOf(t, users, admin, "bob"))
}

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	admin := boss(t, users, "boss")
	create(t, users, "gone", auth.RoleAdmin, auth.RoleDeactivated) // does not count: nobody can sign in as him
	for name, err := range map[string]error{
		"demoted":     users.Edit(t.Context(), admin, "boss", roles()),
		"deactivated": users.Edit(t.Context(), admin, "boss", roles(auth.RoleAdmin, auth.RoleDeactivated)),
		"metadata":    users.SetMetadata(t.Context(), admin, "boss", json.RawMessage(`{"roles": ["deactivated"]}`)),
	} {
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), name)
	}
	assert.Equal(t, []string{auth.RoleAdmin}, rolesOf(t, users, admin, "boss"))
	create(t, users, "second", auth.RoleAdmin)
	assert.NoError(t, users.Edit(t.Context(), admin, "boss", roles()))
}

// Two administrators who demote each other at the same moment leave one.
func TestAdministratorsTakeTurns(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	callers := map[string]auth.Caller{"one": boss(t, users, "one"), "two": boss(t, users, "two")}
	var refused sync.Map
	var racing sync.WaitGroup
	for mine, other := range map[string]string{"one": "two", "two": "one"} {
		racing.Go(func() {
			if err := users.Edit(t.Context(), callers[mine], other, roles()); err != nil {
				refused.Store(other, cairn.CodeOf(err))
			}
		})
	}
	racing.Wait()
	var kept []any
	refused.Range(func(_, code any) bool { kept = append(kept, code); return true })
	assert.Equal(t, []any{cairn.Invalid}, kept)
}

func TestAnEditIsAllOrNothing(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	admin := boss(t, users, "boss")
	alice := auth.Caller{User: create(t, users, "alice")}
	create(t, users, "bob")
	email := "new@example.com"
	with := func(names ...string) auth.AccountChange { return auth.AccountChange{Email: &email, Roles: &names} }
	for what, c := range map[string]struct {
		caller auth.Caller
		name   string
		change auth.AccountChange
		code   cairn.Code
	}{
		"roles that do not exist":    {admin, "alice", with("no-such"), cairn.Invalid},
		"roles that are no text":     {admin, "alice", with("nul\x00"), cairn.Invalid},
		"own roles":                  {alice, "alice", with(auth.RoleAdmin), cairn.Forbidden},
		"somebody else":              {alice, "bob", with(), cairn.Forbidden},
		"nobody, to a stranger":      {alice, "nobody", with(), cairn.Forbidden},
		"nobody, to administrators":  {admin, "nobody", with(), cairn.NotFound},
		"no name":                    {admin, "nul\x00", with(), cairn.NotFound},
		"anonymous":                  {auth.Caller{}, "alice", with(), cairn.Unauthenticated},
		"own address, roles as they": {alice, "alice", with(), ""},
	} {
		assert.Equal(t, c.code, cairn.CodeOf(users.Edit(t.Context(), c.caller, c.name, c.change)), what)
		account, err := users.Account(t.Context(), admin, "alice", auth.UseAccount)
		require.NoError(t, err)
		if c.code == "" {
			assert.Equal(t, email, account.Email, what)
			email = "newer@example.com"
		} else {
			assert.NotEqual(t, email, account.Email, what)
		}
	}
	for _, wrong := range []string{"alice", "a b@example.com", "a@b@c", "nul\x00@example.com", "bad\xff@example.com", strings.Repeat("a", 255) + "@x"} {
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(users.Edit(t.Context(), admin, "alice", auth.AccountChange{Email: &wrong})), "%q", wrong)
	}
}

func TestMetadataOfUsers(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	admin := boss(t, users, "boss")
	create(t, users, "alice")
	set := func(metadata string) error {
		return users.SetMetadata(t.Context(), admin, "alice", json.RawMessage(metadata))
	}
	kept := `{"maxStorageMB": 9007199254740, "Roles": ["admin"], "MAXSTORAGEMB": "other spellings are other members", "n": 12345678901234567890}`
	require.Error(t, set(kept), "more bytes than a number holds")
	kept = strings.Replace(kept, "9007199254740", "7", 1)
	require.NoError(t, set(kept))
	for _, wrong := range []string{`[]`, `null`, `7`, `{"roles": "admin"}`, `{"roles": [1]}`, `{"roles": ["no-such"]}`, `{"maxStorageMB": 1e3}`,
		`{"a": "\u0000"}`, `{"a": 1e999999}`, `{"a": ` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`} {
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(set(wrong)), "%.40s", wrong)
	}
	got, err := users.Metadata(t.Context(), admin, "alice")
	require.NoError(t, err)
	assert.JSONEq(t, kept, string(got))
	assert.Empty(t, rolesOf(t, users, admin, "alice"))
	require.NoError(t, set(`{"roles": ["deactivated"]}`))
	assert.Equal(t, []string{auth.RoleDeactivated}, rolesOf(t, users, admin, "alice"))
}

// The signature of a token can be written in several ways: the last of its
// characters has bits that mean nothing.
func TestARevokedTokenCanNotBeRespelt(t *testing.T) {
	t.Parallel()
	users, pool := open(t)
	create(t, users, "alice")
	token, other := login(t, users, "alice").Text, login(t, users, "alice").Text
	users, err := auth.Open(t.Context(), pool, auth.Options{Revoked: []string{" " + token + "\n"}})
	require.NoError(t, err)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for _, last := range alphabet {
		assertCaller(t, users, token[:len(token)-1]+string(last), auth.Caller{Rejected: true})
	}
	caller, err := users.CallerOf(t.Context(), other)
	require.NoError(t, err)
	assert.False(t, caller.Rejected)
}

func TestPasswordPolicy(t *testing.T) {
	t.Parallel()
	all := auth.PasswordPolicy{MinLength: 8, RequireDigit: true, RequireUppercase: true, RequireLowercase: true, RequireNonAlphanumeric: true}
	const says = "Password does not meet the requirements: "
	for password, want := range map[string]string{
		"Aa1!5678": "", "Äß1 ....": "", "日本語パスワド1aA-": "",
		"Aa1!567":                         says + "at least 8 characters",
		"aa1!5678":                        says + "an upper-case letter",
		"aa1!567":                         says + "at least 8 characters; an upper-case letter",
		"AAAA!AAA":                        says + "a digit; a lower-case letter",
		"Aa123456":                        says + "a character that is neither letter nor digit",
		strings.Repeat("Aa1!", 256) + "x": says + "at most 1024 bytes",
	} {
		if want == "" {
			assert.NoError(t, all.Check(password), password)
		} else {
			assert.EqualError(t, all.Check(password), want)
		}
	}
	assert.NoError(t, auth.PasswordPolicy{}.Check("x"))
	assert.Error(t, auth.PasswordPolicy{}.Check(""))
}
