// Command zip compares the download of 2,000 files as a zip with `zip -0` of
// the same files to a pipe.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/cairngeo/cairn/bench/rig"
)

const (
	files  = 2_000
	size   = 150_000 // bytes: 300 MB in all
	rounds = 7
	wanted = 0.7
)

func main() { rig.Run(compare) }

func compare(ctx context.Context, dir string) (err error) {
	node, err := rig.Start(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, node.Stop()) }()
	dataset, err := node.CreateDataset(ctx, "zip")
	if err != nil {
		return err
	}
	folder := filepath.Join(dir, "files")
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	content := make([]byte, size)
	for i := range files {
		name := fmt.Sprintf("photo-%04d.jpg", i)
		rand.Read(content)
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return err
		}
		if err := node.Send(ctx, dataset, name, bytes.NewReader(content)); err != nil {
			return err
		}
	}
	var ratios []float64
	for round := range rounds {
		reference, err := speed(func() (int64, error) { return zipped(ctx, folder) })
		if err != nil {
			return err
		}
		ours, err := speed(func() (int64, error) { return downloaded(ctx, dataset+"/download") })
		if err != nil {
			return err
		}
		ratios = append(ratios, ours/reference)
		fmt.Printf("round %d: zip -0 %.0f MB/s, download %.0f MB/s, ratio %.2f\n", round+1, reference, ours, ours/reference)
	}
	median := rig.Median(ratios)
	rig.Verdict("zip of 2,000 files, bytes/s / bytes/s of zip -0", median, fmt.Sprintf("at least %.1f", wanted), median >= wanted)
	return nil
}

// speed returns the MB/s at which an archive comes.
func speed(archive func() (int64, error)) (float64, error) {
	begin := time.Now()
	length, err := archive()
	return float64(length) / 1e6 / time.Since(begin).Seconds(), err
}

func zipped(ctx context.Context, folder string) (int64, error) {
	command := exec.CommandContext(ctx, "zip", "-0", "-q", "-r", "-", ".")
	command.Dir = folder
	pipe, err := command.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := command.Start(); err != nil {
		return 0, err
	}
	length, err := io.Copy(io.Discard, pipe)
	return whole(length, errors.Join(err, command.Wait()))
}

func downloaded(ctx context.Context, address string) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	length, err := io.Copy(io.Discard, response.Body)
	return whole(length, err)
}

// whole makes sure that all files can be in an archive of the length.
func whole(length int64, err error) (int64, error) {
	if err == nil && length < files*size {
		err = fmt.Errorf("an archive has %d bytes, less than its files", length)
	}
	return length, err
}
