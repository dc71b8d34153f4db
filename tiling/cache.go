package tiling

import (
	"context"
	"math"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/singleflight"
)

const unlimited = math.MaxInt32

// sized is an LRU cache bounded by the bytes and the number of its values.
type sized[K comparable, V any] struct {
	mu    sync.Mutex
	lru   *simplelru.LRU[K, weighed[V]]
	bytes int64
	max   int64
}

type weighed[V any] struct {
	value V
	bytes int64
}

// newSized makes a cache. evicted, if not nil, is called with each value that
// leaves it, while the cache is locked.
func newSized[K comparable, V any](maxBytes int64, maxCount int, evicted func(V)) *sized[K, V] {
	c := &sized[K, V]{max: maxBytes}
	lru, err := simplelru.NewLRU(maxCount, func(_ K, w weighed[V]) {
		c.bytes -= w.bytes
		if evicted != nil {
			evicted(w.value)
		}
	})
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	c.lru = lru
	return c
}

func (c *sized[K, V]) get(key K) (V, bool) { return c.use(key, nil) }

// use returns the value, after calling with on it while it can't be evicted.
func (c *sized[K, V]) use(key K, with func(V)) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w, ok := c.lru.Get(key)
	if ok && with != nil {
		with(w.value)
	}
	return w.value, ok
}

// add keeps the value, unless it alone is larger than the cache, and drops the
// least recently used ones that it displaces. It reports whether it was kept.
func (c *sized[K, V]) add(key K, value V, bytes int64) bool {
	if bytes > c.max {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lru.Remove(key)
	c.bytes += bytes
	c.lru.Add(key, weighed[V]{value, bytes})
	for c.bytes > c.max {
		c.lru.RemoveOldest()
	}
	return true
}

func (c *sized[K, V]) purge() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lru.Purge()
}

// flights collapses identical work asked for at the same time into one. Each
// caller may leave by its own context; the work is cancelled when the last has.
type flights struct {
	group singleflight.Group
	mu    sync.Mutex
	crews map[string]*crew
}

type crew struct {
	waiting int
	ctx     context.Context
	cancel  context.CancelFunc
}

func (f *flights) do(ctx context.Context, key string, work func(context.Context) (Image, error)) (Image, error) {
	c := f.join(ctx, key)
	defer f.leave(key, c)
	result := f.group.DoChan(key, func() (any, error) { return work(c.ctx) })
	select {
	case <-ctx.Done():
		return Image{}, ctx.Err()
	case r := <-result:
		if r.Err != nil {
			return Image{}, r.Err
		}
		return r.Val.(Image), nil
	}
}

func (f *flights) join(ctx context.Context, key string) *crew {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.crews[key]
	if c == nil {
		c = &crew{}
		c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
		if f.crews == nil {
			f.crews = map[string]*crew{}
		}
		f.crews[key] = c
	}
	c.waiting++
	return c
}

func (f *flights) leave(key string, c *crew) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.waiting--; c.waiting > 0 {
		return
	}
	c.cancel()
	delete(f.crews, key)
	f.group.Forget(key) // who comes now starts anew instead of joining cancelled work
}
