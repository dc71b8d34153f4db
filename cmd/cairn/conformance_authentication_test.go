package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Section 6.2 of the REST API's checklist.
var authenticationStatements = []statement{
	{number: 21, says: "a form signs in", holds: func(t *testing.T) {
		require.NotEmpty(t, server(t).login(t, "admin", adminPassword))
	}},
	{number: 22, says: "JSON userName and password signs in", holds: func(t *testing.T) {
		a := server(t).anonymous().post(t, "POST", "/users/authenticate", map[string]any{"userName": "admin", "password": adminPassword})
		require.Equal(t, 200, a.status)
	}},
	{number: 23, says: "the answer has username, token and a future expires", holds: func(t *testing.T) {
		var l login
		a := server(t).anonymous().form(t, "POST", "/users/authenticate", "username", "admin", "password", adminPassword)
		a.json(t, 200, &l)
		assert.Equal(t, "admin", l.Username)
		assert.NotEmpty(t, l.Token)
		expires, err := strconv.ParseInt(string(l.Expires), 10, 64)
		require.NoError(t, err)
		assert.Greater(t, expires, time.Now().Unix())
		var members map[string]any
		require.NoError(t, json.Unmarshal(a.body, &members))
		assert.IsType(t, 0.0, members["expires"])
		assert.Equal(t, "admin", members["userName"])
	}},
	{number: 24, says: "a wrong password is 401 with noRetry", holds: func(t *testing.T) {
		requireNoRetry(t, server(t).anonymous().form(t, "POST", "/users/authenticate", "username", "rest24", "password", "x"), 401)
	}},
	{number: 25, says: "a login without data is 400", holds: func(t *testing.T) {
		server(t).anonymous().form(t, "POST", "/users/authenticate").requireError(t, 400)
		server(t).anonymous().send(t, "POST", "/users/authenticate", nil).requireError(t, 400)
	}},
	{number: 26, says: "the token says admin as a boolean", holds: func(t *testing.T) {
		c := server(t)
		assert.Equal(t, true, claim(t, c.token, "admin"))
		assert.Equal(t, false, claim(t, c.user(t, "rest26").token, "admin"))
	}},
	{number: 27, says: "the token works as header and as cookie", holds: func(t *testing.T) {
		c := server(t)
		assert.Equal(t, 200, c.get(t, "/orgs").status)
		assert.Equal(t, 200, c.browsing().get(t, "/orgs").status)

		ds := c.newDataset(t, "rest27", "private")
		change := func(headers ...string) int {
			return c.browsing().send(t, "POST", ds+"/chattr", strings.NewReader("visibility=0"), append(headers, "Content-Type", "application/x-www-form-urlencoded")...).status
		}
		assert.Equal(t, 200, change())
		assert.Equal(t, 200, change("Sec-Fetch-Site", "same-origin"))
		assert.Equal(t, 200, change("Origin", c.base))
		assert.Equal(t, 200, change("Origin", "https://maps.example.com", "X-Forwarded-Host", "maps.example.com"), "behind a proxy")
		assert.Equal(t, 401, change("Sec-Fetch-Site", "cross-site"), "a form of another site")
		assert.Equal(t, 401, change("Origin", "https://other.example.com"), "a form of another site, in an old browser")
	}},
	{number: 28, says: "a good header wins over a wrong cookie", holds: func(t *testing.T) {
		assert.Equal(t, 200, server(t).get(t, "/orgs", "Cookie", "jwtToken=a.b.c").status)
	}},
	{number: 29, says: "a wrong token is nobody's where nobody is needed", holds: func(t *testing.T) {
		assert.Equal(t, 200, client{base: server(t).base, token: "a.b.c"}.get(t, "/orgs/public").status)
	}},
	{number: 30, says: "a wrong token is 401 where somebody is needed", holds: func(t *testing.T) {
		client{base: server(t).base, token: "a.b.c"}.get(t, "/users").requireError(t, 401, "Unauthorized")
	}},
	{number: 31, says: "refresh gives a new token", holds: func(t *testing.T) {
		c := server(t)
		var l login
		c.send(t, "POST", "/users/authenticate/refresh", nil).json(t, 200, &l)
		require.NotEqual(t, c.token, l.Token)
		require.Equal(t, 200, client{base: c.base, token: l.Token}.get(t, "/orgs").status)
	}},
	{number: 32, says: "a deactivated user can't refresh", holds: func(t *testing.T) {
		c := server(t)
		user := c.user(t, "rest32")
		c.deactivate(t, "rest32")
		user.send(t, "POST", "/users/authenticate/refresh", nil).requireError(t, 401, "Unauthorized")
		c.anonymous().form(t, "POST", "/users/authenticate", "username", "rest32", "password", "rest32-secret-1").requireError(t, 401)
	}},
	{number: 33, says: "a deactivated user is denied from the next request on", holds: func(t *testing.T) {
		c := server(t)
		user := c.user(t, "rest33")
		require.Equal(t, 200, user.get(t, "/orgs").status)
		c.deactivate(t, "rest33")
		for _, path := range []string{"/orgs", "/orgs/public", "/orgs/public/ds/demo/list", "/stac"} {
			user.get(t, path).requireError(t, 401, "Unauthorized")
		}
	}},
	{number: 34, says: "a revoked token is 401", holds: func(t *testing.T) {
		data := t.TempDir()
		p, err := launch(data)
		require.NoError(t, err)
		base, err := p.ready()
		require.NoError(t, err)
		revoked, other := client{base: base}.as(t, "admin", adminPassword), client{base: base}.as(t, "admin", adminPassword)
		require.NoError(t, p.stop())
		p, err = launch(data, "--revoked-tokens", revoked.token)
		require.NoError(t, err)
		base, err = p.ready()
		require.NoError(t, err)
		client{base: base, token: revoked.token}.get(t, "/orgs").requireError(t, 401, "Unauthorized")
		assert.Equal(t, 200, client{base: base, token: other.token}.get(t, "/orgs").status)
		require.NoError(t, p.stop())
	}},
	{number: 35, says: "HTTP Basic opens build files of a private dataset", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest35", "private")
		c.upload(t, ds, "a.tif", geotiff(t, 32))
		file := ds + "/build/" + *c.awaitBuilt(t, ds, "a.tif").Hash + "/cog/cog.tif"
		a := c.anonymous().get(t, file, "Authorization", basic("admin", adminPassword))
		require.Equal(t, 200, a.status)
		require.Contains(t, a.header.Get("Set-Cookie"), "jwtToken=")
	}},
	{number: 36, says: "wrong Basic credentials are challenged", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest36", "private")
		for _, header := range [][]string{{"Authorization", basic("rest36", "wrong")}, nil} {
			a := c.anonymous().get(t, ds+"/build/"+sum(nil)+"/cog/cog.tif", header...)
			a.requireError(t, 401)
			require.Equal(t, `Basic realm="DroneDB"`, a.header.Get("WWW-Authenticate"))
		}
	}},
	{number: 37, says: "repeated failures are throttled", holds: func(t *testing.T) {
		c := server(t)
		c.user(t, "rest37")
		var a answer
		for range 11 {
			a = c.anonymous().form(t, "POST", "/users/authenticate", "username", "rest37", "password", "wrong")
		}
		a.requireError(t, http.StatusTooManyRequests)
		require.NotEmpty(t, a.header.Get("Retry-After"))
	}},
	{number: 55, says: "a restart keeps a changed admin password", holds: func(t *testing.T) {
		data := t.TempDir()
		p, err := launch(data)
		require.NoError(t, err)
		base, err := p.ready()
		require.NoError(t, err)
		admin := client{base: base}.as(t, "admin", adminPassword)
		require.Equal(t, 200, admin.form(t, "POST", "/users/changepwd", "oldPassword", adminPassword, "newPassword", "changed-1-here").status)
		require.NoError(t, p.stop())
		p, err = launch(data) // with CAIRN_ADMIN_PASSWORD as before
		require.NoError(t, err)
		base, err = p.ready()
		require.NoError(t, err)
		client{base: base}.login(t, "admin", "changed-1-here")
		client{base: base}.form(t, "POST", "/users/authenticate", "username", "admin", "password", adminPassword).requireError(t, 401)
		require.NoError(t, p.stop())
	}},
}

func (c client) deactivate(t *testing.T, name string) {
	t.Helper()
	a := c.post(t, http.MethodPut, "/users/"+name, map[string]any{"email": "", "roles": []string{"deactivated"}})
	require.Equal(t, 200, a.status, "%s", a.body)
}

// basic is the Authorization header of HTTP Basic.
func basic(name, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}

// claim is a member of what the token says.
func claim(t *testing.T, token, name string) any {
	t.Helper()
	var claims map[string]any
	require.NoError(t, json.Unmarshal(decodeSegment(t, strings.Split(token, ".")[1]), &claims))
	return claims[name]
}

func requireNoRetry(t *testing.T, a answer, status int) {
	t.Helper()
	var refusal struct {
		Error   string
		NoRetry bool
	}
	a.json(t, status, &refusal)
	require.NotEmpty(t, refusal.Error)
	require.True(t, refusal.NoRetry)
}
