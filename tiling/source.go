package tiling

import (
	"context"
	"errors"
	"sync"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/catalog/cache"
	"github.com/cairngeo/cairn/tiling/cog"
)

// source is an open COG with its parsed index. It is closed when the last one
// who holds it, the cache or a request, has released it.
type source struct {
	key     string
	object  blob.Object
	index   *cog.Index
	zoom    int // of the full resolution on the grid
	column  int // of its upper left tile
	row     int
	gridded bool

	mu         sync.Mutex
	users      int
	statistics []Statistics // of the data bands, once known
	character  *character   // once known
}

// dataBands is the number of bands but alpha, which comes last.
func (s *source) dataBands() int {
	if s.index.Alpha() {
		return len(s.index.Bands) - 1
	}
	return len(s.index.Bands)
}

// bytes tells whether values are from 0 to 255. Bytes may have fewer bits.
func (s *source) bytes() bool {
	full := s.index.Levels[0]
	return full.Type == cog.Uint8 && full.BitsPerSample == 8
}

func (s *source) hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users++
}

func (s *source) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.users == 0 {
		s.object.Close() // it was only read: nothing can be lost
	}
}

// sources keeps COGs open and parsed.
type sources struct {
	store blob.Store
	cache *cache.LRU[string, *source]
}

func newSources(store blob.Store, files int, bytes int64) *sources {
	return &sources{store: store, cache: cache.NewLRU[string](bytes, files, (*source).release)}
}

// open returns the source of a key; the caller must release it. Those who open
// a cold source at the same time may each parse it once: that is cheaper than
// waiting for a caller who may leave.
func (s *sources) open(ctx context.Context, key string) (*source, error) {
	if src, ok := s.cache.Use(key, (*source).hold); ok {
		return src, nil
	}
	object, err := s.store.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	index, err := cog.Parse(object, object.Size())
	if err != nil {
		object.Close()
		return nil, unreadable(err)
	}
	if err := usable(index); err != nil {
		object.Close()
		return nil, unreadable(err)
	}
	src := &source{key: key, object: object, index: index, users: 2} // the cache and the caller
	src.zoom, src.column, src.row, src.gridded = index.Zoom()
	if !s.cache.Add(key, src, index.Bytes()+int64(len(key))) {
		src.release()
	}
	return src, nil
}

// usable refuses what no builder makes.
func usable(x *cog.Index) error {
	if x.Masked {
		return errors.New("what is visible is in masks beside the images")
	}
	for _, l := range x.Levels {
		if l.Samples != len(x.Bands) || l.Type != x.Levels[0].Type {
			return errors.New("its levels have different bands")
		}
	}
	return nil
}

func (s *sources) purge() { s.cache.Purge() }

// unreadable says that a product is not what the builder made.
func unreadable(cause error) error {
	return cairn.Errorf(cairn.Internal, "The map file of this raster is damaged. Build the raster again.").Because(cause)
}
