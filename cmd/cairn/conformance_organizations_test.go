package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type listedOrganization struct {
	Slug, Name   string
	Description  *string
	Owner        *string
	IsPublic     bool
	CreationDate time.Time
	Permissions  map[string]bool
}

func (c client) organizations(t *testing.T, path string) map[string]listedOrganization {
	t.Helper()
	var list []listedOrganization
	c.get(t, path).json(t, http.StatusOK, &list)
	found := map[string]listedOrganization{}
	for _, o := range list {
		found[o.Slug] = o
	}
	return found
}

func (c client) organization(t *testing.T, slug string) (o listedOrganization) {
	t.Helper()
	c.get(t, "/orgs/"+slug).json(t, http.StatusOK, &o)
	return o
}

// newOrganization makes an organization of the caller.
func (c client) newOrganization(t *testing.T, slug string, fields ...string) {
	t.Helper()
	a := c.form(t, http.MethodPost, "/orgs", append([]string{"slug", slug}, fields...)...)
	require.Equal(t, http.StatusCreated, a.status, "%s", a.body)
}

// joins makes a user who is a member of the organization with a level.
func (c client) joins(t *testing.T, name, organization string, level int) client {
	t.Helper()
	user := c.user(t, name)
	a := c.post(t, http.MethodPost, "/orgs/"+organization+"/members", map[string]any{"userName": name, "permissions": level})
	require.Equal(t, http.StatusNoContent, a.status, "%s", a.body)
	return user
}

type moved struct {
	OriginalSlug, NewSlug string
	Success               bool
	Error                 *string
}

