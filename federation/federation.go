// Package federation is how datasets travel: the pushes and shares by which
// clients bring them.
package federation

import (
	"context"
	"time"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest"
)

// Federation brings datasets into one catalog.
type Federation struct {
	catalog *catalog.Catalog
	ingest  *ingest.Ingest
}

// New returns the federation of a catalog and what stores its bytes.
func New(c *catalog.Catalog, in *ingest.Ingest) *Federation { return &Federation{c, in} }

// touchEvery is how often a session is told that it is in use while a file
// comes in that takes long.
const touchEvery = 5 * time.Minute

// during does the work and keeps what it belongs to from ending meanwhile.
func during(ctx context.Context, touch func(context.Context) error, work func() error) error {
	if err := touch(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for tick := time.NewTicker(touchEvery); ; {
			select {
			case <-ctx.Done():
				tick.Stop()
				return
			case <-tick.C:
				_ = touch(ctx) // the next one may succeed, and the end of the work tells for sure
			}
		}
	}()
	err := work()
	cancel()
	<-done
	return err
}
