package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Section "Push" of the checklist: what init asks for and what it refuses.
var ddbPushInitStatements = []statement{
	{number: 38, says: "init for an absent dataset requires no pull", holds: func(t *testing.T) {
		for _, g := range generations {
			d := g.as(server(t))
			s := contents{"a.txt": "a"}.stamp()
			require.False(t, d.pushInit(t, "/orgs/admin/ds/ddb38", s.Checksum, s).PullRequired)
			d.get(t, "/orgs/admin/ds/ddb38").requireError(t, http.StatusNotFound)
		}
	}},
	{number: 39, says: "init in an unknown organization makes nothing", holds: func(t *testing.T) {
		c := server(t)
		s := contents{"a.txt": "a"}.stamp()
		for _, user := range []client{c, c.user(t, "ddb39")} {
			g5.as(user).post(t, "/orgs/ddb39-nowhere/ds/site/push/init", "checksum", s.Checksum, "stamp", s.text(t)).requireError(t, http.StatusNotFound, "organization")
		}
		g5.as(c).get(t, "/orgs/ddb39-nowhere").requireError(t, http.StatusNotFound)
	}},
	{number: 40, says: "what is needed is in arrays, and there is a token", holds: func(t *testing.T) {
		for _, g := range generations {
			d, ds := g.as(server(t)), "/orgs/admin/ds/ddb40"
			asked := d.begin(t, ds, "", contents{}.stamp())
			assert.Empty(t, asked.NeededFiles)
			assert.Empty(t, asked.NeededMeta)
			assert.NotEmpty(t, asked.Token)
			assert.NotEqual(t, asked.Token, d.begin(t, ds, "", contents{}.stamp()).Token)
		}
	}},
	{number: 41, says: "all added files are needed, and no folder", holds: func(t *testing.T) {
		d, ds := g5.as(server(t)), "/orgs/admin/ds/ddb41"
		before := d.push(t, ds, stamp{}, contents{"a.txt": "41 a", "b.txt": "41 b", "old/": "", "old/x.txt": "41 x"})
		after := contents{"a.txt": "41 new", "b2.txt": "41 b", "n/": "", "n/y.txt": "41 y"}
		assert.ElementsMatch(t, []string{"a.txt", "n/y.txt"}, d.begin(t, ds, before.Checksum, after.stamp()).NeededFiles)
	}},
	{number: 42, says: "a new path with known content is not needed", holds: func(t *testing.T) {
		d, ds := g3.as(server(t)), "/orgs/admin/ds/ddb42"
		before := d.push(t, ds, stamp{}, contents{"a.txt": "42"})
		after := contents{"a.txt": "42", "copies/": "", "copies/b.txt": "42", "c.txt": "42"}
		assert.Empty(t, d.begin(t, ds, before.Checksum, after.stamp()).NeededFiles)
		assert.Equal(t, after.stamp(), d.push(t, ds, before, after))
		d.requireFiles(t, ds, after)
	}},
	{number: 43, says: "only what the stamp has is needed", holds: func(t *testing.T) {
		d, ds := g5.as(server(t)), "/orgs/admin/ds/ddb43"
		before := d.push(t, ds, stamp{}, contents{"a.txt": "43 a", "gone.txt": "43 gone"})
		after := contents{"a.txt": "43 a", "b.txt": "43 b", "twin.txt": "43 b"}
		needed := d.begin(t, ds, before.Checksum, after.stamp()).NeededFiles
		require.NotEmpty(t, needed)
		require.Subset(t, []string{"b.txt", "twin.txt"}, needed)
	}},
	{number: 44, says: "exactly the unknown metadata is needed", holds: func(t *testing.T) {
		d, ds := g5.as(server(t)), "/orgs/admin/ds/ddb44"
		files := contents{"a.txt": "44"}
		kept, fresh := note("44444444-0000-4000-8000-000000000001", "a.txt", "notes", "1"), note("44444444-0000-4000-8000-000000000002", "", "notes", "2")
		before := d.push(t, ds, stamp{}, files, kept)
		assert.Equal(t, []string{fresh.ID}, d.begin(t, ds, before.Checksum, files.stamp(kept.ID, fresh.ID)).NeededMeta)
		assert.Empty(t, d.begin(t, ds, before.Checksum, files.stamp()).NeededMeta)
	}},
	{number: 45, says: "another state than the server's requires a pull", holds: func(t *testing.T) {
		for _, g := range generations {
			d, ds := g.as(server(t)), "/orgs/admin/ds/ddb45-"+strings.ReplaceAll(g.name, ".", "-")
			d.push(t, ds, stamp{}, contents{"a.txt": "45"})
			other := contents{"b.txt": "45 other"}.stamp()
			for _, checksum := range []string{other.Checksum, checksumOfNothing, "", "x"} {
				a := d.post(t, ds+"/push/init", "checksum", checksum, "stamp", other.text(t))
				require.JSONEq(t, `{"pullRequired":true,"neededFiles":[],"neededMeta":[],"token":""}`, string(a.body))
			}
		}
	}},
	{number: 46, says: "the server's own stamp is never refused", holds: func(t *testing.T) {
		d, ds := g3.as(server(t)), "/orgs/admin/ds/ddb46"
		same := d.push(t, ds, stamp{}, contents{"a.txt": "46"}, note("46464646-0000-4000-8000-000000000001", "a.txt", "notes", "1"))
		for _, checksum := range []string{"", checksumOfNothing, same.Checksum, checksumB} {
			asked := d.begin(t, ds, checksum, same)
			assert.Empty(t, asked.NeededFiles)
			assert.Empty(t, asked.NeededMeta)
			assert.Equal(t, http.StatusOK, d.commit(t, ds, asked.Token).status)
		}
		assert.Equal(t, same, d.stamp(t, ds))
	}},
	{number: 47, says: "an empty dataset takes any checksum", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "ddb47", "public") // with a name and a visibility, which are settings
		for _, checksum := range []string{"", checksumOfNothing, checksumB} {
			require.Equal(t, []string{"a.txt"}, g5.as(c).begin(t, ds, checksum, contents{"a.txt": "47"}.stamp()).NeededFiles)
		}
	}},
	{number: 48, says: "a new dataset takes an empty checksum", holds: func(t *testing.T) {
		d, ds := g3.as(server(t)), "/orgs/admin/ds/ddb48"
		files := contents{"a.txt": "48"}
		asked := d.begin(t, ds, "", files.stamp())
		d.sendNeeded(t, ds, asked, files)
		require.Equal(t, http.StatusOK, d.commit(t, ds, asked.Token).status)
		d.requireFiles(t, ds, files)
	}},
	{number: 49, says: "a stamp with a wrong checksum is 400", holds: func(t *testing.T) {
		d := g5.as(server(t))
		s := exampleB.stamp()
		for _, wrong := range []string{checksumC, "", strings.ToUpper(s.Checksum), s.Checksum[:63]} {
			s.Checksum = wrong
			d.post(t, "/orgs/admin/ds/ddb49/push/init", "checksum", checksumB, "stamp", s.text(t)).requireError(t, http.StatusBadRequest, "checksum")
		}
		d.get(t, "/orgs/admin/ds/ddb49").requireError(t, http.StatusNotFound)
	}},
	{number: 50, says: "a stamp of 32 MB is taken", holds: func(t *testing.T) {
		d := g5.as(server(t))
		folder := strings.Repeat(strings.Repeat("long", 60)+"/", 7)
		hashes := map[string]string{}
		for i := range 19_000 {
			hashes[fmt.Sprintf("%s%06d.jpg", folder, i)] = sum([]byte(fmt.Sprint("ddb50 ", i)))
		}
		s := stampOf(hashes)
		require.Greater(t, len(s.text(t)), 32<<20)
		require.Equal(t, len(hashes), len(d.begin(t, "/orgs/admin/ds/ddb50", s.Checksum, s).NeededFiles))
	}},
}

