package raster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/airbusgeo/godal"
	"golang.org/x/sync/errgroup"
)

// construct builds the COG and its statistics in work: all tiles into a spool,
// then, when their sizes are known, the file.
func construct(ctx context.Context, source, work string, p plan, r recipe, ds *godal.Dataset, o Options, progress func(float64)) (err error) {
	b := budgetFor(p, r, ds, o)
	spool, err := newSpool(work)
	if err != nil {
		return fmt.Errorf("build: %w", err)
	}
	defer func() { err = errors.Join(err, spool.close()) }()
	format := r.format()
	levels := levelsOf(p, format.planes)
	var bands []tally
	for from := 0; from < r.sources; from += b.bands {
		to := min(from+b.bands, r.sources)
		share := func(band int) float64 { return 80 * float64(band) / float64(r.sources) }
		pass := &pyramid{plan: p, levels: levels, span: b.span, byRow: b.byRow, spool: spool, plane: min(from, format.planes-1), progress: part(progress, share(from), share(to))}
		tallies, err := pass.make(ctx, source, r, from, to, b.workers)
		if err != nil {
			return err
		}
		bands = append(bands, tallies...)
	}
	return assemble(ctx, work, &cogWriter{plan: p, format: format, levels: levels, blocks: spool.file}, bands, b.workers, part(progress, 80, 100))
}

// assemble writes the COG, and the statistics of its bands, in work.
func assemble(ctx context.Context, work string, writer *cogWriter, bands []tally, workers int, progress func(float64)) error {
	cog := filepath.Join(work, COGName)
	if err := writeFile(cog, func(f *os.File) error { return writer.write(ctx, f, part(progress, 0, 50)) }); err != nil {
		return err
	}
	if err := binCOG(ctx, cog, writer.plan, bands, workers, part(progress, 50, 100)); err != nil {
		return err
	}
	progress(100)
	return writeStatistics(filepath.Join(work, StatisticsName), bands)
}

// writeFile makes a file of what write writes into it.
func writeFile(path string, write func(*os.File) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// make makes the tiles of the source's bands from to to, and what is known of their values.
func (p *pyramid) make(ctx context.Context, source string, r recipe, from, to, workers int) ([]tally, error) {
	defer func() {
		for _, painter := range p.painters {
			painter.close()
		}
	}()
	for range workers {
		painter, err := newPainter(source, p.plan, r, from, to)
		if err != nil {
			return nil, err
		}
		p.painters = append(p.painters, painter)
	}
	if err := p.run(ctx); err != nil {
		return nil, err
	}
	all := p.painters[0].tallies()
	for _, painter := range p.painters[1:] {
		for i, t := range painter.tallies() {
			all[i].merge(&t)
		}
	}
	return all, nil
}

// newPainter opens a source for one worker.
func newPainter(source string, p plan, r recipe, from, to int) (painter, error) {
	if r.codec != lossless {
		return newVisual(source, p, r)
	}
	switch r.dataType {
	case godal.Byte:
		return newNumbers[uint8](source, p, r, from, to)
	case godal.UInt16:
		return newNumbers[uint16](source, p, r, from, to)
	case godal.Int16:
		return newNumbers[int16](source, p, r, from, to)
	case godal.UInt32:
		return newNumbers[uint32](source, p, r, from, to)
	case godal.Int32:
		return newNumbers[int32](source, p, r, from, to)
	case godal.Float32:
		return newNumbers[float32](source, p, r, from, to)
	case godal.Float64:
		return newNumbers[float64](source, p, r, from, to)
	}
	return nil, fmt.Errorf("no COG is made of samples of type %s", r.dataType)
}

// format says how the product of r is stored.
func (r recipe) format() imageFormat {
	f := imageFormat{bits: 8 * r.dataType.Size(), sampleFormat: 1, compression: compressionWebP, photometric: photometricRGB, planes: 1,
		bands: r.bands}
	if r.codec == lossyWebP {
		f.quality = r.quality
	}
	samples := 3
	if r.codec == lossless {
		f.compression, f.predictor, f.photometric, samples = compressionOf(r.compression), predictIntegers, photometricGrey, 1
		switch r.dataType {
		case godal.Int16, godal.Int32:
			f.sampleFormat = 2
		case godal.Float32, godal.Float64:
			f.sampleFormat, f.predictor = 3, predictFloats
		}
		if r.planar() {
			f.planes = len(r.bands)
		}
	}
	for _, b := range r.bands[samples:] {
		extra := uint16(extraUnspecified)
		if b.interp == alphaInterp {
			extra = extraAlpha
		}
		f.extra = append(f.extra, extra)
	}
	if r.nodata != nil {
		f.nodata = decimal(*r.nodata)
	}
	return f
}

// compressionOf is TIFF's number of a codec of values.
func compressionOf(compression string) uint16 {
	if compression == Deflate {
		return compressionDeflate
	}
	return compressionZSTD
}

// binCOG makes the histograms of those bands whose values were not counted one
// by one, from the finished file.
func binCOG(ctx context.Context, cog string, p plan, bands []tally, workers int, progress func(float64)) error {
	if !slices.ContainsFunc(bands, func(t tally) bool { return t.counts == nil }) {
		return nil
	}
	window := p.dataPixels()
	rows := window.h / tileSize
	workers = min(workers, rows)
	each := make([][]tally, workers)
	group, ctx := errgroup.WithContext(ctx)
	for i := range workers {
		own := window
		own.y += i * rows / workers * tileSize
		own.h = ((i+1)*rows/workers - i*rows/workers) * tileSize
		each[i] = make([]tally, len(bands))
		for k := range bands {
			each[i][k].moments = bands[k].moments
		}
		group.Go(func() error {
			ds, err := openTIFF(cog)
			if err != nil {
				return fmt.Errorf("read the COG again: %w", err)
			}
			defer ds.Close()
			return eachTile(ctx, ds, own, func(percent float64) {
				if i == 0 {
					progress(percent)
				}
			}, func(band int, values []float64) {
				if bands[band].counts == nil {
					each[i][band].bin(values)
				}
			})
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, tallies := range each {
		for k := range tallies {
			for i, n := range tallies[k].histogram {
				bands[k].histogram[i] += n
			}
		}
	}
	return nil
}

// dataPixels is where the data lie within the grid, in pixels.
func (p plan) dataPixels() pixelRect {
	r := p.dataAt(0)
	return pixelRect{x: r.x0 * tileSize, y: r.y0 * tileSize, w: r.width() * tileSize, h: r.height() * tileSize}
}
