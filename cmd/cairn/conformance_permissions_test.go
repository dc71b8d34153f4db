package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// member makes a user who is a member of the organization admin, with a level
// from 0 to 3, and signs in.
func (c client) member(t *testing.T, name string, level int) client {
	t.Helper()
	user := c.user(t, name)
	a := c.post(t, http.MethodPost, "/users/"+name+"/orgs", map[string]any{"orgSlug": "admin", "permissions": level})
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	return user
}

// user makes a user and signs in.
func (c client) user(t *testing.T, name string) client {
	t.Helper()
	a := c.post(t, http.MethodPost, "/users", map[string]any{"userName": name, "password": name + "-secret-1", "email": name + "@example.com"})
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	return c.as(t, name, name+"-secret-1")
}

// Section 6.3 of the REST API's checklist, as far as it is about datasets.
var datasetPermissionStatements = []statement{
	{number: 38, says: "nobody reads a private dataset", holds: func(t *testing.T) {
		c := server(t)
		c.anonymous().get(t, c.newDataset(t, "rest38", "private")+"/list").requireError(t, 401)
	}},
	{number: 39, says: "everybody reads an unlisted dataset by its address", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest39", "unlisted")
		c.upload(t, ds, "a.txt", []byte("a"))
		require.Equal(t, "a", string(c.anonymous().get(t, ds+"/download?path=a.txt").body))
	}},
	{number: 41, says: "ReadOnly downloads and may not upload", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest41", "private")
		c.upload(t, ds, "a.txt", []byte("a"))
		reader := c.member(t, "rest41", 0)
		require.Equal(t, "a", string(reader.get(t, ds+"/download?path=a.txt").body))
		a, err := reader.tryUpload(ds, "b.txt", strings.NewReader("b"))
		require.NoError(t, err)
		a.requireError(t, 403)
	}},
	{number: 42, says: "ReadWrite uploads and may not delete the dataset", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest42", "private")
		writer := c.member(t, "rest42", 1)
		writer.upload(t, ds, "a.txt", []byte("a"))
		writer.send(t, http.MethodDelete, ds, nil).requireError(t, 403)
	}},
	{number: 43, says: "ReadWriteDelete deletes the dataset", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest43", "private")
		require.Equal(t, 204, c.member(t, "rest43", 2).send(t, http.MethodDelete, ds, nil).status)
		c.get(t, ds).requireError(t, 404)
	}},
	{number: 56, says: "every read route has the same rule", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest56", "private")
		hash := *c.upload(t, ds, "a.txt", []byte("a")).Hash
		stranger := c.user(t, "rest56")
		for _, route := range []string{"", "/ex", "/stamp", "/list", "/obj?path=a.txt", "/download?path=a.txt", "/download", "/download/a.txt", "/thumb?path=a.txt",
			"/tiles/1/0/0.png?path=a.txt", "/build/" + hash + "/cog/cog.tif", "/builds", "/build-artifact?path=a.txt", "/tasks", "/tasks/tools", "/tasks/1", "/tasks/1/log", "/tasks/1/result",
			"/meta/list", "/meta/name", "/meta/get/name", "/stac", "/stac/YS50eHQ"} {
			absent := strings.Replace(ds, "rest56", "rest56-absent", 1)
			for who, caller := range map[string]client{"nobody": c.anonymous(), "a stranger": stranger} {
				a, b := caller.get(t, ds+route), caller.get(t, absent+route)
				want := map[string]int{"nobody": 401, "a stranger": 403}[who]
				assert.Equal(t, want, a.status, "%s at %s: %s", who, route, a.body)
				assert.Equal(t, want, b.status, "%s at %s", who, route)
				assert.Equal(t, string(a.body), string(b.body), "%s tells an absent dataset at %s", who, route)
			}
		}
		for _, route := range []string{"/list", "/search", "/meta/dump"} {
			c.anonymous().form(t, http.MethodPost, ds+route).requireError(t, 401)
			stranger.form(t, http.MethodPost, ds+route).requireError(t, 403)
		}
		for _, route := range []string{"/stac/collections/admin/rest56", "/stac/collections/admin/rest56/items", "/stac/collections/" + url.PathEscape("admin/rest56")} {
			c.anonymous().get(t, route).requireError(t, 401)
			stranger.get(t, route).requireError(t, 403)
		}
	}},
}
