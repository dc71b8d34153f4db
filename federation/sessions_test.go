package federation

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/catalog/dbtest"
	"github.com/cairngeo/cairn/federation/stamp"
	"github.com/cairngeo/cairn/ingest"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fixture is a server without its HTTP, and somebody who pushes and shares.
type fixture struct {
	*Federation
	pool *pgxpool.Pool
	user auth.Caller
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	pool, err := catalog.Connect(t.Context(), dbtest.New(t, catalog.Migrate))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); pool.Close() })
	users, err := auth.Open(ctx, pool, auth.Options{})
	require.NoError(t, err)
	entries := catalog.Open(ctx, pool)
	entries.LimitStorage()
	_, err = entries.Initialize(ctx, users, "x")
	require.NoError(t, err)
	users.WelcomeWith(catalog.Welcome)
	user, err := users.Create(ctx, "alice", "", "x")
	require.NoError(t, err)
	store, err := blob.NewFolder(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	in, _, err := ingest.New(entries, store, pool, ingest.Options{})
	require.NoError(t, err)
	return &fixture{New(entries, in), pool, auth.Caller{User: user}}
}

func (f *fixture) destination(t *testing.T, slug string) *catalog.Dataset {
	t.Helper()
	d, err := f.catalog.Destination(t.Context(), f.user, "alice", slug)
	require.NoError(t, err)
	return d
}

func (f *fixture) receive(t *testing.T, text string) catalog.Content {
	t.Helper()
	content, err := f.ingest.Receive(t.Context(), strings.NewReader(text), -1)
	require.NoError(t, err)
	return content
}

// begin begins a push of files whose content is theirs, and sends nothing.
func (f *fixture) begin(t *testing.T, slug, base string, files map[string]string) *catalog.Push {
	t.Helper()
	var entries []stamp.Entry
	for path, text := range files {
		entries = append(entries, stamp.Entry{Path: path, Hash: f.receive(t, text).Hash})
	}
	text, err := json.Marshal(stamp.New(entries, nil))
	require.NoError(t, err)
	p, pull, err := f.BeginPush(t.Context(), f.user, f.destination(t, slug), base, strings.NewReader(string(text)))
	require.NoError(t, err)
	require.False(t, pull)
	return p
}

func (f *fixture) deliver(t *testing.T, p *catalog.Push, path, text string) error {
	t.Helper()
	return f.DeliverFile(t.Context(), p, path, f.receive(t, text))
}

func (f *fixture) needed(t *testing.T, p *catalog.Push) (paths []string) {
	t.Helper()
	require.NoError(t, f.catalog.NeededFiles(t.Context(), p, func(path string) error { paths = append(paths, path); return nil }))
	return paths
}

func (f *fixture) exec(t *testing.T, sql string) {
	t.Helper()
	_, err := f.pool.Exec(t.Context(), sql)
	require.NoError(t, err)
}

// Decision 46: of two pushes to a dataset that is not there the first commit wins.
func TestPushesRaceToMakeADataset(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	pushes := make([]*catalog.Push, 4)
	for i := range pushes {
		text := strings.Repeat("x", i)
		pushes[i] = f.begin(t, "race", "", map[string]string{"a": text})
		require.NoError(t, f.deliver(t, pushes[i], "a", text))
	}
	var racing sync.WaitGroup
	codes := make([]cairn.Code, len(pushes))
	for i, p := range pushes {
		racing.Go(func() { codes[i] = cairn.CodeOf(f.CommitPush(context.Background(), p)) })
	}
	racing.Wait()
	assert.ElementsMatch(t, []cairn.Code{"", cairn.Conflict, cairn.Conflict, cairn.Conflict}, codes)
}

