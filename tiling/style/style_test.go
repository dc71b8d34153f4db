package style

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
)

// The check values of section 6.10 of the specification.
func TestColormapCheckValues(t *testing.T) {
	t.Parallel()
	c, ok := FindColormap("rdylgn")
	require.True(t, ok)
	for index, want := range map[int][3]byte{
		0: {215, 48, 39}, 51: {245, 148, 85}, 102: {253, 204, 122}, 127: {253, 223, 138}, 153: {218, 221, 125}, 204: {138, 204, 100}, 255: {26, 152, 80},
	} {
		assert.Equal(t, want, c.Colors[index], index)
	}
	steps, _ := FindColormap("discrete_ndvi")
	assert.Equal(t, [3]byte{139, 0, 0}, steps.Colors[50])
	assert.Equal(t, [3]byte{255, 69, 0}, steps.Colors[51])
	assert.Equal(t, [3]byte{0, 100, 0}, steps.Colors[255])
	greys, _ := FindColormap("greys")
	assert.Equal(t, [3]byte{254, 254, 254}, greys.Colors[1])
	assert.Len(t, Colormaps(), 17)
	_, ok = FindColormap("RdYlGn")
	assert.False(t, ok, "ids are case-sensitive")
}

// value computes an expression of single values of bands.
func value(t *testing.T, text string, bands map[string]float32) float64 {
	t.Helper()
	p, err := Compile(text)
	require.NoError(t, err, text)
	inputs := make([][]float32, len(p.Bands))
	for i, name := range p.Bands {
		inputs[i] = []float32{bands[name]}
	}
	out := make([]float32, 1)
	p.Run(out, inputs)
	return float64(out[0])
}

func TestExpressions(t *testing.T) {
	t.Parallel()
	bands := map[string]float32{"R": 1, "G": 2, "B": 4, "N": 3, "Re": 8, "b12": 5}
	for text, want := range map[string]float64{
		"R": 1, "(N-R)/(N+R)": 0.5, "R + G * B": 9, "(R + G) * B": 12, "B - G - R": 1, "B / G / G": 1,
		"-G ^ 2": -4, "2 ^ N ^ 2": 512, "G ^ -1": 0.5, "- - R": 1, "+R": 1, "b12 * 2": 10, "Re/R": 8,
		"min(R, G, B)": 1, "max(R, min(G, B), 1.5)": 2, "sqrt(B)": 2, "abs(R - B)": 3, "log(R)": 0, "1e1 + .5 + 2.": 12.5,
		"R\t+\nG": 3,
	} {
		assert.InDelta(t, want, value(t, text, bands), 1e-6, text)
	}
	for _, text := range []string{"R / (G - G)", "R / 1e-11", "sqrt(-R)", "(R - G) ^ 0.5", "(R - R) ^ 0.5", "1 / 0 + R"} {
		assert.True(t, math.IsNaN(value(t, text, bands)), text)
	}
	// Longer than a run, so that none is left out.
	p, err := Compile("R * 2 + 1")
	require.NoError(t, err)
	in, out := make([]float32, 1000), make([]float32, 1000)
	for i := range in {
		in[i] = float32(i)
	}
	p.Run(out, [][]float32{in})
	for i, v := range out {
		require.Equal(t, float32(2*i+1), v)
	}
}

func TestExpressionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"":                                   "incomplete",
		"N R":                                "%2B",
		"(N - R":                             "incomplete",
		"N - R)":                             "from \")\" on",
		"N -":                                "incomplete",
		"N ** R":                             "on",
		"ndvi":                               `"ndvi" in the formula is unknown`,
		"b0":                                 `"b0"`,
		"b01":                                `"b01"`,
		"b999999":                            `"b999999"`,
		"exec(R)":                            `"exec"`,
		"min(R)":                             "two or more",
		"sqrt(R, G)":                         "one",
		"sqrt":                               "incomplete",
		"sqrt()":                             "on",
		"1.2.3":                              `"1.2.3"`,
		"1e999 * R":                          `"1e999"`,
		"R; G":                               `";`,
		"R\x00":                              "on",
		"R \xff":                             "characters",
		"Ŕ":                                  "on",
		"2 + 2":                              "names no band",
		strings.Repeat("(", 500):             "nested",
		strings.Repeat("-", 499) + "R":       "nested",
		"R" + strings.Repeat("^2", 240):      "nested",
		strings.Repeat("sqrt(", 90) + "R":    "nested",
		"R" + strings.Repeat(" + R", 10_000): "500",
		strings.Repeat("min(R,", 80) + "R":   "nested",
	} {
		_, err := FormulaOf(text)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), text)
		assert.ErrorContains(t, err, says, text)
	}
}

