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

func writeStatistics(path string, bands []tally) error {
	s := Statistics{Bands: map[string]BandStatistics{}, ComputedAt: time.Now().UTC()}
	for i := range bands {
		if b, ok := bands[i].statistics(); ok {
			s.Bands[strconv.Itoa(i+1)] = b
		}
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// A tally collects what the statistics of a band are made from. Values of up
// to 16 bits are counted one by one. Of others the moments are taken first,
// and then, in another pass, the histogram between the lowest and the highest.
type tally struct {
	counts    []int64 // of the values from lowest on; nil for other types
	lowest    int
	moments   moments
	histogram [histogramBins]int64
}

// countTally is a tally of integers of bits bits.
func countTally(bits int, signed bool) tally {
	t := tally{counts: make([]int64, 1<<bits)}
	if signed {
		t.lowest = -1 << (bits - 1)
	}
	return t
}

// merge adds what another tally of the band has collected.
func (t *tally) merge(o *tally) {
	for i, n := range o.counts {
		t.counts[i] += n
	}
	t.moments.merge(o.moments)
	for i, n := range o.histogram {
		t.histogram[i] += n
	}
}

func (t *tally) statistics() (b BandStatistics, ok bool) {
	t.settle()
	m := &t.moments
	if m.count == 0 {
		return b, false
	}
	return BandStatistics{
		Min: m.min, Max: m.max, Mean: m.mean, Std: m.std(),
		P2: m.percentile(&t.histogram, 0.02), P98: m.percentile(&t.histogram, 0.98),
	}, true
}

// settle makes the moments and the histogram of what was counted.
func (t *tally) settle() {
	for i, n := range t.counts {
		if n > 0 {
			v := float64(t.lowest + i)
			t.moments.merge(moments{count: float64(n), min: v, max: v, mean: v})
		}
	}
	for i, n := range t.counts {
		if n > 0 {
			t.histogram[t.moments.bin(float64(t.lowest+i))] += n
		}
	}
	t.counts = nil
}

// readStatistics takes the statistics of the pixels within window of ds, of
// any type, by reading them twice.
func readStatistics(ctx context.Context, ds *godal.Dataset, window pixelRect, progress func(float64)) ([]tally, error) {
	tallies := make([]tally, ds.Structure().NBands)
	err := eachTile(ctx, ds, window, part(progress, 0, 50), func(band int, values []float64) { tallies[band].moments.add(values) })
	if err != nil {
		return nil, err
	}
	err = eachTile(ctx, ds, window, part(progress, 50, 100), func(band int, values []float64) { tallies[band].bin(values) })
	return tallies, err
}

// bin counts values in the histogram; the moments must be known.
func (t *tally) bin(values []float64) {
	for _, v := range values {
		t.histogram[t.moments.bin(v)]++
	}
}

// eachTile calls visit with the valid values of each band, tile by tile.
func eachTile(ctx context.Context, ds *godal.Dataset, window pixelRect, progress func(float64), visit func(band int, values []float64)) error {
	bands := ds.Bands()
	var alpha []float64
	if len(bands) > 1 && isAlpha(bands[len(bands)-1]) {
		alpha = make([]float64, tileSize*tileSize)
	}
	values := make([]float64, tileSize*tileSize)
	for y := 0; y < window.h; y += tileSize {
		for x := 0; x < window.w; x += tileSize {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if alpha != nil {
				if err := readTile(bands[len(bands)-1], window.x+x, window.y+y, alpha); err != nil {
					return err
				}
			}
			for i, band := range bands {
				if err := readTile(band, window.x+x, window.y+y, values); err != nil {
					return err
				}
				visit(i, valid(values, alpha, nodataOf(band)))
			}
		}
		progress(100 * float64(y+tileSize) / float64(window.h))
	}
	return nil
}

// A pixelRect is a rectangle of pixels.
type pixelRect struct{ x, y, w, h int }

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
	n, low, high := float64(len(values)), values[0], values[0]
	mean := 0.0
	for _, v := range values {
		low, high = min(low, v), max(high, v)
		mean += v - values[0]
	}
	mean = values[0] + mean/n
	squares := 0.0
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	m.merge(moments{count: n, min: low, max: high, mean: mean, squares: squares})
}

// merge adds the moments of another batch.
func (m *moments) merge(o moments) {
	switch {
	case o.count == 0:
		return
	case m.count == 0:
		*m = o
		return
	}
	m.min, m.max = min(m.min, o.min), max(m.max, o.max)
	delta, n := o.mean-m.mean, m.count+o.count
	m.squares += o.squares + delta*delta*m.count*o.count/n
	m.mean += delta * o.count / n
	m.count = n
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
