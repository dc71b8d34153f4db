package tiling

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
)

func TestAQueueIsBoundedInLengthAndTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(1, 2, 10*time.Second)
		require.NoError(t, q.enter(t.Context()))
		left, leave := context.WithCancel(t.Context())
		gone, waited := make(chan error, 1), make(chan error, 1)
		go func() { gone <- q.enter(left) }()
		go func() { waited <- q.enter(t.Context()) }()
		synctest.Wait()
		assert.Equal(t, QueueStats{Working: 1, Waiting: 2}, q.stats())

		err := q.enter(t.Context())
		assert.Equal(t, cairn.Unavailable, cairn.CodeOf(err), "the queue is full")
		leave()
		require.ErrorIs(t, <-gone, context.Canceled, "who has gone leaves it")
		assert.Equal(t, int64(1), q.stats().Waiting)

		begin := time.Now()
		assert.Equal(t, cairn.Unavailable, cairn.CodeOf(<-waited), "waiting took too long")
		assert.Equal(t, 10*time.Second, time.Since(begin))
		q.leave()
		require.NoError(t, q.enter(t.Context()))
		assert.Equal(t, QueueStats{Working: 1, Shed: 2}, q.stats())
	})
}

// A renderer that is saturated sends away who asks for something new, not who
// asks for what is stored, kept, or being drawn.
func TestASaturatedRendererShedsLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, Options{Workers: 1, Queue: 1})
		release := make(chan struct{})
		draw := func(context.Context) ([]byte, error) { <-release; return []byte("drawn"), nil }
		kept, err := s.rendered(t.Context(), "kept", PNG, func(context.Context) ([]byte, error) { return []byte("kept"), nil })
		require.NoError(t, err)
		results := make(chan error, 5)
		ask := func(key string) {
			go func() { _, err := s.rendered(t.Context(), key, PNG, draw); results <- err }()
			synctest.Wait()
		}
		ask("drawn now")
		ask("next")
		for range 3 {
			ask("next") // they join
		}
		_, err = s.rendered(t.Context(), "too many", PNG, draw)
		busy, ok := err.(*cairn.Error)
		require.True(t, ok, "%v", err)
		assert.Equal(t, cairn.Unavailable, busy.Code)
		assert.Positive(t, busy.RetryAfter)
		again, err := s.rendered(t.Context(), "kept", PNG, draw)
		require.NoError(t, err)
		assert.Equal(t, kept.ETag, again.ETag)
		close(release)
		for range 5 {
			require.NoError(t, <-results)
		}
		_, err = s.rendered(t.Context(), "too many", PNG, draw)
		require.NoError(t, err, "being sent away is not remembered")
	})
}
