// Command tiles compares the aligned WebP tiles of a node with a bare net/http
// handler that writes the same bytes from memory, under the same load.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"time"

	"github.com/cairngeo/cairn/bench/rig"
)

const (
	rounds   = 11
	duration = 2 * time.Second // of one measurement
	wanted   = 0.8
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
	tiles, err := storedTiles(ctx, node, dir)
	if err != nil {
		return err
	}
	bare, err := serveBare(tiles)
	if err != nil {
		return err
	}
	defer bare.Close()
	load, err := newLoad(filepath.Join(dir, "tiles.lua"), tiles)
	if err != nil {
		return err
	}
	var ratios []float64
	for i := range rounds {
		reference, err := load.run(ctx, "http://"+bare.Addr, duration)
		if err != nil {
			return err
		}
		cairn, err := load.run(ctx, node.URL, duration)
		if err != nil {
			return err
		}
		ratios = append(ratios, cairn/reference)
		fmt.Printf("round %d: bare handler %.0f requests/s, Cairn %.0f requests/s, ratio %.2f\n", i+1, reference, cairn, cairn/reference)
	}
	median := rig.Median(ratios)
	rig.Verdict("tiles, Cairn / bare handler", median, fmt.Sprintf("at least %.1f", wanted), median >= wanted)
	return nil
}

// storedTiles uploads a raster, waits for its build and returns the tiles of
// its full resolution by their path and query, having made sure that each is
// a block of the COG, byte for byte.
func storedTiles(ctx context.Context, node *rig.Node, dir string) (map[string][]byte, error) {
	file, err := makeRaster(ctx, dir)
	if err != nil {
		return nil, err
	}
	dataset, err := node.CreateDataset(ctx, "tiles")
	if err != nil {
		return nil, err
	}
	if err := node.Upload(ctx, dataset, "ortho.tif", file); err != nil {
		return nil, err
	}
	tiles := map[string][]byte{}
	total := 0
	for i := range side * side {
		address := fmt.Sprintf("%s/tiles/%d/%d/%d.png?path=ortho.tif", dataset, zoom, column+i%side, row+i/side)
		response, data, err := rig.Await(ctx, address, "image/webp")
		if err != nil {
			return nil, err
		}
		if kind := response.Header.Get("Content-Type"); kind != "image/webp" {
			return nil, fmt.Errorf("%s is %s, not image/webp", address, kind)
		}
		tiles[address[len(node.URL):]] = data
		total += len(data)
	}
	if err := areBlocks(filepath.Join(dir, "data"), tiles); err != nil {
		return nil, err
	}
	fmt.Printf("%d tiles of %d bytes on average\n", len(tiles), total/len(tiles))
	return tiles, nil
}

// serveBare starts the handler to compare with.
func serveBare(tiles map[string][]byte) (*http.Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Addr: listener.Addr().String(), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, ok := tiles[r.URL.RequestURI()]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "image/webp")
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		w.Write(data) // wrk tells of answers that fell short
	})}
	go server.Serve(listener)
	return server, nil
}
