package ingest

import (
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/ingest/raster"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestABrokenUploadLeavesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	broken := io.MultiReader(strings.NewReader("half"), errorReader{})
	for name, try := range map[string]func() error{
		"broken":  func() error { _, err := f.Upload(t.Context(), f.dataset, "a/x", broken, -1); return err },
		"short":   func() error { _, err := f.Upload(t.Context(), f.dataset, "a/x", strings.NewReader("x"), 2); return err },
		"hostile": func() error { _, err := f.Put(t.Context(), f.dataset, "../x", catalog.Content{Hash: "00"}); return err },
	} {
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(try()), name)
	}
	assert.Equal(t, 0, f.count(t, `select count(*) from entries`))
	assert.Empty(t, f.blobs(t))
	left, err := os.ReadDir(f.folder.Scratch())
	require.NoError(t, err)
	assert.Empty(t, left)

	_, err = f.Put(t.Context(), f.dataset, "a/x", catalog.Content{Hash: strings.Repeat("0", 64)})
	assert.Equal(t, cairn.Unavailable, cairn.CodeOf(err), "no entry without its bytes")
	assert.Equal(t, 0, f.count(t, `select count(*) from entries`))
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

// Items 30 and 87: the hash of FIPS 180-4 for "abc".
func TestSameBytesTwiceAreOneBlobAndOneProduct(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	assert.Equal(t, abc, f.upload(t, "a.txt", "abc").Hash)
	assert.Equal(t, abc, f.upload(t, "b/a.txt", "abc").Hash)
	assert.Equal(t, []string{abc}, f.blobs(t))

	e := catalog.Entry{Hash: abc, Description: catalog.Description{Type: catalog.GeoRaster}}
	one, buildable := f.Product(e)
	assert.True(t, buildable)
	e.Path = "elsewhere.tif"
	other, _ := f.Product(e)
	assert.Equal(t, one.Key(), other.Key())
	better := &Ingest{options: Options{COGs: raster.Options{Quality: 90, Memory: 1 << 20}}}
	other, _ = better.Product(e)
	assert.NotEqual(t, one.Key(), other.Key(), "tiles of another quality")
	better.options.COGs.Quality = 0
	other, _ = better.Product(e)
	assert.Equal(t, one.Key(), other.Key(), "memory changes nothing")
	e.Type = catalog.Markdown
	_, buildable = f.Product(e)
	assert.False(t, buildable)

	var racing sync.WaitGroup
	for _, path := range []string{"1.tif", "2.tif", "3.tif"} {
		racing.Go(func() {
			e := catalog.Entry{Path: path, Hash: abc, Description: catalog.Description{Type: catalog.GeoRaster}}
			assert.NoError(t, f.entries.Update(t.Context(), func(tx catalog.Tx) error {
				return f.requestBuilds(t.Context(), tx, f.dataset, false, e)
			}))
		})
	}
	racing.Wait()
	assert.Equal(t, 1, f.count(t, `select count(*) from products`))
	assert.Equal(t, 3, f.count(t, `select count(*) from tasks`))
	assert.Equal(t, 1, f.count(t, `select count(*) from river_job where kind = 'task'`))
	f.work(t)
	assert.Eventually(t, func() bool { return f.count(t, `select count(*) from tasks where state = 'Failed'`) == 3 }, time.Minute, 20*time.Millisecond,
		"three bytes are no raster: all who asked are told")
}

func TestMoveLooksAgainAtAnotherExtension(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.upload(t, "a.txt", "# x")
	e, err := f.move(t, "a.txt", "docs/a.md")
	require.NoError(t, err)
	assert.Equal(t, catalog.Markdown, e.Type)
	got, err := f.entries.Entry(t.Context(), f.dataset, "docs/a.md")
	require.NoError(t, err)
	assert.Equal(t, e, got)
	require.NoError(t, f.Remove(t.Context(), f.dataset, "docs/"))
	assert.Equal(t, cairn.NotFound, cairn.CodeOf(f.Remove(t.Context(), f.dataset, "docs")))
	for _, hostile := range []string{"../x", "/x", ".ddb/x", ""} {
		_, err := f.move(t, "a.txt", hostile)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), hostile)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(f.Remove(t.Context(), f.dataset, hostile)), hostile)
	}
}

