package tiling

import (
	"context"
	"fmt"

	"github.com/airbusgeo/godal"
)

// Sample is what is known of the values of a formula, from pixels spread evenly
// over the whole raster.
type Sample struct {
	Statistics
	Histogram Histogram
}

// Histogram counts values in bins of equal width between Min and Max.
type Histogram struct {
	Counts [histogramBins]int32
	Edges  [histogramBins + 1]float64
}

const histogramBins = 255

// What is read of a raster: sampleCells by sampleCells pieces, one in the middle of
// each cell of a grid over the data, of at most a block of the file each and
// reduced to cellPixels pixels a side. They are pixels of the full resolution:
// overviews are means, which have other percentiles.
const (
	sampleCells = 8
	cellPixels  = sampleSide / sampleCells
	blockSide   = 256
	tooFew      = 1000 // values to tell percentiles from
	maxSamples  = 8 << 20
)

// sampleOf returns a sample of the formula, taken once for all who ask.
func (s *Server) sampleOf(ctx context.Context, cogKey string, f *formula) (Sample, error) {
	key := fmt.Sprintf("%s %s %v", cogKey, f.Expression, f.inputs)
	if known, ok := s.samples.Get(key); ok {
		return known, nil
	}
	return s.sampling.Do(ctx, key, func(ctx context.Context) (Sample, error) {
		if err := s.workers.Acquire(ctx, 1); err != nil {
			return Sample{}, err
		}
		defer s.workers.Release(1)
		values, err := s.sampleValues(ctx, cogKey, f)
		if err != nil {
			return Sample{}, err
		}
		sample := Sample{Statistics: statisticsOf(values)}
		sample.Histogram = sample.histogram(values)
		s.samples.Add(key, sample, int64(len(key)+len(sample.Histogram.Counts)*4+len(sample.Histogram.Edges)*8+256))
		return sample, nil
	})
}

// sampleValues computes the formula for the pixels of the sample.
func (s *Server) sampleValues(ctx context.Context, cogKey string, f *formula) ([]float32, error) {
	overall, err := openRaster(s.store.Location(cogKey), godal.Drivers("GTiff"))
	if err != nil {
		return nil, unreadable(err)
	}
	defer overall.Close()
	data, err := overall.dataWindow()
	if err != nil {
		return nil, unreadable(err)
	}
	full, err := openRaster(s.store.Location(cogKey), godal.Drivers("GTiff"), godal.DriverOpenOption("OVERVIEW_LEVEL=NONE"))
	if err != nil {
		return nil, unreadable(err)
	}
	defer full.Close()
	var values []float32
	for _, piece := range piecesOf(data) {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		some, err := f.values(full, piece, min(piece.width, cellPixels), min(piece.height, cellPixels))
		if err != nil {
			return nil, unreadable(err)
		}
		values = append(values, some...)
	}
	if countNumbers(values) >= tooFew {
		return values, nil
	}
	// The data are few, or lie between the pieces.
	w, h := fit(overall.width, overall.height, min(sampleSide, max(overall.width, overall.height)))
	if values, err = f.values(overall, rect{0, 0, overall.width, overall.height}, w, h); err != nil {
		return nil, unreadable(err)
	}
	return values, nil
}

// piecesOf returns the parts of a raster that a sample is taken from.
func piecesOf(data rect) []rect {
	var pieces []rect
	for row := range sampleCells {
		y, height := piece(data.y, data.height, row)
		for column := range sampleCells {
			x, width := piece(data.x, data.width, column)
			if width > 0 && height > 0 {
				pieces = append(pieces, rect{x, y, width, height})
			}
		}
	}
	return pieces
}

// piece returns one side of the piece in the i-th cell: the whole cell, or a
// block of the file within it if it is large enough to hold one.
func piece(from, length, i int) (start, size int) {
	start, end := from+length*i/sampleCells, from+length*(i+1)/sampleCells
	size = end - start
	if size <= blockSide {
		return start, size
	}
	start += (size - blockSide) / 2
	if size >= 2*blockSide {
		start = start / blockSide * blockSide
	}
	return start, blockSide
}

func countNumbers(values []float32) int {
	n := 0
	for _, v := range values {
		if v == v {
			n++
		}
	}
	return n
}

func (s Statistics) histogram(values []float32) Histogram {
	var h Histogram
	width := (s.Max - s.Min) / histogramBins
	for i := range h.Edges {
		h.Edges[i] = s.Min + float64(i)*width
	}
	h.Edges[histogramBins] = s.Max
	for _, v := range values {
		f := float64(v)
		if !(f >= s.Min && f <= s.Max) {
			continue
		}
		bin := 0
		if width > 0 {
			bin = min(int((f-s.Min)/width), histogramBins-1)
		}
		h.Counts[bin]++
	}
	return h
}
