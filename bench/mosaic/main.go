// Command mosaic compares the tile of a dataset of 500 rasters at its lowest
// zoom, where it shows all of them, with the tile of a single raster.
package main

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/paulmach/orb/maptile"

	"github.com/cairngeo/cairn/bench/rig"
)

const (
	rounds   = 7
	requests = 1000 // of one side in a round
	wanted   = 2.0
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
	dataset, err := fill(ctx, node, dir)
	if err != nil {
		return err
	}
	var document struct {
		MinZoom uint32
		Center  [3]float64
	}
	if err := node.Ask(ctx, dataset[len(node.URL):]+"/mosaic/tilejson", &document); err != nil {
		return err
	}
	lowest := maptile.At([2]float64{document.Center[0], document.Center[1]}, maptile.Zoom(document.MinZoom))
	mosaic := fmt.Sprintf("%s/mosaic/%d/%d/%d.webp", dataset, lowest.Z, lowest.X, lowest.Y)
	single := fmt.Sprintf("%s/tiles/%d/%d/%d.webp?path=%s", dataset, zoom, column, row, name(0))

	began := time.Now()
	if _, _, err := rig.Await(ctx, mosaic, ""); err != nil {
		return err
	}
	fmt.Printf("zoom %d, first request while there is no overview: %v\n", lowest.Z, time.Since(began).Round(time.Millisecond))
	if err := awaitOverview(ctx, node, dataset); err != nil {
		return err
	}
	var ratios []float64
	for i := range rounds {
		one, err := latency(ctx, single)
		if err != nil {
			return err
		}
		all, err := latency(ctx, mosaic)
		if err != nil {
			return err
		}
		ratios = append(ratios, float64(all)/float64(one))
		fmt.Printf("round %d: a single raster %v, %d rasters at zoom %d %v, ratio %.2f\n", i+1, one, rasters, lowest.Z, all, ratios[i])
	}
	for z := int(lowest.Z); z >= 0; z -= 4 { // below its lowest zoom it is drawn from four tiles, once
		t := maptile.At([2]float64{document.Center[0], document.Center[1]}, maptile.Zoom(z))
		began := time.Now()
		if _, _, err := rig.Get(ctx, fmt.Sprintf("%s/mosaic/%d/%d/%d.png", dataset, t.Z, t.X, t.Y), ""); err != nil {
			return err
		}
		fmt.Printf("as PNG, cold, zoom %d: %v\n", z, time.Since(began).Round(100*time.Microsecond))
	}
	median := rig.Median(ratios)
	rig.Verdict("tile of 500 rasters / tile of one, time", median, fmt.Sprintf("at most %.0f", wanted), median <= wanted)
	return nil
}

// latency is the median time of a tile.
func latency(ctx context.Context, address string) (time.Duration, error) {
	times := make([]time.Duration, requests)
	for i := range times {
		began := time.Now()
		response, data, err := rig.Get(ctx, address, "image/webp")
		if err == nil && (response.StatusCode != http.StatusOK || len(data) < 500) {
			err = fmt.Errorf("%s: %s, %d bytes", address, response.Status, len(data))
		}
		if err != nil {
			return 0, err
		}
		times[i] = time.Since(began)
	}
	return rig.Median(times), nil
}

// fill makes a public dataset of the rasters and waits until all are built.
func fill(ctx context.Context, node *rig.Node, dir string) (string, error) {
	files, err := makeRasters(ctx, dir)
	if err != nil {
		return "", err
	}
	dataset, err := node.CreateDataset(ctx, "mosaic")
	if err != nil {
		return "", err
	}
	began := time.Now()
	for i, path := range files {
		file, err := os.Open(path)
		if err != nil {
			return "", err
		}
		err = node.Send(ctx, dataset, name(i), file)
		file.Close()
		if err != nil {
			return "", err
		}
	}
	for i := range files {
		if _, _, err := rig.Await(ctx, fmt.Sprintf("%s/thumb?path=%s&size=16", dataset, name(i)), ""); err != nil {
			return "", err
		}
	}
	fmt.Printf("%d rasters uploaded and built in %v\n", len(files), time.Since(began).Round(time.Second))
	return dataset, nil
}

// awaitOverview waits until the dataset's overview is made.
func awaitOverview(ctx context.Context, node *rig.Node, dataset string) error {
	began := time.Now()
	for {
		var tasks []struct{ ToolID, State string }
		if err := node.Ask(ctx, dataset[len(node.URL):]+"/tasks?limit=10", &tasks); err != nil {
			return err
		}
		for _, t := range tasks {
			if t.ToolID == "mosaic-overview" && t.State == "Succeeded" {
				fmt.Printf("the overview was made after %v\n", time.Since(began).Round(time.Second))
				return nil
			}
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// The rasters overlap a little: 25 columns and 20 rows of 256 x 256 pixels, 240
// apart, the first on a tile of WebMercatorQuad.
const (
	across, down = 25, 20
	rasters      = across * down
	step, side   = 240, 256
	zoom         = 18
	column, row  = 137_216, 90_112
)

func name(i int) string { return fmt.Sprintf("r%03d.tif", i) }

func makeRasters(ctx context.Context, dir string) ([]string, error) {
	const half = math.Pi * 6378137
	const pixel = 2 * half / (1 << zoom) / 256
	whole, err := rig.Orthophoto(ctx, dir, step*(across-1)+side, step*(down-1)+side, column*256*pixel-half, half-row*256*pixel, pixel)
	if err != nil {
		return nil, err
	}
	var files []string
	for i := range rasters {
		file := filepath.Join(dir, name(i))
		if err := rig.Cut(ctx, whole, file, i%across*step, i/across*step, side, side); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}
