package federation

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/federation/stamp"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A content that is there thousands of times, as blank tiles are, costs no more
// than thousands of contents.
func TestPushOfOneContentManyTimes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const n = 3000
	blank := f.receive(t, "blank").Hash
	files := map[string]bool{}
	add := func(folder, extension string) {
		for i := range n {
			files[fmt.Sprintf("%s/%d.%s", folder, i, extension)] = true
		}
	}
	checksum := func() string {
		if f.destination(t, "tiles").ID == uuid.Nil {
			return ""
		}
		sum, err := f.catalog.Stamp(t.Context(), f.destination(t, "tiles"), func(s *catalog.Stamp) error {
			return s.Entries(func(_, _ string) error { return nil })
		})
		require.NoError(t, err)
		return sum
	}
	begin := func() *catalog.Push {
		var entries []stamp.Entry
		for path := range files {
			entries = append(entries, stamp.Entry{Path: path, Hash: blank})
		}
		text, err := json.Marshal(stamp.New(entries, nil))
		require.NoError(t, err)
		p, pull, err := f.BeginPush(t.Context(), f.user, f.destination(t, "tiles"), checksum(), strings.NewReader(string(text)))
		require.NoError(t, err)
		require.False(t, pull)
		return p
	}
	add("a", "txt")
	p := begin()
	require.NoError(t, f.deliver(t, p, "a/7.txt", "blank"))
	require.NoError(t, f.CommitPush(t.Context(), p))

	began := time.Now()
	add("b", "txt")
	add("c", "md")
	p = begin()
	require.Empty(t, f.needed(t, p))
	require.NoError(t, f.CommitPush(t.Context(), p))
	// Which of them moved where is asked only where there is metadata; this is not in the stamp.
	f.exec(t, `insert into metadata (dataset_id, path, key, data, mtime, made_by_server) select id, 'a/1.txt', 'note', '1', 1, true from datasets where slug = 'tiles'`)
	for i := range n {
		delete(files, fmt.Sprintf("a/%d.txt", i))
	}
	add("d", "txt")
	p = begin()
	require.NoError(t, f.CommitPush(t.Context(), p))
	assert.Less(t, time.Since(began), 20*time.Second)

	kinds := map[string]int{}
	require.NoError(t, f.catalog.Walk(t.Context(), f.destination(t, "tiles"), []string{"b", "c", "d"}, func(e catalog.Entry) error {
		kinds[e.Path[:1]+fmt.Sprint(int(e.Type))]++
		return nil
	}))
	assert.Equal(t, n, kinds["b2"])
	assert.Equal(t, n, kinds["c8"])
	assert.Equal(t, n, kinds["d2"])
}

// A file that is being noted when its share is rolled back either came before
// and goes, or comes too late.
func TestRollBackWaitsForUploads(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	token, err := f.catalog.OpenShare(ctx, f.user, catalog.NewShare{Tag: "alice/shared"})
	require.NoError(t, err)
	b, err := f.catalog.OpenBatch(ctx, f.user, token)
	require.NoError(t, err)
	content := f.receive(t, "late")
	rolledBack := make(chan error, 1)
	require.NoError(t, f.catalog.Update(ctx, func(tx catalog.Tx) error {
		if err := tx.Share(ctx, b, catalog.Entry{Path: "late", Hash: content.Hash, Size: content.Size}); err != nil {
			return err
		}
		go func() { rolledBack <- f.catalog.RollBack(context.Background(), b) }()
		select {
		case err := <-rolledBack:
			rolledBack <- err
		case <-time.After(300 * time.Millisecond):
		}
		return nil
	}))
	require.NoError(t, <-rolledBack)
	require.NoError(t, f.catalog.BatchEntries(ctx, b, func(e catalog.SharedEntry) error {
		assert.Fail(t, "a file is left", e.Path)
		return nil
	}))
	_, err = f.ShareFile(ctx, b, "later", content)
	assert.Equal(t, cairn.Invalid, cairn.CodeOf(err))
}

// A client that gave up on a commit and commits again while the first one goes
// on hears that it succeeded, also where the push made the dataset.
func TestCommitsOfOnePushAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.begin(t, "twice", "", map[string]string{"a": "1"})
	require.NoError(t, f.deliver(t, p, "a", "1"))
	absent := f.destination(t, "twice")
	first, err := f.catalog.Push(t.Context(), f.user, absent, p.Token)
	require.NoError(t, err)
	second, err := f.catalog.Push(t.Context(), f.user, absent, p.Token)
	require.NoError(t, err)
	require.NoError(t, f.CommitPush(t.Context(), first))
	assert.NoError(t, f.CommitPush(t.Context(), second))
}

// What the reader does not know takes no memory, however much of it comes.
func TestReadersForgetWhatTheyPassOver(t *testing.T) {
	var members strings.Builder
	for i := range 300_000 {
		fmt.Fprintf(&members, `"member %d":0,`, i)
	}
	unknown := members.String()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := readStamp(`{"x":{` + unknown + `"y":0},"checksum":"c","entries":[],"meta":[]}`)
	require.NoError(t, err)
	_, err = newRecordReader(strings.NewReader(`[{"x":{` + unknown + `"y":0},"data":"1","id":"m","key":"k","mtime":1,"path":""}]`)).next()
	require.NoError(t, err)
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(24<<20), "the names are not kept (the texts themselves are 13 MB)")
}

// Of several records of a setting, which only pushes bring, the one that is
// shown is the one that counts: nothing is readable that says it is private.
func TestOneVisibilityCounts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.begin(t, "both", "", map[string]string{"a": "1"})
	require.NoError(t, f.deliver(t, p, "a", "1"))
	require.NoError(t, f.CommitPush(t.Context(), p))
	for _, values := range [][]string{{"2", "0"}, {"0", " 2"}} {
		require.NoError(t, f.catalog.Update(t.Context(), func(tx catalog.Tx) error { // which forgets what is remembered of the dataset
			if _, err := tx.Exec(t.Context(), `delete from metadata where key = 'visibility'`); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), `insert into metadata (dataset_id, id, key, data, mtime) select d.id, v.id, 'visibility', v.data::json, 5
				from datasets d, (values ('v1', $1::text), ('v2', $2::text)) v (id, data) where slug = 'both'`, values[0], values[1])
			return err
		}))
		d := f.destination(t, "both")
		assert.Equal(t, strings.TrimSpace(values[1]), fmt.Sprint(int(d.Visibility)))
		assert.JSONEq(t, values[1], string(d.Setting("visibility")))
	}
}
