package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const builtHub = "needs the client's built files, which are not part of the project"

// login is what the client reads when it signs in.
type login struct {
	Username, Token string
	Expires         json.Number
}

func requirePage(t *testing.T, path string) {
	t.Helper()
	a := server(t).anonymous().get(t, path, "Accept", "text/html")
	require.Equal(t, http.StatusOK, a.status)
	require.Contains(t, a.header.Get("Content-Type"), "text/html")
	require.Contains(t, a.header.Get("Cache-Control"), "no-cache")
}

// Start, sign-in and errors.
var hubStartStatements = []statement{
	{number: 1, says: "features need no credentials", holds: func(t *testing.T) {
		a := server(t).anonymous().get(t, "/sys/features")
		require.Equal(t, http.StatusOK, a.status)
		require.Equal(t, "application/json", a.header.Get("Content-Type"))
	}},
	{number: 2, says: "features have no error and no message", holds: func(t *testing.T) {
		features := server(t).anonymous().features(t)
		require.NotContains(t, features, "error")
		require.NotContains(t, features, "message")
	}},
	{number: 3, says: "hubOptions have no null", holds: func(t *testing.T) {
		for _, s := range []*sharedServer{open, strict} {
			options, _ := s.client(t).features(t)["hubOptions"].(map[string]any)
			for name, value := range options {
				require.NotNil(t, value, name)
			}
		}
	}},
	{number: 4, says: "hubVersion is absent without the client's files", holds: func(t *testing.T) {
		require.Nil(t, server(t).features(t)["hubVersion"])
	}},
	{number: 5, says: "taskStates say which are terminal", holds: func(t *testing.T) {
		terminal := map[string]any{}
		for _, s := range server(t).features(t)["taskStates"].([]any) {
			state := s.(map[string]any)
			terminal[state["value"].(string)] = state["terminal"]
		}
		require.Equal(t, map[string]any{"Created": false, "Enqueued": false, "Scheduled": false, "Processing": false,
			"Succeeded": true, "Failed": true, "Deleted": true}, terminal)
	}},
	{number: 6, says: "the page is revalidated", holds: func(t *testing.T) { requirePage(t, "/") }},
	{number: 7, says: "a viewer's address is the page", holds: func(t *testing.T) { requirePage(t, "/r/x/y/view/YS9iLnRpZg==/map") }},
	{number: 8, says: "a viewer's address with slashes in it is the page", holds: func(t *testing.T) { requirePage(t, "/r/x/y/view/aa//bb+c=/map") }},
	{number: 9, says: "/orgs.<hash>.js is a file", elsewhere: builtHub},
	{number: 10, says: "an unknown dataset is a JSON 404", holds: func(t *testing.T) {
		server(t).get(t, "/orgs/does-not-exist/ds/nope", "Accept", "text/html").requireError(t, http.StatusNotFound)
	}},
	{number: 11, says: "wasm files have their type", elsewhere: builtHub},
	{number: 12, says: "a multipart form signs in", holds: func(t *testing.T) {
		var l login
		server(t).anonymous().multipart(t, "POST", "/users/authenticate", "username", "admin", "password", adminPassword).json(t, 200, &l)
		require.Equal(t, "admin", l.Username)
		require.NotEmpty(t, l.Token)
		expires, err := l.Expires.Int64()
		require.NoError(t, err)
		require.Greater(t, expires, time.Now().Unix())
	}},
	{number: 13, says: "a wrong password is a JSON 401", holds: func(t *testing.T) {
		server(t).anonymous().multipart(t, "POST", "/users/authenticate", "username", "hub13", "password", "x").requireError(t, 401, "Unauthorized")
	}},
	{number: 14, says: "the token says admin as a boolean", holds: func(t *testing.T) {
		parts := strings.Split(server(t).token, ".")
		require.Len(t, parts, 3)
		payload, err := base64.RawURLEncoding.DecodeString(parts[1])
		require.NoError(t, err)
		require.Contains(t, string(payload), `"admin":true`)
	}},
	{number: 15, says: "refresh with {} gives a new token", holds: func(t *testing.T) {
		c := server(t)
		var l login
		c.post(t, "POST", "/users/authenticate/refresh", map[string]any{}).json(t, 200, &l)
		require.NotEqual(t, c.token, l.Token)
		require.NotEmpty(t, l.Expires)
	}},
	{number: 16, says: "refresh with a wrong token is 401", holds: func(t *testing.T) {
		client{base: server(t).base, token: "a.b.c"}.post(t, "POST", "/users/authenticate/refresh", map[string]any{}).requireError(t, 401, "Unauthorized")
	}},
	{number: 17, says: "tokens live longer than an hour", holds: func(t *testing.T) {
		var l login
		server(t).anonymous().multipart(t, "POST", "/users/authenticate", "username", "admin", "password", adminPassword).json(t, 200, &l)
		expires, err := l.Expires.Int64()
		require.NoError(t, err)
		require.Greater(t, expires, time.Now().Add(time.Hour).Unix())
	}},
	{number: 18, says: "changePwd is changepwd", holds: func(t *testing.T) {
		c := server(t)
		for _, path := range []string{"/users/changePwd", "/users/changepwd"} {
			c.multipart(t, "POST", path, "oldPassword", "wrong", "newPassword", "longenough1").requireError(t, http.StatusBadRequest)
		}
	}},
	{number: 21, says: "a 401 for a wrong token has noRetry", holds: func(t *testing.T) {
		var refusal struct{ NoRetry bool }
		client{base: server(t).base, token: "a.b.c"}.get(t, "/orgs").json(t, 401, &refusal)
		require.True(t, refusal.NoRetry)
	}},
	{number: 22, says: "errors are JSON with error and noRetry", holds: func(t *testing.T) {
		c := server(t)
		for _, a := range []answer{c.get(t, "/orgs/gone"), c.anonymous().get(t, "/users"), c.get(t, "/sys/nothing"), c.form(t, "POST", "/orgs")} {
			require.Equal(t, "application/json", a.header.Get("Content-Type"))
			var body map[string]any
			require.NoError(t, json.Unmarshal(a.body, &body))
			assert.IsType(t, "", body["error"])
			assert.IsType(t, true, body["noRetry"])
		}
	}},
	{number: 23, says: "success has no error and no message", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub23", "public")
		for _, path := range []string{"/sys/features", "/orgs/admin", ds + "/ex", "/users/storage"} {
			var body map[string]any
			c.get(t, path).json(t, 200, &body)
			assert.Empty(t, body["error"], path)
			assert.Empty(t, body["message"], path)
		}
	}},
	{number: 24, says: "no result is 204, or 200 without a type", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub24", "public")
		c.upload(t, ds, "a.txt", []byte("a"))
		for _, a := range []answer{c.multipart(t, "PUT", ds, "name", "x"), c.multipart(t, "POST", ds+"/build", "path", "a.txt"), c.post(t, "DELETE", ds, map[string]any{})} {
			assert.Empty(t, a.body)
			assert.Empty(t, a.header.Get("Content-Type"))
			assert.Contains(t, []int{200, 204}, a.status)
		}
	}},
	{number: 86, says: "with embed=1 other origins may frame the page", holds: func(t *testing.T) {
		c := server(t).anonymous()
		require.Empty(t, c.get(t, "/r/public/demo?embed=1", "Accept", "text/html").header.Get("X-Frame-Options"))
		require.Equal(t, "SAMEORIGIN", c.get(t, "/r/public/demo", "Accept", "text/html").header.Get("X-Frame-Options"))
	}},
	{number: 88, says: "storage is numbers", holds: func(t *testing.T) {
		var storage map[string]any
		server(t).get(t, "/users/storage").json(t, 200, &storage)
		require.IsType(t, 0.0, storage["used"])
		require.Contains(t, storage, "total")
	}},
	{number: 84, says: "processing nodes are an array", holds: func(t *testing.T) {
		a := server(t).get(t, "/sys/processingNodes")
		require.Equal(t, 200, a.status)
		require.JSONEq(t, "[]", string(a.body))
	}},
	{number: 89, says: "the built client works", elsewhere: builtHub},
}

// features is what /sys/features answers.
func (c client) features(t *testing.T) map[string]any {
	t.Helper()
	var features map[string]any
	c.get(t, "/sys/features").json(t, http.StatusOK, &features)
	return features
}
