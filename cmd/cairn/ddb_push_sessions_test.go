package main

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Of several pushes that are open at once the first commit wins, and the
// others hear that the dataset has changed.
func TestTheFirstCommitWins(t *testing.T) {
	t.Parallel()
	d, ds := g5.as(server(t)), "/orgs/admin/ds/first-commit"
	before := d.push(t, ds, stamp{}, contents{"a.txt": "first commit"})
	first, second, third := contents{"a.txt": "first commit 1"}, contents{"b.txt": "first commit 2"}, contents{"c.txt": "first commit 3"}
	one, two, three := d.begin(t, ds, before.Checksum, first.stamp()), d.begin(t, ds, before.Checksum, second.stamp()), d.begin(t, ds, before.Checksum, third.stamp())
	d.sendNeeded(t, ds, one, first)
	d.sendNeeded(t, ds, two, second)
	require.Equal(t, http.StatusOK, d.commit(t, ds, two.Token).status)
	d.commit(t, ds, one.Token).requireError(t, http.StatusConflict)
	d.requireFiles(t, ds, second)
	d.sendFile(t, ds, three.Token, "a.txt", "x").requireError(t, http.StatusBadRequest)
	require.True(t, d.pushInit(t, ds, before.Checksum, first.stamp()).PullRequired)
	require.Equal(t, http.StatusOK, d.commit(t, ds, two.Token).status, "it did succeed")
}

// Two that make the same dataset at once: one makes it, the other is told.
func TestTwoCommitsAtOnce(t *testing.T) {
	t.Parallel()
	d := g5.as(server(t))
	atOnce := func(commits ...func() answer) (statuses []int) {
		answers := make([]answer, len(commits))
		var together sync.WaitGroup
		for i, commit := range commits {
			together.Go(func() { answers[i] = commit() })
		}
		together.Wait()
		for _, a := range answers {
			statuses = append(statuses, a.status)
			if a.status != http.StatusOK {
				a.requireError(t, a.status)
			}
		}
		return statuses
	}
	for _, ds := range []string{"/orgs/admin/ds/commits-at-once", "/orgs/admin/ds/commits-at-once-2"} {
		since := stamp{}
		if ds == "/orgs/admin/ds/commits-at-once-2" { // it is there already
			since = d.push(t, ds, stamp{}, contents{"a.txt": "at once"})
		}
		first, second := contents{"x/": "", "x/a.txt": "at once 1"}, contents{"x/": "", "x/b.txt": "at once 2"}
		one, two := d.begin(t, ds, since.Checksum, first.stamp()), d.begin(t, ds, since.Checksum, second.stamp())
		d.sendNeeded(t, ds, one, first)
		d.sendNeeded(t, ds, two, second)
		commit := func(token string) func() answer { return func() answer { return d.commit(t, ds, token) } }
		statuses := atOnce(commit(one.Token), commit(two.Token))
		require.ElementsMatch(t, []int{http.StatusOK, http.StatusConflict}, statuses)
		stands := first
		if statuses[1] == http.StatusOK {
			stands = second
		}
		d.requireFiles(t, ds, stands)

		again := contents{"x/": "", "x/c.txt": "at once 3"}
		same := d.begin(t, ds, stands.stamp().Checksum, again.stamp())
		d.sendNeeded(t, ds, same, again)
		require.Equal(t, []int{200, 200, 200}, atOnce(commit(same.Token), commit(same.Token), commit(same.Token)))
		d.requireFiles(t, ds, again)
	}
}

// A push that stopped half-way is taken up by the next one: what has come is
// not asked for again.
func TestResumedPush(t *testing.T) {
	t.Parallel()
	c := server(t)
	d, ds := g5.as(c), "/orgs/admin/ds/resumed"
	files := contents{"a.txt": "resumed a", "b.txt": "resumed b", "c.txt": "resumed c"}
	first := d.begin(t, ds, "", files.stamp())
	require.Len(t, first.NeededFiles, 3)
	require.Equal(t, http.StatusOK, d.sendFile(t, ds, first.Token, "b.txt", files["b.txt"]).status)
	second := d.begin(t, ds, "", files.stamp())
	require.Equal(t, []string{"a.txt", "c.txt"}, second.NeededFiles)

	other := g5.as(c.member(t, "resumed", 2))
	require.Equal(t, []string{"a.txt", "b.txt", "c.txt"}, other.begin(t, ds, "", files.stamp()).NeededFiles, "what another one has sent is no business of theirs")
	require.Equal(t, []string{"a.txt", "b.txt", "c.txt"}, d.begin(t, ds+"-elsewhere", "", files.stamp()).NeededFiles)

	d.sendNeeded(t, ds, second, files)
	require.Equal(t, http.StatusOK, d.commit(t, ds, second.Token).status)
	d.requireFiles(t, ds, files)
}

// Who knows a hash does not get the file: content is left out only where the
// caller may read it.
func TestKnownHashesOfOthers(t *testing.T) {
	t.Parallel()
	c := server(t)
	owner, thief := c.user(t, "hashowner"), c.user(t, "hashthief")
	secret, shared := "the secret plans", "the published plans"
	private, public := g5.as(owner), "/orgs/hashowner/ds/public"
	private.push(t, "/orgs/hashowner/ds/private", stamp{}, contents{"secret.txt": secret})
	private.push(t, public, stamp{}, contents{"shared.txt": shared})
	require.Equal(t, http.StatusNoContent, owner.form(t, "PUT", public, "visibility", "public").status)

	d, ds := g5.as(thief), "/orgs/hashthief/ds/loot"
	files := contents{"secret.txt": secret, "shared.txt": shared}
	asked := d.begin(t, ds, "", files.stamp())
	require.Equal(t, []string{"secret.txt"}, asked.NeededFiles)
	d.commit(t, ds, asked.Token).requireError(t, http.StatusBadRequest, "secret.txt")
	d.get(t, ds).requireError(t, http.StatusNotFound)

	require.Empty(t, private.begin(t, "/orgs/hashowner/ds/copy", "", files.stamp()).NeededFiles, "the owner has both")
	require.Equal(t, http.StatusOK, d.sendFile(t, ds, asked.Token, "secret.txt", secret).status, "who has the file has it")
	require.Equal(t, http.StatusOK, d.commit(t, ds, asked.Token).status)
	d.requireFiles(t, ds, files)
}

