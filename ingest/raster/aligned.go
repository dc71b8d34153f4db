package raster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/airbusgeo/godal"
)

// isAligned tells whether ds is already what a build would make of it: a COG
// in a codec of r of which every level is whole 256-pixel tiles of the grid,
// down to 2x2 tiles or fewer. What its metadata says of a tiling scheme is not relied on.
func isAligned(ds *godal.Dataset, r recipe) bool {
	return ds.Metadata("LAYOUT", godal.Domain("IMAGE_STRUCTURE")) == "COG" &&
		onGrid(ds) && wholeTiles(ds) && inCodec(ds, r)
}

// onGrid tells whether the full resolution of ds is a zoom level and its
// corner a tile's corner at every level.
func onGrid(ds *godal.Dataset) bool {
	mercator, err := godal.NewSpatialRefFromEPSG(3857)
	if err != nil {
		return false
	}
	defer mercator.Close()
	own, err := godal.NewSpatialRefFromWKT(ds.Projection(), godal.SkipWarnings)
	if err != nil {
		return false
	}
	defer own.Close()
	gt, err := ds.GeoTransform(godal.SkipWarnings)
	if err != nil || !own.IsSame(mercator) || gt[1] <= 0 || gt[5] != -gt[1] || gt[2] != 0 || gt[4] != 0 {
		return false
	}
	zoom := int(math.Round(math.Log2(resolution(0) / gt[1])))
	if zoom < 0 || zoom > maxZoom || math.Abs(gt[1]/resolution(zoom)-1) > 1e-8 {
		return false
	}
	overviews := len(ds.Bands()[0].Overviews())
	size := ds.Structure()
	world := 1 << zoom
	column, okX := tileCorner(gt[0]+halfWorld, zoom, overviews)
	row, okY := tileCorner(halfWorld-gt[3], zoom, overviews)
	return okX && okY && overviews <= zoom && column+size.SizeX/tileSize <= world && row+size.SizeY/tileSize <= world
}

// tileCorner returns which tile of zoom begins m metres from the world's edge,
// and whether one does whose number can be halved n times.
func tileCorner(m float64, zoom, n int) (tile int, ok bool) {
	t := m / (tileSize * resolution(zoom))
	tile = int(math.Round(t))
	return tile, math.Abs(t-float64(tile))*tileSize <= edgeTolerance && tile >= 0 && tile%(1<<n) == 0
}

// wholeTiles tells whether the levels of ds are exact halves of each other and
// consist of uncut tiles.
func wholeTiles(ds *godal.Dataset) bool {
	for _, band := range ds.Bands() {
		full := band.Structure()
		levels := append([]godal.Band{band}, band.Overviews()...)
		for k, level := range levels {
			s := level.Structure()
			if s.BlockSizeX != tileSize || s.BlockSizeY != tileSize || s.SizeX%tileSize != 0 || s.SizeY%tileSize != 0 ||
				s.SizeX<<k != full.SizeX || s.SizeY<<k != full.SizeY {
				return false
			}
		}
		if last := levels[len(levels)-1].Structure(); last.SizeX > 2*tileSize || last.SizeY > 2*tileSize {
			return false
		}
	}
	return true
}

func inCodec(ds *godal.Dataset, r recipe) bool {
	compression := ds.Metadata("COMPRESSION", godal.Domain("IMAGE_STRUCTURE"))
	bands := ds.Bands()
	alpha := isAlpha(bands[len(bands)-1])
	if r.codec != lossless {
		_, nodata := bands[0].NoData()
		return compression == "WEBP" && len(bands) == 4 && alpha && !nodata
	}
	return (compression == "DEFLATE" || compression == "ZSTD") && (alpha || r.nodata != nil)
}

// copyFile copies the bytes of source, a local or a GDAL path, to target.
func copyFile(ctx context.Context, source, target string) (err error) {
	from, err := godal.VSIOpen(source)
	if err != nil {
		return fmt.Errorf("open the source: %w", err)
	}
	defer from.Close()
	to, err := os.Create(target)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if _, err = io.CopyBuffer(struct{ io.Writer }{to}, cancellable{ctx, from}, make([]byte, 1<<20)); err != nil {
		return fmt.Errorf("copy the source: %w", err)
	}
	return nil
}

// cancellable is a reader that fails once its context is done.
type cancellable struct {
	ctx context.Context
	io.Reader
}

func (c cancellable) Read(b []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	return c.Reader.Read(b)
}
