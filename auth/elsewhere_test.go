package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// phoneBook is a directory in memory.
type phoneBook struct {
	mu     sync.Mutex
	people map[string]*auth.Person // by "name/password" or token
	down   error
	asked  atomic.Int32
}

func (b *phoneBook) Check(_ context.Context, c auth.Credentials) (*auth.Person, error) {
	b.asked.Add(1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down != nil {
		return nil, b.down
	}
	person := b.people[c.Name+"/"+c.Password]
	if c.Token != "" {
		person = b.people[c.Token]
	}
	if person == nil {
		return nil, cairn.Errorf(cairn.Unauthenticated, "no")
	}
	copied := *person
	return &copied, nil
}

func (b *phoneBook) set(credentials string, p *auth.Person) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.people[credentials] = p
}

func TestFirstLoginElsewhereMakesTheUser(t *testing.T) {
	t.Parallel()
	users, pool := open(t)
	address := "bob@example.com"
	book := &phoneBook{people: map[string]*auth.Person{"Bob/secret": {Name: "Bob", Email: &address, Roles: []string{"admin", "surveyor", "bad\x00"},
		Decides: func(string) bool { return true }, Metadata: json.RawMessage(`{"maxStorageMB": 5}`)}}}
	users.LookIn(book)
	user, token, err := users.Login(t.Context(), "Bob", "secret", "192.0.2.1")
	require.NoError(t, err)
	assert.Equal(t, "bob", user.Name, "names are lower-case here")
	assert.Equal(t, address, user.Email)
	assert.Equal(t, []string{"admin", "surveyor"}, user.Roles)
	caller, err := users.CallerOf(t.Context(), token.Text)
	require.NoError(t, err)
	assert.True(t, caller.Admin())
	var size int
	require.NoError(t, pool.QueryRow(t.Context(), `select (metadata->>'maxStorageMB')::int from users where name = 'bob' and password_hash is null`).Scan(&size))
	assert.Equal(t, 5, size)

	_, _, err = users.Login(t.Context(), "Bob", "wrong", "192.0.2.1")
	assert.EqualError(t, err, "Unauthorized")
}

func TestLaterLoginsSynchronize(t *testing.T) {
	t.Parallel()
	users, pool := open(t)
	first, second := "old@example.com", "new@example.com"
	mapped := func(role string) bool { return role == "admin" || role == "surveyor" }
	book := &phoneBook{people: map[string]*auth.Person{"bob/1": {Name: "bob", Email: &first, Roles: []string{"admin"}, Decides: mapped}}}
	users.LookIn(book)
	bob, _, err := users.Login(t.Context(), "bob", "1", "192.0.2.1")
	require.NoError(t, err)
	exec(t, pool, `insert into roles values ('friend')`)
	exec(t, pool, `insert into user_roles values ($1, 'friend')`, bob.ID)

	book.set("bob/2", &auth.Person{Name: "bob", Email: &second, Roles: []string{"surveyor"}, Decides: mapped})
	again, _, err := users.Login(t.Context(), "bob", "2", "192.0.2.1")
	require.NoError(t, err)
	assert.Equal(t, bob.ID, again.ID)
	assert.Equal(t, second, again.Email)
	assert.Equal(t, []string{"friend", "surveyor"}, again.Roles, "a role that the directory does not decide stays")

	book.set("bob/3", &auth.Person{Name: "bob"})
	again, _, err = users.Login(t.Context(), "bob", "3", "192.0.2.1")
	require.NoError(t, err)
	assert.Equal(t, second, again.Email, "what it does not say stays")
	assert.Equal(t, []string{"friend", "surveyor"}, again.Roles)
}

func TestTheDirectoryLiftsNoBan(t *testing.T) {
	t.Parallel()
	users, pool := open(t)
	book := &phoneBook{people: map[string]*auth.Person{}}
	for _, credentials := range []string{"bob/1", "bob/2"} {
		book.people[credentials] = &auth.Person{Name: "bob", Roles: []string{"surveyor"}, Decides: func(string) bool { return true }}
	}
	users.LookIn(book)
	bob, _, err := users.Login(t.Context(), "bob", "1", "192.0.2.1")
	require.NoError(t, err)
	exec(t, pool, `insert into user_roles values ($1, 'deactivated')`, bob.ID)
	for _, tried := range []string{"1", "2"} { // remembered and not
		_, _, err = users.Login(t.Context(), "bob", tried, "192.0.2.1")
		assert.EqualError(t, err, "Unauthorized")
	}
}

