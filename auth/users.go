package auth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cairngeo/cairn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Users are the accounts in the database.
type Users struct {
	pool     *pgxpool.Pool
	secret   []byte
	lifetime time.Duration
	policy   PasswordPolicy
	revoked  map[string]bool // what was signed of each
	failures *failures
	decoy    string // a hash that no password has: unknown names cost as much as known ones
	memory   Memory // nil: the database is asked every time

	welcome   Welcome    // nil: nothing is done
	elsewhere *elsewhere // nil: everybody has a password here
}

// Welcome gives a new user, in the transaction that creates him, what every
// user has in the rooms above.
type Welcome func(ctx context.Context, tx pgx.Tx, user *User) error

// WelcomeWith makes w part of the creation of every user. It must be called
// before the first request.
func (u *Users) WelcomeWith(w Welcome) { u.welcome = w }

// Memory keeps answers until what they were made from changes.
type Memory interface {
	Recall(question any, ask func() (any, error)) (any, error)
	Forget()
}

// RememberIn keeps the users who present tokens in m, so that a token costs no
// query. It must be called before the first request.
func (u *Users) RememberIn(m Memory) { u.memory = m }

// DefaultTokenLifetime is how long a token is good for.
const DefaultTokenLifetime = 7 * 24 * time.Hour

// maxName is more than any user name has, in bytes.
const maxName = 255

// Open returns the users of a migrated database. The secret that signs tokens
// is made once and kept in the database, so that all nodes share it.
func Open(ctx context.Context, pool *pgxpool.Pool, o Options) (*Users, error) {
	var secret string
	err := pool.QueryRow(ctx, `
		with made as (insert into settings (key, value) values ('token-secret', $1) on conflict (key) do nothing returning value)
		select value from made union all select value from settings where key = 'token-secret' limit 1`, RandomText(64)).Scan(&secret)
	if errors.Is(err, pgx.ErrNoRows) { // another node made it at this moment
		err = pool.QueryRow(ctx, `select value from settings where key = 'token-secret'`).Scan(&secret)
	}
	if err != nil {
		return nil, fmt.Errorf("token secret: %w", err)
	}
	u := &Users{pool: pool, secret: []byte(secret), lifetime: cmp.Or(o.TokenLifetime, DefaultTokenLifetime), policy: o.Policy,
		revoked: map[string]bool{}, failures: newFailures(), decoy: hashPassword(RandomText(32))}
	for _, token := range o.Revoked {
		u.revoked[signed(strings.TrimSpace(token))] = true
	}
	return u, nil
}

// Policy is what passwords must have.
func (u *Users) Policy() PasswordPolicy { return u.policy }

// update changes accounts in a transaction. What was remembered of them is
// forgotten before the caller hears of it.
func (u *Users) update(ctx context.Context, change func(pgx.Tx) error) error {
	err := pgx.BeginFunc(ctx, u.pool, change)
	if u.memory != nil {
		u.memory.Forget()
	}
	return Reach(err)
}

// EnsureAdmin creates the user "admin" if there is no user at all. It returns
// the password that was set, or "" if nothing was done.
func (u *Users) EnsureAdmin(ctx context.Context, tx pgx.Tx, password string) (id uuid.UUID, set string, err error) {
	var exist bool
	if err := tx.QueryRow(ctx, `select exists (select from users)`).Scan(&exist); err != nil || exist {
		return uuid.Nil, "", err
	}
	if password == "" {
		password = RandomText(16)
	}
	err = tx.QueryRow(ctx, `insert into users (name, email, password_hash) values ('admin', '', $1) returning id`,
		hashPassword(password)).Scan(&id)
	if err != nil {
		return uuid.Nil, "", err
	}
	_, err = tx.Exec(ctx, `insert into user_roles (user_id, role) values ($1, $2)`, id, RoleAdmin)
	return id, password, err
}

// Create makes a user with the password and returns it.
func (u *Users) Create(ctx context.Context, name, email, password string, roles ...string) (*User, error) {
	user := &User{Name: name, Email: email, Roles: roles}
	hash := hashPassword(password)
	if err := u.update(ctx, func(tx pgx.Tx) error { return u.insert(ctx, tx, user, &hash) }); err != nil {
		return nil, err
	}
	return user, nil
}

// insert makes the user, whose roles exist. Without a hash he has no password here.
func (u *Users) insert(ctx context.Context, tx pgx.Tx, user *User, hash *string) error {
	err := tx.QueryRow(ctx, `insert into users (name, email, password_hash) values ($1, $2, $3) on conflict (name) do nothing returning id, token_generation`,
		user.Name, user.Email, hash).Scan(&user.ID, &user.generation)
	if errors.Is(err, pgx.ErrNoRows) {
		return cairn.Errorf(cairn.Conflict, "There is a user called %q already.", user.Name)
	}
	if err != nil {
		return fmt.Errorf("user: %w", err)
	}
	if err := giveRoles(ctx, tx, user); err != nil || u.welcome == nil {
		return err
	}
	return u.welcome(ctx, tx, user)
}

