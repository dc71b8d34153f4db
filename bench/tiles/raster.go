package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/cairngeo/cairn/bench/rig"
)

// The raster covers side x side tiles of WebMercatorQuad exactly.
const (
	zoom   = 18
	column = 137_216
	row    = 90_112
	side   = 8
)

// makeRaster writes the raster.
func makeRaster(ctx context.Context, dir string) (string, error) {
	const half = math.Pi * 6378137
	const tile = 2 * half / (1 << zoom)
	return rig.Orthophoto(ctx, dir, side*256, side*256, column*tile-half, half-row*tile, tile/256)
}

// areBlocks makes sure that the tiles stand in the COG below the data folder
// as they are.
func areBlocks(data string, tiles map[string][]byte) error {
	var cogs [][]byte
	err := filepath.WalkDir(data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "cog.tif" {
			return err
		}
		cog, err := os.ReadFile(path)
		cogs = append(cogs, cog)
		return err
	})
	if err != nil {
		return err
	}
	for path, tile := range tiles {
		if !slices.ContainsFunc(cogs, func(cog []byte) bool { return bytes.Contains(cog, tile) }) {
			return fmt.Errorf("%s is not a block of the COG: it was rendered", path)
		}
	}
	return nil
}
