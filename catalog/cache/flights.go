package cache

import (
	"context"
	"sync"

	"golang.org/x/sync/singleflight"
)

// Flights collapses identical work asked for at the same time into one. Each
// caller may leave by its own context; the work is cancelled when the last has.
type Flights[V any] struct {
	group singleflight.Group
	mu    sync.Mutex
	crews map[string]*crew
}

type crew struct {
	waiting int
	ctx     context.Context
	cancel  context.CancelFunc
}

// Do does the work for the key, or waits for the one who does it already.
func (f *Flights[V]) Do(ctx context.Context, key string, work func(context.Context) (V, error)) (V, error) {
	var none V
	c := f.join(ctx, key)
	defer f.leave(key, c)
	result := f.group.DoChan(key, func() (any, error) { return work(c.ctx) })
	select {
	case <-ctx.Done():
		return none, ctx.Err()
	case r := <-result:
		if r.Err != nil {
			return none, r.Err
		}
		return r.Val.(V), nil
	}
}

func (f *Flights[V]) join(ctx context.Context, key string) *crew {
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

func (f *Flights[V]) leave(key string, c *crew) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.waiting--; c.waiting > 0 {
		return
	}
	c.cancel()
	delete(f.crews, key)
	f.group.Forget(key) // who comes now starts anew instead of joining cancelled work
}
