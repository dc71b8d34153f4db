package raster

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/airbusgeo/godal"
)

// Statistics is the content of cog.tif.stats.json.
type Statistics struct {
	Bands      map[string]BandStatistics `json:"bands"`      // by band number of the COG from "1"; a band without a valid pixel is absent
	ComputedAt time.Time                 `json:"computedAt"` // UTC
}

// BandStatistics describes the valid pixels of a band, in the units they are
// stored in. P2 and P98 are the lower edge of the bin, of 256 between Min and Max,
// in which the count reaches 2 and 98 percent.
type BandStatistics struct {
	Min  float64 `json:"min"`
	Max  float64 `json:"max"`
	Mean float64 `json:"mean"`
	Std  float64 `json:"std"` // of the population
	P2   float64 `json:"p2"`
	P98  float64 `json:"p98"`
}

const histogramBins = 256

// writeStatistics computes the statistics of the pixels within window of ds
// and writes them to path.
func writeStatistics(ctx context.Context, ds *godal.Dataset, window vrtRect, path string, progress func(float64)) error {
	s, err := computeStatistics(ctx, ds, window, progress)
	if err != nil {
		return err
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// computeStatistics reads all pixels twice: for the moments, then for the histogram.
func computeStatistics(ctx context.Context, ds *godal.Dataset, window vrtRect, progress func(float64)) (Statistics, error) {
	moments := make([]moments, ds.Structure().NBands)
	err := eachTile(ctx, ds, window, part(progress, 0, 50), func(band int, values []float64) { moments[band].add(values) })
	if err != nil {
		return Statistics{}, err
	}
	histograms := make([][histogramBins]int64, len(moments))
	err = eachTile(ctx, ds, window, part(progress, 50, 100), func(band int, values []float64) {
		m, h := &moments[band], &histograms[band]
		for _, v := range values {
			h[m.bin(v)]++
		}
	})
	if err != nil {
		return Statistics{}, err
	}
	s := Statistics{Bands: map[string]BandStatistics{}, ComputedAt: time.Now().UTC()}
	for i := range moments {
		if m := &moments[i]; m.count > 0 {
			s.Bands[strconv.Itoa(i+1)] = BandStatistics{
				Min: m.min, Max: m.max, Mean: m.mean, Std: m.std(),
				P2: m.percentile(&histograms[i], 0.02), P98: m.percentile(&histograms[i], 0.98),
			}
		}
	}
	return s, nil
}

// eachTile calls visit with the valid values of each band, tile by tile.
func eachTile(ctx context.Context, ds *godal.Dataset, window vrtRect, progress func(float64), visit func(band int, values []float64)) error {
	bands := ds.Bands()
	var alpha []float64
	if len(bands) > 1 && isAlpha(bands[len(bands)-1]) {
		alpha = make([]float64, tileSize*tileSize)
	}
	values := make([]float64, tileSize*tileSize)
	for y := 0; y < window.Height; y += tileSize {
		for x := 0; x < window.Width; x += tileSize {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if alpha != nil {
				if err := readTile(bands[len(bands)-1], window.X+x, window.Y+y, alpha); err != nil {
					return err
				}
			}
			for i, band := range bands {
				if err := readTile(band, window.X+x, window.Y+y, values); err != nil {
					return err
				}
				visit(i, valid(values, alpha, nodataOf(band)))
			}
		}
		progress(100 * float64(y+tileSize) / float64(window.Height))
	}
	return nil
}

func readTile(band godal.Band, x, y int, into []float64) error {
	return band.Read(x, y, into, tileSize, tileSize, godal.SkipWarnings)
}

// nodataOf returns the nodata value of a band as its pixels hold it, NaN if it has none.
func nodataOf(band godal.Band) float64 {
	nodata, ok := band.NoData()
	switch {
	case !ok:
		return math.NaN()
	case band.Structure().DataType == godal.Float32:
		return float64(float32(nodata))
	}
	return nodata
}

// valid moves the valid ones of values to the front and returns them. What no
// float32 can hold counts as invalid: it would overflow the sums.
func valid(values, alpha []float64, nodata float64) []float64 {
	n := 0
	for i, v := range values {
		if v == nodata || math.IsNaN(v) || math.Abs(v) > math.MaxFloat32 || alpha != nil && alpha[i] == 0 {
			continue
		}
		values[n] = v
		n++
	}
	return values[:n]
}

// moments are a running count, mean and sum of squared deviations, merged
// batch by batch (Chan, Golub and LeVeque, 1979) so that no digits are lost.
type moments struct {
	count          float64
	min, max, mean float64
	squares        float64
}

func (m *moments) add(values []float64) {
	if len(values) == 0 {
		return
	}
	if m.count == 0 {
		m.min, m.max = values[0], values[0]
	}
	n := float64(len(values))
	mean := 0.0
	for _, v := range values {
		m.min, m.max = min(m.min, v), max(m.max, v)
		mean += v - values[0]
	}
	mean = values[0] + mean/n
	squares := 0.0
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	delta := mean - m.mean
	m.squares += squares + delta*delta*m.count*n/(m.count+n)
	m.mean += delta * n / (m.count + n)
	m.count += n
}

func (m *moments) std() float64 { return math.Sqrt(m.squares / m.count) }

func (m *moments) binWidth() float64 { return (m.max - m.min) / histogramBins }

func (m *moments) bin(v float64) int {
	if m.max == m.min {
		return 0
	}
	return min(int((v-m.min)/m.binWidth()), histogramBins-1)
}

func (m *moments) percentile(h *[histogramBins]int64, share float64) float64 {
	reached := int64(0)
	for i, n := range h {
		reached += n
		if float64(reached) >= share*m.count {
			return m.min + float64(i)*m.binWidth()
		}
	}
	return m.max
}
