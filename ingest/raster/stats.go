package raster

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/airbusgeo/godal"
	"github.com/cairngeo/cairn/tiling/moments"
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
	moments   moments.Moments
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
	t.moments.Merge(o.moments)
	for i, n := range o.histogram {
		t.histogram[i] += n
	}
}

func (t *tally) statistics() (b BandStatistics, ok bool) {
	t.settle()
	m := t.moments
	if m.Count == 0 {
		return b, false
	}
	return BandStatistics{Min: m.Min, Max: m.Max, Mean: m.Mean, Std: m.Std(), P2: t.percentile(0.02), P98: t.percentile(0.98)}, true
}

// settle makes the moments and the histogram of what was counted.
func (t *tally) settle() {
	for i, n := range t.counts {
		if n > 0 {
			v := float64(t.lowest + i)
			t.moments.Merge(moments.Moments{Count: n, Min: v, Max: v, Mean: v})
		}
	}
	for i, n := range t.counts {
		if n > 0 {
			t.histogram[t.binOf(float64(t.lowest+i))] += n
		}
	}
	t.counts = nil
}

// add takes values, or counts them.
func (t *tally) add(values []float64) {
	if t.counts == nil {
		t.moments.Add(values)
		return
	}
	for _, v := range values {
		t.counts[int(v)-t.lowest]++
	}
}

// bin counts values in the histogram.
func (t *tally) bin(values []float64) {
	for _, v := range values {
		t.histogram[t.binOf(v)]++
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

func (t *tally) binWidth() float64 { return (t.moments.Max - t.moments.Min) / histogramBins }

// binOf is the bin of the histogram that a value belongs in; the moments must be known.
func (t *tally) binOf(v float64) int {
	if t.moments.Max == t.moments.Min {
		return 0
	}
	return min(int((v-t.moments.Min)/t.binWidth()), histogramBins-1)
}

func (t *tally) percentile(share float64) float64 {
	reached := int64(0)
	for i, n := range t.histogram {
		reached += n
		if float64(reached) >= share*float64(t.moments.Count) {
			return t.moments.Min + float64(i)*t.binWidth()
		}
	}
	return t.moments.Max
}
