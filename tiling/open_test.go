package tiling

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn/catalog/blob"
)

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