func FuzzCompile(f *testing.F) {
	for _, formula := range formulas {
		f.Add(formula.Expression)
	}
	f.Add("min(b1, -2^.5e1) / log(Re)")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Compile(text)
		if err != nil {
			return
		}
		out := make([]float32, 300)
		p.Run(out, make([][]float32, len(p.Bands)))
	})
}

func TestBandFilter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Filter{
		"BGRReN": {"B": 1, "G": 2, "R": 3, "Re": 4, "N": 5}, "RGB": {"R": 1, "G": 2, "B": 3}, "LPR": {"R": 3}, "é-N": {"N": 3},
		"RR": {"R": 2}, "": {}, "RGBNReTRGB": {"R": 7, "G": 2, "B": 3, "N": 4, "Re": 5, "T": 6}, "\xffR": {"R": 2}, "T": {"T": 1},
	} {
		assert.Equal(t, want, ParseFilter(text, 7), text)
		assert.Equal(t, want, ParseFilter(want.String(), 7), "what is reported can be sent back")
	}
	assert.Equal(t, Filter{"R": 1}, ParseFilter("RG", 1))
	assert.Equal(t, "BGRReN", ParseFilter("BGRReN", 5).String())
	assert.Equal(t, "LLR", ParseFilter("LPR", 5).String())
}

func facts(n int, kind string, alpha bool, texts ...string) Facts {
	f := Facts{Texts: texts}
	for i := range n {
		f.Bands = append(f.Bands, BandFacts{DataType: kind, Interpretation: []string{"Gray", "Undefined"}[min(i, 1)]})
	}
	if alpha {
		f.Bands = append(f.Bands, BandFacts{DataType: kind, Interpretation: "Alpha"})
	}
	return f
}

func TestDetection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		facts  Facts
		sensor string
		found  bool
		map3   []int
		filter string
	}{
		{"RedEdge", facts(5, "UInt16", false, "a=MicaSense", "b=RedEdge"), "micasense-rededge", true, []int{3, 2, 1}, "BGRReN"},
		{"RedEdge with alpha is no Altum", facts(5, "UInt16", true, "a=MicaSense"), "micasense-rededge", true, []int{3, 2, 1}, "BGRReN"},
		{"RedEdge-P", facts(5, "UInt16", false, "a=MicaSense RedEdge-P"), "micasense-rededge-p", true, []int{3, 2, 1}, "BGRReN"},
		{"Altum", facts(6, "UInt16", true, "a=MicaSense"), "micasense-altum", true, []int{3, 2, 1}, "BGRReNT"},
		{"case counts", facts(5, "UInt16", false, "a=micasense"), "", true, []int{1, 2, 3}, "RGB"},
		{"type counts", facts(5, "Float32", false, "a=MicaSense"), "", true, []int{1, 2, 3}, "RGB"},
		{"Sentinel-2", facts(13, "UInt16", false, "a=S2A_MSIL2A"), "sentinel-2", true, []int{4, 3, 2}, "LBGRReLLN"},
		{"Mavic 3M", facts(4, "UInt16", false, "model=M3M"), "dji-mavic-3m", true, []int{4, 1, 2}, "GRReN"},
		{"four bands", facts(4, "UInt16", false), "generic-4band", true, []int{3, 2, 1}, "BGRN"},
		{"three and alpha are not four", facts(3, "UInt16", true), "", false, []int{1, 2, 3}, "RGB"},
		{"Landsat 7", facts(8, "Byte", false, "x=LE07_L1TP"), "landsat-7-etm", true, []int{3, 2, 1}, "BGRNLT"},
		{"picture", facts(3, "Byte", true, "x=MicaSense"), "", false, []int{1, 2, 3}, "RGB"},
		{"four bytes, the last one light", facts(4, "Byte", false), "", false, []int{1, 2, 3}, "RGB"},
		{"H20T", facts(1, "Float32", true, "x=H20T"), "dji-h20t", true, []int{1, 1, 1}, "T"},
		{"temperatures", facts(1, "Float32", false, "unit=Celsius"), "", false, []int{1, 1, 1}, "T"},
		{"elevations", facts(1, "Float32", false), "", false, []int{1, 1, 1}, "R"},
	} {
		d := Detect(c.facts)
		id := ""
		if d.Sensor != nil {
			id = d.Sensor.ID
		}
		assert.Equal(t, c.sensor, id, c.name)
		assert.Equal(t, c.found, d.Detected, c.name)
		assert.Equal(t, c.map3, d.Mapping, c.name)
		assert.Equal(t, c.filter, d.Auto.String(), c.name)
	}
	described := facts(4, "UInt16", false)
	for i, name := range []string{"NIR", "Red", "Green", "Blue"} {
		described.Bands[i].Description = name
	}
	assert.Equal(t, "NRGB", Detect(described).Auto.String())
	colored := facts(4, "Int16", false)
	for i, name := range []string{"Blue", "Green", "Red"} {
		colored.Bands[i].Interpretation = name
	}
	assert.Equal(t, []int{3, 2, 1}, Detect(colored).Mapping)
	assert.Equal(t, "BGR", Detect(colored).Auto.String())
}

