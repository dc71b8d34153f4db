// Package demo makes a small dataset for a server that has none yet: an
// orthophoto, an elevation model and the aerial photos of one invented meadow.
// It is computed from noise functions, the same on every run, and belongs to
// nobody.
package demo

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"

	"github.com/airbusgeo/godal"
)

//go:embed dataset.md
var readme []byte

// Write makes the dataset in dir, which is created if it does not exist and
// whose files of the same names are replaced: README.md, orthophoto.tif,
// elevation.tif and photos/DJI_0001.jpg to DJI_0006.jpg, together below 15 MB.
// It takes a few seconds and about 150 MB of memory.
func Write(ctx context.Context, dir string) error {
	godal.RegisterAll()
	if err := os.MkdirAll(filepath.Join(dir, "photos"), 0o755); err != nil {
		return fmt.Errorf("demo dataset: %w", err)
	}
	scene := newScene()
	orthophoto, err := scene.paint(ctx)
	if err != nil {
		return fmt.Errorf("demo dataset: %w", err)
	}
	for _, write := range []func() error{
		func() error { return writeOrthophoto(filepath.Join(dir, "orthophoto.tif"), orthophoto) },
		func() error { return writeElevation(filepath.Join(dir, "elevation.tif"), scene) },
		func() error { return writePhotos(ctx, filepath.Join(dir, "photos"), orthophoto) },
		func() error { return os.WriteFile(filepath.Join(dir, "README.md"), readme, 0o644) },
	} {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("demo dataset: %w", err)
		}
		if err := write(); err != nil {
			return fmt.Errorf("demo dataset: %w", err)
		}
	}
	return nil
}
