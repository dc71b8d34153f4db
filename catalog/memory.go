package catalog

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/cairngeo/cairn/catalog/cache"
)

// memory keeps answers of the catalog that tile requests ask for again and
// again. Everything in it is forgotten whenever anything changes: by Update in
// this process before its caller learns of the commit, by a database
// notification for changes that other nodes make.
type memory struct {
	answers      *lru.Cache[any, remembered]
	generation   atomic.Uint64 // an answer read before a change must not be kept after it
	hits, misses atomic.Int64
	listening    atomic.Bool // without notifications nothing is remembered
}

type remembered struct {
	generation uint64
	value      any
}

func newMemory() *memory {
	answers, err := lru.New[any, remembered](50_000)
	if err != nil {
		panic(err) // the size is positive
	}
	return &memory{answers: answers}
}

// MemoryStats are those of what is remembered; it is bounded by number.
func (c *Catalog) MemoryStats() cache.Stats {
	return cache.Stats{Hits: c.known.hits.Load(), Misses: c.known.misses.Load(), Count: c.known.answers.Len()}
}

func (m *memory) forget() { m.generation.Add(1) }

// recall returns the remembered answer to the question key, or asks for it.
// Errors are not remembered.
func recall[K any, V any](m *memory, key K, ask func() (V, error)) (V, error) {
	generation := m.generation.Load()
	if known, ok := m.answers.Get(key); ok && known.generation == generation {
		m.hits.Add(1)
		return known.value.(V), nil
	}
	m.misses.Add(1)
	v, err := ask()
	if err == nil && m.listening.Load() && m.generation.Load() == generation {
		m.answers.Add(key, remembered{generation, v})
	}
	return v, err
}

// Recall returns the remembered answer to a question, or asks for it. It is
// forgotten at every change of the catalog and of the users.
func (c *Catalog) Recall(question any, ask func() (any, error)) (any, error) {
	return recall(c.known, question, ask)
}

// Forget forgets everything that was remembered.
func (c *Catalog) Forget() { c.known.forget() }

// listen forgets at every notification until ctx ends.
func (m *memory) listen(ctx context.Context, pool *pgxpool.Pool) {
	for ctx.Err() == nil {
		err := m.listenOnce(ctx, pool)
		m.listening.Store(false)
		m.forget()
		if ctx.Err() == nil {
			slog.Warn("catalog notifications interrupted", "error", err)
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
	}
}

func (m *memory) listenOnce(ctx context.Context, pool *pgxpool.Pool) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer func() { conn.Hijack().Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `listen cairn_changed`); err != nil {
		return err
	}
	m.forget()
	m.listening.Store(true)
	for {
		if _, err := conn.Conn().WaitForNotification(ctx); err != nil {
			return err
		}
		m.forget()
	}
}
