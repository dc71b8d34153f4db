package cache

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCacheIsBoundedByBytes(t *testing.T) {
	t.Parallel()
	var gone []string
	c := NewLRU[string](100, Unlimited, func(v string) { gone = append(gone, v) })
	assert.True(t, c.Add("a", "A", 40))
	assert.True(t, c.Add("b", "B", 40))
	c.Get("a")
	assert.True(t, c.Add("c", "C", 40))
	assert.Equal(t, []string{"B"}, gone, "the least recently used one leaves")
	assert.False(t, c.Add("d", "D", 101), "what is larger than the cache is not kept")
	assert.True(t, c.Add("a", "A2", 60))
	_, ok := c.Get("c")
	assert.True(t, ok)
	assert.True(t, c.Add("e", "E", 100))
	_, ok = c.Get("a")
	assert.False(t, ok)
	assert.Equal(t, Stats{Hits: 2, Misses: 1, Count: 1, Bytes: 100, Max: 100}, c.Stats())
}

func TestIdenticalWorkIsDoneOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var f Flights[string]
		var runs atomic.Int32
		release := make(chan struct{})
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				made, err := f.Do(t.Context(), "k", func(context.Context) (string, error) {
					runs.Add(1)
					<-release
					return "x", nil
				})
				assert.NoError(t, err)
				assert.Equal(t, "x", made)
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
		var f Flights[string]
		var cancelled atomic.Bool
		hang := func(ctx context.Context) (string, error) {
			<-ctx.Done()
			cancelled.Store(true)
			return "", ctx.Err()
		}
		first, leaveFirst := context.WithCancel(t.Context())
		second, leaveSecond := context.WithCancel(t.Context())
		results := make(chan error, 2)
		go func() { _, err := f.Do(first, "k", hang); results <- err }()
		go func() { _, err := f.Do(second, "k", hang); results <- err }()
		synctest.Wait()
		leaveFirst()
		require.ErrorIs(t, <-results, context.Canceled)
		synctest.Wait()
		assert.False(t, cancelled.Load())
		leaveSecond()
		require.ErrorIs(t, <-results, context.Canceled)
		_, err := f.Do(t.Context(), "k", func(context.Context) (string, error) { return "", errors.New("anew") })
		require.EqualError(t, err, "anew")
		synctest.Wait()
		assert.True(t, cancelled.Load())
	})
}
