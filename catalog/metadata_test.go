package catalog

import (
	"sync"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func (f *fixture) set(t *testing.T, path, key, text string) Record {
	t.Helper()
	r, err := f.SetMetadata(t.Context(), f.dataset, path, key, text)
	require.NoError(t, err)
	return r
}

func TestRacingSetsLeaveOneRecord(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var racing sync.WaitGroup
	for range 8 {
		racing.Go(func() {
			for _, key := range []string{"note", "license"} {
				_, err := f.SetMetadata(t.Context(), f.dataset, "", key, "1")
				assert.NoError(t, err)
			}
		})
	}
	racing.Wait()
	counts := map[string]int64{}
	require.NoError(t, f.CountMetadata(t.Context(), f.dataset, "", func(m MetadataCount) error {
		counts[m.Key] = m.Count
		return nil
	}))
	assert.Equal(t, map[string]int64{"name": 1, "visibility": 1, "note": 1, "license": 1}, counts)
}

// The older key says what the visibility is, where a dataset has it.
func TestPublicKeepsStepWithVisibility(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, err := f.Metadata(t.Context(), f.dataset, "", "public")
	assertCode(t, cairn.NotFound, err)
	id := f.set(t, "", "public", "0").ID
	for _, open := range []bool{true, false, true} {
		_, err := f.OpenDataset(t.Context(), f.admin, "admin", "site", open)
		require.NoError(t, err)
		records, err := f.Metadata(t.Context(), f.dataset, "", "public")
		require.NoError(t, err)
		require.Len(t, records, 1)
		assert.Equal(t, map[bool]string{true: "1", false: "0"}[open], string(records[0].Data))
		assert.Equal(t, id, records[0].ID)
	}
}

// A client's own ids are kept, and the same record may be in two copies of a dataset.
func TestRecordsOfClients(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	other, err := f.CreateDataset(t.Context(), f.admin, "admin", NewDataset{Slug: "copy"})
	require.NoError(t, err)
	const id = "Not-A-UUID"
	for _, d := range []*Dataset{f.dataset, other} {
		f.exec(t, `insert into metadata (dataset_id, id, key, data, mtime) values ($1, $2, 'license', '"MIT"', 1)`, d.ID, id)
	}
	assert.Equal(t, id, f.set(t, "", "license", "CC0").ID, "a setting keeps the client's id")
	d, err := f.Dataset(t.Context(), f.admin, "admin", "copy", auth.ReadDataset)
	require.NoError(t, err)
	assert.Equal(t, `"MIT"`, string(d.Setting("license")))
	n, err := f.RemoveMetadata(t.Context(), f.dataset, id)
	require.NoError(t, err)
	assert.EqualValues(t, 1, n)
	records, err := f.Metadata(t.Context(), other, "", "license")
	require.NoError(t, err)
	assert.Len(t, records, 1)
}

func TestMetadataInOnePlaceIsBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.put(t, "a.txt")
	f.exec(t, `insert into metadata (dataset_id, key, data, mtime) select $1, 'notes', '1', 1 from generate_series(1, $2 - 2)`, f.dataset.ID, maxRecords)
	_, err := f.AddMetadata(t.Context(), f.dataset, "", "notes", "2")
	assertCode(t, cairn.Invalid, err)
	_, err = f.AddMetadata(t.Context(), f.dataset, "a.txt", "notes", "2")
	assert.NoError(t, err)
	f.set(t, "", "name", "settings can always be changed")
}

func TestMetadataGoesWithItsEntry(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.put(t, "a/b.txt")
	id := f.set(t, "a/b.txt", "note", "x").ID
	require.NoError(t, f.move(t, "a", "c"))
	records, err := f.Metadata(t.Context(), f.dataset, "c/b.txt", "note")
	require.NoError(t, err)
	assert.Equal(t, id, records[0].ID)
	_, err = f.Metadata(t.Context(), f.dataset, "a/b.txt", "note")
	assertCode(t, cairn.Invalid, err)
	f.put(t, "c/b.txt")
	_, err = f.Metadata(t.Context(), f.dataset, "c/b.txt", "note")
	assert.NoError(t, err, "an upload onto a file keeps its metadata")
	require.NoError(t, f.remove(t, "c"))
	f.put(t, "c/b.txt")
	_, err = f.Metadata(t.Context(), f.dataset, "c/b.txt", "note")
	assertCode(t, cairn.NotFound, err)
}
