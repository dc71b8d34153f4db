package auth_test

import (
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Defect S16: changing a password is no way to try passwords.
func TestPasswordsCanNotBeGuessedByChangingThem(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	alice := auth.Caller{User: create(t, users, "alice")}
	bob := auth.Caller{User: create(t, users, "bob")}
	change := func(c auth.Caller, current string) error {
		_, _, err := users.ChangePassword(t.Context(), c, "alice", auth.PasswordChange{Current: &current, New: "another 2", From: "192.0.2.1"})
		return err
	}
	for range 12 {
		assert.Equal(t, cairn.Forbidden, cairn.CodeOf(change(bob, password)))
	}
	for range 10 {
		assert.Equal(t, cairn.Unauthenticated, cairn.CodeOf(change(alice, "wrong")))
	}
	assert.Equal(t, cairn.TooManyRequests, cairn.CodeOf(change(alice, password)))
	_, _, err := users.Login(t.Context(), "alice", password, "192.0.2.1")
	assert.Equal(t, cairn.TooManyRequests, cairn.CodeOf(err), "they count as failed logins")
}

// Decision 16.
func TestAChangedPasswordEndsOlderTokens(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	admin := boss(t, users, "boss")
	alice := auth.Caller{User: create(t, users, "alice")}
	old := login(t, users, "alice").Text
	current := password
	_, fresh, err := users.ChangePassword(t.Context(), alice, "alice", auth.PasswordChange{Current: &current, New: "another 2"})
	require.NoError(t, err)
	assertCaller(t, users, old, auth.Caller{Rejected: true})
	caller, err := users.CallerOf(t.Context(), fresh.Text)
	require.NoError(t, err)
	assert.Equal(t, alice.ID(), caller.ID())

	_, _, err = users.ChangePassword(t.Context(), alice, "alice", auth.PasswordChange{New: "another 3"})
	assert.Equal(t, cairn.Unauthenticated, cairn.CodeOf(err), "only administrators need no password")
	_, _, err = users.ChangePassword(t.Context(), admin, "alice", auth.PasswordChange{New: "another 3"})
	require.NoError(t, err)
	assertCaller(t, users, fresh.Text, auth.Caller{Rejected: true})
	_, _, err = users.Login(t.Context(), "alice", "another 3", "192.0.2.9")
	assert.NoError(t, err)
}