// Login returns the user with that name and password and a fresh token. from
// is the caller's address: ten failures for one name from one address within
// five minutes are answered with TooManyRequests.
func (u *Users) Login(ctx context.Context, name, password, from string) (*User, Token, error) {
	if len(name) > maxName || !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		return nil, Token{}, errRejected() // nobody is called so, and the database would not understand it
	}
	counted := name
	if u.elsewhere != nil {
		counted = strings.ToLower(name) // directories ignore case
	}
	return u.login(ctx, Credentials{Name: name, Password: password}, counted, from)
}

// LoginByToken is Login with a token that the directory gave out.
func (u *Users) LoginByToken(ctx context.Context, token, from string) (*User, Token, error) {
	if u.elsewhere == nil {
		return nil, Token{}, cairn.Errorf(cairn.Invalid, "Nobody can sign in with a token here. Give a username and a password.")
	}
	sum := sha256.Sum256([]byte(token))
	return u.login(ctx, Credentials{Token: token}, "token "+hex.EncodeToString(sum[:]), from)
}

// login counts failures under a name and answers a success with a fresh token.
func (u *Users) login(ctx context.Context, c Credentials, counted, from string) (*User, Token, error) {
	turn := u.failures.turn(counted, from)
	turn.Lock()
	defer turn.Unlock()
	if wait := u.failures.wait(counted, from); wait > 0 {
		e := cairn.Errorf(cairn.TooManyRequests, "Too many failed logins. Wait %d seconds and try again.", int(wait.Seconds())+1)
		e.RetryAfter = wait
		return nil, Token{}, e
	}
	user, err := u.check(ctx, c)
	if cairn.CodeOf(err) == cairn.Unauthenticated {
		u.failures.add(counted, from)
	}
	if err == nil && user.Has(RoleDeactivated) {
		err = errRejected()
	}
	if err != nil {
		return nil, Token{}, err
	}
	token, err := sign(u.secret, user, u.lifetime)
	return user, token, err
}

// check returns the user who has these credentials. An account with a password
// is never looked for elsewhere: its password goes nowhere, and it works while
// the directory does not.
func (u *Users) check(ctx context.Context, c Credentials) (*User, error) {
	if c.Token != "" {
		return u.checkElsewhere(ctx, c)
	}
	user, hash, err := u.find(ctx, `name = $1`, c.Name)
	if err != nil {
		return nil, err
	}
	if hash == "" && u.elsewhere != nil {
		return u.checkElsewhere(ctx, c)
	}
	if hash == "" {
		hash = u.decoy
	}
	if matches := passwordMatches(hash, c.Password); !matches || user == nil {
		return nil, errRejected()
	}
	return user, nil
}

// Refresh returns a fresh token for the caller.
func (u *Users) Refresh(c Caller) (Token, error) {
	if err := Decide(c, BeSomebody, Facts{}); err != nil {
		return Token{}, err
	}
	return sign(u.secret, c.User, u.lifetime)
}

// CallerOf returns the caller who presents the token. A token that is wrong,
// expired or revoked makes an anonymous, rejected caller; one of a deleted user
// is like no token.
func (u *Users) CallerOf(ctx context.Context, token string) (Caller, error) {
	said, err := verify(u.secret, token)
	if err != nil || u.revoked[signed(token)] {
		return Caller{Rejected: true}, nil
	}
	user, err := u.byID(ctx, said.UserID)
	if err != nil {
		return Caller{}, err
	}
	switch {
	case user == nil:
		return Caller{}, nil
	case user.generation != said.Generation:
		return Caller{Rejected: true}, nil
	}
	return Caller{User: user}, nil
}

// CallerWithID returns the user with the id as a caller; nobody when there is none.
func (u *Users) CallerWithID(ctx context.Context, id uuid.UUID) (Caller, error) {
	user, err := u.byID(ctx, id)
	return Caller{User: user}, err
}

// byID returns the user with the id, nil when there is none.
func (u *Users) byID(ctx context.Context, id uuid.UUID) (*User, error) {
	ask := func() (any, error) {
		user, _, err := u.find(ctx, `id = $1`, id)
		return user, err
	}
	if u.memory == nil {
		user, err := ask()
		return user.(*User), err
	}
	user, err := u.memory.Recall(userQuestion(id), ask)
	if err != nil {
		return nil, err
	}
	return user.(*User), nil
}

type userQuestion uuid.UUID

func (u *Users) find(ctx context.Context, condition string, arg any) (*User, string, error) {
	user, hash, err := findIn(ctx, u.pool, condition, arg)
	return user, hash, Reach(err)
}

// findIn returns the user for which the condition holds and the hash of his
// password; nil when there is none.
func findIn(ctx context.Context, q interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}, condition string, arg any) (*User, string, error) {
	var user User
	var hash *string
	err := q.QueryRow(ctx, `
		select id, name, coalesce(email, ''), password_hash, token_generation,
			coalesce((select array_agg(role order by role) from user_roles where user_id = id), '{}')
		from users where `+condition, arg).Scan(&user.ID, &user.Name, &user.Email, &hash, &user.generation, &user.Roles)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, "", nil
	case err != nil:
		return nil, "", fmt.Errorf("user: %w", err)
	case hash == nil:
		return &user, "", nil
	}
	return &user, *hash, nil
}
