package auth

import (
	"context"
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
	failures *failures
	decoy    string // a hash that no password has: unknown names cost as much as known ones
	memory   Memory // nil: the database is asked every time
}

// Memory keeps answers until what they were made from changes.
type Memory interface {
	Recall(question any, ask func() (any, error)) (any, error)
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
func Open(ctx context.Context, pool *pgxpool.Pool) (*Users, error) {
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
	return &Users{pool: pool, secret: []byte(secret), lifetime: DefaultTokenLifetime,
		failures: newFailures(), decoy: hashPassword(RandomText(32))}, nil
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
	user := &User{Name: name, Email: email, Roles: roles, generation: 1}
	err := pgx.BeginFunc(ctx, u.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `insert into users (name, email, password_hash) values ($1, $2, $3) on conflict (name) do nothing returning id`,
			name, email, hashPassword(password)).Scan(&user.ID)
		if errors.Is(err, pgx.ErrNoRows) {
			return cairn.Errorf(cairn.Conflict, "There is a user called %q already.", name)
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into user_roles (user_id, role) select $1, unnest($2::text[])`, user.ID, roles)
		return err
	})
	if err != nil {
		return nil, err
	}
	return user, nil
}

// Login returns the user with that name and password and a fresh token. from
// is the caller's address: ten failures for one name from one address within
// five minutes are answered with TooManyRequests.
func (u *Users) Login(ctx context.Context, name, password, from string) (*User, Token, error) {
	user, err := u.check(ctx, name, password, from)
	if err != nil {
		return nil, Token{}, err
	}
	token, err := sign(u.secret, user, u.lifetime)
	return user, token, err
}

// check returns the user who has this name and password.
func (u *Users) check(ctx context.Context, name, password, from string) (*User, error) {
	if len(name) > maxName || !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		return nil, errRejected() // nobody is called so, and the database would not understand it
	}
	turn := u.failures.turn(name, from)
	turn.Lock()
	defer turn.Unlock()
	if wait := u.failures.wait(name, from); wait > 0 {
		e := cairn.Errorf(cairn.TooManyRequests, "Too many failed logins. Wait %d seconds and try again.", int(wait.Seconds())+1)
		e.RetryAfter = wait
		return nil, e
	}
	user, hash, err := u.find(ctx, `name = $1`, name)
	if err != nil {
		return nil, err
	}
	if hash == "" {
		hash = u.decoy
	}
	if matches := passwordMatches(hash, password); !matches || user == nil {
		u.failures.add(name, from)
		return nil, errRejected()
	}
	if user.Has(RoleDeactivated) {
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
	if err != nil {
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

// find returns the user for which the condition holds and the hash of his
// password; nil when there is none.
func (u *Users) find(ctx context.Context, condition string, arg any) (*User, string, error) {
	var user User
	var hash *string
	err := u.pool.QueryRow(ctx, `
		select id, name, coalesce(email, ''), password_hash, token_generation,
			coalesce((select array_agg(role order by role) from user_roles where user_id = id), '{}')
		from users where `+condition, arg).Scan(&user.ID, &user.Name, &user.Email, &hash, &user.generation, &user.Roles)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, "", nil
	case err != nil:
		return nil, "", Reach(fmt.Errorf("user: %w", err))
	case hash == nil:
		return &user, "", nil
	}
	return &user, *hash, nil
}
