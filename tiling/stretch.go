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
	"github.com/cairngeo/cairn/tiling/style"
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

// Statistics are of the valid values of a band or formula.
type Statistics struct {
	Min  float64 `json:"min"`
	Max  float64 `json:"max"`
	Mean float64 `json:"mean"`
	Std  float64 `json:"std"` // of the population
	P2   float64 `json:"p2"`  // 2nd percentile of the whole raster
	P98  float64 `json:"p98"` // 98th percentile
}

// noValues are the statistics of a band without a valid pixel.
var noValues = Statistics{Max: 1, P98: 1}

// usable is the range from the 2nd to the 98th percentile, or from the least to
// the greatest value where these are one, never empty.
func (s Statistics) usable() valueRange { return s.spread(s.P2, s.P98) }

// spread is the range from low to high, or from the least to the greatest value
// where that is empty, never empty.
func (s Statistics) spread(low, high float64) valueRange {
	r := valueRange{low, high}
	if !(r.high > r.low) {
		r = valueRange{s.Min, s.Max}
	}
	if !(r.high > r.low) {
		r.high = r.low + math.Max(0.1, math.Abs(r.low)*1e-9)
	}
	return r
}

// deviations is how many standard deviations around the mean style.StdDev
// shows: 98 percent of what is normally distributed.
const deviations = 2.33

// stretched is the range that a stretch shows of values, percentiles where it
// says nothing.
func (s Statistics) stretched(by style.Stretch) valueRange {
	switch by {
	case style.MinMax, style.None:
		return s.spread(s.Min, s.Max)
	case style.StdDev:
		return s.spread(math.Max(s.Min, s.Mean-deviations*s.Std), math.Min(s.Max, s.Mean+deviations*s.Std))
	}
	return s.usable()
}

// statisticsOf describes values; those that are not finite don't count.
func statisticsOf[N float32 | float64](values []N) Statistics {
	kept := make([]float64, 0, len(values))
	sum := 0.0
	for _, v := range values {
		if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
			kept = append(kept, f)
			sum += f
		}
	}
	if len(kept) == 0 {
		return noValues
	}
	slices.Sort(kept)
	at := func(q float64) float64 { return kept[int(math.Round(q*float64(len(kept)-1)))] }
	s := Statistics{Min: at(0), Max: at(1), Mean: sum / float64(len(kept)), P2: at(0.02), P98: at(0.98)}
	squares := 0.0
	for _, v := range kept {
		squares += (v - s.Mean) * (v - s.Mean)
	}
	s.Std = math.Sqrt(squares / float64(len(kept)))
	return s
}

const maxStatistics = 4 << 20 // bytes; a band takes some 150

// recorded reads the statistics of the first n bands from the file beside a
// COG. It returns nil if there is no such file.
func (s *Server) recorded(ctx context.Context, cogKey string, n int) ([]Statistics, error) {
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
		Bands map[string]Statistics `json:"bands"`
	}
	if err := json.NewDecoder(io.NewSectionReader(object, 0, object.Size())).Decode(&file); err != nil {
		return nil, unreadable(fmt.Errorf("statistics: %w", err))
	}
	list := make([]Statistics, n)
	for i := range list {
		var ok bool
		if list[i], ok = file.Bands[strconv.Itoa(i+1)]; !ok {
			list[i] = noValues
		}
	}
	return list, nil
}

const sampleSide = 512 // pixels of the longer side of a sample

// statistics are those of the bands of data, from the file beside a COG, else from
// a sample; found out once as long as the source stays open.
func (s *Server) statistics(ctx context.Context, src *source) ([]Statistics, error) {
	src.mu.Lock()
	known := src.statistics
	src.mu.Unlock()
	if known != nil {
		return known, nil
	}
	list, err := s.recorded(ctx, src.key, src.dataBands())
	if err == nil && list == nil {
		list, err = s.sampleBands(ctx, src)
	}
	if err != nil {
		return nil, err
	}
	src.mu.Lock()
	src.statistics = list
	src.mu.Unlock()
	return list, nil
}

// sampleBands estimates the statistics of the bands of data from at most 512 by
// 512 pixels spread evenly over the whole raster.
func (s *Server) sampleBands(ctx context.Context, src *source) ([]Statistics, error) {
	from, m := s.overall(src)
	list := make([]Statistics, src.dataBands())
	for i := range list {
		sample, err := read[float64](ctx, from, reading{mapping: m, kernel: style.Nearest, bands: []int{i + 1}})
		if err != nil {
			return nil, err
		}
		values := sample.planes[0]
		for j, v := range sample.visible {
			if v == 0 {
				values[j] = math.NaN()
			}
		}
		list[i] = statisticsOf(values)
	}
	return list, nil
}

// sample estimates the statistics of bands from at most 512 by 512 pixels spread
// evenly over the whole raster.
func (r *raster) sample(bands []godal.Band) ([]Statistics, error) {
	w, h := fit(r.width, r.height, min(sampleSide, max(r.width, r.height)))
	list := make([]Statistics, len(bands))
	values, valid := make([]float64, w*h), make([]byte, w*h)
	for c, b := range bands {
		options := []godal.BandIOOption{godal.Window(r.width, r.height), quietly}
		if err := errors.Join(b.Read(0, 0, values, w, h, options...), b.MaskBand().Read(0, 0, valid, w, h, options...)); err != nil {
			return nil, err
		}
		for i, v := range valid {
			if v == 0 {
				values[i] = math.NaN()
			}
		}
		list[c] = statisticsOf(values)
	}
	return list, nil
}
