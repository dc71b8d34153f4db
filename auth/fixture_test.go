package auth_test

import (
	"context"
	"testing"

	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/dbtest"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

// open returns the users of a database of the test's own.
func open(t *testing.T) (*auth.Users, *pgxpool.Pool) {
	t.Helper()
	pool, err := catalog.Connect(t.Context(), dbtest.New(t, catalog.Migrate))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	users, err := auth.Open(t.Context(), pool, auth.Options{})
	require.NoError(t, err)
	return users, pool
}

const password = "right 1"

func create(t *testing.T, users *auth.Users, name string, roles ...string) *auth.User {
	t.Helper()
	user, err := users.Create(context.Background(), name, name+"@example.com", password, roles...)
	require.NoError(t, err)
	return user
}

func login(t *testing.T, users *auth.Users, name string) auth.Token {
	t.Helper()
	_, token, err := users.Login(t.Context(), name, password, "192.0.2.1")
	require.NoError(t, err)
	return token
}

func exec(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	_, err := pool.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}
