package style

import (
	"math"
	"strconv"
	"strings"

	"github.com/cairngeo/cairn"
)

// Parameters are what a request says of how it wants a raster to look.
type Parameters struct {
	Preset     string // id of one of the sensor's presets
	Bands      string // numbers of bands for red, green and blue
	Formula    string // id of a formula, or an expression
	BandFilter string // letters of the bands, see ParseFilter
	Colormap   string // id
	Rescale    string // "min,max"
	Resampling string // see Resampling

	Algorithm    string // what is made of heights, see Algorithm
	Azimuth      string // degrees
	Altitude     string // degrees
	ZFactor      string
	NodataHeight string // metres

	Stretch string // see Stretch
}

// Stretch says which values become the darkest and the brightest.
type Stretch string

// The stretches, all of the whole raster. Custom is what clients send together with
// a range of their own.
const (
	Default    Stretch = ""           // bytes as they are; the formula's range; else percentiles
	Percentile Stretch = "percentile" // the 2nd and the 98th percentile
	MinMax     Stretch = "minmax"
	StdDev     Stretch = "stddev" // 2.33 standard deviations around the mean, within the extremes
	None       Stretch = "none"   // what the type of the numbers can hold, or the formula's range
	Custom     Stretch = "custom" // like Default
)

// Resampling says how pixels between those of a raster are made.
type Resampling string

// The resamplings. Without one pixels are shown as they are where a raster is made
// larger, and means of them where it is made smaller.
const (
	Nearest  Resampling = "nearest"
	Bilinear Resampling = "bilinear"
	Cubic    Resampling = "cubic"
	Average  Resampling = "average" // nobody asks for it by name
)

// Style is a way to look at rasters.
type Style struct {
	Asked Parameters // what it was read from

	Preset   string
	Bands    []int    // one to three, from 1
	Formula  *Formula // wins over Bands, and these over Preset
	Filter   string   // "": found out
	Colormap *Colormap
	Range    *Range // wins over Stretch
	Stretch  Stretch

	Resampling Resampling // "": the usual one
	Terrain    *Terrain   // values are heights, and this is made of them
}

// Usual tells whether it is the usual look.
func (s Style) Usual() bool { return s.Plain() && s.Stretch == Default && s.Resampling == "" }

// Plain tells whether it is the usual look, but for the stretch and the resampling.
func (s Style) Plain() bool {
	return s.Preset == "" && s.Bands == nil && s.Formula == nil && s.Terrain == nil
}

const (
	maxFilter = 1024 // bytes
	maxBand   = 65535
)

// DefaultColormap is what formulas are coloured with.
const DefaultColormap = "rdylgn"

// Parse reads parameters. The error is Invalid and says which one is wrong.
func Parse(p Parameters) (Style, error) {
	s := Style{Asked: p, Preset: p.Preset, Filter: p.BandFilter, Stretch: Stretch(strings.ToLower(p.Stretch)), Resampling: Resampling(strings.ToLower(p.Resampling))}
	switch s.Resampling {
	case "", Nearest, Bilinear, Cubic:
	default:
		return Style{}, cairn.Errorf(cairn.Invalid, "There is no resampling %.50q: it is nearest, bilinear or cubic.", p.Resampling)
	}
	switch s.Stretch {
	case Default, Percentile, MinMax, StdDev, None:
	case Custom:
		s.Stretch = Default
	default:
		return Style{}, cairn.Errorf(cairn.Invalid, "There is no stretch %.50q: it is percentile, minmax, stddev, none or custom.", p.Stretch)
	}
	if len(p.BandFilter) > maxFilter || len(p.Preset) > maxFilter {
		return Style{}, cairn.Errorf(cairn.Invalid, "Presets and band filters have at most %d characters.", maxFilter)
	}
	var err error
	if s.Range, err = parseRange(p.Rescale); err != nil {
		return Style{}, err
	}
	if s.Bands, err = parseBands(p.Bands); err != nil {
		return Style{}, err
	}
	if s.Terrain, err = parseTerrain(p); err != nil {
		return Style{}, err
	}
	if s.Terrain != nil {
		if len(s.Bands) > 1 {
			return Style{}, cairn.Errorf(cairn.Invalid, "Heights are in one band, not in the bands %.50q.", p.Bands)
		}
		if p.Colormap == "" {
			p.Colormap = "grayscale"
		}
	}
	if p.Formula != "" {
		if s.Formula, err = FormulaOf(p.Formula); err != nil {
			return Style{}, err
		}
		if p.Colormap == "" {
			p.Colormap = DefaultColormap
		}
	}
	if p.Colormap != "" {
		var ok bool
		if s.Colormap, ok = FindColormap(p.Colormap); !ok {
			return Style{}, cairn.Errorf(cairn.Invalid, "There is no colour map %.50q: there are %s.", p.Colormap, colormapIDs())
		}
	}
	return s, nil
}

func colormapIDs() string {
	ids := make([]string, len(colormaps))
	for i, c := range colormaps {
		ids[i] = c.ID
	}
	return strings.Join(ids, ", ")
}

// parseRange reads "min,max"; nothing is no range.
func parseRange(text string) (*Range, error) {
	if text == "" {
		return nil, nil
	}
	low, high, _ := strings.Cut(text, ",")
	r := &Range{number(low), number(high)}
	if !(r.Low < r.High) || math.IsInf(r.High-r.Low, 0) {
		return nil, cairn.Errorf(cairn.Invalid, "The range %.50q is not two numbers, the lower one first, as in 0,1.", text)
	}
	return r, nil
}

// number reads a number, NaN if it is none.
func number(text string) float64 {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// parseBands reads numbers of bands. Those after the third are not drawn.
func parseBands(text string) ([]int, error) {
	if text == "" {
		return nil, nil
	}
	var bands []int
	for one := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(one))
		if err != nil || n < 1 || n > maxBand {
			return nil, cairn.Errorf(cairn.Invalid, "The bands %.50q are not numbers from 1, as in 3,2,1.", text)
		}
		if len(bands) < 3 {
			bands = append(bands, n)
		}
	}
	return bands, nil
}

// Inputs returns which bands the formula is made of, from 1, in the order of
// its program's Bands; 0 stands for zeros. T is the first band if no band is
// known to be thermal. The error is Invalid for an expression of bands that the
// raster lacks; a formula with a name takes zeros for these.
func (f *Formula) Inputs(filter Filter, bands int) ([]int, error) {
	inputs := make([]int, len(f.program.Bands))
	for i, name := range f.program.Bands {
		n, numbered := bandNumber(name)
		switch {
		case numbered:
			inputs[i] = n
		case filter[name] > 0:
			inputs[i] = filter[name]
		case name == "T":
			inputs[i] = 1
		}
		if inputs[i] > bands || inputs[i] == 0 && f.ID == "" {
			return nil, cairn.Errorf(cairn.Invalid, "This raster of %d bands has no band %s; the filter of its bands is %q.", bands, name, filter)
		}
	}
	return inputs, nil
}

// Missing returns the letters that the formula needs and the filter lacks.
func (f *Formula) Missing(filter Filter) []string {
	var missing []string
	for _, name := range f.Needs() {
		if filter[name] == 0 {
			missing = append(missing, name)
		}
	}
	return missing
}

// Evaluate computes the formula for each pixel into out, from its inputs; see
// Program.Run.
func (f *Formula) Evaluate(out []float32, inputs [][]float32) { f.program.Run(out, inputs) }