// A stamp that is none changes nothing and says what is wrong with it.
func TestMalformedStamps(t *testing.T) {
	t.Parallel()
	d, ds := g5.as(server(t)), "/orgs/admin/ds/malformed-stamps"
	files := contents{"a.txt": "malformed"}
	good := d.push(t, ds, stamp{}, files)
	hash := sum([]byte("x"))
	// signed is a text with the checksum of entries and ids that go into it in this order.
	signed := func(rest, hashed string) string {
		return fmt.Sprintf(`{"checksum":"%s",%s}`, sum([]byte(hashed)), rest)
	}
	for name, text := range map[string]string{
		"nothing":                 "",
		"no JSON":                 "stamp",
		"cut off":                 good.text(t)[:len(good.text(t))-3],
		"more behind":             good.text(t) + "{}",
		"null":                    "null",
		"an array":                "[]",
		"a string":                `"` + good.Checksum + `"`,
		"a number":                "1",
		"no members":              "{}",
		"no entries":              signed(`"meta":[]`, ""),
		"no meta":                 signed(`"entries":[]`, ""),
		"no checksum":             `{"entries":[],"meta":[]}`,
		"entries null":            signed(`"entries":null,"meta":[]`, ""),
		"meta null":               signed(`"entries":[],"meta":null`, ""),
		"checksum null":           `{"checksum":null,"entries":[],"meta":[]}`,
		"checksum a number":       `{"checksum":1,"entries":[],"meta":[]}`,
		"entries an object":       signed(`"entries":{"a":""},"meta":[]`, "a"),
		"entries of texts":        signed(`"entries":["a"],"meta":[]`, "a"),
		"entries of arrays":       signed(`"entries":[[]],"meta":[]`, ""),
		"entries nested":          signed(`"entries":[{"a":{"b":""}}],"meta":[]`, "ab"),
		"an entry without path":   signed(`"entries":[{}],"meta":[]`, ""),
		"an entry of two":         signed(`"entries":[{"a":"","b":""}],"meta":[]`, "ab"),
		"a hash of null":          signed(`"entries":[{"a":null}],"meta":[]`, "a"),
		"a hash of a number":      signed(`"entries":[{"a":1}],"meta":[]`, "a1"),
		"a short hash":            signed(`"entries":[{"a":"abc"}],"meta":[]`, "aabc"),
		"an upper-case hash":      signed(`"entries":[{"a":"`+strings.ToUpper(hash)+`"}],"meta":[]`, "a"+strings.ToUpper(hash)),
		"a hash of no hex":        signed(`"entries":[{"a":"`+strings.Repeat("z", 64)+`"}],"meta":[]`, "a"+strings.Repeat("z", 64)),
		"a path twice":            signed(`"entries":[{"a":""},{"a":""}],"meta":[]`, "aa"),
		"a path with two hashes":  signed(`"entries":[{"a":""},{"a":"`+hash+`"}],"meta":[]`, "aa"+hash),
		"a path twice in one":     signed(`"entries":[{"a":"","a":""}],"meta":[]`, "aa"),
		"below a file":            signed(`"entries":[{"a":"`+hash+`"},{"a/b":"`+hash+`"}],"meta":[]`, "a"+hash+"a/b"+hash),
		"far below a file":        signed(`"entries":[{"a":"`+hash+`"},{"a-b":""},{"a/b/c":""}],"meta":[]`, "a"+hash+"a-ba/b/c"),
		"the empty path a file":   signed(`"entries":[{"":"`+hash+`"}],"meta":[]`, hash),
		"meta of numbers":         signed(`"entries":[],"meta":[1]`, "1"),
		"meta of nulls":           signed(`"entries":[],"meta":[null]`, ""),
		"an empty id":             signed(`"entries":[],"meta":[""]`, ""),
		"an id twice":             signed(`"entries":[],"meta":["x","x"]`, "xx"),
		"an id with NUL":          signed(`"entries":[],"meta":["x\u0000"]`, "x\x00"),
		"a very long id":          signed(`"entries":[],"meta":["`+strings.Repeat("x", 100_000)+`"]`, strings.Repeat("x", 100_000)),
		"invalid UTF-8":           signed("\"entries\":[{\"\xff\":\"\"}],\"meta\":[]", "\xff"),
		"half a surrogate":        signed(`"entries":[{"\ud800":""}],"meta":[]`, "\uFFFD"),
		"very deep":               `{"checksum":` + strings.Repeat("[", 100_000),
		"the checksum of another": strings.Replace(good.text(t), good.Checksum, checksumB, 1),
	} {
		a := d.post(t, ds+"/push/init", "checksum", good.Checksum, "stamp", text)
		assert.Equal(t, http.StatusBadRequest, a.status, "%s: %s", name, a.body)
		var refusal struct{ Error string }
		assert.NoError(t, json.Unmarshal(a.body, &refusal), name)
		assert.NotEmpty(t, refusal.Error, name)
		assert.Less(t, len(a.body), 1000, name)
	}
	for _, fields := range [][]string{nil, {"checksum", good.Checksum}, {"stampp", good.text(t)}} {
		d.post(t, ds+"/push/init", fields...).requireError(t, http.StatusBadRequest, "stamp")
	}
	d.requireFiles(t, ds, files)
}

