package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	pollEvery     = 10 * time.Millisecond // while waiting for PostgreSQL to be ready
	answerWithin  = 30 * time.Second      // from ready to the first answered query
	shortestPause = 100 * time.Millisecond
	longestPause  = 10 * time.Second
	steady        = time.Minute // a run this long ends a row of failures
)

// supervise keeps PostgreSQL running until Stop is called, then stops it.
func (c *Cluster) supervise(p *process) {
	defer close(c.stopped)
	pause := shortestPause
	for since := time.Now(); ; since = time.Now() {
		select {
		case <-c.life.Done():
			c.err = p.stop(c.grace)
			return
		case <-p.exited:
			c.log.Error("PostgreSQL ended unexpectedly and is started again", "error", p.err)
		}
		if time.Since(since) > steady {
			pause = shortestPause
		}
		if p, pause = c.revive(pause); p == nil {
			return
		}
	}
}

// revive starts PostgreSQL again, with growing pauses between failures. It
// returns nil when Stop is called meanwhile.
func (c *Cluster) revive(pause time.Duration) (*process, time.Duration) {
	for {
		select {
		case <-c.life.Done():
			return nil, pause
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
		p, err := c.serve(c.life)
		if err == nil {
			c.log.Info("PostgreSQL serves again")
			return p, pause
		}
		if c.life.Err() == nil {
			c.log.Error("PostgreSQL can't be started; trying again", "error", err, "in", pause)
		}
	}
}

// awaitReady waits until p itself answers queries. That something answers on
// the socket is not enough, it might be somebody else's.
func (c *Cluster) awaitReady(ctx context.Context, p *process, journal *journal) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var ready time.Time
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("start PostgreSQL: %w", context.Cause(ctx))
		case <-p.exited:
			return fmt.Errorf("PostgreSQL did not start: %w", errors.Join(p.err, errors.New(journal.tail())))
		case <-tick.C:
		}
		pid, status, err := readPIDFile(c.folder)
		if err != nil {
			return err
		}
		if pid != p.Pid || status != "ready" {
			continue
		}
		if ready.IsZero() {
			ready = time.Now()
		}
		if err = c.ask(ctx); err == nil {
			return nil
		}
		if time.Since(ready) > answerWithin {
			return fmt.Errorf("PostgreSQL started but does not answer: %w", err)
		}
	}
}

// ask tells whether a query is answered.
func (c *Cluster) ask(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.url("postgres"))
	if err != nil {
		return err
	}
	return errors.Join(conn.Ping(ctx), conn.Close(ctx))
}
