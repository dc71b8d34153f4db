// Command soak asks a node for many varied tiles and thumbnails, those of a
// truncated COG among them, and tells whether its memory stays flat.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cairngeo/cairn/bench/rig"
)

const (
	callers = 8
	wanted  = 1.15 // of the memory after a tenth of the tiles
)

func main() {
	tiles := flag.Int64("tiles", 200_000, "how many to ask for")
	most := flag.Duration("for", 40*time.Minute, "when to stop, however many they were")
	flag.Parse()
	rig.Run(func(ctx context.Context, dir string) error { return run(ctx, dir, *tiles, *most) })
}

func run(ctx context.Context, dir string, tiles int64, most time.Duration) (err error) {
	// Small caches are full early: what grows afterwards is a leak.
	node, err := rig.Start(ctx, dir, "--cache-mb=32", "--block-cache-mb=32")
	if err != nil {
		return err
	}
	defer func() {
		if stopped := node.Stop(); err == nil {
			err = stopped
		}
	}()
	dataset, err := fill(ctx, node, dir)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	s := &soak{dataset: dataset, answers: map[int]int64{}}
	began := time.Now()
	if err := s.ask(ctx, tiles/10); err != nil {
		return err
	}
	first, err := resident(node.PID)
	if err != nil {
		return err
	}
	if err := s.ask(ctx, tiles-tiles/10); err != nil {
		return err
	}
	last, err := resident(node.PID)
	if err != nil {
		return err
	}
	asked := s.asked.Load()
	fmt.Printf("%d tiles and thumbnails in %s, %.0f a second; answers by status: %v\n", asked, time.Since(began).Round(time.Second), float64(asked)/time.Since(began).Seconds(), s.answers)
	fmt.Printf("| Memory of server and sandboxes after %d varied tiles | after %d, %d MiB | at most %.2f | **%.2f** (%d MiB) |\n", asked, tiles/10, first>>20, wanted, float64(last)/float64(first), last>>20)
	rig.Verdict("soak, memory at the end / after a tenth", float64(last)/float64(first), fmt.Sprintf("at most %.2f", wanted), float64(last) <= wanted*float64(first))
	return nil
}

// soak asks for tiles.
type soak struct {
	dataset string
	asked   atomic.Int64

	mu      sync.Mutex
	answers map[int]int64 // by status
	failed  error
}

// ask asks for so many more, unless the time is over. Only the broken file may
// be refused.
func (s *soak) ask(ctx context.Context, tiles int64) error {
	until := s.asked.Load() + tiles
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for ctx.Err() == nil {
				n := s.asked.Add(1)
				if n > until {
					s.asked.Add(-1)
					return
				}
				if err := s.one(ctx, rand.New(rand.NewPCG(uint64(n), 1))); err != nil && ctx.Err() == nil {
					s.mu.Lock()
					s.failed = err
					s.mu.Unlock()
					return
				}
			}
		})
	}
	all.Wait()
	return s.failed
}

func (s *soak) one(ctx context.Context, random *rand.Rand) error {
	address, accept, broken := request(random)
	response, data, err := rig.Get(ctx, s.dataset+address, accept)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.answers[response.StatusCode]++
	s.mu.Unlock()
	if response.StatusCode != http.StatusOK && !broken {
		return fmt.Errorf("%s: %s: %s", address, response.Status, data)
	}
	return nil
}
