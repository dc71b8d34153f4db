package client

import (
	"context"
	"errors"
	"io"
	"time"
)

var errStill = errors.New("nothing moved for too long")

// watch ends an exchange in which nothing moves any more. How long all of it
// takes does not matter.
type watch struct {
	ctx      context.Context
	caller   context.Context
	cancel   context.CancelCauseFunc
	timer    *time.Timer
	patience time.Duration
}

func newWatch(ctx context.Context, patience time.Duration) *watch {
	w := &watch{caller: ctx, patience: patience}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	w.timer = time.AfterFunc(patience, func() { w.cancel(errStill) })
	return w
}

func (w *watch) moved() { w.timer.Reset(w.patience) }

func (w *watch) end() {
	w.timer.Stop()
	w.cancel(nil)
}

// cause returns why the exchange ended, if it was ended from here.
func (w *watch) cause(err error) error {
	switch {
	case w.caller.Err() != nil:
		return w.caller.Err()
	case errors.Is(context.Cause(w.ctx), errStill):
		return errStill
	}
	return err
}

// watched is a body, of a request or (with a client) of an answer.
type watched struct {
	io.ReadCloser
	watch  *watch
	client *Client
}

func (b *watched) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.watch.moved()
	if err != nil && err != io.EOF && b.client != nil {
		err = b.client.failure(b.watch.cause(err))
	}
	return n, err
}

func (b *watched) Close() error {
	if b.client != nil {
		defer b.watch.end()
	}
	return b.ReadCloser.Close()
}
