package tiling

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn/catalog/blob"
)

func TestCacheIsBoundedByBytes(t *testing.T) {
	t.Parallel()
	var gone []string
	c := newSized[string](100, unlimited, func(v string) { gone = append(gone, v) })
	assert.True(t, c.add("a", "A", 40))
	assert.True(t, c.add("b", "B", 40))
	c.get("a")
	assert.True(t, c.add("c", "C", 40))
	assert.Equal(t, []string{"B"}, gone, "the least recently used one leaves")
	assert.False(t, c.add("d", "D", 101), "what is larger than the cache is not kept")
	assert.True(t, c.add("a", "A2", 60))
	_, ok := c.get("c")
	assert.True(t, ok)
	assert.True(t, c.add("e", "E", 100))
	_, ok = c.get("a")
	assert.False(t, ok)
}

func TestIdenticalWorkIsDoneOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var f flights
		var runs atomic.Int32
		release := make(chan struct{})
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				image, err := f.do(t.Context(), "k", func(context.Context) (Image, error) {
					runs.Add(1)
					<-release
					return Image{ETag: "x"}, nil
				})
				assert.NoError(t, err)
				assert.Equal(t, "x", image.ETag)
			})
		}
		synctest.Wait()
		close(release)
		all.Wait()
		assert.Equal(t, int32(1), runs.Load())
		assert.Empty(t, f.crews)
	})
}

// A caller who leaves does not disturb the others; when the last leaves the
// work is cancelled, and who comes then starts anew.
func TestWorkIsCancelledWithItsLastCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var f flights
		var cancelled atomic.Bool
		hang := func(ctx context.Context) (Image, error) {
			<-ctx.Done()
			cancelled.Store(true)
			return Image{}, ctx.Err()
		}
		first, leaveFirst := context.WithCancel(t.Context())
		second, leaveSecond := context.WithCancel(t.Context())
		results := make(chan error, 2)
		go func() { _, err := f.do(first, "k", hang); results <- err }()
		go func() { _, err := f.do(second, "k", hang); results <- err }()
		synctest.Wait()
		leaveFirst()
		require.ErrorIs(t, <-results, context.Canceled)
		synctest.Wait()
		assert.False(t, cancelled.Load())
		leaveSecond()
		require.ErrorIs(t, <-results, context.Canceled)
		_, err := f.do(t.Context(), "k", func(context.Context) (Image, error) { return Image{}, errors.New("anew") })
		require.EqualError(t, err, "anew")
		synctest.Wait()
		assert.True(t, cancelled.Load())
	})
}

// countingStore counts the objects that are open.
type countingStore struct {
	blob.Store
	open atomic.Int32
}

type countedObject struct {
	blob.Object
	store *countingStore
}

func (s *countingStore) Open(ctx context.Context, key string) (blob.Object, error) {
	o, err := s.Store.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	s.open.Add(1)
	return countedObject{o, s}, nil
}

func (o countedObject) Close() error {
	o.store.open.Add(-1)
	return o.Object.Close()
}

// Files stay open for the next tile, no more than allowed, and none is closed
// under a reader.
func TestOpenFilesAreBounded(t *testing.T) {
	t.Parallel()
	file := visualCOG(t)
	keys := []string{"products/a", "products/b", "products/c", "products/d"}
	_, folder := serve(t, nil)
	for _, key := range keys {
		put(t, folder, key, file)
	}
	store := &countingStore{Store: folder}
	s := New(store, Options{OpenFiles: 2})
	first := firstTile(t, file)
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			tile := maptile.New(first.X+3, first.Y+uint32(i%3)+1, first.Z)
			_, err := s.Tile(context.Background(), keys[i%4], tile, 256, WebP)
			assert.NoError(t, err)
		})
	}
	all.Wait()
	assert.LessOrEqual(t, store.open.Load(), int32(2))
	s.Close()
	assert.Zero(t, store.open.Load())
}

func TestETags(t *testing.T) {
	t.Parallel()
	file := visualCOG(t)
	s, store := serve(t, map[string]string{cogKey: file})
	again := New(store, Options{})
	t.Cleanup(again.Close)
	first := firstTile(t, file)
	seen := map[string]bool{}
	for _, f := range []Format{WebP, PNG, JPEG} {
		for _, size := range []int{256, 512} {
			for d := range uint32(2) {
				tile := maptile.New(first.X+2+d, first.Y+2, first.Z)
				a, err := s.Tile(context.Background(), cogKey, tile, size, f)
				require.NoError(t, err)
				b, err := again.Tile(context.Background(), cogKey, tile, size, f)
				require.NoError(t, err)
				assert.Equal(t, a, b, "every server answers the same")
				assert.Regexp(t, `^"[0-9a-f]{32}"$`, a.ETag)
				seen[a.ETag] = true
			}
		}
	}
	assert.Len(t, seen, 12)
}