// An operator can't be locked out, and nobody takes over an account from elsewhere.
func TestAccountsWithAPasswordAreNeverLookedForElsewhere(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	alice := create(t, users, "alice", auth.RoleAdmin)
	book := &phoneBook{people: map[string]*auth.Person{"alice/other": {Name: "alice"}, "a@example.com/x": {Name: "Alice"}}, down: errors.New("no route to host")}
	users.LookIn(book)
	user, _, err := users.Login(t.Context(), "alice", password, "192.0.2.1")
	require.NoError(t, err, "also while the directory is down")
	assert.Equal(t, alice.ID, user.ID)
	book.down = nil
	_, _, err = users.Login(t.Context(), "alice", "other", "192.0.2.1")
	assert.EqualError(t, err, "Unauthorized")
	assert.Zero(t, book.asked.Load())
	_, _, err = users.Login(t.Context(), "a@example.com", "x", "192.0.2.1")
	assert.EqualError(t, err, "Unauthorized")
}

func TestNamesThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	users, pool := open(t)
	book := &phoneBook{people: map[string]*auth.Person{}}
	for _, name := range []string{"john.smith", "roles", "", "jürgen", strings.Repeat("a", 128)} {
		book.people[name] = &auth.Person{Name: name}
		book.people["x/"+name] = &auth.Person{Name: name}
	}
	users.LookIn(book)
	for _, name := range []string{"john.smith", "roles", "jürgen", strings.Repeat("a", 128)} {
		_, _, err := users.Login(t.Context(), "x", name, "192.0.2.1")
		assert.EqualError(t, err, "Unauthorized", name)
	}
	asked := book.asked.Load()
	for _, typed := range []string{"*)(uid=*", "al\u00adice", "a b", "x)", `x\`, "x,dc=com", "", "jürgen"} {
		_, _, err := users.Login(t.Context(), typed, "x", "192.0.2.1")
		assert.EqualError(t, err, "Unauthorized", typed)
	}
	_, _, err := users.Login(t.Context(), "x", "", "192.0.2.1")
	assert.EqualError(t, err, "Unauthorized")
	assert.Equal(t, asked, book.asked.Load(), "the directory isn't bothered with these")
	var made int
	require.NoError(t, pool.QueryRow(t.Context(), `select count(*) from users`).Scan(&made))
	assert.Zero(t, made)
}

func TestLoginByToken(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	_, _, err := users.LoginByToken(t.Context(), "t1", "192.0.2.1")
	assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), "there is nobody to ask")
	users.LookIn(&phoneBook{people: map[string]*auth.Person{"t1": {Name: "bob"}}})
	user, _, err := users.LoginByToken(t.Context(), "t1", "192.0.2.1")
	require.NoError(t, err)
	assert.Equal(t, "bob", user.Name)
	for range 10 {
		_, _, err = users.LoginByToken(t.Context(), "t2", "192.0.2.1")
		require.EqualError(t, err, "Unauthorized")
	}
	_, _, err = users.LoginByToken(t.Context(), "t2", "192.0.2.1")
	assert.Equal(t, cairn.TooManyRequests, cairn.CodeOf(err))
	_, _, err = users.LoginByToken(t.Context(), "t1", "192.0.2.1")
	assert.NoError(t, err)
}

func TestFailuresElsewhereAreLimitedInAnyCase(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	book := &phoneBook{people: map[string]*auth.Person{}}
	users.LookIn(book)
	for i := range 10 {
		_, _, err := users.Login(t.Context(), "b"+[]string{"ob", "OB"}[i%2], fmt.Sprint(i), "192.0.2.1")
		require.EqualError(t, err, "Unauthorized")
	}
	_, _, err := users.Login(t.Context(), "bOb", "x", "192.0.2.1")
	assert.Equal(t, cairn.TooManyRequests, cairn.CodeOf(err))
	assert.EqualValues(t, 10, book.asked.Load())
}

// GIS tools send the password with every tile.
func TestASuccessIsRememberedBriefly(t *testing.T) {
	t.Parallel()
	users, pool := open(t)
	book := &phoneBook{people: map[string]*auth.Person{"bob/secret": {Name: "bob"}}}
	users.LookIn(book)
	login := func(password string) error {
		_, _, err := users.Login(t.Context(), "bob", password, "192.0.2.1")
		return err
	}
	var tiles sync.WaitGroup
	for range 20 {
		tiles.Go(func() { assert.NoError(t, login("secret")) })
	}
	tiles.Wait()
	assert.EqualValues(t, 1, book.asked.Load())
	require.Error(t, login("wrong"))
	require.Error(t, login("wrong"))
	assert.EqualValues(t, 3, book.asked.Load(), "a failure is not remembered")

	exec(t, pool, `update users set token_generation = token_generation + 1`)
	require.NoError(t, login("secret"))
	assert.EqualValues(t, 4, book.asked.Load(), "a changed account is asked for again")
	exec(t, pool, `delete from users`)
	require.NoError(t, login("secret"))
	assert.EqualValues(t, 5, book.asked.Load(), "and so is a deleted one")
}

func TestADirectoryThatIsDownLetsNobodyIn(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	book := &phoneBook{people: map[string]*auth.Person{"bob/secret": {Name: "bob"}}, down: errors.New("no route to host")}
	users.LookIn(book)
	for range 12 {
		_, _, err := users.Login(t.Context(), "bob", "secret", "192.0.2.1")
		var unavailable *cairn.Error
		require.ErrorAs(t, err, &unavailable)
		require.Equal(t, cairn.Unavailable, unavailable.Code, "and nothing is counted as a failed login")
		assert.Positive(t, unavailable.RetryAfter)
	}
	assert.EqualValues(t, 1, book.asked.Load(), "it is left alone for a moment")
}

func TestTwoFirstLoginsAtOnceMakeOneUser(t *testing.T) {
	t.Parallel()
	users, pool := open(t)
	users.LookIn(&phoneBook{people: map[string]*auth.Person{"bob/secret": {Name: "bob", Roles: []string{"surveyor"}}}})
	var logins sync.WaitGroup
	for i := range 8 {
		logins.Go(func() {
			_, _, err := users.Login(t.Context(), "bob", "secret", fmt.Sprint("192.0.2.", i))
			assert.NoError(t, err)
		})
	}
	logins.Wait()
	var made int
	require.NoError(t, pool.QueryRow(t.Context(), `select count(*) from users`).Scan(&made))
	assert.Equal(t, 1, made)
}

func TestPasswordsAreChangedWhereTheyAreKept(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	alice := auth.Caller{User: create(t, users, "alice", auth.RoleAdmin)}
	users.LookIn(&phoneBook{people: map[string]*auth.Person{"bob/secret": {Name: "bob"}}})
	bob, _, err := users.Login(t.Context(), "bob", "secret", "192.0.2.1")
	require.NoError(t, err)
	secret, right := "secret", password
	for _, caller := range []auth.Caller{{User: bob}, alice} {
		_, _, err = users.ChangePassword(t.Context(), caller, "bob", auth.PasswordChange{Current: &secret, New: "another 1"})
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), caller.User.Name)
	}
	_, _, err = users.ChangePassword(t.Context(), alice, "alice", auth.PasswordChange{Current: &right, New: "another 1"})
	assert.NoError(t, err, "this one is kept here")

	assert.True(t, users.ManagedElsewhere())
	_, err = users.Add(t.Context(), alice, auth.NewUser{Name: "carol", Password: "another 1"})
	assert.Equal(t, cairn.Invalid, cairn.CodeOf(err))
	assert.Equal(t, cairn.Invalid, cairn.CodeOf(users.Edit(t.Context(), alice, "bob", auth.AccountChange{})))
	assert.Equal(t, cairn.Forbidden, cairn.CodeOf(users.Edit(t.Context(), auth.Caller{User: bob}, "alice", auth.AccountChange{})), "permission first")
}