// A job that a dead process was running is run again; one of a living process is not.
func TestJobsOfADeadProcessAreRescued(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	alive, dead := uuid.NewString(), uuid.NewString()
	conn, err := f.pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Exec(t.Context(), `select pg_advisory_lock(`+lockName+`)`, alive)
	require.NoError(t, err)
	defer conn.Exec(t.Context(), `select pg_advisory_unlock_all()`)
	for _, owner := range []string{alive, dead} {
		_, err := f.pool.Exec(t.Context(), `insert into river_job (kind, args, max_attempts, attempt, attempted_by, attempted_at, state, queue, priority)
			values ('task', jsonb_build_object('tool', 'build', 'key', $1::text), 1, 1, array['earlier', $1::text], now(), 'running', $2, 1)`, owner, buildQueue)
		require.NoError(t, err)
	}
	f.work(t)
	finished := func(owner string) int {
		return f.count(t, `select count(*) from river_job where args->>'key' = $1 and state = 'completed'`, owner)
	}
	assert.Eventually(t, func() bool { return finished(dead) == 1 }, time.Minute, 20*time.Millisecond)
	assert.Equal(t, 1, f.count(t, `select count(*) from river_job where args->>'key' = $1 and state = 'running' and attempt = 1`, alive))
}

// A file that takes the process down with it does so a few times only, and a
// job whose process was killed once is simply done.
func TestABuildThatKeepsEndingTheProcessIsGivenUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for hash, attempt := range map[string]int{"poison": maxProcessEnds, "unlucky": 1} {
		e := catalog.Entry{Path: hash, Hash: hash, Description: catalog.Description{Type: catalog.GeoRaster}}
		require.NoError(t, f.entries.Update(t.Context(), func(tx catalog.Tx) error {
			if err := f.requestBuilds(t.Context(), tx, f.dataset, false, e); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), `update river_job set state = 'running', attempt = $2, attempted_at = now(), attempted_by = array['dead']
				where id = (select job from tasks where hash = $1)`, hash, attempt)
			return err
		}))
	}
	f.work(t)
	reason := func(path string) (text string) {
		require.NoError(t, f.pool.QueryRow(t.Context(), `select coalesce(max(error), '') from tasks where path = $1 and state = 'Failed'`, path).Scan(&text))
		return text
	}
	assert.Eventually(t, func() bool { return strings.Contains(reason("poison"), "ended 10 times") }, time.Minute, 20*time.Millisecond)
	assert.NotContains(t, reason("unlucky"), "ended", "it is tried again")
}

func TestCollectionRemovesOnlyOldUnreferencedBytes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	used, young := f.upload(t, "used", "used").Hash, f.upload(t, "young", "young").Hash
	old, again := f.upload(t, "old", "old").Hash, f.upload(t, "again", "again").Hash
	for _, path := range []string{"young", "old", "again"} {
		require.NoError(t, f.Remove(t.Context(), f.dataset, path))
	}
	for _, hash := range []string{used, old, again} {
		f.age(t, hash, grace+time.Minute)
	}
	f.age(t, young, grace-time.Minute)
	content, err := f.Receive(t.Context(), strings.NewReader("again"), -1) // uploaded, not yet named
	require.NoError(t, err)

	w := &collectWorker{Ingest: f.Ingest, grace: grace}
	require.NoError(t, w.Work(t.Context(), nil))
	assert.ElementsMatch(t, []string{used, young, again}, f.blobs(t))
	_, err = f.Put(t.Context(), f.dataset, "again", content)
	assert.NoError(t, err)
}

// An upload is named while the collector is about to remove its bytes: whoever
// comes second sees the first.
func TestCollectionRacesWithUploads(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	w := &collectWorker{Ingest: f.Ingest} // no grace: everything unnamed is removed
	for range 30 {
		content, err := f.Receive(t.Context(), strings.NewReader("bytes"), -1)
		require.NoError(t, err)
		var racing sync.WaitGroup
		racing.Go(func() { assert.NoError(t, w.Work(t.Context(), nil)) })
		_, err = f.Put(t.Context(), f.dataset, "x", content)
		racing.Wait()
		if err == nil {
			_, err := f.folder.Stat(t.Context(), blob.Key(content.Hash))
			assert.NoError(t, err, "what was acknowledged is there")
			require.NoError(t, f.Remove(t.Context(), f.dataset, "x"))
		} else {
			assert.Equal(t, cairn.Unavailable, cairn.CodeOf(err))
		}
	}
}

// What was built of bytes that nobody has any more goes too, and what is in use stays.
func TestCollectionRemovesUnneededProducts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	used, unneeded := f.built(t, f.upload(t, "used", "used")), f.built(t, f.upload(t, "unneeded", "unneeded"))
	require.NoError(t, f.Remove(t.Context(), f.dataset, "unneeded"))

	young := &collectWorker{Ingest: f.Ingest, grace: grace}
	require.NoError(t, young.Work(t.Context(), nil))
	_, err := f.folder.Stat(t.Context(), unneeded)
	require.NoError(t, err, "within the grace period it stays")

	w := &collectWorker{Ingest: f.Ingest}
	require.NoError(t, w.Work(t.Context(), nil))
	_, err = f.folder.Stat(t.Context(), unneeded)
	assert.Equal(t, cairn.NotFound, cairn.CodeOf(err))
	_, err = f.folder.Stat(t.Context(), used)
	assert.NoError(t, err)
	assert.Equal(t, 1, f.count(t, `select count(*) from products`))
}