// Sections 6.3 and 6.4 of the REST API's checklist, as far as they are about organizations.
var organizationStatements = []statement{
	{number: 44, says: "ReadOnly can't create a dataset", holds: func(t *testing.T) {
		c := server(t)
		c.newOrganization(t, "rest44")
		c.joins(t, "rest44reader", "rest44", 0).form(t, "POST", "/orgs/rest44/ds", "slug", "site").requireError(t, 403)
	}},
	{number: 45, says: "an Admin member adds and removes members", holds: func(t *testing.T) {
		c := server(t)
		c.newOrganization(t, "rest45")
		manager := c.joins(t, "rest45manager", "rest45", 3)
		other := manager.joinsAs(t, c.user(t, "rest45other"), "rest45other", "rest45", "ReadWrite")
		require.Equal(t, 200, other.get(t, "/orgs/rest45").status)
		var list []map[string]any
		manager.get(t, "/orgs/rest45/members").json(t, 200, &list)
		require.Len(t, list, 2)
		assert.Equal(t, "rest45manager", list[1]["grantedBy"])
		assert.Equal(t, 1.0, list[1]["permissions"])
		const members = "/orgs/rest45/members"
		manager.post(t, "POST", members, map[string]any{"userName": "rest45other", "permissions": 1}).requireError(t, 409)
		manager.post(t, "POST", members, map[string]any{"userName": "nobody", "permissions": 1}).requireError(t, 404)
		manager.post(t, "POST", members, map[string]any{"userName": "admin", "permissions": 1}).requireError(t, 400)
		assert.Equal(t, 204, manager.post(t, "PUT", members+"/rest45other", map[string]any{"permissions": 0}).status)
		assert.Equal(t, 204, manager.post(t, "DELETE", members+"/rest45other", map[string]any{}).status)
		manager.send(t, "DELETE", members+"/rest45other", nil).requireError(t, 404)
		other.get(t, "/orgs/rest45").requireError(t, 403)
		c.anonymous().get(t, members).requireError(t, 401)
	}},
	{number: 46, says: "a member who edits does not become the owner", holds: func(t *testing.T) {
		c := server(t)
		c.newOrganization(t, "rest46")
		writer := c.joins(t, "rest46writer", "rest46", 1)
		require.Equal(t, 204, writer.form(t, "PUT", "/orgs/rest46", "slug", "rest46", "name", "Other").status)
		o := c.organization(t, "rest46")
		assert.Equal(t, "admin", *o.Owner)
		assert.Equal(t, "Other", o.Name)
		writer.form(t, "PUT", "/orgs/rest46", "owner", "rest46writer").requireError(t, 403)
		require.Equal(t, 204, writer.form(t, "PUT", "/orgs/rest46", "owner", "admin").status, "what is so already")
	}},
	{number: 47, says: "an admin's edit does not change the owner", holds: func(t *testing.T) {
		c := server(t)
		c.user(t, "rest47")
		require.Equal(t, 204, c.form(t, "PUT", "/orgs/rest47", "name", "Other").status)
		assert.Equal(t, "rest47", *c.organization(t, "rest47").Owner)
		require.Equal(t, 204, c.form(t, "PUT", "/orgs/rest47", "owner", "admin").status)
		assert.Equal(t, "admin", *c.organization(t, "rest47").Owner)
		c.form(t, "PUT", "/orgs/rest47", "owner", "nobody").requireError(t, 400, "nobody")
	}},
	{number: 48, says: "nobody creates an organization for somebody else", holds: func(t *testing.T) {
		c := server(t)
		c.user(t, "rest48").form(t, "POST", "/orgs", "slug", "rest48-other", "owner", "admin").requireError(t, 403)
	}},
	{number: 49, says: "public can't be deleted", holds: func(t *testing.T) {
		server(t).send(t, http.MethodDelete, "/orgs/public", nil).requireError(t, 400)
	}},
	{number: 50, says: "a stranger reads a public organization", holds: func(t *testing.T) {
		c := server(t)
		c.newOrganization(t, "rest50", "isPublic", "true")
		assert.Equal(t, 200, c.user(t, "rest50").get(t, "/orgs/rest50").status)
		assert.Equal(t, 200, c.anonymous().get(t, "/orgs/rest50").status)
	}},
	{number: 51, says: "public datasets of an ownerless organization are everybody's", holds: func(t *testing.T) {
		assert.Equal(t, 200, server(t).anonymous().get(t, "/orgs/public/ds/default").status)
	}},
	{number: 57, says: "nobody's list is 401", holds: func(t *testing.T) {
		server(t).anonymous().get(t, "/orgs").requireError(t, 401)
	}},
	{number: 58, says: "a user sees own, joined and public organizations", holds: func(t *testing.T) {
		c := server(t)
		c.newOrganization(t, "rest58")
		c.newOrganization(t, "rest58-open", "isPublic", "true")
		list := c.joins(t, "rest58user", "rest58", 0).organizations(t, "/orgs")
		require.Len(t, list, 3)
		for _, slug := range []string{"rest58", "rest58user", "public"} {
			require.Contains(t, list, slug)
		}
	}},
	{number: 59, says: "ownedOnly lists owned ones", holds: func(t *testing.T) {
		c := server(t)
		c.newOrganization(t, "rest59")
		list := c.joins(t, "rest59user", "rest59", 3).organizations(t, "/orgs?ownedOnly=true")
		require.Len(t, list, 1)
		require.Contains(t, list, "rest59user")
	}},
	{number: 60, says: "orgs/public lists public ones without permissions", holds: func(t *testing.T) {
		list := server(t).anonymous().organizations(t, "/orgs/public")
		require.Contains(t, list, "public")
		for slug, o := range list {
			assert.True(t, o.IsPublic, slug)
			assert.Nil(t, o.Permissions, slug)
		}
	}},
	{number: 61, says: "creation is 201 with Location and the owner's name", holds: func(t *testing.T) {
		c := server(t)
		a := c.form(t, "POST", "/orgs", "slug", "rest61", "name", "Sixty-one")
		var o listedOrganization
		a.json(t, 201, &o)
		assert.Equal(t, c.base+"/orgs/rest61", a.header.Get("Location"))
		assert.Equal(t, "admin", *o.Owner)
		assert.WithinDuration(t, time.Now(), o.CreationDate, time.Minute)
	}},
	{number: 62, says: "a taken slug is 409, an invalid one 400", holds: func(t *testing.T) {
		c := server(t)
		c.form(t, "POST", "/orgs", "slug", "admin").requireError(t, 409)
		c.form(t, "POST", "/orgs", "slug", "a b").requireError(t, 400)
	}},
	{number: 63, says: "slugs with --, a leading - or upper case are invalid", holds: func(t *testing.T) {
		for _, slug := range []string{"a--b", "-ab", "Ab", "a"} {
			server(t).form(t, "POST", "/orgs", "slug", slug).requireError(t, 400)
		}
	}},
	{number: 64, says: "an organization has four permissions", holds: func(t *testing.T) {
		o := server(t).organization(t, "admin")
		require.Equal(t, map[string]bool{"canRead": true, "canWrite": true, "canDelete": true, "canManageMembers": true}, o.Permissions)
	}},
	{number: 65, says: "an edit of the description keeps the rest", holds: func(t *testing.T) {
		c := server(t)
		c.newOrganization(t, "rest65", "name", "Kept", "isPublic", "true")
		a := c.form(t, "PUT", "/orgs/rest65", "description", "new")
		require.Equal(t, 204, a.status)
		require.Empty(t, a.body)
		o := c.organization(t, "rest65")
		assert.Equal(t, "Kept", o.Name)
		assert.True(t, o.IsPublic)
		assert.Equal(t, "new", *o.Description)
	}},
	{number: 66, says: "a deleted organization takes its datasets along", holds: func(t *testing.T) {
		c := server(t)
		c.newOrganization(t, "rest66")
		require.Equal(t, 201, c.form(t, "POST", "/orgs/rest66/ds", "slug", "site").status)
		require.Equal(t, 204, c.post(t, "DELETE", "/orgs/rest66", map[string]any{}).status)
		c.get(t, "/orgs/rest66/ds/site").requireError(t, 404)
		c.newOrganization(t, "rest66")
		c.get(t, "/orgs/rest66/ds/site").requireError(t, 404)
	}},
	{number: 67, says: "an unknown organization is 404", holds: func(t *testing.T) {
		server(t).get(t, "/orgs/no-such-organization").requireError(t, 404, "no-such-organization")
		server(t).anonymous().get(t, "/orgs/no-such-organization").requireError(t, 404)
	}},
	{number: 195, says: "move-datasets renames on conflict", holds: func(t *testing.T) {
		c := server(t)
		c.newOrganization(t, "rest195a")
		c.newOrganization(t, "rest195b")
		for _, path := range []string{"/orgs/rest195a/ds", "/orgs/rest195b/ds"} {
			require.Equal(t, 201, c.form(t, "POST", path, "slug", "site").status)
		}
		require.Equal(t, 201, c.form(t, "POST", "/orgs/rest195a/ds", "slug", "free").status)
		c.upload(t, "/orgs/rest195a/ds/site", "a.txt", []byte("a"))
		move := func(conflict any, slugs ...string) (results []moved) {
			c.post(t, "POST", "/sys/move-datasets", map[string]any{"sourceOrgSlug": "rest195a", "destinationOrgSlug": "rest195b", "datasetSlugs": slugs, "conflictResolution": conflict}).json(t, 200, &results)
			return results
		}
		halted := move(0, "site", "gone", "free")
		require.Len(t, halted, 3)
		assert.False(t, halted[0].Success)
		assert.NotEmpty(t, *halted[0].Error)
		assert.False(t, halted[1].Success)
		assert.Equal(t, moved{"free", "free", true, nil}, halted[2])
		assert.Equal(t, []moved{{"site", "site_1", true, nil}}, move("Rename", "SITE"))
		assert.Equal(t, "a", string(c.get(t, "/orgs/rest195b/ds/site_1/download?path=a.txt").body))
		c.get(t, "/orgs/rest195a/ds/site").requireError(t, 404)
	}},
	{number: 196, says: "merge-organizations keeps the members' levels", holds: func(t *testing.T) {
		c := server(t)
		c.newOrganization(t, "rest196a")
		c.newOrganization(t, "rest196b")
		c.joins(t, "rest196reader", "rest196a", 0)
		both := c.joins(t, "rest196both", "rest196a", 2)
		c.joinsAs(t, both, "rest196both", "rest196b", "ReadOnly")
		require.Equal(t, 201, c.form(t, "POST", "/orgs/rest196a/ds", "slug", "site").status)
		var merged struct {
			DatasetResults            []moved
			SourceOrganizationDeleted bool
			DatasetsMovedCount        int
		}
		c.post(t, "POST", "/sys/merge-organizations", map[string]any{"sourceOrgSlug": "rest196a", "destinationOrgSlug": "rest196b"}).json(t, 200, &merged)
		assert.True(t, merged.SourceOrganizationDeleted)
		assert.Equal(t, 1, merged.DatasetsMovedCount)
		c.get(t, "/orgs/rest196a").requireError(t, 404)
		var members []struct {
			UserName    string
			Permissions int
		}
		c.get(t, "/orgs/rest196b/members").json(t, 200, &members)
		levels := map[string]int{}
		for _, m := range members {
			levels[m.UserName] = m.Permissions
		}
		assert.Equal(t, map[string]int{"rest196reader": 0, "rest196both": 2}, levels)
		c.post(t, "POST", "/sys/merge-organizations", map[string]any{"sourceOrgSlug": "public", "destinationOrgSlug": "rest196b"}).requireError(t, 400)
		c.post(t, "POST", "/sys/merge-organizations", map[string]any{"sourceOrgSlug": "rest196b", "destinationOrgSlug": "rest196b"}).requireError(t, 400)
	}},
}

// joinsAs makes a user a member of an organization; the level may be a name.
func (c client) joinsAs(t *testing.T, user client, name, organization string, level any) client {
	t.Helper()
	a := c.post(t, http.MethodPost, "/orgs/"+organization+"/members", map[string]any{"userName": name, "permissions": level})
	require.Equal(t, http.StatusNoContent, a.status, "%s", a.body)
	return user
}
