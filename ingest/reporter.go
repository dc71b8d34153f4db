package ingest

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/cairngeo/cairn/catalog"
)

// errUnawaited is why a run ends whose task was cancelled, or went with its dataset.
var errUnawaited = errors.New("nobody waits for the task any more")

// reporter writes progress and log of a run down, once a second, and sees
// meanwhile whether anybody still waits for it.
type reporter struct {
	catalog *catalog.Catalog
	job     int64

	mu   sync.Mutex
	now  catalog.TaskReport
	news bool
}

const reportEvery = time.Second

// watch reports until stop is called, and calls cancel when nobody waits for the job.
func (r *reporter) watch(ctx context.Context, cancel context.CancelCauseFunc) (stop func()) {
	done, end := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticks := time.NewTicker(reportEvery)
		defer ticks.Stop()
		for {
			select {
			case <-end:
				return
			case <-ctx.Done():
				return
			case <-ticks.C:
			}
			if awaited, err := r.flush(ctx); err != nil {
				slog.WarnContext(ctx, "progress not recorded", "error", err)
			} else if !awaited {
				cancel(errUnawaited)
			}
		}
	}()
	return func() { close(end); <-done }
}

// flush writes down what is new.
func (r *reporter) flush(ctx context.Context) (awaited bool, err error) {
	r.mu.Lock()
	now, news := r.now, r.news
	r.now.Lines, r.news = nil, false
	r.mu.Unlock()
	if !news {
		return r.catalog.TasksAwait(ctx, r.job)
	}
	if awaited, err = r.catalog.ReportTasks(ctx, r.job, now); err != nil {
		r.mu.Lock()
		r.now.Lines, r.news = append(now.Lines, r.now.Lines...), true
		r.mu.Unlock()
	}
	return awaited, err
}

func (r *reporter) progress(percent float64, phase string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	whole := int(min(max(percent, 0), 100))
	r.news = r.news || r.now.Percent == nil || *r.now.Percent != whole || r.now.Phase != phase
	r.now.Percent, r.now.Phase = &whole, phase
}

// maxLine is the longest line of a log, in bytes; maxLines is how many wait to be written down.
const (
	maxLine  = 2000
	maxLines = 500
)

func (r *reporter) log(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.now.Lines) < maxLines {
		r.now.Lines, r.news = append(r.now.Lines, line(text)), true
	}
}

// line is a line of a log, which the database can keep whatever a tool says.
func line(text string) string {
	text = strings.Map(func(c rune) rune {
		if c == 0 || c == utf8.RuneError {
			return -1
		}
		return c
	}, text[:min(len(text), maxLine)])
	return time.Now().UTC().Format("[15:04:05] ") + text
}

// rest returns the lines that were not written down yet.
func (r *reporter) rest() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := r.now.Lines
	r.now.Lines = nil
	return lines
}
