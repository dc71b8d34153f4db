package rig

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// Orthophoto writes a GeoTIFF in Web Mercator with the contrast of an
// orthophoto, waves of several lengths and some noise, and returns its name.
// Its upper left corner and the size of its pixels are in metres.
func Orthophoto(ctx context.Context, dir string, width, height int, west, north, pixel float64) (string, error) {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range width * height {
		x, y := float64(i%width), float64(i/width)
		v := 120 + 45*math.Sin(x/97+math.Sin(y/61)) + 30*math.Sin(y/17+x/23) + 12*random.NormFloat64()
		level := func(shift float64) uint8 { return uint8(min(255, max(0, v+shift))) }
		picture.SetNRGBA(i%width, i/width, color.NRGBA{level(0), level(18), level(-25), 255})
	}
	plain, raster := filepath.Join(dir, "ortho.png"), filepath.Join(dir, "ortho.tif")
	file, err := os.Create(plain)
	if err != nil {
		return "", err
	}
	if err := errors.Join(png.Encode(file, picture), file.Close()); err != nil {
		return "", err
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	return raster, translate(ctx, "-b", "1", "-b", "2", "-b", "3", "-a_srs", "EPSG:3857", "-a_ullr",
		number(west), number(north), number(west+float64(width)*pixel), number(north-float64(height)*pixel), plain, raster)
}

// Cut writes a window of a raster as a GeoTIFF of its own.
func Cut(ctx context.Context, raster, file string, x, y, width, height int) error {
	return translate(ctx, "-srcwin", strconv.Itoa(x), strconv.Itoa(y), strconv.Itoa(width), strconv.Itoa(height), raster, file)
}

func translate(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, "gdal_translate", append([]string{"-q"}, args...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("gdal_translate: %w: %s", err, out)
	}
	return nil
}