func TestCatalogueOfSensors(t *testing.T) {
	t.Parallel()
	assert.Len(t, sensors, 17)
	assert.Len(t, Formulas(), 18)
	for _, s := range sensors {
		require.NotEmpty(t, s.Bands, s.ID)
		require.NotNil(t, s.DefaultPreset(), s.ID)
		defaults := 0
		for _, p := range s.Presets {
			if p.Default {
				defaults++
			}
			if len(p.Bands) == 0 {
				f, err := FormulaOf(p.Formula)
				require.NoError(t, err, p.ID)
				_, ok := FindColormap(p.Colormap)
				require.True(t, ok, p.Colormap)
				assert.Empty(t, f.Missing(Detect(Facts{Bands: facts(len(s.Bands), s.DataType, false).Bands, Texts: s.Patterns}).Auto), "%s: %s", s.ID, p.ID)
				continue
			}
			require.Len(t, p.Bands, 3, p.ID)
			for _, n := range p.Bands {
				assert.LessOrEqual(t, n, len(s.Bands), "%s: %s", s.ID, p.ID)
			}
		}
		assert.Equal(t, 1, defaults, s.ID)
	}
}

func TestParametersThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, p := range []Parameters{
		{Formula: "ndvi"}, {Formula: "NDVI", Colormap: "RDYLGN"}, {Rescale: "1"}, {Rescale: "1,1"}, {Rescale: "2,1"}, {Rescale: "a,b"}, {Rescale: "NaN,1"},
		{Rescale: "-Inf,Inf"}, {Rescale: "-1e308,1e308"}, {Rescale: "1,2,3"}, {Bands: "0"}, {Bands: "-1"}, {Bands: "1,x"}, {Bands: ","}, {Bands: "99999999999999999999"},
		{Stretch: "wild"}, {BandFilter: strings.Repeat("R", 5000)}, {Preset: strings.Repeat("R", 5000)},
	} {
		_, err := Parse(p)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), "%+v", p)
	}
	s, err := Parse(Parameters{Bands: " 3, 2,1,7", Rescale: "-1.5, 2e2", Stretch: "MinMax"})
	require.NoError(t, err)
	s.Asked = Parameters{}
	assert.Equal(t, Style{Bands: []int{3, 2, 1}, Range: &Range{-1.5, 200}, Stretch: MinMax}, s)
	s, err = Parse(Parameters{Colormap: "viridis", Stretch: "custom"})
	require.NoError(t, err)
	assert.True(t, s.Plain())
}
