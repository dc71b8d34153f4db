// Command peers compares what a node renders with what others make of the very
// same files: tiles with TiTiler, thumbnails of photos with gdal_translate.
//
//	go run ./bench/peers -photos /path/to/photos
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/cairngeo/cairn/bench/rig"
)

const (
	rounds = 3
	atOnce = 8 // requests
)

var photos = flag.String("photos", "", "folder of photos to make thumbnails of; else they are computed")

func main() {
	flag.Parse()
	rig.Run(func(ctx context.Context, dir string) error {
		return errors.Join(tiles(ctx, dir), thumbnails(ctx, filepath.Join(dir, "photos")))
	})
}

// A contest is a kind of tile that both sides make of a file.
type contest struct {
	name   string
	file   string
	cairn  string // what comes behind the address of a dataset and before z/x/y
	query  string
	peer   string // TiTiler's query
	wanted float64
}

var contests = []contest{
	{"tile as PNG, cold", "ortho.tif", "/tiles/", "path=ortho.tif", "", 20},
	{"NDVI in colours, cold", "bands.tif", "/tiles-ex/", "path=bands.tif&formula=NDVI&bandFilter=BGRReN&colormap=rdylgn&rescale=-1,1",
		"&expression=" + url.QueryEscape("(b5-b3)/(b5+b3)") + "&rescale=-1,1&colormap_name=rdylgn", 10},
}

func tiles(ctx context.Context, dir string) error {
	peer, err := startTiTiler(ctx)
	if err != nil {
		fmt.Println("TiTiler could not be installed or started, so there is nothing to compare tiles with:", err)
		return nil
	}
	defer peer.stop()
	if err := makeRasters(ctx, dir); err != nil {
		return err
	}
	dataset, err := prepare(ctx, dir)
	if err != nil {
		return err
	}
	for _, c := range contests {
		cog, err := productOf(filepath.Join(dir, "data"), c.file)
		if err != nil {
			return err
		}
		var ratios []float64
		for round := range rounds {
			theirs, err := rig.Each(ctx, addresses(peer.url+"/cog/tiles/WebMercatorQuad/", "url="+url.QueryEscape(cog)+c.peer), "image/png", atOnce)
			if err != nil {
				return err
			}
			own, err := cold(ctx, dir, func(node *rig.Node) (float64, error) {
				return rig.Each(ctx, addresses(node.URL+dataset+c.cairn, c.query), "image/png", atOnce)
			})
			if err != nil {
				return err
			}
			fmt.Printf("%s, round %d: TiTiler %.1f/s, Cairn %.1f/s\n", c.name, round+1, theirs, own)
			ratios = append(ratios, own/theirs)
		}
		ratio := rig.Median(ratios)
		rig.Verdict(c.name+", Cairn / TiTiler", ratio, fmt.Sprintf("at least %.0f", c.wanted), ratio >= c.wanted)
	}
	return nil
}

// cold measures a node that has just been started, so that it has nothing in memory.
func cold(ctx context.Context, dir string, measure func(*rig.Node) (float64, error)) (figure float64, err error) {
	node, err := rig.Start(ctx, dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, node.Stop()) }()
	time.Sleep(settling)
	return measure(node)
}

// settling is what a node gets to do what it does at its start.
const settling = 5 * time.Second

// prepare uploads the rasters, waits for their builds, and returns the path of
// their dataset.
func prepare(ctx context.Context, dir string) (path string, err error) {
	node, err := rig.Start(ctx, dir)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, node.Stop()) }()
	dataset, err := node.CreateDataset(ctx, "peers")
	if err != nil {
		return "", err
	}
	for _, c := range contests {
		if err := node.Upload(ctx, dataset, c.file, filepath.Join(dir, c.file)); err != nil {
			return "", err
		}
		if _, _, err := rig.Await(ctx, dataset+"/thumb?path="+c.file, ""); err != nil {
			return "", err
		}
	}
	return dataset[len(node.URL):], nil
}

// productOf finds the COG that was built of a file, which the folder has in two
// sizes only.
func productOf(data, file string) (string, error) {
	var cogs []string
	err := filepath.WalkDir(data, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == "cog.tif" {
			cogs = append(cogs, path)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	size := func(path string) int64 {
		info, err := os.Stat(path)
		if err != nil {
			return 0
		}
		return info.Size()
	}
	slices.SortFunc(cogs, func(a, b string) int { return int(size(a) - size(b)) })
	if len(cogs) != len(contests) {
		return "", fmt.Errorf("there are %d COGs below %s, not %d", len(cogs), data, len(contests))
	}
	if file == "ortho.tif" {
		return cogs[0], nil // lossy
	}
	return cogs[1], nil
}
