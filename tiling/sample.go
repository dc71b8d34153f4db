package tiling

import (
	"context"
	"fmt"

	"github.com/cairngeo/cairn/tiling/style"
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
func (s *Server) sampleOf(ctx context.Context, src *source, f *formula) (Sample, error) {
	key := fmt.Sprintf("%s %s %v %v", src.key, f.Expression, f.inputs, f.terrain)
	if known, ok := s.samples.Get(key); ok {
		return known, nil
	}
	return s.sampling.Do(ctx, key, func(ctx context.Context) (Sample, error) {
		if err := s.workers.enter(ctx); err != nil {
			return Sample{}, err
		}
		defer s.workers.leave()
		values, err := s.sampleValues(ctx, src.key, f)
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
	src, err := s.sources.open(ctx, cogKey) // whoever asked may have gone
	if err != nil {
		return nil, err
	}
	defer src.release()
	data, err := s.dataWindow(ctx, src, &look{formula: f})
	if err != nil {
		return nil, err
	}
	full := s.level(src, 0)
	var values []float32
	for _, piece := range piecesOf(data) {
		some, err := f.values(ctx, full, piece.mapTo(min(piece.width, cellPixels), min(piece.height, cellPixels)), style.Nearest)
		if err != nil {
			return nil, err
		}
		values = append(values, some...)
	}
	if countNumbers(values) >= tooFew {
		return values, nil
	}
	// The data are few, or lie between the pieces.
	overall, m := s.overall(src)
	return f.values(ctx, overall, m, style.Nearest)
}

// overall is a look at the whole raster in at most 512 by 512 pixels.
func (s *Server) overall(src *source) (level, mapping) {
	full := src.index.Levels[0]
	w, h := fit(full.Width, full.Height, min(sampleSide, max(full.Width, full.Height)))
	return s.levelFor(src, rect{0, 0, full.Width, full.Height}, w, h)
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
