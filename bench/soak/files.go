package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cairngeo/cairn/bench/rig"
)

// The rasters cover side x side tiles of WebMercatorQuad exactly.
const (
	zoom   = 18
	column = 137_216
	row    = 90_112
	side   = 8
	pixels = side * 256
)

// brokenName is the raster whose COG is cut off.
const brokenName = "broken.tif"

// fill makes a dataset of an orthophoto, one of several bands, an elevation
// model, a photo, and a raster whose COG is broken; it returns its address.
func fill(ctx context.Context, node *rig.Node, dir string) (string, error) {
	dataset, err := node.CreateDataset(ctx, "soak")
	if err != nil {
		return "", err
	}
	picture, values, err := paint(dir)
	if err != nil {
		return "", err
	}
	bands := func(n int, more ...string) []string {
		for i := 1; i <= n; i++ {
			more = append(more, "-b", "1", fmt.Sprintf("-scale_%d", i), "0", "65535", strconv.Itoa(200*i), strconv.Itoa(60000/i))
		}
		return more
	}
	rasters := []struct {
		name      string
		translate []string // what gdal_translate makes it from
	}{
		{brokenName, []string{"-mo", "WHAT=broken", picture}}, // first: every COG that is there is cut off
		{"ortho.tif", []string{picture}},
		{"multi.tif", append(bands(5), values)},
		{"dem.tif", append(bands(1, "-ot", "Float32"), values)},
	}
	for _, r := range rasters {
		file := filepath.Join(dir, r.name)
		if err := place(ctx, file, r.translate...); err != nil {
			return "", err
		}
		if err := node.Upload(ctx, dataset, r.name, file); err != nil {
			return "", err
		}
		if _, _, err := rig.Await(ctx, dataset+"/thumb?path="+r.name, ""); err != nil {
			return "", err
		}
		if r.name == brokenName {
			if err := cutCOGs(filepath.Join(dir, "data")); err != nil {
				return "", err
			}
		}
	}
	if err := node.Upload(ctx, dataset, "photo.jpg", filepath.Join(dir, "photo.jpg")); err != nil {
		return "", err
	}
	return dataset, nil
}

// paint writes a picture and a grey one of 16 bits, of which rasters are made,
// and the photo.
func paint(dir string) (picture, values string, err error) {
	colors, grey := image.NewNRGBA(image.Rect(0, 0, pixels, pixels)), image.NewGray16(image.Rect(0, 0, pixels, pixels))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range pixels * pixels {
		x, y := float64(i%pixels), float64(i/pixels)
		v := 120 + 45*math.Sin(x/97+math.Sin(y/61)) + 30*math.Sin(y/17+x/23) + 12*random.NormFloat64()
		level := func(shift float64) uint8 { return uint8(min(255, max(0, v+shift))) }
		colors.SetNRGBA(i%pixels, i/pixels, color.NRGBA{level(0), level(18), level(-25), 255})
		grey.SetGray16(i%pixels, i/pixels, color.Gray16{Y: uint16(min(65535, max(0, 250*v)))})
	}
	picture, values = filepath.Join(dir, "picture.png"), filepath.Join(dir, "values.png")
	return picture, values, errors.Join(
		write(picture, func(w io.Writer) error { return png.Encode(w, colors) }),
		write(values, func(w io.Writer) error { return png.Encode(w, grey) }),
		write(filepath.Join(dir, "photo.jpg"), func(w io.Writer) error { return jpeg.Encode(w, colors, nil) }))
}

func write(name string, encode func(io.Writer) error) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(encode(file), file.Close())
}

// place makes a GeoTIFF of a picture.
func place(ctx context.Context, file string, translate ...string) error {
	const half = math.Pi * 6378137
	const tile = 2 * half / (1 << zoom)
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	args := append([]string{"-q", "-a_srs", "EPSG:3857", "-a_ullr", number(column*tile - half), number(half - row*tile),
		number((column+side)*tile - half), number(half - (row+side)*tile)}, append(translate, file)...)
	if out, err := exec.CommandContext(ctx, "gdal_translate", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("gdal_translate: %w: %s", err, out)
	}
	return nil
}

// cutCOGs takes the second half of every COG away.
func cutCOGs(data string) error {
	cogs, err := filepath.Glob(filepath.Join(data, "products", "*", "*", "cog", "cog.tif"))
	if err == nil && len(cogs) == 0 {
		err = fmt.Errorf("there is no COG below %s", data)
	}
	for _, name := range cogs {
		info, failed := os.Stat(name)
		if failed == nil {
			failed = os.Truncate(name, info.Size()/2)
		}
		err = errors.Join(err, failed)
	}
	return err
}

// resident is the memory of the node and of the sandboxes that it started, in bytes.
func resident(pid int) (bytes int64, err error) {
	processes, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		return 0, err
	}
	for _, name := range processes {
		status, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		fields := map[string]string{}
		for line := range strings.Lines(string(status)) {
			key, value, _ := strings.Cut(line, ":")
			fields[key] = strings.TrimSpace(value)
		}
		itself := fields["Pid"] == strconv.Itoa(pid)
		if child := fields["PPid"] == strconv.Itoa(pid) && fields["Name"] == "cairn"; !itself && !child {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSuffix(fields["VmRSS"], " kB"), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		bytes += kib << 10
	}
	return bytes, nil
}
