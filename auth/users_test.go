package auth_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"encoding/base64"
	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"
)

func TestLoginAndCaller(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	alice := create(t, users, "alice", auth.RoleAdmin)
	user, token, err := users.Login(t.Context(), "alice", password, "192.0.2.1")
	require.NoError(t, err)
	assert.Equal(t, alice.ID, user.ID)
	assert.WithinDuration(t, time.Now().Add(auth.DefaultTokenLifetime), token.Expires, time.Minute)

	caller, err := users.CallerOf(t.Context(), token.Text)
	require.NoError(t, err)
	assert.Equal(t, alice.ID, caller.ID())
	assert.True(t, caller.Admin())
	assert.False(t, caller.Rejected)

	var said jwt.MapClaims
	_, _, err = jwt.NewParser().ParseUnverified(token.Text, &said)
	require.NoError(t, err)
	assert.Equal(t, true, said["admin"], "a JSON boolean")
	for _, member := range []string{"exp", "nbf", "iat"} {
		assert.IsType(t, 0.0, said[member], member)
	}
}

func TestNoTwoTokensAreEqual(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	caller := auth.Caller{User: create(t, users, "alice")}
	seen := map[string]bool{}
	for range 200 {
		token, err := users.Refresh(caller)
		require.NoError(t, err)
		assert.False(t, seen[token.Text])
		seen[token.Text] = true
	}
	_, err := users.Refresh(auth.Caller{})
	assert.Equal(t, cairn.Unauthenticated, cairn.CodeOf(err))
}

func TestWrongLoginsAreAlike(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	create(t, users, "alice")
	create(t, users, "gone", auth.RoleDeactivated)
	for name, tried := range map[string]string{"alice": "wrong", "nobody": password, "ALICE": password, "gone": password, "nul\x00": password, "bad\xff": password, "": ""} {
		_, token, err := users.Login(t.Context(), name, tried, "192.0.2.1")
		assert.Equal(t, cairn.Unauthenticated, cairn.CodeOf(err), "%q: %v", name, err)
		assert.EqualError(t, err, "Unauthorized", name)
		assert.Empty(t, token.Text)
	}
}

// Decision 16.
func TestANewGenerationEndsOlderTokens(t *testing.T) {
	t.Parallel()
	users, pool := open(t)
	alice := create(t, users, "alice")
	old := login(t, users, "alice")
	exec(t, pool, `update users set token_generation = token_generation + 1 where id = $1`, alice.ID)
	assertCaller(t, users, old.Text, auth.Caller{Rejected: true})
	fresh := login(t, users, "alice")
	caller, err := users.CallerOf(t.Context(), fresh.Text)
	require.NoError(t, err)
	assert.Equal(t, alice.ID, caller.ID())
}

// Decision 15.
func TestTokensOfDeactivatedAndDeletedUsers(t *testing.T) {
	t.Parallel()
	users, pool := open(t)
	alice := create(t, users, "alice")
	token := login(t, users, "alice")
	exec(t, pool, `insert into user_roles values ($1, 'deactivated')`, alice.ID)
	caller, err := users.CallerOf(t.Context(), token.Text)
	require.NoError(t, err)
	assert.EqualError(t, auth.Decide(caller, auth.ReadDataset, auth.Facts{Dataset: auth.Dataset{Exists: true, Visibility: auth.Public}}), "Unauthorized")
	_, err = users.Refresh(caller)
	assert.EqualError(t, err, "Unauthorized")

	exec(t, pool, `delete from users where id = $1`, alice.ID)
	assertCaller(t, users, token.Text, auth.Caller{})
}

func TestTokensThatAreWrong(t *testing.T) {
	t.Parallel()
	users, pool := open(t)
	alice := create(t, users, "alice")
	good := login(t, users, "alice").Text
	var secret string
	require.NoError(t, pool.QueryRow(t.Context(), `select value from settings where key = 'token-secret'`).Scan(&secret))
	now := time.Now()
	claims := func(expires, notBefore time.Time) jwt.MapClaims {
		return jwt.MapClaims{"unique_name": alice.ID, "gen": 1, "exp": expires.Unix(), "nbf": notBefore.Unix()}
	}
	signed := func(m jwt.SigningMethod, key any, c jwt.MapClaims) string {
		text, err := jwt.NewWithClaims(m, c).SignedString(key)
		require.NoError(t, err)
		return text
	}
	valid := claims(now.Add(time.Hour), now)
	caller, err := users.CallerOf(t.Context(), signed(jwt.SigningMethodHS256, []byte(secret), valid))
	require.NoError(t, err)
	require.Equal(t, alice.ID, caller.ID(), "the forgeries below differ from a good token in one thing only")

	head, rest, _ := strings.Cut(good, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	flipped := []byte(payload)
	flipped[len(flipped)/2] ^= 1
	for name, text := range map[string]string{
		"expired":        signed(jwt.SigningMethodHS256, []byte(secret), claims(now.Add(-time.Hour), now.Add(-2*time.Hour))),
		"not yet valid":  signed(jwt.SigningMethodHS256, []byte(secret), claims(now.Add(2*time.Hour), now.Add(time.Hour))),
		"without expiry": signed(jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"unique_name": alice.ID, "gen": 1}),
		"other secret":   signed(jwt.SigningMethodHS256, []byte(secret+"x"), valid),
		"other method":   signed(jwt.SigningMethodHS512, []byte(secret), valid),
		"alg none":       signed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, valid),
		"no signature":   head + "." + payload + ".",
		"tampered":       head + "." + string(flipped) + "." + signature,
		"no user":        signed(jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"unique_name": "alice", "gen": 1, "exp": now.Add(time.Hour).Unix()}),
		"no token":       "null",
		"nothing":        "..",
	} {
		caller, err := users.CallerOf(t.Context(), text)
		assert.NoError(t, err, name)
		assert.Equal(t, auth.Caller{Rejected: true}, caller, name)
	}
}