// hostilePaths must not get into a dataset by any way.
var hostilePaths = []string{"../x", "a/../../x", "a/..", "./x", "a/./x", ".", "..", "/etc/passwd", "/", "//x", "a//b", "a/", `a\b`, `..\x`, "a\x00b", "a\nb", ".ddb", ".ddb/dbase.sqlite",
	"a/.ddb/x", ".DDB/x", "C:", "c:/windows/x", strings.Repeat("x", 256), strings.Repeat("x/", 1000) + "x"}

func TestHostilePathsInAStamp(t *testing.T) {
	t.Parallel()
	d, ds := g5.as(server(t)), "/orgs/admin/ds/hostile-stamps"
	for _, path := range hostilePaths {
		for _, hash := range []string{"", sum([]byte("x"))} {
			s := stampOf(map[string]string{path: hash})
			a := d.post(t, ds+"/push/init", "checksum", s.Checksum, "stamp", s.text(t))
			assert.Equal(t, http.StatusBadRequest, a.status, "%.80q: %s", path, a.body)
		}
	}
	d.get(t, ds).requireError(t, http.StatusNotFound)
}

// Two hundred thousand files are one form field of 20 MB.
func TestStampOf200000Entries(t *testing.T) {
	t.Parallel()
	d, ds := g3.as(server(t)), "/orgs/admin/ds/two-hundred-thousand"
	s := manyFiles(200_000).stamp()
	require.Greater(t, len(s.text(t)), 16<<20)
	asked := d.begin(t, ds, s.Checksum, s)
	require.Equal(t, 200_000, len(asked.NeededFiles))
	require.True(t, slices.IsSorted(asked.NeededFiles))
	d.commit(t, ds, asked.Token).requireError(t, http.StatusBadRequest, "images/f000000.jpg")
	d.get(t, ds).requireError(t, http.StatusNotFound)
}
