package main

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// The mosaic is side x side pictures of 4000 x 2250 pixels.
const (
	side   = 4
	width  = 4000
	height = 2250
)

// orthophoto writes a mosaic of photos, tiled as surveyors deliver it.
func orthophoto(ctx context.Context, photos, dir string) (string, error) {
	return mosaic(ctx, photos, dir, 0)
}

// mosaic is orthophoto, beginning with another photo.
func mosaic(ctx context.Context, photos, dir string, first int) (string, error) {
	files, err := filepath.Glob(filepath.Join(photos, "*.[jJ][pP][gG]"))
	if err != nil {
		return "", err
	}
	if photos == "" || len(files) == 0 {
		if files, err = paint(dir); err != nil {
			return "", err
		}
	}
	var parts []string
	for i := range side * side {
		x, y := i%side, i/side
		part := filepath.Join(dir, fmt.Sprintf("part%d-%d.vrt", first, i))
		at := func(v int) string { return strconv.Itoa(v) }
		err := tool(ctx, "gdal_translate", "-q", "-of", "VRT", "-a_srs", "EPSG:32615", "-a_ullr",
			at(500000+x*200), at(4650000-y*150), at(500200+x*200), at(4649850-y*150), files[(i+first)%len(files)], part)
		if err != nil {
			return "", err
		}
		parts = append(parts, part)
	}
	whole, mosaic := filepath.Join(dir, fmt.Sprintf("mosaic%d.vrt", first)), filepath.Join(dir, fmt.Sprintf("mosaic%d.tif", first))
	if err := tool(ctx, "gdalbuildvrt", append([]string{"-q", whole}, parts...)...); err != nil {
		return "", err
	}
	return mosaic, tool(ctx, "gdal_translate", "-q", "-co", "TILED=YES", "-co", "COMPRESS=DEFLATE", "-co", "BIGTIFF=YES", whole, mosaic)
}

// multispectral writes a raster of five bands of 16 bits: three of one mosaic
// and two of another, so that none is a copy of another one.
func multispectral(ctx context.Context, photos, dir string) (string, error) {
	var list []string
	for _, b := range [][2]string{{"0", "1"}, {"0", "2"}, {"0", "3"}, {"3", "1"}, {"3", "2"}} {
		first, err := strconv.Atoi(b[0])
		if err != nil {
			return "", err
		}
		whole := filepath.Join(dir, fmt.Sprintf("mosaic%d.tif", first))
		if _, err := os.Stat(whole); err != nil {
			if whole, err = mosaic(ctx, photos, dir, first); err != nil {
				return "", err
			}
		}
		band := filepath.Join(dir, "band"+b[0]+b[1]+".vrt")
		err = tool(ctx, "gdal_translate", "-q", "-of", "VRT", "-b", b[1], "-outsize", "50%", "50%", "-r", "bilinear",
			"-ot", "UInt16", "-scale", "0", "255", "100", "10000", "-a_nodata", "0", whole, band)
		if err != nil {
			return "", err
		}
		list = append(list, band)
	}
	joined, bands := filepath.Join(dir, "bands.vrt"), filepath.Join(dir, "bands.tif")
	if err := tool(ctx, "gdalbuildvrt", append([]string{"-q", "-separate", joined}, list...)...); err != nil {
		return "", err
	}
	return bands, tool(ctx, "gdal_translate", "-q", "-co", "TILED=YES", "-co", "COMPRESS=DEFLATE", "-co", "PREDICTOR=2", joined, bands)
}

// paint writes a picture with the contrast of a photo: waves of several lengths and some noise.
func paint(dir string) ([]string, error) {
	random := rand.New(rand.NewPCG(1, 2))
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		x, y := float64(i%width), float64(i/width)
		v := 120 + 45*math.Sin(x/97+math.Sin(y/61)) + 30*math.Sin(y/17+x/23) + 12*random.NormFloat64()
		level := func(shift float64) uint8 { return uint8(min(255, max(0, v+shift))) }
		picture.SetRGBA(i%width, i/width, color.RGBA{level(0), level(18), level(-25), 255})
	}
	name := filepath.Join(dir, "photo.jpg")
	file, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := jpeg.Encode(file, picture, &jpeg.Options{Quality: 92}); err != nil {
		file.Close()
		return nil, err
	}
	return []string{name}, file.Close()
}

func tool(ctx context.Context, name string, args ...string) error {
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}
