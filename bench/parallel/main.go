// Command parallel compares 50 uploads of 5 MB at once with one upload of the
// same bytes in a single stream.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/cairngeo/cairn/bench/rig"
	"golang.org/x/sync/errgroup"
)

const (
	uploads = 50
	size    = 5_000_000 // bytes
	rounds  = 5
	wanted  = 0.7
)

func main() { rig.Run(compare) }

func compare(ctx context.Context, dir string) (err error) {
	node, err := rig.Start(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, node.Stop()) }()
	dataset, err := node.CreateDataset(ctx, "parallel")
	if err != nil {
		return err
	}
	content := make([]byte, uploads*size)
	var ratios []float64
	for round := range rounds {
		one, err := timed(content, func() error {
			return node.Send(ctx, dataset, fmt.Sprintf("one-%d.bin", round), bytes.NewReader(content))
		})
		if err != nil {
			return err
		}
		many, err := timed(content, func() error {
			var all errgroup.Group
			for i := range uploads {
				all.Go(func() error {
					return node.Send(ctx, dataset, fmt.Sprintf("many-%d/%d.bin", round, i), bytes.NewReader(content[i*size:(i+1)*size]))
				})
			}
			return all.Wait()
		})
		if err != nil {
			return err
		}
		ratio := one.Seconds() / many.Seconds()
		ratios = append(ratios, ratio)
		fmt.Printf("round %d: one stream of %d MB %.2f s, %d uploads of %d MB %.2f s, ratio %.2f\n",
			round+1, len(content)/1e6, one.Seconds(), uploads, size/1_000_000, many.Seconds(), ratio)
	}
	median := rig.Median(ratios)
	rig.Verdict("50 uploads at once, bytes/s / bytes/s of one stream", median, fmt.Sprintf("at least %.1f", wanted), median >= wanted)
	return nil
}

// timed measures an upload of new bytes: those of the one before are in the
// store. What was written before goes to the disk first.
func timed(content []byte, upload func() error) (time.Duration, error) {
	rand.Read(content)
	syscall.Sync()
	begin := time.Now()
	err := upload()
	return time.Since(begin), err
}
