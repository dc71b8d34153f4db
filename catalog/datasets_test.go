package catalog

import (
	"sync"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRenamesRaceForOneSlug(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	slugs := []string{"site", "one", "two", "three"}
	for _, slug := range slugs[1:] {
		_, err := f.CreateDataset(t.Context(), f.admin, "admin", NewDataset{Slug: slug})
		require.NoError(t, err)
	}
	var racing sync.WaitGroup
	codes := make([]cairn.Code, len(slugs))
	for i, slug := range slugs {
		racing.Go(func() {
			_, err := f.RenameDataset(t.Context(), f.admin, "admin", slug, "won")
			codes[i] = cairn.CodeOf(err)
		})
	}
	racing.Wait()
	assert.ElementsMatch(t, []cairn.Code{"", cairn.Conflict, cairn.Conflict, cairn.Conflict}, codes)
}

func TestRenameKeepsWhatHangsOnTheDataset(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.put(t, "a.txt")
	d, err := f.RenameDataset(t.Context(), f.admin, "admin", "site", "moved")
	require.NoError(t, err)
	assert.Equal(t, f.dataset.ID, d.ID)
	assert.EqualValues(t, 1, d.Entries)
	_, err = f.RenameDataset(t.Context(), auth.Caller{}, "admin", "moved", "other")
	assertCode(t, cairn.Unauthenticated, err, "permission comes first")
}

func TestDatasetsKnowWhenTheyChanged(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	changes := []struct {
		what   string
		change func()
	}{
		{"a file", func() { f.put(t, "a.txt") }},
		{"a move", func() { require.NoError(t, f.move(t, "a.txt", "b.txt")) }},
		{"a name", func() {
			name := "x"
			require.NoError(t, f.EditDataset(t.Context(), f.admin, "admin", "site", DatasetChange{Name: &name}))
		}},
		{"a removal", func() { require.NoError(t, f.remove(t, "b.txt")) }},
	}
	for _, c := range changes {
		f.exec(t, `update datasets set changed_at = 'epoch'`)
		c.change()
		d, err := f.Dataset(t.Context(), f.admin, "admin", "site", auth.ReadDataset)
		require.NoError(t, err)
		assert.WithinDuration(t, d.CreatedAt, d.ChangedAt, 1e12, c.what)
	}
}

func TestFilesAtRoot(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.put(t, "COVER.png", "cover.jpg", "sub/thumbnail.jpg", "thumbnail.jpg.txt")
	require.NoError(t, f.makeFolder(t, "thumbnail.jpg"))
	names := []string{"thumbnail.jpg", "cover.png", "cover.jpg"}
	found, err := f.FilesAtRoot(t.Context(), []uuid.UUID{f.dataset.ID, uuid.New()}, names)
	require.NoError(t, err)
	assert.Equal(t, map[uuid.UUID]string{f.dataset.ID: "COVER.png"}, found)
}