func TestAllNodesShareTheSecret(t *testing.T) {
	t.Parallel()
	_, pool := open(t)
	exec(t, pool, `delete from settings`)
	nodes := make([]*auth.Users, 8)
	var starting sync.WaitGroup
	for i := range nodes {
		starting.Go(func() {
			var err error
			nodes[i], err = auth.Open(t.Context(), pool, auth.Options{})
			assert.NoError(t, err)
		})
	}
	starting.Wait()
	alice := create(t, nodes[0], "alice")
	token := login(t, nodes[0], "alice")
	for _, node := range nodes {
		caller, err := node.CallerOf(t.Context(), token.Text)
		require.NoError(t, err)
		assert.Equal(t, alice.ID, caller.ID())
	}
}

// Decision 17.
func TestFailedLoginsAreLimitedAndSuccessesNever(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	create(t, users, "alice")
	create(t, users, "bob")
	for range 12 {
		_, _, err := users.Login(t.Context(), "alice", password, "192.0.2.1")
		require.NoError(t, err, "successes do not count")
	}
	for range 10 {
		_, _, err := users.Login(t.Context(), "alice", "wrong", "192.0.2.1")
		require.Equal(t, cairn.Unauthenticated, cairn.CodeOf(err))
	}
	_, _, err := users.Login(t.Context(), "alice", "wrong", "192.0.2.1")
	var limited *cairn.Error
	require.ErrorAs(t, err, &limited)
	assert.Equal(t, cairn.TooManyRequests, limited.Code)
	assert.Greater(t, limited.RetryAfter, time.Duration(0))
	assert.LessOrEqual(t, limited.RetryAfter, 5*time.Minute)

	_, _, err = users.Login(t.Context(), "alice", password, "192.0.2.2")
	assert.NoError(t, err, "another address")
	_, _, err = users.Login(t.Context(), "bob", password, "192.0.2.1")
	assert.NoError(t, err, "another name")
}

// A burst of guesses is no way around the limit.
func TestParallelGuessesAreLimited(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	create(t, users, "alice")
	codes := make(chan cairn.Code, 60)
	var guesses sync.WaitGroup
	for range cap(codes) {
		guesses.Go(func() {
			_, _, err := users.Login(t.Context(), "alice", "wrong", "192.0.2.1")
			codes <- cairn.CodeOf(err)
		})
	}
	guesses.Wait()
	close(codes)
	count := map[cairn.Code]int{}
	for code := range codes {
		count[code]++
	}
	assert.Equal(t, map[cairn.Code]int{cairn.Unauthenticated: 10, cairn.TooManyRequests: 50}, count)
}

func TestPasswordHashes(t *testing.T) {
	t.Parallel()
	users, pool := open(t)
	for _, name := range []string{"alice", "bob"} {
		create(t, users, name)
	}
	var hashes []string
	require.NoError(t, pool.QueryRow(t.Context(), `select array_agg(password_hash) from users`).Scan(&hashes))
	require.Len(t, hashes, 2)
	assert.NotEqual(t, hashes[0], hashes[1], "each has its own salt")
	for _, hash := range hashes {
		assert.True(t, strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$"), hash)
	}

	// A hash made with other parameters, by the library itself, goes on working.
	salt := []byte("0123456789abcdef")
	sum := argon2.IDKey([]byte("older"), salt, 1, 8*1024, 2, 16)
	exec(t, pool, `update users set password_hash = $1 where name = 'bob'`,
		"$argon2id$v=19$m=8192,t=1,p=2$"+base64.RawStdEncoding.EncodeToString(salt)+"$"+base64.RawStdEncoding.EncodeToString(sum))
	_, _, err := users.Login(t.Context(), "bob", "older", "192.0.2.1")
	assert.NoError(t, err)
	for _, broken := range []any{nil, "", "older", "$argon2id$v=19$m=8192,t=0,p=2$AAAA$AAAA", "$argon2id$v=19$m=8192,t=1,p=1$AAAA$", "$2a$10$AAAA", "$argon2id$v=19$m=8,t=1,p=1$!$AAAA"} {
		exec(t, pool, `update users set password_hash = $1 where name = 'bob'`, broken)
		for _, tried := range []string{"", "older"} {
			_, _, err = users.Login(t.Context(), "bob", tried, t.Name())
			assert.NotEqual(t, cairn.Code(""), cairn.CodeOf(err), "%v", broken)
		}
	}
}

func TestUserNamesAreTakenOnce(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	create(t, users, "alice")
	_, err := users.Create(t.Context(), "alice", "", password)
	assert.Equal(t, cairn.Conflict, cairn.CodeOf(err))
}

func assertCaller(t *testing.T, users *auth.Users, token string, want auth.Caller) {
	t.Helper()
	caller, err := users.CallerOf(t.Context(), token)
	assert.NoError(t, err)
	assert.Equal(t, want, caller)
}
