package ingest

import (
	"context"
	"time"

	"github.com/cairngeo/cairn"
)

// longWait is how long a job may be kept waiting before an operator should know.
const longWait = time.Hour

// Health tells whether this process works jobs: whether the connection whose
// lock says so to the other processes lives, and how long jobs have waited.
func (q *Queue) Health(ctx context.Context) (cairn.Health, error) {
	var unlocked bool
	var waiting, running int64
	var oldest float64
	err := q.pool.QueryRow(ctx, `
		select pg_try_advisory_xact_lock_shared(`+lockName+`),
			count(*) filter (where state = 'available'), count(*) filter (where state = 'running'),
			coalesce(extract(epoch from now() - min(scheduled_at) filter (where state = 'available')), 0)
		from river_job where state in ('available', 'running')`, q.client.ID()).Scan(&unlocked, &waiting, &running, &oldest)
	switch {
	case err != nil:
		return cairn.Health{}, cairn.Errorf(cairn.Unavailable, "The job queue does not answer.").Because(err)
	case unlocked:
		return cairn.Health{}, cairn.Errorf(cairn.Unavailable, "This process works no jobs: its connection to the job queue is lost.")
	}
	health := cairn.Health{Figures: map[string]any{"waiting": waiting, "running": running, "oldestWaitSeconds": int64(oldest)}}
	if oldest > longWait.Seconds() {
		health.Warning = "Jobs wait for long: there is more to do than this server manages."
	}
	return health, nil
}
