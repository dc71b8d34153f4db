package catalog

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func (f *fixture) stamp(t *testing.T) (checksum string, entries [][2]string, records []string) {
	t.Helper()
	checksum, err := f.Stamp(t.Context(), f.dataset, func(s *Stamp) error {
		err := s.Entries(func(path, hash string) error {
			entries = append(entries, [2]string{path, hash})
			return nil
		})
		if err != nil {
			return err
		}
		return s.Records(func(id string) error {
			records = append(records, id)
			return nil
		})
	})
	require.NoError(t, err)
	return checksum, entries, records
}

// Two vectors that the ddb client computed.
func TestStampIsTheClients(t *testing.T) {
	t.Parallel()
	const (
		hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
		world = "486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7"
		one   = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
		two   = "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"
		three = "8b5b9db0c13db24256c829aa364aa90c6d2eba318b9232a4ab9313b954d3555f"
	)
	for name, v := range map[string]struct {
		checksum string
		entries  [][2]string // in the order of the stamp
		records  []string
	}{
		"nothing": {checksum: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		"no record": {"3ab0664efb2b0c25534da157fd02d494eab6501864122292bb692fffbfb9e4d1",
			[][2]string{{"a.txt", hello}, {"sub", ""}, {"sub/b.txt", world}}, nil},
		"one record": {"d05134833d7b97ac5f910fdec66bc7d8f85609909d3d7db2c25471e3e52b7b18",
			[][2]string{{"a.txt", hello}, {"sub", ""}, {"sub/b.txt", world}}, []string{"11111111-2222-4333-8444-555555555555"}},
		"order and the empty path": {"cff2d0698b655747eb09335a4ed998c4c21d3de0058dfd631f3cc5e26d7e967c",
			[][2]string{{"", ""}, {"Z.txt", hello}, {"a.txt", world}, {"sub", ""}, {"sub-x", ""}, {"sub-x/c.txt", two}, {"sub/b.txt", one}, {"é.txt", three}},
			[]string{"0b6f1c1e-0a61-4b52-9a3e-1f2d3c4b5a69", "f3a0c2d4-7b11-4c8e-8d21-0a1b2c3d4e5f"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			for i := range v.entries {
				e := v.entries[len(v.entries)-1-i]
				f.exec(t, `insert into entries (dataset_id, path, hash, type, mtime, depth) values ($1, $2, $3, case $3 when '' then 1 else 2 end, 1, $4)`, f.dataset.ID, e[0], e[1], depth(e[0]))
			}
			for i, id := range v.records {
				key := []string{"name", "notes"}[i] // a client's setting is part of the stamp
				f.exec(t, `delete from metadata where dataset_id = $1 and key = $2`, f.dataset.ID, key)
				f.exec(t, `insert into metadata (dataset_id, id, key, data, mtime) values ($1, $2, $3, '"x"', 1)`, f.dataset.ID, id, key)
			}
			checksum, entries, records := f.stamp(t)
			assert.Equal(t, v.checksum, checksum)
			assert.Equal(t, v.entries, entries)
			assert.Equal(t, v.records, records)
			f.set(t, "", "name", "a setting that a client pushed keeps its id when it changes")
			again, _, _ := f.stamp(t)
			assert.Equal(t, v.checksum, again)
		})
	}
}