// What is staged is safe from collection until its session ends, and no longer.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	p := f.begin(t, "pushed", "", map[string]string{"a": "pushed"})
	require.NoError(t, f.deliver(t, p, "a", "pushed"))
	made, err := f.catalog.OpenShare(ctx, f.user, catalog.NewShare{Tag: "alice/made"})
	require.NoError(t, err)
	b, err := f.catalog.OpenBatch(ctx, f.user, made)
	require.NoError(t, err)
	_, err = f.ShareFile(ctx, b, "b", f.receive(t, "shared"))
	require.NoError(t, err)
	_, err = f.ShareChunk(ctx, b, catalog.ChunkedFile{ID: "c", Path: "c", Size: 100, Chunks: 2}, 1, f.receive(t, "chunk"))
	require.NoError(t, err)
	staged := []string{f.receive(t, "pushed").Hash, f.receive(t, "shared").Hash, f.receive(t, "chunk").Hash}
	unnamed := func() []string {
		orphans, err := f.catalog.Unreferenced(ctx, staged)
		require.NoError(t, err)
		return orphans
	}
	assert.Empty(t, unnamed())

	pushes, shares, err := f.catalog.EndSessions(ctx)
	require.NoError(t, err)
	assert.Zero(t, pushes+shares)
	f.exec(t, `update pushes set last_active_at = now() - interval '23 hours 59 minutes'; update share_batches set last_active_at = now() - interval '59 minutes'`)
	pushes, shares, err = f.catalog.EndSessions(ctx)
	require.NoError(t, err)
	assert.Zero(t, pushes+shares)
	assert.Empty(t, unnamed())

	f.exec(t, `update pushes set last_active_at = now() - interval '25 hours'; update share_batches set last_active_at = now() - interval '61 minutes'`)
	_, err = f.catalog.Push(ctx, f.user, p.Dataset, p.Token)
	assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), "before it is forgotten, too")
	_, err = f.catalog.OpenBatch(ctx, f.user, made)
	assert.Equal(t, cairn.Invalid, cairn.CodeOf(err))
	pushes, shares, err = f.catalog.EndSessions(ctx)
	require.NoError(t, err)
	assert.Equal(t, 1, pushes)
	assert.Equal(t, 1, shares)
	assert.ElementsMatch(t, staged, unnamed())
	_, err = f.catalog.Dataset(ctx, f.user, "alice", "made", auth.ReadDataset)
	assert.Equal(t, cairn.NotFound, cairn.CodeOf(err), "the dataset that was made for the share is gone")
	b, err = f.catalog.Batch(ctx, f.user, made)
	require.NoError(t, err)
	assert.Equal(t, catalog.BatchRolledBack, b.Status)
}

// An interrupted push is not sent again, not even under another token.
func TestPushResumes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	files := map[string]string{"a": "1", "b": "2", "c": "2"}
	first := f.begin(t, "resumed", "", files)
	require.NoError(t, f.deliver(t, first, "b", "2"))
	second := f.begin(t, "resumed", "", files)
	assert.Equal(t, []string{"a"}, f.needed(t, second))
	require.NoError(t, f.deliver(t, second, "b", "2"), "sent again all the same")
	require.NoError(t, f.deliver(t, second, "a", "1"))
	f.exec(t, `delete from pushes where token = '`+first.Token+`'`)
	require.NoError(t, f.CommitPush(t.Context(), second))
	third := f.begin(t, "elsewhere", "", files)
	assert.Empty(t, f.needed(t, third), "the dataset is the user's own")
}

// A quota counts what is staged, and decides at commit.
func TestPushAndShareKeepToTheQuota(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(t, `update users set metadata = '{"maxStorageMB": 1}' where name = 'alice'`)
	large := strings.Repeat("x", 700<<10)
	p := f.begin(t, "pushed", "", map[string]string{"a": "a" + large, "b": "b" + large})
	require.NoError(t, f.deliver(t, p, "a", "a"+large))
	assert.Equal(t, cairn.QuotaExceeded, cairn.CodeOf(f.deliver(t, p, "b", "b"+large)))

	token, err := f.catalog.OpenShare(t.Context(), f.user, catalog.NewShare{})
	require.NoError(t, err)
	b, err := f.catalog.OpenBatch(t.Context(), f.user, token)
	require.NoError(t, err)
	_, err = f.ShareFile(t.Context(), b, "a", f.receive(t, "a"+large))
	require.NoError(t, err)
	_, err = f.ShareFile(t.Context(), b, "a", f.receive(t, "a"+large))
	require.NoError(t, err, "the same again needs no more room")
	_, err = f.ShareFile(t.Context(), b, "b", f.receive(t, "b"+large))
	assert.Equal(t, cairn.QuotaExceeded, cairn.CodeOf(err))

	half := f.begin(t, "half", "", map[string]string{"a": "a" + large})
	assert.Equal(t, []string{"a"}, f.needed(t, half))
	require.NoError(t, f.deliver(t, half, "a", "a"+large))
	require.NoError(t, f.CommitShare(t.Context(), b))
	assert.Equal(t, cairn.QuotaExceeded, cairn.CodeOf(f.CommitPush(t.Context(), half)), "both do not fit")
	_, err = f.catalog.Dataset(t.Context(), f.user, "alice", "half", auth.ReadDataset)
	assert.Equal(t, cairn.NotFound, cairn.CodeOf(err), "nothing was made")
}

