package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// datasetEntry is what the client reads of GET B.
type datasetEntry struct {
	Path       string
	Type       int
	Properties struct {
		Permissions struct{ CanRead, CanWrite, CanDelete bool }
		Meta        map[string]struct{ Data any }
	}
}

// datasetEntry returns the dataset's own entry.
func (c client) datasetEntry(t *testing.T, dataset string, headers ...string) datasetEntry {
	t.Helper()
	var list []datasetEntry
	c.get(t, dataset, headers...).json(t, http.StatusOK, &list)
	require.Len(t, list, 1)
	return list[0]
}

// Organizations and datasets.
var hubDatasetStatements = []statement{
	{number: 25, says: "ownedOnly lists only the caller's organizations", holds: func(t *testing.T) {
		var list []struct{ Slug, Owner string }
		server(t).get(t, "/orgs?ownedOnly=true").json(t, 200, &list)
		require.NotEmpty(t, list)
		for _, o := range list {
			require.Equal(t, "admin", o.Owner, o.Slug)
		}
	}},
	{number: 26, says: "an organization with a trailing slash is no redirect", holds: func(t *testing.T) {
		require.Equal(t, 200, server(t).get(t, "/orgs/admin/").status)
	}},
	{number: 27, says: "isPublic=false is understood in a form", holds: func(t *testing.T) {
		var o struct{ IsPublic bool }
		server(t).multipart(t, "POST", "/orgs", "slug", "hub27", "name", "Hub 27", "description", "", "isPublic", "false").json(t, 201, &o)
		require.False(t, o.IsPublic)
	}},
	{number: 28, says: "the list of datasets has what the page shows", holds: func(t *testing.T) {
		c := server(t)
		c.newDataset(t, "hub28", "public")
		var list []struct {
			Slug         string
			HasThumbnail *bool
			Permissions  struct{ CanRead bool }
			Properties   struct {
				Entries *int
				Meta    map[string]any
			}
		}
		c.get(t, "/orgs/admin/ds?includeThumbnailCheck=true").json(t, 200, &list)
		for _, d := range list {
			assert.NotNil(t, d.HasThumbnail, d.Slug)
			assert.True(t, d.Permissions.CanRead, d.Slug)
			assert.NotNil(t, d.Properties.Entries, d.Slug)
			assert.NotNil(t, d.Properties.Meta, d.Slug)
		}
	}},
	{number: 29, says: "GET B is one entry of type 7", holds: func(t *testing.T) {
		c := server(t)
		require.Equal(t, 7, c.datasetEntry(t, c.newDataset(t, "hub29", "public")).Type)
	}},
	{number: 30, says: "its path is the tag of the browser's origin", holds: func(t *testing.T) {
		c := server(t)
		want := "ddb+unsafe://" + strings.TrimPrefix(c.base, "http://") + "/admin/hub30"
		require.Equal(t, want, c.datasetEntry(t, c.newDataset(t, "hub30", "public")).Path)
	}},
	{number: 31, says: "behind a proxy it is the outer origin", holds: func(t *testing.T) {
		c := server(t)
		e := c.datasetEntry(t, c.newDataset(t, "hub31", "public"), "X-Forwarded-Proto", "https", "X-Forwarded-Host", "maps.example.com")
		require.Equal(t, "ddb://maps.example.com/admin/hub31", e.Path)
	}},
	{number: 32, says: "permissions are the caller's", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub32", "public")
		mine, theirs := c.datasetEntry(t, ds).Properties.Permissions, c.anonymous().datasetEntry(t, ds).Properties.Permissions
		assert.True(t, mine.CanRead && mine.CanWrite && mine.CanDelete)
		assert.True(t, theirs.CanRead)
		assert.False(t, theirs.CanWrite || theirs.CanDelete)
	}},
	{number: 33, says: "a private dataset is 401 to nobody", holds: func(t *testing.T) {
		c := server(t)
		c.anonymous().get(t, c.newDataset(t, "hub33", "private")).requireError(t, 401)
	}},
	{number: 50, says: "renaming to the same slug succeeds", holds: func(t *testing.T) {
		c := server(t)
		var d struct{ Slug string }
		c.multipart(t, "POST", c.newDataset(t, "hub50", "public")+"/rename", "slug", "hub50").json(t, 200, &d)
		require.Equal(t, "hub50", d.Slug)
	}},
	{number: 51, says: "meta/set visibility opens a dataset", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub51", "private")
		var record struct {
			ID   string
			Data int
		}
		c.multipart(t, "POST", ds+"/meta/set", "key", "visibility", "data", "1", "path", "").json(t, 200, &record)
		require.NotEmpty(t, record.ID)
		require.Equal(t, 1, record.Data)
		require.Equal(t, 200, c.anonymous().get(t, ds).status)
	}},
	{number: 52, says: "share/init without a body", holds: func(t *testing.T) {
		var begun struct{ Token string }
		server(t).send(t, "POST", "/share/init", nil).json(t, 200, &begun)
		require.NotEmpty(t, begun.Token)
	}},
	{number: 53, says: "share/commit gives the address of the page", holds: func(t *testing.T) {
		c := server(t)
		tag := c.commitShare(t, c.startShare(t, "tag", "admin/hub53"))
		require.Equal(t, "admin/hub53", tag)
		requirePage(t, "/r/"+tag)
	}},
}
