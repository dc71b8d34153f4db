package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/dbtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExternalLogin(t *testing.T) {
	t.Parallel()
	var asked, down atomic.Int32
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch known := r.FormValue("username") == "bob" && r.FormValue("password") == "b secret" || r.FormValue("token") == "ticket"; {
		case down.Load() == 1:
			w.WriteHeader(http.StatusBadGateway)
		case known:
			w.Write([]byte(`{"username": "bob", "email": "bob@example.com", "roles": ["surveyor"], "maxStorageMB": 3}`))
		default:
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer service.Close()
	p, err := launch(filepath.Join(t.TempDir(), "data"), "--database-url", dbtest.New(t, catalog.Migrate), "--external-login", service.URL)
	require.NoError(t, err)
	base, err := p.ready()
	require.NoError(t, err)
	defer p.stop()

	nobody := client{base: base}
	admin := nobody.as(t, "admin", adminPassword)
	assert.Zero(t, asked.Load(), "the admin's password goes nowhere")
	var features struct{ UserManagement bool }
	nobody.get(t, "/sys/features").json(t, 200, &features)
	assert.False(t, features.UserManagement)

	bob := nobody.as(t, "bob", "b secret")
	var meta map[string]any
	bob.get(t, "/users/bob/meta").json(t, 200, &meta)
	assert.EqualValues(t, 3, meta["maxStorageMB"])
	assert.Equal(t, 200, bob.get(t, "/orgs/bob").status)
	var byToken login
	nobody.form(t, "POST", "/users/authenticate", "token", "ticket").json(t, 200, &byToken)
	assert.Equal(t, "bob", byToken.Username)
	requireNoRetry(t, nobody.form(t, "POST", "/users/authenticate", "token", "forged"), 401)
	requireNoRetry(t, nobody.form(t, "POST", "/users/authenticate", "username", "bob", "password", "wrong"), 401)

	admin.post(t, "POST", "/users", map[string]any{"userName": "carol", "password": "good password 1"}).requireError(t, 400)
	admin.post(t, "PUT", "/users/bob", map[string]any{"email": "x@example.com", "roles": []string{"admin"}}).requireError(t, 400)
	admin.send(t, "DELETE", "/users/bob", nil).requireError(t, 400)
	bob.form(t, "POST", "/users/changepwd", "oldPassword", "b secret", "newPassword", "good password 1").requireError(t, 400)
	admin.post(t, "PUT", "/users/bob/changepwd", map[string]any{"newPassword": "good password 1"}).requireError(t, 400)

	down.Store(1)
	a := nobody.form(t, "POST", "/users/authenticate", "token", "another")
	a.requireError(t, 503)
	assert.NotEmpty(t, a.header.Get("Retry-After"))
	requireEventually(t, func() bool { return strings.Contains(p.logged(), "502 Bad Gateway") }, "the log says why")
	nobody.as(t, "admin", adminPassword)
}

func TestSettingsOfLDAPRoles(t *testing.T) {
	t.Parallel()
	rules, err := signIn{LDAPRoles: []string{"admin=cn=admins,dc=example,dc=com", "surveyor=cn=all"}}.roles()
	require.NoError(t, err)
	assert.Equal(t, []auth.RoleRule{{Role: "admin", GroupDN: "cn=admins,dc=example,dc=com"}, {Role: "surveyor", GroupDN: "cn=all"}}, rules)
	for _, broken := range []string{"admin", "=cn=admins", "admin="} {
		_, err := signIn{LDAPRoles: []string{broken}}.roles()
		assert.Error(t, err, broken)
	}
}