// Who cloned by the index file knows the server's own records too, and is as
// up to date as others.
func TestPushOnTheStampOfTheIndexFile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.begin(t, "cloned", "", map[string]string{"a": "1"})
	require.NoError(t, f.deliver(t, p, "a", "1"))
	require.NoError(t, f.CommitPush(t.Context(), p))
	var ids []string
	d := f.destination(t, "cloned")
	require.NoError(t, f.catalog.DumpMetadata(t.Context(), d, nil, func(r catalog.Record) error { ids = append(ids, r.ID); return nil }))
	require.Len(t, ids, 2)
	known := stamp.New([]stamp.Entry{{Path: "a", Hash: f.receive(t, "1").Hash}}, ids)
	changed := stamp.New([]stamp.Entry{{Path: "b", Hash: f.receive(t, "1").Hash}}, ids)
	text, err := json.Marshal(changed)
	require.NoError(t, err)
	p, pull, err := f.BeginPush(t.Context(), f.user, d, known.Checksum, strings.NewReader(string(text)))
	require.NoError(t, err)
	require.False(t, pull)
	require.NoError(t, f.CommitPush(t.Context(), p))
	checksum, err := f.catalog.Stamp(t.Context(), d, func(s *catalog.Stamp) error {
		if err := s.Entries(func(_, _ string) error { return nil }); err != nil {
			return err
		}
		return s.Records(func(string) error { return nil })
	})
	require.NoError(t, err)
	assert.Equal(t, changed.Checksum, checksum, "the records are the client's now")
}

// The metadata of a moved file goes along, though its client does not say so.
func TestMetadataFollowsAMovedFile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	push := func(base string, ids []string, files map[string]string) {
		var entries []stamp.Entry
		for path, text := range files {
			entries = append(entries, stamp.Entry{Path: path, Hash: f.receive(t, text).Hash})
		}
		text, err := json.Marshal(stamp.New(entries, ids))
		require.NoError(t, err)
		p, pull, err := f.BeginPush(ctx, f.user, f.destination(t, "moved"), base, strings.NewReader(string(text)))
		require.NoError(t, err)
		require.False(t, pull)
		for _, path := range f.needed(t, p) {
			require.NoError(t, f.deliver(t, p, path, files[path]))
		}
		require.NoError(t, f.DeliverRecords(ctx, p, strings.NewReader(`[{"id":"one","path":"a","key":"notes","data":"1","mtime":1},{"id":"two","path":"b","key":"notes","data":"2","mtime":1}]`)))
		require.NoError(t, f.CommitPush(ctx, p))
	}
	sum := func(ids []string, files map[string]string) string {
		var entries []stamp.Entry
		for path, text := range files {
			entries = append(entries, stamp.Entry{Path: path, Hash: f.receive(t, text).Hash})
		}
		return stamp.New(entries, ids).Checksum
	}
	ids, before := []string{"one", "two"}, map[string]string{"a": "1", "b": "2", "b2": "2"}
	push("", ids, before)
	push(sum(ids, before), ids, map[string]string{"sub/a": "1", "c": "2", "c2": "2"})
	paths := map[string]string{}
	require.NoError(t, f.catalog.DumpMetadata(ctx, f.destination(t, "moved"), ids, func(r catalog.Record) error { paths[r.ID] = r.Path; return nil }))
	assert.Equal(t, map[string]string{"one": "sub/a", "two": "b"}, paths, "which of the equal files moved where, nobody knows")
}

// The last chunk of a file can be repeated by a client that did not hear the
// answer; other content begins the file anew.
func TestAFileInChunksIsRepeated(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token, err := f.catalog.OpenShare(t.Context(), f.user, catalog.NewShare{})
	require.NoError(t, err)
	b, err := f.catalog.OpenBatch(t.Context(), f.user, token)
	require.NoError(t, err)
	send := func(position int, text string) *catalog.Entry {
		e, err := f.ShareChunk(t.Context(), b, catalog.ChunkedFile{ID: "c", Path: "c", Size: 2, Chunks: 2}, position, f.receive(t, text))
		require.NoError(t, err)
		return e
	}
	ab, xy := f.receive(t, "ab").Hash, f.receive(t, "xy").Hash
	assert.Nil(t, send(1, "b"))
	for range 2 {
		e := send(0, "a")
		require.NotNil(t, e)
		assert.Equal(t, ab, e.Hash)
	}
	assert.Nil(t, send(0, "x"), "another file")
	e := send(1, "y")
	require.NotNil(t, e)
	assert.Equal(t, xy, e.Hash)
}
