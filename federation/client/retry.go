package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/cairngeo/cairn"
)

const (
	longestPause = 30 * time.Second
	longestWait  = 2 * time.Minute // that a server may ask for
)

// patience counts the tries of a request that may be repeated.
type patience struct {
	left  int
	pause time.Duration
}

func (c *Client) patience() *patience { return &patience{c.options.Tries - 1, c.options.Pause} }

// endures tells whether to try again after err, and waits before it says yes.
func (p *patience) endures(ctx context.Context, err error) bool {
	e, ok := errors.AsType[*cairn.Error](err)
	if !ok || e.Code != cairn.Unavailable && e.Code != cairn.TooManyRequests || e.NoRetry || p.left <= 0 || e.RetryAfter > longestWait {
		return false
	}
	p.left--
	pause := max(e.RetryAfter, p.pause/2+rand.N(p.pause))
	p.pause = min(2*p.pause, longestPause)
	select {
	case <-ctx.Done():
		return false
	case <-time.After(pause):
		return true
	}
}

// repeat does what may be done again until it succeeds, fails for good, or was
// tried often enough.
func (c *Client) repeat(ctx context.Context, try func() error) error {
	for p := c.patience(); ; {
		if err := try(); !p.endures(ctx, err) {
			return err
		}
	}
}