// A file that was moved in the copy keeps the ids of its metadata, of which the
// client sends nothing: the registry knows them.
func TestMovedFilesKeepTheirMetadata(t *testing.T) {
	t.Parallel()
	c := server(t)
	d, ds := g5.as(c), "/orgs/admin/ds/moved-metadata"
	record := note("66666666-0000-4000-8000-000000000001", "old.txt", "notes", `"of the file"`)
	before := d.push(t, ds, stamp{}, contents{"old.txt": "moved metadata"}, record)
	after := contents{"new/": "", "new/name.txt": "moved metadata"}
	d.push(t, ds, before, after, record)
	d.requireFiles(t, ds, after)
	require.Len(t, c.dump(t, ds, "ids", `["`+record.ID+`"]`), 1)
	d.push(t, ds, after.stamp(record.ID), after)
	require.Equal(t, after.stamp(), d.stamp(t, ds))
}

// Settings that a client pushes are the dataset's; dropping them takes them away.
func TestSettingsInAPush(t *testing.T) {
	t.Parallel()
	c := server(t)
	d, ds := g5.as(c), "/orgs/admin/ds/pushed-settings"
	files := contents{"a.txt": "pushed settings"}
	name, visibility := note("55555555-0000-4000-8000-000000000001", "", "name", `"My site"`), note("55555555-0000-4000-8000-000000000002", "", "visibility", "2")
	bare := d.push(t, ds, stamp{}, files)
	assert.Equal(t, "pushed-settings", c.datasetObject(t, ds).Properties.Meta["name"].Data)
	c.anonymous().get(t, ds).requireError(t, http.StatusUnauthorized)

	with := d.push(t, ds, bare, files, name, visibility)
	assert.Equal(t, files.stamp(name.ID, visibility.ID), with)
	meta := c.datasetObject(t, ds).Properties.Meta
	assert.Equal(t, "My site", meta["name"].Data)
	assert.Equal(t, name.ID, meta["name"].ID)
	assert.Equal(t, http.StatusOK, c.anonymous().get(t, ds).status)

	require.Equal(t, http.StatusNoContent, c.form(t, "PUT", ds, "name", "Renamed here").status)
	assert.Equal(t, with, d.stamp(t, ds), "the record keeps its id")
	assert.Empty(t, d.begin(t, ds, with.Checksum, with).NeededMeta)

	d.push(t, ds, with, files)
	assert.NotContains(t, c.datasetObject(t, ds).Properties.Meta, "name")
	var collection struct{ Title string }
	c.get(t, ds+"/stac").json(t, http.StatusOK, &collection)
	assert.Equal(t, "pushed-settings", collection.Title, "the slug")
	c.anonymous().get(t, ds).requireError(t, http.StatusUnauthorized)
}

// What a push changed is built, and nothing else.
func TestBuildsOfAPush(t *testing.T) {
	t.Parallel()
	c := server(t)
	d, ds := g5.as(c), "/orgs/admin/ds/pushed-builds"
	raster := string(geotiff(t, 32))
	files := contents{"a.tif": raster + "pushed a", "b.tif": raster + "pushed b", "notes.txt": "pushed builds"}
	before := d.push(t, ds, stamp{}, files)
	built := func() (list []string) {
		for _, b := range c.builds(t, ds, "") {
			list = append(list, b.Path)
		}
		return list
	}
	c.awaitBuilt(t, ds, "a.tif")
	c.awaitBuilt(t, ds, "b.tif")
	require.ElementsMatch(t, []string{"a.tif", "b.tif"}, built())

	files["b.tif"], files["notes.txt"] = raster+"pushed b, later", "pushed builds, later"
	files["c/"], files["c/d.tif"] = "", raster+"pushed d"
	d.push(t, ds, before, files)
	c.awaitBuilt(t, ds, "b.tif")
	c.awaitBuilt(t, ds, "c/d.tif")
	require.ElementsMatch(t, []string{"a.tif", "b.tif", "b.tif", "c/d.tif"}, built())
}

// What people do on the server is in the next stamp.
func TestServerSideChangesShowInTheStamp(t *testing.T) {
	t.Parallel()
	c := server(t)
	d, ds := g3.as(c), "/orgs/admin/ds/server-side"
	before := d.push(t, ds, stamp{}, contents{"/": "", "a.txt": "server-side a", "s/": "", "s/b.txt": "server-side b", "s-x.txt": "server-side x"})
	require.Equal(t, http.StatusOK, c.form(t, "PUT", ds+"/obj", "source", "s", "dest", "moved/s").status)
	require.Equal(t, http.StatusNoContent, c.send(t, "DELETE", ds+"/obj?path=a.txt", nil).status)
	after := contents{"/": "", "moved/": "", "moved/s/": "", "moved/s/b.txt": "server-side b", "s-x.txt": "server-side x"}
	require.Equal(t, after.stamp(), d.stamp(t, ds))
	require.True(t, d.pushInit(t, ds, before.Checksum, contents{"new.txt": "server-side new"}.stamp()).PullRequired)
}
