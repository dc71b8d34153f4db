package stamp

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	world = "486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7"
	one   = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
	two   = "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"
	three = "8b5b9db0c13db24256c829aa364aa90c6d2eba318b9232a4ab9313b954d3555f"
)

// What the native client computed.
func TestChecksumIsTheNativeClients(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]struct {
		checksum string
		entries  []Entry
		meta     []string
	}{
		"A": {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", nil, nil},
		"B without metadata": {"3ab0664efb2b0c25534da157fd02d494eab6501864122292bb692fffbfb9e4d1",
			[]Entry{{"sub/b.txt", world}, {"sub", ""}, {"a.txt", hello}}, nil},
		"B": {"d05134833d7b97ac5f910fdec66bc7d8f85609909d3d7db2c25471e3e52b7b18",
			[]Entry{{"sub/b.txt", world}, {"a.txt", hello}, {"sub", ""}}, []string{"11111111-2222-4333-8444-555555555555"}},
		"C": {"cff2d0698b655747eb09335a4ed998c4c21d3de0058dfd631f3cc5e26d7e967c",
			[]Entry{{"é.txt", three}, {"sub/b.txt", one}, {"sub-x", ""}, {"sub-x/c.txt", two}, {"sub", ""}, {"a.txt", world}, {"Z.txt", hello}, {"", ""}},
			[]string{"f3a0c2d4-7b11-4c8e-8d21-0a1b2c3d4e5f", "0b6f1c1e-0a61-4b52-9a3e-1f2d3c4b5a69"}},
	} {
		assert.Equal(t, v.checksum, New(v.entries, v.meta).Checksum, name)
	}
}

func TestStampOnTheWire(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(New([]Entry{{"sub", ""}, {`ä "&".txt`, hello}}, nil))
	require.NoError(t, err)
	assert.JSONEq(t, `{"checksum":"`+New([]Entry{{"sub", ""}, {`ä "&".txt`, hello}}, nil).Checksum+`","entries":[{"sub":""},{"ä \"&\".txt":"`+hello+`"}],"meta":[]}`, string(text))

	var read Stamp
	require.NoError(t, json.Unmarshal([]byte(`{"checksum":"x","entries":[{"b":null},{"a":"`+hello+`"}],"meta":["2","1"],"more":{}}`), &read))
	assert.Equal(t, Stamp{"x", []Entry{{"a", hello}, {"b", ""}}, []string{"1", "2"}}, read)

	for _, wrong := range []string{
		`"text"`, `{}`, `{"checksum":"x","entries":null,"meta":[]}`, `{"checksum":"x","entries":[],"meta":null}`,
		`{"checksum":"x","entries":[{"a":"","b":""}],"meta":[]}`, `{"checksum":"x","entries":[{}],"meta":[]}`,
		`{"checksum":"x","entries":[{"a":1}],"meta":[]}`, `{"checksum":"x","entries":[{"a":""},{"a":""}],"meta":[]}`,
	} {
		assert.Error(t, json.Unmarshal([]byte(wrong), &read), wrong)
	}
}

func TestBetween(t *testing.T) {
	t.Parallel()
	server := New([]Entry{{"a.txt", "1"}, {"b.txt", "2"}, {"old", ""}, {"old/x.txt", "3"}}, []string{"m1", "m2"})
	client := New([]Entry{{"a.txt", "9"}, {"b2.txt", "2"}, {"n", ""}, {"n/y.txt", "4"}}, []string{"m2", "m3"})
	d := Between(client, server)
	assert.Equal(t, []Entry{{"a.txt", "9"}, {"b2.txt", "2"}, {"n", ""}, {"n/y.txt", "4"}}, d.Adds)
	assert.Equal(t, []Entry{{"old/x.txt", "3"}, {"old", ""}, {"b.txt", "2"}}, d.Removes)
	assert.Equal(t, []string{"m3"}, d.MetaAdds)
	assert.Equal(t, []string{"m1"}, d.MetaRemoves)

	turned := Between(New([]Entry{{"x", ""}}, nil), New([]Entry{{"x", "1"}}, nil))
	assert.Equal(t, []Entry{{"x", ""}}, turned.Adds)
	assert.Equal(t, []Entry{{"x", "1"}}, turned.Removes)
	assert.Equal(t, Delta{}, Between(server, server))
	assert.NotEqual(t, Delta{}, turned)
}
