package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/cairngeo/cairn"
)

// Options bound a Pool.
type Options struct {
	Children    int   // calls at a time, each in its own process
	MemoryBytes int64 // of each process
	Calls       int   // after which a process is replaced, so that what leaks in C goes; default 1000
}

// Pool is a bounded number of child processes. It starts them as they are
// needed and keeps them for the calls to come.
type Pool struct {
	options Options
	slots   *semaphore.Weighted

	mu     sync.Mutex
	idle   []*child
	closed bool

	running, calls, crashes, kills atomic.Int64
}

// Counts are what a pool did.
type Counts struct {
	Running int64 // processes now
	Calls   int64
	Crashes int64 // processes that ended by themselves or by somebody else
	Kills   int64 // processes ended because their call was cancelled or took too long
}

// New makes a pool; it starts no process yet.
func New(options Options) *Pool {
	if options.Calls <= 0 {
		options.Calls = 1000
	}
	return &Pool{options: options, slots: semaphore.NewWeighted(int64(options.Children))}
}

// Counts tells what the pool did until now.
func (p *Pool) Counts() Counts {
	return Counts{p.running.Load(), p.calls.Load(), p.crashes.Load(), p.kills.Load()}
}

// Close ends the processes that are idle; others end with their call.
func (p *Pool) Close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, c := range idle {
		p.end(c)
	}
}

func (p *Pool) call(ctx context.Context, r request, silence time.Duration, progress func(float64)) ([]byte, error) {
	if err := p.slots.Acquire(ctx, 1); err != nil {
		return nil, context.Cause(ctx)
	}
	defer p.slots.Release(1)
	c, err := p.take()
	if err != nil {
		return nil, err
	}
	p.calls.Add(1)
	output, failed, err := c.call(ctx, r, silence, progress)
	if err != nil {
		return nil, p.explain(ctx, c, r.Function, err)
	}
	p.give(c)
	if failed != nil {
		return nil, failed.err()
	}
	return output, nil
}

// take returns an idle child that lives, or a new one.
func (p *Pool) take() (*child, error) {
	for {
		p.mu.Lock()
		n := len(p.idle)
		if n == 0 {
			p.mu.Unlock()
			break
		}
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		if !c.dead() {
			return c, nil
		}
		p.crashes.Add(1)
		p.end(c)
	}
	c, err := start(p.options.MemoryBytes)
	if err == nil {
		p.running.Add(1)
	}
	return c, err
}

// give keeps a child for the next call, unless it has done its share.
func (p *Pool) give(c *child) {
	p.mu.Lock()
	keep := !p.closed && c.calls < p.options.Calls
	if keep {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if !keep {
		p.end(c)
	}
}

func (p *Pool) end(c *child) {
	c.end()
	p.running.Add(-1)
}

// explain ends a child whose call broke off, and says why it did.
func (p *Pool) explain(ctx context.Context, c *child, function string, cause error) error {
	p.end(c)
	switch {
	case ctx.Err() != nil:
		p.kills.Add(1)
		return context.Cause(ctx)
	case errors.Is(cause, errSilent):
		p.kills.Add(1)
		slog.Warn("a sandbox was killed because it hung", "function", function)
		return cairn.Errorf(cairn.Unsupported, "Reading the file takes too long, so it was given up. The file may be damaged; check it and upload it again.").Because(cause)
	}
	p.crashes.Add(1)
	state := c.cmd.ProcessState
	slog.Warn("a sandbox crashed", "function", function, "ended", state.String(), "stderr", c.errors.String())
	ended := fmt.Errorf("the sandbox ended: %s", state)
	if killed(state) {
		return cairn.Errorf(cairn.Internal, "The process that read the file was killed, perhaps for want of memory. Try again.").Because(ended)
	}
	return cairn.Errorf(cairn.Unsupported, "The file makes the library that reads it fail, or needs more memory than it may have. Check the file and upload it again.").Because(ended)
}
