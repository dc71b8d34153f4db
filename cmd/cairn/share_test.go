package main

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	registry "github.com/cairngeo/cairn/federation/client"
	"github.com/cairngeo/cairn/federation/workingcopy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestShareCommand(t *testing.T) {
	t.Parallel()
	c := server(t)
	p := signedIn(t, c.base)
	files := withoutFolders(oddFiles("share"))
	p.writeAll(t, "photos", files)
	p.write(t, "top.txt", "top")

	var done workingcopy.Shared
	p.json(t, &done, "share", "photos", "top.txt", "-t", "admin/cli-share")
	assert.Equal(t, workingcopy.Shared{URL: c.base + "/r/admin/cli-share", Tag: c.base + "/admin/cli-share", Uploaded: len(files) + 1, Bytes: done.Bytes, Skipped: []workingcopy.Skipped{}}, done)
	for name, content := range with(prefixed("photos/", files), "top.txt", "top") {
		a := c.anonymous().get(t, "/orgs/admin/ds/cli-share/download?path="+url.QueryEscape(name))
		require.Equal(t, http.StatusOK, a.status, name)
		assert.Equal(t, content, string(a.body), name)
	}
	assert.Equal(t, http.StatusOK, c.anonymous().get(t, "/r/admin/cli-share").status)

	// Into a dataset that is there; from elsewhere; and a changed file.
	p.write(t, "photos/a b.txt", "changed")
	require.NoError(t, os.Mkdir(p.at("elsewhere"), 0o755))
	assert.Equal(t, c.base+"/r/admin/cli-share\n", p.must(t, "share", "-C", "elsewhere", "../photos/a b.txt", p.at("top.txt"), "-t", "admin/cli-share"))
	assert.Equal(t, "changed", string(c.get(t, "/orgs/admin/ds/cli-share/download?path=a+b.txt").body))
	assert.Equal(t, files["a b.txt"], string(c.get(t, "/orgs/admin/ds/cli-share/download?path=photos/a+b.txt").body))
	p.must(t, "share", "-C", "photos", "a b.txt", "-t", "admin/cli-share")

	// Into a new one of the person's own.
	where := strings.TrimSpace(p.must(t, "share", "top.txt", "--name", "For you"))
	assert.Regexp(t, "^"+c.base+"/r/admin/[a-z0-9]{16}$", where)
	var info []registry.Info
	c.get(t, strings.Replace(strings.TrimPrefix(where, c.base+"/r/admin/"), "", "/orgs/admin/ds/", 1)).json(t, http.StatusOK, &info)
	assert.Equal(t, "For you", info[0].Name())
	p.must(t, "clone", where, "shared")
	assert.Equal(t, map[string]string{"top.txt": "top"}, p.files(t, "shared"))

}

func prefixed(prefix string, files map[string]string) map[string]string {
	all := map[string]string{}
	for name, content := range files {
		all[prefix+name] = content
	}
	return all
}
