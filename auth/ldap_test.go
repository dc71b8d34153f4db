package auth_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	peopleDN = "ou=people,dc=example,dc=com"
	groupsDN = "ou=groups,dc=example,dc=com"
)

// searching finds people by an account that may search.
func (s *ldapServer) searching(change ...func(*auth.LDAPConfig)) auth.LDAPConfig {
	c := auth.LDAPConfig{URL: s.plain, BindDN: "cn=searcher,dc=example,dc=com", BindPassword: "searcher secret", BaseDN: peopleDN,
		Roles: []auth.RoleRule{{Role: "admin", GroupDN: "cn=admins," + groupsDN}, {Role: "surveyor", GroupDN: "cn=surveyors," + groupsDN},
			{Role: "crew", GroupDN: "cn=crew," + groupsDN}, {Role: "ghost", GroupDN: "cn=nobody," + groupsDN}}}
	for _, f := range change {
		f(&c)
	}
	return c
}

func checkLDAP(t *testing.T, c auth.LDAPConfig, name, password string) (*auth.Person, error) {
	t.Helper()
	directory, err := auth.NewLDAP(c)
	require.NoError(t, err)
	return directory.Check(t.Context(), auth.Credentials{Name: name, Password: password})
}

func TestLDAP(t *testing.T) {
	t.Parallel()
	server := startLDAP(t)
	alone := func(c *auth.LDAPConfig) { c.UserDN, c.BaseDN, c.BindDN = "uid={user},"+peopleDN, "", "" }
	ways := map[string]auth.LDAPConfig{
		"search":   server.searching(),
		"template": server.searching(alone),
		"template and searcher": server.searching(alone, func(c *auth.LDAPConfig) {
			c.BindDN = "cn=searcher,dc=example,dc=com"
		}),
		"ldaps":     server.searching(func(c *auth.LDAPConfig) { c.URL, c.CAFile = server.tls, server.ca }),
		"StartTLS":  server.searching(func(c *auth.LDAPConfig) { c.StartTLS, c.CAFile = true, server.ca }),
		"by filter": server.searching(func(c *auth.LDAPConfig) { c.UserFilter = "(&(objectClass=inetOrgPerson)(|(uid={user})(mail={user})))" }),
	}
	for way, config := range ways {
		person, err := checkLDAP(t, config, "alice", "alice secret")
		require.NoError(t, err, way)
		assert.Equal(t, "Alice", person.Name, way)
		assert.Equal(t, "alice@example.com", *person.Email, way)
		assert.Equal(t, []string{"admin", "surveyor"}, person.Roles, way)
		assert.True(t, person.Decides("ghost") && !person.Decides("friend"), way)

		// What would widen the search or bind as nobody, if it were let through.
		for name, password := range map[string]string{
			"alice": "wrong", "ALICE": "", "nobody": "alice secret", "nopass": "x", "": "alice secret", "*": "alice secret", "a*": "alice secret",
			"*)(uid=*": "alice secret", "alice)(|(uid=*": "alice secret", `al\69ce`: "alice secret", "alice\x00": "alice secret",
			"alice," + peopleDN: "alice secret", "alice+cn=x": "alice secret", "alice)(objectClass=*": "alice secret",
		} {
			_, err := checkLDAP(t, config, name, password)
			assert.Equal(t, cairn.Unauthenticated, cairn.CodeOf(err), "%s, %q: %v", way, name, err)
		}
		directory, err := auth.NewLDAP(config)
		require.NoError(t, err)
		_, err = directory.Check(t.Context(), auth.Credentials{Token: "x"})
		assert.Equal(t, cairn.Unauthenticated, cairn.CodeOf(err), way)
	}

	t.Run("groups of every kind, and a DN that needs escaping", func(t *testing.T) {
		bob, err := checkLDAP(t, ways["search"], "bob", "bob secret")
		require.NoError(t, err)
		assert.Equal(t, []string{"surveyor", "crew"}, bob.Roles)
	})
	t.Run("the name comes from the entry", func(t *testing.T) {
		person, err := checkLDAP(t, ways["by filter"], "alice@example.com", "alice secret")
		require.NoError(t, err)
		assert.Equal(t, "Alice", person.Name)
		_, err = checkLDAP(t, ways["by filter"], "shared@example.com", "bob secret")
		assert.Equal(t, cairn.Internal, cairn.CodeOf(err), "two people: the filter is wrong")
	})
	t.Run("a required group", func(t *testing.T) {
		config := server.searching(func(c *auth.LDAPConfig) { c.Required = "cn=admins," + groupsDN })
		_, err := checkLDAP(t, config, "alice", "alice secret")
		assert.NoError(t, err)
		_, err = checkLDAP(t, config, "bob", "bob secret")
		assert.Equal(t, cairn.Unauthenticated, cairn.CodeOf(err))
	})
	t.Run("trouble is never a login, nor a wrong password", func(t *testing.T) {
		for name, config := range map[string]auth.LDAPConfig{
			"unknown certificate":   server.searching(func(c *auth.LDAPConfig) { c.URL = server.tls }),
			"no certificate known":  server.searching(func(c *auth.LDAPConfig) { c.StartTLS = true }),
			"searcher's password":   server.searching(func(c *auth.LDAPConfig) { c.BindPassword = "wrong" }),
			"search below nothing":  server.searching(func(c *auth.LDAPConfig) { c.BaseDN = "ou=nowhere,dc=example,dc=com" }),
			"nobody listens":        server.searching(func(c *auth.LDAPConfig) { c.URL = "ldap://" + freePort(t) }),
			"TLS to the plain port": server.searching(func(c *auth.LDAPConfig) { c.URL = strings.Replace(server.plain, "ldap:", "ldaps:", 1) }),
		} {
			person, err := checkLDAP(t, config, "alice", "alice secret")
			assert.Nil(t, person, name)
			assert.Equal(t, cairn.Internal, cairn.CodeOf(err), "%s: %v", name, err)
		}
	})
	t.Run("through Login, until the server is gone", func(t *testing.T) {
		users, _ := open(t)
		directory, err := auth.NewLDAP(ways["StartTLS"])
		require.NoError(t, err)
		users.LookIn(directory)
		alice, _, err := users.Login(t.Context(), "alice", "alice secret", "192.0.2.1")
		require.NoError(t, err)
		assert.Equal(t, "alice", alice.Name)
		assert.Equal(t, []string{"admin", "surveyor"}, alice.Roles)
		_, _, err = users.Login(t.Context(), "john.smith", "john.smith secret", "192.0.2.1")
		assert.EqualError(t, err, "Unauthorized", "no name for a user here")
		server.stop()
		_, _, err = users.Login(t.Context(), "bob", "bob secret", "192.0.2.1")
		assert.Equal(t, cairn.Unavailable, cairn.CodeOf(err))
	})
}

