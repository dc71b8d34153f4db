package main

import (
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func decodeSegment(t *testing.T, segment string) []byte {
	t.Helper()
	content, err := base64.RawURLEncoding.DecodeString(segment)
	require.NoError(t, err)
	return content
}

type listedUser struct {
	UserName, Email string
	Roles           []string
	Organizations   []string
}

// listedUser returns a user as the list of users shows it, nil if it is not there.
func (c client) listedUser(t *testing.T, name string) *listedUser {
	t.Helper()
	var list []listedUser
	c.get(t, "/users").json(t, http.StatusOK, &list)
	for _, u := range list {
		if u.UserName == name {
			return &u
		}
	}
	return nil
}

type userOrganization struct {
	Slug        string
	IsOwner     bool
	Permissions *int
}

// Section 6.11 of the REST API's checklist.
var userStatements = []statement{
	{number: 174, says: "the list of users is an administrator's", holds: func(t *testing.T) {
		c := server(t)
		user := c.user(t, "rest174")
		user.get(t, "/users").requireError(t, 403)
		user.get(t, "/users/detailed").requireError(t, 403)
		require.Equal(t, &listedUser{"rest174", "rest174@example.com", []string{}, []string{"rest174"}}, c.listedUser(t, "rest174"))
		var detailed []map[string]any
		c.get(t, "/users/detailed").json(t, 200, &detailed)
		for _, member := range []string{"id", "userName", "email", "roles", "organizations", "storageQuota", "storageUsed", "organizationCount", "datasetCount", "createdDate"} {
			require.Contains(t, detailed[0], member)
		}
	}},
	{number: 175, says: "a bad name or a weak password is 400 with the policy", holds: func(t *testing.T) {
		c := server(t)
		for _, name := range []string{"", "Alice", "al ice", "al-ice", "roles", "changepwd", "ärzte"} {
			c.post(t, "POST", "/users", map[string]any{"userName": name, "password": "long-enough-1", "email": ""}).requireError(t, 400)
		}
		c.post(t, "POST", "/users", map[string]any{"userName": "rest175", "password": "short"}).
			requireError(t, 400, "Password does not meet the requirements: ", "8", "digit")
		c.post(t, "POST", "/users", map[string]any{"userName": "rest175", "password": "long-enough-1", "roles": []string{"no-such"}}).requireError(t, 400, "no-such")
		require.Nil(t, c.listedUser(t, "rest175"))
		c.user(t, "rest175")
		c.post(t, "POST", "/users", map[string]any{"userName": "rest175", "password": "long-enough-1"}).requireError(t, 409)
	}},
	{number: 176, says: "a new user has a private organization with his slug or the next", holds: func(t *testing.T) {
		c := server(t)
		require.Equal(t, 201, c.form(t, "POST", "/orgs", "slug", "rest176").status)
		user := c.user(t, "rest176")
		require.Equal(t, []string{"rest176-1"}, c.listedUser(t, "rest176").Organizations)
		var o struct {
			Owner    string
			IsPublic bool
		}
		user.get(t, "/orgs/rest176-1").json(t, 200, &o)
		assert.Equal(t, "rest176", o.Owner)
		assert.False(t, o.IsPublic)
	}},
	{number: 177, says: "the first admin can't be deleted", holds: func(t *testing.T) {
		server(t).send(t, http.MethodDelete, "/users/admin", nil).requireError(t, 400)
	}},
	{number: 178, says: "a successor gets the organizations, else they go", holds: func(t *testing.T) {
		c := server(t)
		heir := c.user(t, "rest178heir")
		for _, name := range []string{"rest178a", "rest178b"} {
			user := c.user(t, name)
			require.Equal(t, 201, user.form(t, "POST", "/orgs/"+name+"/ds", "slug", "site").status)
		}
		c.send(t, http.MethodDelete, "/users/rest178a?successor=nobody", nil).requireError(t, 400, "nobody")
		var left struct {
			Successor                                     *string
			OrganizationsTransferred, DatasetsTransferred int
			OrganizationsDeleted, DatasetsDeleted         int
		}
		c.post(t, http.MethodDelete, "/users/rest178a?successor=rest178heir&conflictResolution=Rename", map[string]any{}).json(t, 200, &left)
		assert.Equal(t, 1, left.OrganizationsTransferred)
		assert.Equal(t, 1, left.DatasetsTransferred)
		assert.Equal(t, "rest178heir", *left.Successor)
		assert.Equal(t, 200, heir.get(t, "/orgs/rest178a/ds/site").status)
		c.send(t, http.MethodDelete, "/users/rest178b", nil).json(t, 200, &left)
		assert.Equal(t, 1, left.OrganizationsDeleted)
		assert.Equal(t, 1, left.DatasetsDeleted)
		c.get(t, "/orgs/rest178b").requireError(t, 404)
		c.send(t, http.MethodDelete, "/users/rest178b", nil).requireError(t, 404)
	}},
	{number: 179, says: "a changed password answers a login, a wrong old one is 400", holds: func(t *testing.T) {
		c := server(t)
		user := c.user(t, "rest179")
		user.form(t, "POST", "/users/changepwd", "oldPassword", "wrong", "newPassword", "new-secret-2").requireError(t, 400)
		user.form(t, "POST", "/users/changepwd", "oldPassword", "rest179-secret-1", "newPassword", "weak").requireError(t, 400, "requirements")
		var l login
		user.form(t, "POST", "/users/changepwd", "oldPassword", "rest179-secret-1", "newPassword", "new-secret-2").json(t, 200, &l)
		assert.Equal(t, 200, client{base: c.base, token: l.Token}.get(t, "/orgs").status)
		user.get(t, "/orgs").requireError(t, 401, "Unauthorized") // the older token
		c.login(t, "rest179", "new-secret-2")
	}},
	{number: 180, says: "an administrator resets a password", holds: func(t *testing.T) {
		c := server(t)
		user := c.user(t, "rest180")
		a := c.post(t, http.MethodPut, "/users/rest180/changepwd", map[string]any{"currentPassword": nil, "newPassword": "reset-secret-3"})
		require.Equal(t, 200, a.status, "%s", a.body)
		require.Empty(t, a.body)
		user.get(t, "/orgs").requireError(t, 401)
		user = c.as(t, "rest180", "reset-secret-3")
		c.post(t, http.MethodPut, "/users/rest180/changepwd", map[string]any{"newPassword": "weak"}).requireError(t, 400)
		user.post(t, http.MethodPut, "/users/rest180/changepwd", map[string]any{"newPassword": "another-4"}).requireError(t, 401)
		user.post(t, http.MethodPut, "/users/admin/changepwd", map[string]any{"currentPassword": adminPassword, "newPassword": "another-4"}).requireError(t, 403)
	}},
	{number: 181, says: "admin and deactivated are roles that stay", holds: func(t *testing.T) {
		c := server(t)
		var roles []string
		c.get(t, "/users/roles").json(t, 200, &roles)
		for _, role := range []string{"admin", "deactivated"} {
			assert.Contains(t, roles, role)
			c.send(t, http.MethodDelete, "/users/roles/"+role, nil).requireError(t, 400)
		}
	}},
	{number: 182, says: "roles are made in two ways", holds: func(t *testing.T) {
		c := server(t)
		require.Equal(t, 200, c.send(t, "POST", "/users/roles/rest182a", nil).status)
		require.Equal(t, 200, c.post(t, "POST", "/users/roles", map[string]any{"roleName": "rest182b"}).status)
		c.post(t, "POST", "/users/roles", map[string]any{"roleName": "rest182a"}).requireError(t, 409)
		c.user(t, "rest182")
		require.Equal(t, 200, c.post(t, http.MethodPut, "/users/rest182", map[string]any{"roles": []string{"rest182a", "rest182b"}}).status)
		require.Equal(t, 204, c.send(t, http.MethodDelete, "/users/roles/rest182a", nil).status)
		require.Equal(t, []string{"rest182b"}, c.listedUser(t, "rest182").Roles)
		c.send(t, http.MethodDelete, "/users/roles/rest182a", nil).requireError(t, 404)
	}},
	{number: 184, says: "metadata is replaced whole", holds: func(t *testing.T) {
		c := server(t)
		user := c.user(t, "rest184")
		require.JSONEq(t, `{}`, string(user.get(t, "/users/meta").body))
		require.Equal(t, 200, c.post(t, "POST", "/users/rest184/meta", map[string]any{"maxStorageMB": 5, "Note": "x"}).status)
		require.Equal(t, 200, c.post(t, "POST", "/users/rest184/meta", map[string]any{"Kept": true, "roles": []string{}}).status)
		require.JSONEq(t, `{"Kept":true,"roles":[]}`, string(user.get(t, "/users/rest184/meta").body))
		c.post(t, "POST", "/users/rest184/meta", []int{1}).requireError(t, 400)
		for _, limit := range []any{"1024", -1, 1.5, true} {
			c.post(t, "POST", "/users/rest184/meta", map[string]any{"maxStorageMB": limit}).requireError(t, 400, "maxStorageMB")
		}
		user.post(t, "POST", "/users/rest184/meta", map[string]any{}).requireError(t, 403)
	}},
	{number: 185, says: "PUT orgs sets exactly the memberships", holds: func(t *testing.T) {
		c := server(t)
		c.user(t, "rest185")
		for _, slug := range []string{"rest185a", "rest185b", "rest185c"} {
			require.Equal(t, 201, c.form(t, "POST", "/orgs", "slug", slug).status)
		}
		one, three := 1, 3
		var list []userOrganization
		c.form(t, http.MethodPut, "/users/rest185/orgs", "orgSlugs", "rest185a", "orgSlugs", "rest185b").json(t, 200, &list)
		own := userOrganization{Slug: "rest185", IsOwner: true}
		require.Equal(t, []userOrganization{own, {"rest185a", false, &one}, {"rest185b", false, &one}}, list)
		c.post(t, http.MethodPut, "/users/rest185/orgs", []any{"rest185c", map[string]any{"orgSlug": "rest185b", "permissions": 3}}).json(t, 200, &list)
		require.Equal(t, []userOrganization{own, {"rest185b", false, &three}, {"rest185c", false, &one}}, list)
		c.post(t, http.MethodPut, "/users/rest185/orgs", []any{"no-such-org"}).requireError(t, 404, "no-such-org")
		c.post(t, http.MethodPut, "/users/rest185/orgs", []any{map[string]any{"OrgSlug": "rest185a", "PERMISSIONS": "readonly"}}).json(t, 200, &list)
		require.Equal(t, []userOrganization{own, {"rest185a", false, new(int)}}, list)
		c.post(t, http.MethodPut, "/users/rest185/orgs", []any{map[string]any{"permissions": 1}}).requireError(t, 400)
		c.post(t, http.MethodPut, "/users/rest185/orgs", []any{}).json(t, 200, &list)
		require.Equal(t, []userOrganization{own}, list)
	}},
}
