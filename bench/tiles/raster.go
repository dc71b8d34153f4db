package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// The raster covers side x side tiles of WebMercatorQuad exactly.
const (
	zoom   = 18
	column = 137_216
	row    = 90_112
	side   = 8
)

// makeRaster writes a GeoTIFF with the contrast of an orthophoto: waves of
// several lengths and some noise.
func makeRaster(ctx context.Context, dir string) (string, error) {
	const pixels = side * 256
	picture := image.NewNRGBA(image.Rect(0, 0, pixels, pixels))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range pixels * pixels {
		x, y := float64(i%pixels), float64(i/pixels)
		v := 120 + 45*math.Sin(x/97+math.Sin(y/61)) + 30*math.Sin(y/17+x/23) + 12*random.NormFloat64()
		level := func(shift float64) uint8 { return uint8(min(255, max(0, v+shift))) }
		picture.SetNRGBA(i%pixels, i/pixels, color.NRGBA{level(0), level(18), level(-25), 255})
	}
	plain, raster := filepath.Join(dir, "ortho.png"), filepath.Join(dir, "ortho.tif")
	file, err := os.Create(plain)
	if err != nil {
		return "", err
	}
	if err := errors.Join(png.Encode(file, picture), file.Close()); err != nil {
		return "", err
	}
	const half = math.Pi * 6378137
	const tile = 2 * half / (1 << zoom)
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	out, err := exec.CommandContext(ctx, "gdal_translate", "-q", "-b", "1", "-b", "2", "-b", "3", "-a_srs", "EPSG:3857", "-a_ullr",
		number(column*tile-half), number(half-row*tile), number((column+side)*tile-half), number(half-(row+side)*tile), plain, raster).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("gdal_translate: %w: %s", err, out)
	}
	return raster, nil
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