// A server that says nothing is given up when the caller is.
func TestLDAPThatIsSilent(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	for _, url := range []string{"ldap://", "ldaps://"} {
		directory, err := auth.NewLDAP(auth.LDAPConfig{URL: url + listener.Addr().String(), BaseDN: peopleDN, StartTLS: url == "ldap://"})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		_, err = directory.Check(ctx, auth.Credentials{Name: "alice", Password: "x"})
		cancel()
		assert.Equal(t, cairn.Internal, cairn.CodeOf(err))
	}
}

func TestLDAPSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]auth.LDAPConfig{
		"web address":        {URL: "https://example.com", BaseDN: peopleDN},
		"no host":            {URL: "ldap://", BaseDN: peopleDN},
		"neither way":        {URL: "ldap://example.com"},
		"template without":   {URL: "ldap://example.com", UserDN: peopleDN},
		"no password":        {URL: "ldap://example.com", BaseDN: peopleDN, BindDN: "cn=x"},
		"broken filter":      {URL: "ldap://example.com", BaseDN: peopleDN, UserFilter: "(uid={user}"},
		"broken DN":          {URL: "ldap://example.com", BaseDN: "people"},
		"broken group":       {URL: "ldap://example.com", BaseDN: peopleDN, Roles: []auth.RoleRule{{Role: "admin", GroupDN: "admins"}}},
		"StartTLS and ldaps": {URL: "ldaps://example.com", BaseDN: peopleDN, StartTLS: true},
		"no PEM":             {URL: "ldaps://example.com", BaseDN: peopleDN, CAFile: "ldap_test.go"},
	} {
		_, err := auth.NewLDAP(c)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), name)
	}
}
