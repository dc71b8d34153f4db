// Package cache keeps what is expensive to make: an LRU bounded by bytes, and
// one making for all who ask at the same time.
package cache

import (
	"math"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Unlimited is the count of an LRU that only its bytes bound.
const Unlimited = math.MaxInt32

// LRU is a cache bounded by the bytes and the number of its values. It may be
// used by many goroutines at once.
type LRU[K comparable, V any] struct {
	mu    sync.Mutex
	lru   *simplelru.LRU[K, weighed[V]]
	bytes int64
	max   int64

	hits, misses int64
}

// Stats are what a cache holds, and how often it was asked for what it held.
type Stats struct {
	Hits, Misses int64
	Count        int
	Bytes, Max   int64
}

// Stats returns those of the cache since it was made.
func (c *LRU[K, V]) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Stats{Hits: c.hits, Misses: c.misses, Count: c.lru.Len(), Bytes: c.bytes, Max: c.max}
}

type weighed[V any] struct {
	value V
	bytes int64
}

// NewLRU makes a cache. evicted, if not nil, is called with each value that
// leaves it, while the cache is locked.
func NewLRU[K comparable, V any](maxBytes int64, maxCount int, evicted func(V)) *LRU[K, V] {
	c := &LRU[K, V]{max: maxBytes}
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

// Get returns the value of a key.
func (c *LRU[K, V]) Get(key K) (V, bool) { return c.Use(key, nil) }

// Use returns the value, after calling with on it while it can't be evicted.
func (c *LRU[K, V]) Use(key K, with func(V)) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w, ok := c.lru.Get(key)
	if !ok {
		c.misses++
		return w.value, false
	}
	c.hits++
	if with != nil {
		with(w.value)
	}
	return w.value, ok
}

// Add keeps the value, unless it alone is larger than the cache, and drops the
// least recently used ones that it displaces. It reports whether it was kept.
func (c *LRU[K, V]) Add(key K, value V, bytes int64) bool {
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

// Purge evicts everything.
func (c *LRU[K, V]) Purge() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lru.Purge()
}
