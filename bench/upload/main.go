// Command upload compares the upload of a 1 GiB file with `cp` and `sha256sum`
// of it, one after the other, and watches the memory of the node meanwhile.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/cairngeo/cairn/bench/rig"
)

const (
	size         = 1 << 30
	rounds       = 3
	wantedSpeed  = 0.6
	wantedGrowth = 64 // MiB, less than
)

func main() { rig.Run(compare) }

func compare(ctx context.Context, dir string) (err error) {
	node, err := rig.Start(ctx, dir)
	if err != nil {
		return err
	}
	defer func() {
		if stopped := node.Stop(); err == nil {
			err = stopped
		}
	}()
	dataset, err := node.CreateDataset(ctx, "upload")
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "1GiB.bin")
	var ratios, growths []float64
	for i := range rounds {
		if err := fill(file); err != nil { // new bytes: those of the round before are in the store
			return err
		}
		reference, err := timed(func() error { return copyAndHash(ctx, file, filepath.Join(dir, "copy.bin")) })
		if err != nil {
			return err
		}
		var upload time.Duration
		growth, peak, err := watchMemory(node.PID, func() (err error) {
			upload, err = timed(func() error { return node.Upload(ctx, dataset, fmt.Sprintf("round%d.bin", i+1), file) })
			return err
		})
		if err != nil {
			return err
		}
		ratio := reference.Seconds() / upload.Seconds()
		ratios, growths = append(ratios, ratio), append(growths, growth)
		fmt.Printf("round %d: cp + sha256sum %.2f s, upload %.2f s, ratio %.2f; memory grew by %.1f to %.1f MiB\n", i+1, reference.Seconds(), upload.Seconds(), ratio, growth, peak)
	}
	median, most := rig.Median(ratios), slices.Max(growths)
	rig.Verdict("upload, speed / speed of cp + sha256sum", median, fmt.Sprintf("at least %.1f", wantedSpeed), median >= wantedSpeed)
	rig.Verdict("upload, most growth of memory in MiB", most, fmt.Sprintf("less than %d", wantedGrowth), most < wantedGrowth)
	return nil
}

func fill(file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, rand.Reader, size)
	return errors.Join(err, f.Close())
}

// timed measures work. What others have written goes to the disk before, so
// that nobody waits for the pages of the one before.
func timed(work func() error) (time.Duration, error) {
	syscall.Sync()
	begin := time.Now()
	err := work()
	return time.Since(begin), err
}

func copyAndHash(ctx context.Context, file, copied string) error {
	for _, command := range [][]string{{"cp", file, copied}, {"sha256sum", copied}} {
		if out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", command[0], err, out)
		}
	}
	return nil
}
