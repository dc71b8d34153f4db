// Command build measures how fast COGs are built: Cairn's builder beside GDAL's
// COG driver, on a mosaic of 144 megapixels.
//
//	go run ./bench/build -photos /path/to/photos
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/cairngeo/cairn/bench/rig"
	"github.com/cairngeo/cairn/ingest/raster"
)

// Both sides lay the raster on the same grid.
var grid = []string{"-q", "-of", "COG", "-co", "TILING_SCHEME=GoogleMapsCompatible", "-co", "ALIGNED_LEVELS=6", "-co", "BIGTIFF=YES", "-co", "NUM_THREADS=ALL_CPUS"}

// A contest is one kind of raster and what is wanted of its build.
type contest struct {
	name    string
	make    func(ctx context.Context, photos, dir string) (string, error)
	options []string // of GDAL's driver
	kernel  string
	speed   float64 // at least, how many times as fast
	loss    float64 // at most, in dB
	size    float64 // at most, how many times as large
}

var contests = []contest{
	{"orthophoto, WebP", orthophoto, []string{"-co", "COMPRESS=WEBP", "-co", "QUALITY=80", "-co", "RESAMPLING=CUBIC"}, "cubic", 5, 0.3, 1.10},
	{"5 bands of uint16, ZSTD", multispectral, []string{"-co", "COMPRESS=ZSTD", "-co", "PREDICTOR=YES", "-co", "RESAMPLING=BILINEAR"}, "bilinear", 3, 0.3, 1.10},
}

func main() {
	photos := flag.String("photos", "", "folder of photos of 4000 x 2250 pixels to make the mosaic of; else it is computed")
	rounds := flag.Int("rounds", 3, "how often to build")
	only := flag.String("only", "", "part of the name of the raster to build; else all")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *photos, *only, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, photos, only string, rounds int) (err error) {
	dir, err := os.MkdirTemp("", "cairn-bench-build-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for _, c := range contests {
		if !strings.Contains(c.name, only) {
			continue
		}
		source, err := c.make(ctx, photos, dir)
		if err != nil {
			return err
		}
		if err := c.run(ctx, source, dir, rounds); err != nil {
			return err
		}
	}
	return nil
}

func (c contest) run(ctx context.Context, source, dir string, rounds int) error {
	theirs := filepath.Join(dir, "gdal.tif")
	own := filepath.Join(dir, "own")
	if err := os.MkdirAll(own, 0o700); err != nil {
		return err
	}
	var ratios []float64
	for range rounds {
		began, before := time.Now(), cpu(syscall.RUSAGE_SELF)
		if err := raster.Build(ctx, source, own, raster.Options{}, nil); err != nil {
			return err
		}
		mine, mineCPU := time.Since(began), cpu(syscall.RUSAGE_SELF)-before

		cmd := exec.CommandContext(ctx, "gdal_translate", append(append(append([]string{}, grid...), c.options...), source, theirs)...)
		began = time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("gdal_translate: %w: %s", err, out)
		}
		other := time.Since(began)
		fmt.Printf("%s: Cairn %.1f s (cpu %.1f s, peak %d MB so far), GDAL %.1f s (cpu %.1f s)\n", c.name,
			mine.Seconds(), mineCPU.Seconds(), peak(), other.Seconds(), (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds())
		ratios = append(ratios, other.Seconds()/mine.Seconds())
	}
	speed := rig.Median(ratios)
	rig.Verdict(c.name+", speed", speed, fmt.Sprintf("at least %.1f of GDAL's", c.speed), speed >= c.speed)

	cog := filepath.Join(own, raster.COGName)
	size, err := sizeRatio(cog, theirs)
	if err != nil {
		return err
	}
	rig.Verdict(c.name+", size", size, fmt.Sprintf("at most %.2f of GDAL's", c.size), size <= c.size)
	quality, err := compare(ctx, source, c.kernel, cog, theirs)
	if err != nil {
		return err
	}
	for k, q := range quality {
		fmt.Printf("%s, level %d: %.2f dB, GDAL %.2f dB\n", c.name, k, q[0], q[1])
	}
	loss := quality[0][1] - quality[0][0]
	rig.Verdict(c.name+", dB below GDAL's", loss, fmt.Sprintf("at most %.1f", c.loss), loss <= c.loss)
	return nil
}

func cpu(who int) time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(who, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peak is the largest resident memory of this process, in MB.
func peak() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Maxrss >> 10
}

func sizeRatio(a, b string) (float64, error) {
	x, err := os.Stat(a)
	if err != nil {
		return 0, err
	}
	y, err := os.Stat(b)
	if err != nil {
		return 0, err
	}
	return float64(x.Size()) / float64(y.Size()), nil
}

// psnr compares windows in the middle of two COGs, at full resolution and one
// overview, with an exact warp of their source.
const psnr = `
import sys, json, numpy
from osgeo import gdal
gdal.UseExceptions()
source, kernel, files = sys.argv[1], sys.argv[2], sys.argv[3:]
full = [gdal.Open(f) for f in files]
gt, size = full[0].GetGeoTransform(), 1024
top = 255. if full[0].GetRasterBand(1).DataType == gdal.GDT_Byte else 10000.
ref = gdal.Warp('', source, options='-of VRT -t_srs EPSG:3857')
g = ref.GetGeoTransform()
mid = [g[0] + g[1] * ref.RasterXSize / 2, g[3] + g[5] * ref.RasterYSize / 2]
count = min(3, ref.RasterCount)
result = []
for level in 0, 1:
    errors = [[], []]
    for dx in -2, 0, 2:
        for dy in -1, 1:
            res = gt[1]
            col = int((mid[0] - gt[0]) / res / 512) * 512 + dx * 2048
            row = int((gt[3] - mid[1]) / res / 512) * 512 + dy * 1024
            x, y = gt[0] + col * res, gt[3] - row * res
            w = gdal.Warp('', source, options='-of MEM -t_srs EPSG:3857 -te %.12f %.12f %.12f %.12f -ts %d %d -et 0 -r %s' % (
                x, y - size * res, x + size * res, y, size, size, kernel)).ReadAsArray()[:count].astype(float)
            if level:
                w = (w[:, ::2, ::2] + w[:, 1::2, ::2] + w[:, ::2, 1::2] + w[:, 1::2, 1::2]) / 4
            for i, d in enumerate(full):
                o = d.GetGeoTransform()
                px, py = round((x - o[0]) / res), round((o[3] - y) / res)
                if level:
                    d = gdal.OpenEx(files[i], open_options=['OVERVIEW_LEVEL=0'])
                a = d.ReadAsArray(px >> level, py >> level, size >> level, size >> level)[:count].astype(float)
                errors[i].append(((a - w) ** 2).mean())
    result.append([99. if numpy.mean(e) == 0 else float(10 * numpy.log10(top ** 2 / numpy.mean(e))) for e in errors])
print(json.dumps(result))`

func compare(ctx context.Context, source, kernel string, files ...string) (result [][2]float64, err error) {
	out, err := exec.CommandContext(ctx, "/usr/bin/python3", append([]string{"-c", psnr, source, kernel}, files...)...).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("comparing: %w: %s", err, strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return nil, err
	}
	return result, json.Unmarshal(out, &result)
}
