package tiling

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/airbusgeo/godal"

	"github.com/cairngeo/cairn"
)

// valueRange is what becomes black and white.
type valueRange struct{ low, high float64 }

// scale maps the range to 0 to 255.
func (r valueRange) scale(v float64) byte {
	f := (v - r.low) / (r.high - r.low) * 255
	switch {
	case !(f > 0): // NaN too
		return 0
	case f >= 255:
		return 255
	}
	return byte(f)
}

// bandStatistics is one band of the file that the builder leaves beside a COG.
type bandStatistics struct {
	Min float64 `json:"min"`
	Max float64 `json:"max"`
	P2  float64 `json:"p2"`  // 2nd percentile of the whole raster
	P98 float64 `json:"p98"` // 98th percentile
}

// usable is the range from the 2nd to the 98th percentile, or from the least to
// the greatest value where these are one, never empty.
func (b bandStatistics) usable() valueRange {
	r := valueRange{b.P2, b.P98}
	if !(r.high > r.low) {
		r = valueRange{b.Min, b.Max}
	}
	if !(r.high > r.low) {
		r.high = r.low + math.Max(0.1, math.Abs(r.low)*1e-9)
	}
	return r
}

const maxStatistics = 4 << 20 // bytes; a band takes some 150

// statistics reads the ranges of the first n bands from the file of statistics
// beside a COG. It returns nil if there is none or if it lacks a band.
func (s *Server) statistics(ctx context.Context, cogKey string, n int) ([]valueRange, error) {
	object, err := s.store.Open(ctx, cogKey+".stats.json")
	if cairn.CodeOf(err) == cairn.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer object.Close()
	if object.Size() > maxStatistics {
		return nil, unreadable(fmt.Errorf("statistics of %d bytes", object.Size()))
	}
	var file struct {
		Bands map[string]bandStatistics `json:"bands"`
	}
	if err := json.NewDecoder(io.NewSectionReader(object, 0, object.Size())).Decode(&file); err != nil {
		return nil, unreadable(fmt.Errorf("statistics: %w", err))
	}
	ranges := make([]valueRange, n)
	for i := range ranges {
		band, ok := file.Bands[strconv.Itoa(i+1)]
		if !ok {
			return nil, nil
		}
		ranges[i] = band.usable()
	}
	return ranges, nil
}

const sampleSide = 512 // pixels of the longer side of a sample

// sample estimates the ranges of the drawn bands from at most 512 by 512 pixels
// spread evenly over the whole raster.
func (r *raster) sample() ([]valueRange, error) {
	w, h := fit(r.width, r.height, min(sampleSide, max(r.width, r.height)))
	ranges := make([]valueRange, len(r.bands))
	values, valid := make([]float64, w*h), make([]byte, w*h)
	for c, b := range r.bands {
		options := []godal.BandIOOption{godal.Window(r.width, r.height), quietly}
		if err := errors.Join(b.Read(0, 0, values, w, h, options...), b.MaskBand().Read(0, 0, valid, w, h, options...)); err != nil {
			return nil, err
		}
		ranges[c] = percentiles(values, valid).usable()
	}
	return ranges, nil
}

func percentiles(values []float64, valid []byte) bandStatistics {
	kept := make([]float64, 0, len(values))
	for i, v := range values {
		if valid[i] != 0 && !math.IsNaN(v) && !math.IsInf(v, 0) {
			kept = append(kept, v)
		}
	}
	if len(kept) == 0 {
		return bandStatistics{Max: 1, P98: 1}
	}
	slices.Sort(kept)
	at := func(q float64) float64 { return kept[int(math.Round(q*float64(len(kept)-1)))] }
	return bandStatistics{Min: at(0), Max: at(1), P2: at(0.02), P98: at(0.98)}
}

// rangesOf returns the ranges of the bands of the COG that are drawn, from its
// statistics or else a sample.
func (s *Server) rangesOf(ctx context.Context, src *source, cogKey string, r *raster) ([]valueRange, error) {
	src.mu.Lock()
	known := src.ranges
	src.mu.Unlock()
	if len(known) == len(r.bands) {
		return known, nil
	}
	ranges, err := s.statistics(ctx, cogKey, len(r.bands))
	if err == nil && ranges == nil {
		ranges, err = r.sample()
	}
	if err != nil {
		return nil, err
	}
	src.mu.Lock()
	src.ranges = ranges
	src.mu.Unlock()
	return ranges, nil
}
