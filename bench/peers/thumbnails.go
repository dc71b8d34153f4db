package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/cairngeo/cairn/bench/rig"
)

const (
	pictures = 7 // the first one warms up
	wide     = 4000
	high     = 3000
)

// thumbnails compares those of 12-megapixel photos, one after the other, with
// what gdal_translate needs for the same, its start included.
func thumbnails(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	files, err := makePhotos(ctx, dir)
	if err != nil {
		return err
	}
	dataset, err := upload(ctx, dir, files)
	if err != nil {
		return err
	}
	var ratios []float64
	for round := range rounds {
		theirs, err := timed(files[1:], func(file string) error {
			out, err := exec.CommandContext(ctx, "gdal_translate", "-q", "-of", "WEBP", "-outsize", "512", "0", file, filepath.Join(dir, "small.webp")).CombinedOutput()
			if err != nil {
				return fmt.Errorf("gdal_translate: %w: %s", err, out)
			}
			return nil
		})
		if err != nil {
			return err
		}
		own, err := cold(ctx, dir, func(node *rig.Node) (float64, error) {
			thumbnail := func(file string) error {
				_, _, err := rig.Await(ctx, node.URL+dataset+"/thumb?size=512&path="+filepath.Base(file), "")
				return err
			}
			if err := thumbnail(files[0]); err != nil {
				return 0, err
			}
			return timed(files[1:], thumbnail)
		})
		if err != nil {
			return err
		}
		fmt.Printf("thumbnails, round %d: gdal_translate %.1f ms, Cairn %.1f ms each\n", round+1, theirs, own)
		ratios = append(ratios, theirs/own)
	}
	ratio := rig.Median(ratios)
	rig.Verdict("thumbnail of a 12-megapixel photo, speed", ratio, "at least 3 times gdal_translate's", ratio >= 3)
	return nil
}

// timed returns the milliseconds that one file takes on average.
func timed(files []string, each func(file string) error) (float64, error) {
	began := time.Now()
	for _, file := range files {
		if err := each(file); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(began).Microseconds()) / 1000 / float64(len(files)), nil
}

// makePhotos writes JPEGs of 4000 x 3000 pixels, of real photos if there are
// some, each with another part of the picture cut off, so that none is a copy.
func makePhotos(ctx context.Context, dir string) ([]string, error) {
	sources, err := filepath.Glob(filepath.Join(*photos, "*.[jJ][pP][gG]"))
	if err != nil {
		return nil, err
	}
	if *photos == "" || len(sources) == 0 {
		sources = []string{filepath.Join(filepath.Dir(dir), "ortho.tif")}
	}
	var files []string
	for i := range pictures {
		file := filepath.Join(dir, fmt.Sprintf("photo%d.jpg", i))
		out, err := exec.CommandContext(ctx, "gdal_translate", "-q", "-of", "JPEG", "-co", "QUALITY=94", "-srcwin", fmt.Sprint(i), "0", "3900", "2200",
			"-outsize", fmt.Sprint(wide), fmt.Sprint(high), "-r", "cubic", "-noxmp", sources[i%len(sources)], file).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("gdal_translate: %w: %s", err, out)
		}
		files = append(files, file)
	}
	return files, nil
}

// upload sends the photos and returns the path of their dataset.
func upload(ctx context.Context, dir string, files []string) (path string, err error) {
	node, err := rig.Start(ctx, dir)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, node.Stop()) }()
	dataset, err := node.CreateDataset(ctx, "photos")
	if err != nil {
		return "", err
	}
	for _, file := range files {
		if err := node.Upload(ctx, dataset, filepath.Base(file), file); err != nil {
			return "", err
		}
	}
	return dataset[len(node.URL):], nil
}
