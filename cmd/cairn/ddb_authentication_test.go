package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/dbtest"
	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// authenticate is the request of a login, and its answer.
func (d ddb) authenticate(t *testing.T, username, password string) answer {
	t.Helper()
	return d.form(t, "/users/authenticate", "", "username", username, "password", password)
}

// Section "Authentication" of the checklist.
var ddbAuthenticationStatements = []statement{
	{number: 1, says: "a form signs in", holds: func(t *testing.T) {
		for _, g := range generations {
			require.Equal(t, http.StatusOK, g.as(server(t).anonymous()).authenticate(t, "admin", adminPassword).status, g.name)
		}
	}},
	{number: 2, says: "the answer has a token", holds: func(t *testing.T) {
		var body map[string]any
		g5.as(server(t).anonymous()).authenticate(t, "admin", adminPassword).json(t, http.StatusOK, &body)
		require.IsType(t, "", body["token"])
		require.NotEmpty(t, body["token"])
	}},
	{number: 3, says: "expires is a number of Unix seconds in the future", holds: func(t *testing.T) {
		var body map[string]any
		g5.as(server(t).anonymous()).authenticate(t, "admin", adminPassword).json(t, http.StatusOK, &body)
		require.IsType(t, 0.0, body["expires"])
		expires := time.Unix(int64(body["expires"].(float64)), 0)
		require.True(t, expires.After(time.Now()) && expires.Before(time.Now().AddDate(1, 0, 0)), "%s", expires)
	}},
	{number: 4, says: "wrong credentials are an error in JSON", holds: func(t *testing.T) {
		for _, g := range generations {
			g.as(server(t).anonymous()).authenticate(t, "ddb4", "wrong").requireError(t, http.StatusUnauthorized)
		}
	}},
	{number: 5, says: "a form may end in &", holds: func(t *testing.T) {
		d := g3.as(server(t).anonymous())
		require.True(t, strings.HasSuffix(d.encode("username", "admin", "password", adminPassword), "&"))
		require.Equal(t, http.StatusOK, d.authenticate(t, "admin", adminPassword).status)
	}},
	{number: 6, says: "a password with é, a space, + and & is decoded", holds: func(t *testing.T) {
		c := server(t)
		const password = "pass word+&é=%41 1"
		a := c.post(t, http.MethodPost, "/users", map[string]any{"userName": "ddb6", "password": password, "email": "ddb6@example.com"})
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		for _, g := range generations {
			d := g.as(c.anonymous())
			require.Contains(t, d.encode("password", password), "password=pass%20word%2B%26%C3%A9%3D%2541%201")
			require.Equal(t, http.StatusOK, d.authenticate(t, "ddb6", password).status, g.name)
		}
	}},
	{number: 7, says: "//users/authenticate is no redirect", holds: func(t *testing.T) {
		for _, g := range generations {
			a := g.as(server(t).anonymous()).form(t, "//users/authenticate", "", "username", "admin", "password", adminPassword)
			require.Equal(t, http.StatusOK, a.status, g.name)
		}
	}},
	{number: 8, says: "push/init takes the token as a header", holds: func(t *testing.T) {
		for _, g := range generations {
			d := g.as(server(t))
			s := contents{"a.txt": "a"}.stamp()
			require.Equal(t, http.StatusOK, d.post(t, "/orgs/admin/ds/ddb8/push/init", "checksum", s.Checksum, "stamp", s.text(t)).status, g.name)
		}
	}},
	{number: 9, says: "the dataset takes the token as a cookie", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "ddb9", "private")
		for _, g := range generations {
			require.Equal(t, http.StatusOK, g.as(c).get(t, ds).status, g.name)
		}
	}},
	{number: 10, says: "a token is safe in a cookie", holds: func(t *testing.T) {
		require.Regexp(t, `^[A-Za-z0-9._~-]+$`, server(t).token)
	}},
	{number: 11, says: "an empty cookie is nobody, who reads a public stamp", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "ddb11", "public")
		for _, g := range generations {
			require.Equal(t, http.StatusOK, g.as(c.anonymous()).get(t, ds+"/stamp").status, g.name)
		}
	}},
	{number: 12, says: "an empty cookie is 401 for a private stamp", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "ddb12", "private")
		for _, g := range generations {
			g.as(c.anonymous()).get(t, ds+"/stamp").requireError(t, http.StatusUnauthorized)
		}
	}},
	{number: 13, says: "a garbage or expired token is 401 for push/init", holds: func(t *testing.T) {
		database := dbtest.New(t, catalog.Migrate)
		c := startOn(t, database)
		private := c.newDataset(t, "ddb13", "private")
		s := contents{"a.txt": "a"}.stamp()
		for _, token := range []string{"garbage", "a.b.c", expired(t, database, c.token)} {
			d := g5.as(client{base: c.base, token: token})
			d.post(t, private+"/push/init", "checksum", s.Checksum, "stamp", s.text(t)).requireError(t, http.StatusUnauthorized)
			d.get(t, private).requireError(t, http.StatusUnauthorized)
		}
	}},
	{number: 14, says: "who may not write gets 403 from push/init", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "ddb14", "public")
		s := contents{"a.txt": "a"}.stamp()
		for _, user := range []client{c.user(t, "ddb14"), c.member(t, "ddb14reader", 0)} {
			for _, address := range []string{ds, "/orgs/admin/ds/ddb14-absent"} {
				g5.as(user).post(t, address+"/push/init", "checksum", s.Checksum, "stamp", s.text(t)).requireError(t, http.StatusForbidden)
			}
		}
	}},
}

// startOn starts a server of the test's own on a database, and signs in as admin.
func startOn(t *testing.T, database string) client {
	t.Helper()
	p, err := launch(t.TempDir(), "--database-url", database)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.stop()) })
	base, err := p.ready()
	require.NoError(t, err)
	return client{base: base}.as(t, "admin", adminPassword)
}

// query runs a statement on a database and returns what is in the first column.
func query[T any](t *testing.T, database, statement string, arguments ...any) []T {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), database)
	require.NoError(t, err)
	defer connection.Close(t.Context())
	rows, err := connection.Query(t.Context(), statement, arguments...)
	require.NoError(t, err)
	found, err := pgx.CollectRows(rows, pgx.RowTo[T])
	require.NoError(t, err)
	return found
}

// expired is the same token as the server would have made it last month.
func expired(t *testing.T, database, token string) string {
	t.Helper()
	claims := jwt.MapClaims{}
	require.NoError(t, json.Unmarshal(decodeSegment(t, strings.Split(token, ".")[1]), &claims))
	for _, date := range []string{"nbf", "iat", "exp"} {
		claims[date] = claims[date].(float64) - 30*24*3600
	}
	secret := query[string](t, database, "select value from settings where key = 'token-secret'")
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret[0]))
	require.NoError(t, err)
	return text
}
