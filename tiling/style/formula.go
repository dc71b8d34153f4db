package style

import (
	"slices"

	"github.com/cairngeo/cairn"
)

// Formula is an index that is known by name.
type Formula struct {
	ID, Name   string
	Expression string
	Help       string
	Range      *Range // of its values, nil if they have no natural one
	program    *Program
}

// Range is an interval of values; Low is below High.
type Range struct{ Low, High float64 }

// Needs are the letters of the bands that the formula is made of.
func (f *Formula) Needs() []string { return f.program.Bands }

var unit = &Range{-1, 1}

var formulas = compiled([]*Formula{
	{ID: "VARI", Name: "Visible Atmospherically Resistant Index", Expression: "(G - R) / (G + R - B)", Range: unit,
		Help: "How green vegetation is, from visible light, little affected by haze."},
	{ID: "EXG", Name: "Excess Green", Expression: "2 * G - (R + B)",
		Help: "Tells green plants from soil in visible light."},
	{ID: "GLI", Name: "Green Leaf Index", Expression: "(2 * G - R - B) / (2 * G + R + B)", Range: unit,
		Help: "Leaves and stems are positive, soil and dead matter negative."},
	{ID: "vNDVI", Name: "Visible NDVI", Expression: "0.5268 * R ^ -0.1294 * G ^ 0.3389 * B ^ -0.3118",
		Help: "An estimate of NDVI from visible light."},
	{ID: "NDVI", Name: "Normalized Difference Vegetation Index", Expression: "(N - R) / (N + R)", Range: unit,
		Help: "How much green vegetation there is and how well it does."},
	{ID: "NDWI", Name: "Normalized Difference Water Index", Expression: "(G - N) / (G + N)", Range: unit,
		Help: "Open water is positive, land and vegetation negative."},
	{ID: "GNDVI", Name: "Green NDVI", Expression: "(N - G) / (N + G)", Range: unit,
		Help: "Like NDVI, more sensitive to chlorophyll."},
	{ID: "SAVI", Name: "Soil Adjusted Vegetation Index", Expression: "1.5 * (N - R) / (N + R + 0.5)", Range: unit,
		Help: "NDVI where much soil shows. Its constants are for reflectances from 0 to 1."},
	{ID: "EVI", Name: "Enhanced Vegetation Index", Expression: "2.5 * (N - R) / (N + 6 * R - 7.5 * B + 1)", Range: unit,
		Help: "NDVI where vegetation is dense. Its constants are for reflectances from 0 to 1."},
	{ID: "NDRE", Name: "Normalized Difference Red Edge", Expression: "(N - Re) / (N + Re)", Range: unit,
		Help: "Chlorophyll and nitrogen, in crops at a late stage too."},
	{ID: "NDYI", Name: "Normalized Difference Yellowness Index", Expression: "(G - B) / (G + B)", Range: unit,
		Help: "How yellow blossoms and crops are."},
	{ID: "MPRI", Name: "Modified Photochemical Reflectance Index", Expression: "(G - R) / (G + R)", Range: unit,
		Help: "Green against red: leaves from soil, in visible light."},
	{ID: "OSAVI", Name: "Optimized Soil Adjusted Vegetation Index", Expression: "(N - R) / (N + R + 0.16)", Range: unit,
		Help: "SAVI for sparse canopies. Its constant is for reflectances from 0 to 1."},
	{ID: "GRVI", Name: "Green Ratio Vegetation Index", Expression: "N / G",
		Help: "How fast plants build up matter."},
	{ID: "ENDVI", Name: "Enhanced NDVI", Expression: "((N + G) - 2 * B) / ((N + G) + 2 * B)",
		Help: "NDVI for cameras without a red band."},
	{ID: "ARVI", Name: "Atmospherically Resistant Vegetation Index", Expression: "(N - 2 * R + B) / (N + 2 * R + B)", Range: unit,
		Help: "NDVI where the air is hazy."},
	{ID: "CELSIUS", Name: "Temperature in °C", Expression: "T", Range: &Range{-40, 150},
		Help: "The values of the thermal band, of the first one if none is known to be thermal."},
	{ID: "KELVIN", Name: "Temperature in K", Expression: "T + 273.15", Range: &Range{233.15, 423.15},
		Help: "The values of the thermal band, of the first one if none is known to be thermal, and 273.15."},
})

func compiled(list []*Formula) []*Formula {
	for _, f := range list {
		program, err := Compile(f.Expression)
		if err != nil {
			panic(err)
		}
		f.program = program
	}
	return list
}

// Formulas returns all formulas with a name.
func Formulas() []*Formula { return slices.Clone(formulas) }

// FormulaOf returns the formula with the id, which is case-sensitive, or one
// made of an expression.
func FormulaOf(text string) (*Formula, error) {
	for _, f := range formulas {
		if f.ID == text {
			return f, nil
		}
	}
	program, err := Compile(text)
	if err != nil {
		return nil, err
	}
	if len(program.Bands) == 0 {
		return nil, cairn.Errorf(cairn.Invalid, "The formula %q names no band.", text)
	}
	return &Formula{Expression: text, program: program}, nil
}
