package raster

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/airbusgeo/godal"

	"github.com/cairngeo/cairn/tiling/cog"
)

// An aligned source is a TIFF of which every level that a map needs consists of
// tiles of the grid, in a codec that is served. Its blocks go into a COG
// as they are. What its metadata says of a tiling scheme, and of an order of
// its bytes, is not relied on.
type aligned struct {
	file    *os.File
	index   *cog.Index
	plan    plan
	format  imageFormat
	samples int     // of the source
	alpha   bool    // whether the last of them is alpha
	nodata  float64 // NaN if there is none
	kind    godal.DataType
}

// openAligned opens a source as an aligned one; it is nil if it has to be built.
func openAligned(ctx context.Context, source, work string, ds *godal.Dataset, r recipe) (a *aligned, err error) {
	first := ds.Bands()[0]
	if s := first.Structure(); s.BlockSizeX != tileSize || s.BlockSizeY != tileSize {
		return nil, nil
	}
	file, err := openLocal(ctx, source, work)
	if err != nil {
		return nil, err
	}
	defer func() {
		if a == nil {
			err = errors.Join(err, file.Close())
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	index, err := cog.Parse(file, info.Size())
	if err != nil {
		return nil, nil // GDAL, which could open it, may know more kinds of TIFFs
	}
	p, ok := alignedPlan(index)
	if !ok || !servable(index, ds, r) {
		return nil, nil
	}
	a = &aligned{file: file, index: index, plan: p, format: r.format(), samples: index.Levels[0].Samples, alpha: r.sourceAlpha, nodata: math.NaN(), kind: r.dataType}
	if r.nodata != nil {
		a.nodata = nodataOf(first)
	}
	l := &index.Levels[0]
	a.format.compression, a.format.planes, a.format.predictor = uint16(l.Compression), l.Planes, uint16(l.Predictor)
	if l.Predictor == 1 {
		a.format.predictor = 0
	}
	a.format.quality = qualityOf(ds)
	return a, nil
}

// openLocal opens a file, or a nameless copy in work of one that only GDAL can reach.
func openLocal(ctx context.Context, source, work string) (*os.File, error) {
	if !strings.HasPrefix(source, "/vsi") {
		return os.Open(source)
	}
	s, err := newSpool(work)
	if err != nil {
		return nil, err
	}
	if err := copyTo(ctx, s.file, source); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s.file, nil
}

// alignedPlan returns where the levels of x lie on the grid, as far as a map
// needs them; false unless each of these is half of the one before, in whole tiles.
func alignedPlan(x *cog.Index) (plan, bool) {
	zoom, column, row, ok := x.Zoom()
	full := &x.Levels[0]
	if !ok || full.Width%tileSize != 0 || full.Height%tileSize != 0 {
		return plan{}, false
	}
	grid := tileRange{x0: column, y0: row, x1: column + full.Width/tileSize, y1: row + full.Height/tileSize}
	if grid.x1 > 1<<zoom || grid.y1 > 1<<zoom || grid.width() > maxGridTiles/grid.height() {
		return plan{}, false
	}
	p := plan{zoom: zoom, levels: levelsFor(grid, zoom, 0), data: grid, grid: grid}
	if len(x.Levels) < p.levels || grid.alignedTo(p.levels-1) != grid {
		return plan{}, false
	}
	for k := range p.levels {
		if l := &x.Levels[k]; !x.Aligned(k, column, row) || l.Width<<k != full.Width || l.Height<<k != full.Height || !sameStorage(l, full) {
			return plan{}, false
		}
	}
	return p, true
}

func sameStorage(a, b *cog.Level) bool {
	return a.Compression == b.Compression && a.Predictor == b.Predictor && a.Samples == b.Samples && a.Planes == b.Planes &&
		a.Type == b.Type && a.BitsPerSample == b.BitsPerSample
}

// servable tells whether blocks like those of x are what a product of r may have.
func servable(x *cog.Index, ds *godal.Dataset, r recipe) bool {
	l := &x.Levels[0]
	samples := len(ds.Bands())
	if x.Masked || l.Samples != samples || l.Type.String() != r.dataType.String() || l.BitsPerSample != 8*r.dataType.Size() {
		return false
	}
	if r.codec != lossless {
		_, nodata := ds.Bands()[0].NoData()
		for i, b := range r.bands {
			if b.source != i+1 {
				return false // grey, or colors in another order
			}
		}
		return l.Compression == cog.CompressionWebP && !nodata
	}
	if l.Order != binary.LittleEndian && r.dataType.Size() > 1 {
		return false
	}
	switch l.Compression {
	case compressionNone:
		if l.Predictor != 1 {
			return false // readers don't agree whether it counts
		}
	case compressionLZW, compressionDeflate, compressionZSTD:
	default:
		return false
	}
	if r.sourceAlpha {
		return r.sourceNodata == nil
	}
	return r.nodata != nil
}

// qualityOf is what a file says of the quality of its WebP blocks.
func qualityOf(ds *godal.Dataset) int {
	structure := godal.Domain("IMAGE_STRUCTURE")
	if ds.Metadata("COMPRESSION_REVERSIBILITY", structure) == "LOSSLESS" {
		return 0
	}
	if q, err := strconv.Atoi(ds.Metadata("WEBP_LEVEL", structure)); err == nil && q >= 1 && q <= 100 {
		return q
	}
	return unknownQuality
}

// copyTo copies the bytes of source, a GDAL path, to a file.
func copyTo(ctx context.Context, to io.Writer, source string) error {
	from, err := godal.VSIOpen(source)
	if err != nil {
		return fmt.Errorf("open the source: %w", err)
	}
	defer from.Close()
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
