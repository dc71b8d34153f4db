package tiling

import (
	"context"
	"fmt"
	"slices"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/tiling/style"
)

// look is a style made concrete for one raster: all that a tile of it depends on.
type look struct {
	bands   []int        // one or three, from 1
	ranges  []valueRange // by band; nil: bytes as they are
	formula *formula     // instead of bands

	resampling style.Resampling // "": the usual one
}

// String is equal for looks that are equal.
func (l *look) String() string {
	if f := l.formula; f != nil && f.terrain != nil {
		return fmt.Sprintf("%v of %s of %v from %v in %s %s", f.terrain, f.Expression, f.inputs, f.scale, f.colormap.ID, l.resampling)
	} else if f != nil {
		return fmt.Sprintf("%s of %v from %v in %s %t %s", f.Expression, f.inputs, f.scale, f.colormap.ID, f.stored, l.resampling)
	}
	return fmt.Sprintf("bands %v from %v %s", l.bands, l.ranges, l.resampling)
}

// shows tells whether the look is bytes of these bands as they are.
func (l *look) shows(bands ...int) bool {
	return l.formula == nil && l.ranges == nil && slices.Equal(l.bands, bands)
}

// lookOf makes a style concrete. The error is Invalid for bands that the raster
// lacks. auto says that a style that names no bands means those which show the
// sensor's rasters best, instead of the first ones.
func (s *Server) lookOf(ctx context.Context, src *source, raster Raster, st style.Style, auto bool) (*look, error) {
	c, err := s.characterOf(ctx, src, raster)
	if err != nil {
		return nil, err
	}
	if st.Terrain != nil {
		return s.terrainLook(ctx, src, c, st)
	}
	return c.look(st, auto, func(f *formula) (Statistics, error) {
		sample, err := s.sampleOf(ctx, src, f)
		return sample.Statistics, err
	})
}

// look makes a style of colours concrete. sampled are the statistics of a formula.
func (c *character) look(st style.Style, auto bool, sampled func(*formula) (Statistics, error)) (*look, error) {
	if st.Formula != nil {
		return c.formulaLook(st, sampled)
	}
	l := &look{bands: c.bandsFor(st, auto), resampling: st.Resampling}
	for _, n := range l.bands {
		if n > c.data {
			return nil, noBand(n, c.data)
		}
	}
	if st.Plain() {
		st.Range, st.Colormap = nil, nil // they need something to apply to
	}
	l.ranges = c.rangesFor(l.bands, st)
	if st.Colormap != nil && len(l.bands) == 1 {
		return l.colored(st.Colormap)
	}
	return l, nil
}

func noBand(number, bands int) error {
	return cairn.Errorf(cairn.Invalid, "There is no band %d: this raster has bands 1 to %d.", number, bands)
}

// bandsFor returns the one or three bands that are drawn.
func (c *character) bandsFor(st style.Style, auto bool) []int {
	bands := st.Bands
	switch {
	case bands != nil:
	case st.Preset != "":
		bands = c.preset(st.Preset)
	case auto:
		bands = c.detection.Mapping
	case c.data < 3:
		return []int{1}
	default:
		return []int{1, 2, 3}
	}
	if len(slices.Compact(slices.Clone(bands))) == 1 {
		return bands[:1]
	}
	for len(bands) < 3 {
		bands = append(slices.Clone(bands), bands[len(bands)-1])
	}
	return bands
}

// preset returns the bands of a preset of the sensor. One that the sensor lacks, or
// that is a formula, means the default ones, because a formula is asked for as such.
func (c *character) preset(id string) []int {
	if s := c.detection.Sensor; s != nil {
		for _, p := range s.Presets {
			if p.ID == id && len(p.Bands) > 0 {
				return p.Bands
			}
		}
	}
	return c.detection.Mapping
}

// rangesFor returns what becomes black and white of each band, nil if they are
// bytes to be shown as they are.
func (c *character) rangesFor(bands []int, st style.Style) []valueRange {
	asTheyAre := st.Range == nil && (st.Stretch == style.Default || st.Stretch == style.None)
	ranges := make([]valueRange, len(bands))
	for i, n := range bands {
		b := c.bands[n-1]
		asTheyAre = asTheyAre && b.isByte
		switch {
		case st.Range != nil:
			ranges[i] = valueRange{st.Range.Low, st.Range.High}
		case st.Stretch == style.None && b.limits != nil:
			ranges[i] = valueRange{b.limits.Low, b.limits.High}
		case st.Stretch == style.Default && b.isByte:
			ranges[i] = valueRange{0, 255}
		default:
			ranges[i] = c.statistics[n-1].stretched(st.Stretch)
		}
	}
	if asTheyAre {
		return nil
	}
	return ranges
}

// colored is the look of a single band in the colours of a map.
func (l *look) colored(colormap *style.Colormap) (*look, error) {
	f, err := bandFormula(l.bands[0])
	if err != nil {
		return nil, err
	}
	f.stored, f.colormap, f.scale = true, colormap, valueRange{0, 255}
	if l.ranges != nil {
		f.scale = l.ranges[0]
	}
	return &look{formula: f, resampling: l.resampling}, nil
}

// formulaLook makes a style with a formula concrete.
func (c *character) formulaLook(st style.Style, sampled func(*formula) (Statistics, error)) (*look, error) {
	f, err := c.formula(st)
	if err != nil {
		return nil, err
	}
	f.colormap = st.Colormap
	f.scale, err = f.scaleIn(st, f.Range, sampled)
	return &look{formula: f, resampling: st.Resampling}, err
}

// scaleIn is the range of values that a style shows of a formula: the one that it
// names, the own one if there is one, else what a sample tells.
func (f *formula) scaleIn(st style.Style, own *style.Range, sampled func(*formula) (Statistics, error)) (valueRange, error) {
	switch {
	case st.Range != nil:
		return valueRange{st.Range.Low, st.Range.High}, nil
	case own != nil && (st.Stretch == style.Default || st.Stretch == style.None):
		return valueRange{own.Low, own.High}, nil
	}
	statistics, err := sampled(f)
	return statistics.stretched(st.Stretch), err
}

// filter is the one that a style asks for, else the one that was found out.
func (c *character) filter(st style.Style) style.Filter {
	if st.Filter != "" {
		return style.ParseFilter(st.Filter, c.data)
	}
	return c.detection.Auto
}

// formula finds the bands that the formula of a style is made of.
func (c *character) formula(st style.Style) (*formula, error) {
	inputs, err := st.Formula.Inputs(c.filter(st), c.data)
	if err != nil {
		return nil, err
	}
	return &formula{Formula: st.Formula, inputs: inputs}, nil
}
