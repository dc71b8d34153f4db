package workingcopy

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/cairngeo/cairn/federation/client"
	"github.com/cairngeo/cairn/federation/stamp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func tagOf(t *testing.T, text string) client.Tag {
	t.Helper()
	tag, err := client.ParseTag(text, client.DefaultServer)
	require.NoError(t, err)
	return tag
}

// native writes the file as the native client does: one stamp a server.
func (c *Copy) native(t *testing.T, server string, s stamp.Stamp) {
	t.Helper()
	all, err := c.readObject(syncFile)
	require.NoError(t, err)
	require.NoError(t, set(all, server, s))
	text, err := json.Marshal(all)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, syncFile), text, 0o644))
}

func (c *Copy) requireSynced(t *testing.T, tag client.Tag, want string) {
	t.Helper()
	s, err := c.lastSync(tag)
	require.NoError(t, err)
	require.Equal(t, want != "", s.known)
	require.Equal(t, want, text(s.Entries))
}

func TestEachDatasetHasItsLastState(t *testing.T) {
	t.Parallel()
	c := newCopy(t)
	a, b, other := tagOf(t, "https://h/acme/one"), tagOf(t, "https://h/acme/two"), tagOf(t, "https://g/acme/one")
	c.requireSynced(t, a, "")
	require.NoError(t, c.SetTag(a))
	require.NoError(t, c.setLastSync(a, state("a=1")))
	require.NoError(t, c.setLastSync(b, state("b=1")))
	require.NoError(t, c.setLastSync(other, state("g=1")))
	c.requireSynced(t, a, "a=1")
	c.requireSynced(t, b, "b=1")
	c.requireSynced(t, other, "g=1")

	c.native(t, "https://h", state("a=2")) // the native client pushes to the folder's dataset
	c.requireSynced(t, a, "a=2")
	c.requireSynced(t, b, "b=1")

	require.NoError(t, c.setLastSync(a, state("a=3")))
	require.NoError(t, c.SetTag(b)) // the folder goes to another one
	c.requireSynced(t, a, "a=3")
	c.requireSynced(t, b, "b=1")
	require.NoError(t, c.setLastSync(b, state("b=2")))
	c.requireSynced(t, a, "a=3")
	c.requireSynced(t, b, "b=2")
	text, err := os.ReadFile(filepath.Join(c.dir, syncFile))
	require.NoError(t, err)
	var seen map[string]stamp.Stamp
	require.NoError(t, json.Unmarshal([]byte(dropOwner(t, text)), &seen))
	assert.True(t, state("b=2").Same(seen["https://h"]), "what the native client finds")
}

func dropOwner(t *testing.T, text []byte) string {
	t.Helper()
	var all map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(text, &all))
	delete(all, "https://h/")
	text, err := json.Marshal(all)
	require.NoError(t, err)
	return string(text)
}

func TestFilesOfTheNativeClient(t *testing.T) {
	t.Parallel()
	c := newCopy(t)
	_, tagged, err := c.Tag()
	require.NoError(t, err)
	assert.False(t, tagged)
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, tagsFile), []byte(`{"tag": "http://localhost:5000/acme/site", "more": 1}`), 0o644))
	tag, tagged, err := c.Tag()
	require.NoError(t, err)
	assert.True(t, tagged)
	assert.Equal(t, "http://localhost:5000/acme/site", tag.String())
	c.native(t, "http://localhost:5000", state("a=1"))
	c.requireSynced(t, tag, "a=1")
	require.NoError(t, c.SetTag(tagOf(t, "https://h/a1/b2")))
	text, err := os.ReadFile(filepath.Join(c.dir, tagsFile))
	require.NoError(t, err)
	assert.JSONEq(t, `{"tag": "https://h/a1/b2", "more": 1}`, string(text))

	for _, broken := range []string{`{`, `[]`, `{"tag": 1}`, `{"tag": "nothing"}`} {
		require.NoError(t, os.WriteFile(filepath.Join(c.dir, tagsFile), []byte(broken), 0o644))
		_, _, err := c.Tag()
		assert.Error(t, err, broken)
	}
}

func TestCredentials(t *testing.T) {
	home := t.TempDir()
	t.Setenv("DDB_HOME", home)
	c, err := LoadCredentials()
	require.NoError(t, err)
	_, _, known := c.Of("http://localhost:5000")
	assert.False(t, known)
	assert.Empty(t, c.Only())
	require.NoError(t, c.Keep("http://localhost:5000", "alice", "pass:word: é"))
	c, err = LoadCredentials()
	require.NoError(t, err)
	name, password, known := c.Of("http://localhost:5000")
	assert.Equal(t, []any{"alice", "pass:word: é", true}, []any{name, password, known})
	assert.Equal(t, "http://localhost:5000", c.Only())
	file := filepath.Join(home, ".ddb", "auth.json")
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.EqualValues(t, 0o600, info.Mode().Perm())
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.JSONEq(t, `{"auths":{"http://localhost:5000":{"auth":"`+base64.StdEncoding.EncodeToString([]byte("alice:pass:word: é"))+`"}}}`, string(text))

	// As the native client leaves it after: ddb login http://LocalHost:5001/
	require.NoError(t, os.WriteFile(file, []byte(`{"auths":{"http://LocalHost:5001/":{"auth":"Ym9iOnB3"}, "https://h":{"auth":"?"}},"more":1}`), 0o600))
	c, err = LoadCredentials()
	require.NoError(t, err)
	name, password, known = c.Of("http://localhost:5001")
	assert.Equal(t, []any{"bob", "pw", true}, []any{name, password, known})
	_, _, known = c.Of("https://h")
	assert.False(t, known)
	assert.Empty(t, c.Only())
	require.NoError(t, c.Keep("https://h", "carol", "x"))
	text, err = os.ReadFile(file)
	require.NoError(t, err)
	assert.JSONEq(t, `{"auths":{"http://LocalHost:5001/":{"auth":"Ym9iOnB3"}, "https://h":{"auth":"Y2Fyb2w6eA=="}},"more":1}`, string(text))
}
