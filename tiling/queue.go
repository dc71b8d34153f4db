package tiling

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/cairngeo/cairn"
)

// queue lets so many work at a time, and others wait for their turn: a bounded
// number, for a bounded time. Who would wait longer is told to come back, since
// the answer would come when nobody looks at it any more.
type queue struct {
	places   *semaphore.Weighted
	longest  int64
	patience time.Duration

	working, waiting, shed atomic.Int64
}

func newQueue(places, longest int, patience time.Duration) *queue {
	return &queue{places: semaphore.NewWeighted(int64(places)), longest: int64(longest), patience: patience}
}

// QueueStats are those of a queue.
type QueueStats struct {
	Working, Waiting int64 // now
	Shed             int64 // sent away until now
}

func (q *queue) stats() QueueStats {
	return QueueStats{q.working.Load(), q.waiting.Load(), q.shed.Load()}
}

var errImpatient = errors.New("waited too long for a turn")

// enter waits for a turn, which leave ends. The error is Unavailable if the
// queue is full or too slow, else that of ctx.
func (q *queue) enter(ctx context.Context) error {
	if q.places.TryAcquire(1) {
		q.working.Add(1)
		return nil
	}
	defer q.waiting.Add(-1)
	if q.waiting.Add(1) > q.longest {
		return q.busy()
	}
	patient, cancel := context.WithTimeoutCause(ctx, q.patience, errImpatient)
	defer cancel()
	if err := q.places.Acquire(patient, 1); err != nil {
		if errors.Is(context.Cause(patient), errImpatient) {
			return q.busy()
		}
		return err
	}
	q.working.Add(1)
	return nil
}

// await is enter for work that was accepted already, such as a task: it waits
// as long as it takes.
func (q *queue) await(ctx context.Context) error {
	err := q.places.Acquire(ctx, 1)
	if err == nil {
		q.working.Add(1)
	}
	return err
}

func (q *queue) leave() {
	q.working.Add(-1)
	q.places.Release(1)
}

func (q *queue) busy() error {
	q.shed.Add(1)
	busy := cairn.Errorf(cairn.Unavailable, "The server has more pictures to draw than it can. Try again in a moment.")
	busy.RetryAfter = 2 * time.Second
	return busy
}
