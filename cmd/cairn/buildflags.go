package main

import (
	"errors"
	"fmt"

	"github.com/cairngeo/cairn/ingest/raster"
)

// buildFlags say how maps of rasters are built.
type buildFlags struct {
	BuildMemoryMB   int64  `name:"build-memory-mb" default:"1024" help:"Memory that the build of one map may take, in MiB, at least 256. With less, fewer threads work at a time."`
	BuildWorkers    int    `default:"0" help:"Threads that build one map; as many as processors if 0."`
	WebPQuality     int    `name:"webp-quality" default:"80" help:"Quality of the tiles of photographic rasters, 1 to 100. After a change maps are built anew in the background."`
	WebPLossless    bool   `name:"webp-lossless" help:"Keep every pixel of photographic rasters, at about five times the bytes. After a change maps are built anew in the background."`
	DataCompression string `default:"zstd" enum:"zstd,deflate" help:"Compression of rasters that keep their values, such as elevation: zstd, or deflate, which every reader of TIFFs knows. After a change maps are built anew in the background."`
}

func (f buildFlags) options() (raster.Options, error) {
	o := raster.Options{Memory: f.BuildMemoryMB << 20, Workers: f.BuildWorkers, Quality: f.WebPQuality, Lossless: f.WebPLossless, Compression: f.DataCompression}
	switch {
	case f.BuildMemoryMB < 256 || f.BuildMemoryMB > 1<<20:
		return o, fmt.Errorf("--build-memory-mb must be from 256 to %d", 1<<20)
	case f.BuildWorkers < 0 || f.BuildWorkers > 1024:
		return o, errors.New("--build-workers must be from 0 to 1024")
	case f.WebPQuality < 1 || f.WebPQuality > 100:
		return o, errors.New("--webp-quality must be from 1 to 100")
	}
	return o, nil
}
