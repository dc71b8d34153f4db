package tiling

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"github.com/cairngeo/cairn/tiling/style"
)

// Description says what a raster is and how it can be looked at.
type Description struct {
	BandCount int               `json:"bandCount" doc:"Of the raster as it was built, alpha too" example:"6"`
	Width     int               `json:"width" doc:"Of the bounding rectangle of the entry's polygon in Web Mercator, in pixels as it was built" example:"8000"`
	Height    int               `json:"height" example:"6000"`
	DataType  string            `json:"dataType" doc:"Of the first band" example:"UInt16"`
	CRS       string            `json:"crs" example:"EPSG:3857"`
	Bands     []BandDescription `json:"bands" doc:"All but alpha"`
	Available []Preset          `json:"availablePresets" doc:"Of the sensor; empty if it is not known"`
	Presets   []PresetName      `json:"presets" doc:"Those of availablePresets that can be asked for by preset="`
	Default   *string           `json:"defaultPreset" doc:"null: an ordinary picture or raster; empty: multispectral, of an unknown sensor" example:"true-color"`
	Sensor    *string           `json:"detectedSensor" doc:"Like defaultPreset" example:"micasense-rededge"`
}

// BandDescription is a band of a raster.
type BandDescription struct {
	Index          int    `json:"index" doc:"From 1" example:"5"`
	Name           string `json:"name" example:"NIR"`
	Wavelength     int    `json:"wavelength,omitempty" doc:"Nanometres" example:"842"`
	Interpretation string `json:"colorInterpretation" example:"Undefined"`
}

// Preset is a way to look at the raster.
type Preset struct {
	ID       string       `json:"id" example:"true-color"`
	Name     string       `json:"name" example:"True Color (RGB)"`
	Mapping  *BandMapping `json:"bandMapping,omitempty"`
	Default  bool         `json:"isDefault"`
	Type     string       `json:"type,omitempty" doc:"index: to be asked for by formula= and colormap=" enum:"index"`
	Formula  string       `json:"formula,omitempty" example:"NDVI"`
	Colormap string       `json:"colormap,omitempty" example:"rdylgn"`
}

// BandMapping are the bands that are shown as red, green and blue.
type BandMapping struct {
	R int `json:"r" example:"3"`
	G int `json:"g" example:"2"`
	B int `json:"b" example:"1"`
}

// PresetName is a preset in a list to choose from.
type PresetName struct {
	ID   string `json:"id" example:"true-color"`
	Name string `json:"name" example:"True Color (RGB)"`
}

// Describe describes a raster whose entry's polygon has the outline, in degrees.
func (s *Server) Describe(ctx context.Context, raster Raster, outline orb.Bound) (Description, error) {
	src, err := s.sources.open(ctx, raster.COG)
	if err != nil {
		return Description{}, err
	}
	defer src.release()
	frame, err := frameOf(src.index, outline)
	if err != nil {
		return Description{}, err
	}
	c, err := s.characterOf(ctx, src, raster)
	if err != nil {
		return Description{}, err
	}
	d := Description{
		BandCount: len(c.bands), Width: frame.width, Height: frame.height, DataType: c.bands[0].DataType, CRS: "EPSG:" + strconv.Itoa(src.index.EPSG),
		Bands: make([]BandDescription, c.data), Available: []Preset{}, Presets: []PresetName{},
	}
	for i, b := range c.detection.Bands {
		d.Bands[i] = BandDescription{Index: i + 1, Name: b.Name, Wavelength: b.Wavelength, Interpretation: c.bands[i].Interpretation}
	}
	if !c.detection.Detected {
		return d, nil
	}
	d.Default, d.Sensor = new(string), new(string)
	if sensor := c.detection.Sensor; sensor != nil {
		d.Sensor, d.Default = &sensor.ID, &sensor.DefaultPreset().ID
		d.addPresets(sensor)
	}
	return d, nil
}

func (d *Description) addPresets(sensor *style.Sensor) {
	for _, p := range sensor.Presets {
		preset := Preset{ID: p.ID, Name: p.Name, Default: p.ID == *d.Default, Formula: p.Formula, Colormap: p.Colormap}
		if len(p.Bands) == 3 {
			preset.Mapping = &BandMapping{p.Bands[0], p.Bands[1], p.Bands[2]}
			d.Presets = append(d.Presets, PresetName{p.ID, p.Name})
		} else {
			preset.Type = "index"
		}
		d.Available = append(d.Available, preset)
	}
}

// Catalogue is what a raster's values are and which formulas and colour maps
// there are for it.
type Catalogue struct {
	Statistics map[string]Summary `json:"statistics" doc:"By number of band from \"1\"; of a formula \"1\""`
	Algorithms []Algorithm        `json:"algorithms"`
	Terrain    []TerrainAlgorithm `json:"terrain" doc:"What can be made of heights, for algorithm="`
	Colormaps  []Colormap         `json:"colormaps"`
	AutoBands  AutoBands          `json:"autoBands"`
	Sensor     string             `json:"detectedSensor" doc:"Empty if it is not known" example:"micasense-rededge"`
}

// Summary are statistics with a histogram.
type Summary struct {
	Min         float64          `json:"min" example:"-0.2"`
	Max         float64          `json:"max" example:"0.9"`
	Mean        float64          `json:"mean" example:"0.4"`
	Std         float64          `json:"std" doc:"Standard deviation of the population" example:"0.1"`
	Percentiles Percentiles      `json:"percentiles"`
	Histogram   *HistogramOutput `json:"histogram,omitempty" doc:"Of formulas"`
}

// Percentiles are the 2nd and the 98th of the whole raster.
type Percentiles struct {
	P2  float64 `json:"p2" example:"0.1"`
	P98 float64 `json:"p98" example:"0.8"`
}

// HistogramOutput is a Histogram as it is sent.
type HistogramOutput struct {
	Counts []int32   `json:"counts" doc:"Of values in each bin"`
	Edges  []float64 `json:"edges" doc:"Of the bins, one more than these"`
	Bins   int       `json:"bins" example:"255"`
}

// Algorithm is a formula.
type Algorithm struct {
	ID             string      `json:"id" example:"NDVI"`
	Name           string      `json:"name" example:"Normalized Difference Vegetation Index"`
	Expression     string      `json:"expr" example:"(N - R) / (N + R)"`
	Help           string      `json:"help"`
	Range          *[2]float64 `json:"range,omitempty" doc:"Of its values, absent if they have no natural one"`
	Disabled       bool        `json:"disabled,omitempty" doc:"The raster lacks bands that it needs"`
	DisabledReason string      `json:"disabledReason,omitempty" example:"Requires bands: R, N"`
}

// TerrainAlgorithm makes a picture of heights.
type TerrainAlgorithm struct {
	ID   string `json:"id" example:"hillshade"`
	Name string `json:"name" example:"Hillshade"`
	Help string `json:"help"`
}

// Colormap is a colour map.
type Colormap struct {
	ID     string   `json:"id" example:"rdylgn"`
	Name   string   `json:"name" example:"Red-Yellow-Green"`
	Colors []string `json:"colors" doc:"Six of the 256, evenly spread" example:"[\"#d73027\",\"#1a9850\"]"`
}

// AutoBands are the letters of the bands, as they were found out.
type AutoBands struct {
	Filter string `json:"filter" doc:"In the order of the file, as bandFilter= takes it; L is a band without a letter" example:"BGRReN"`
	Match  bool   `json:"match" doc:"The bands are known by their names"`
}

// Catalogue returns what there is to see of a raster. The statistics are those of
// the style's formula if it has one, else of the bands.
func (s *Server) Catalogue(ctx context.Context, raster Raster, st style.Style) (Catalogue, error) {
	src, err := s.sources.open(ctx, raster.COG)
	if err != nil {
		return Catalogue{}, err
	}
	defer src.release()
	c, err := s.characterOf(ctx, src, raster)
	if err != nil {
		return Catalogue{}, err
	}
	filter := c.filter(st)
	found := Catalogue{
		Statistics: map[string]Summary{}, Algorithms: algorithms(filter), Terrain: terrainAlgorithms(), Colormaps: colormaps(),
		AutoBands: AutoBands{Filter: c.detection.Auto.String(), Match: c.detection.Named},
	}
	if sensor := c.detection.Sensor; sensor != nil {
		found.Sensor = sensor.ID
	}
	if st.Formula == nil {
		for i, of := range c.statistics {
			found.Statistics[strconv.Itoa(i+1)] = of.summary()
		}
		return found, nil
	}
	f, err := c.formula(st)
	if err != nil {
		return Catalogue{}, err
	}
	sample, err := s.sampleOf(ctx, src, f)
	if err != nil {
		return Catalogue{}, err
	}
	summary := sample.summary()
	summary.Histogram = &HistogramOutput{sample.Histogram.Counts[:], sample.Histogram.Edges[:], histogramBins}
	found.Statistics["1"] = summary
	return found, nil
}

func (s Statistics) summary() Summary {
	return Summary{Min: s.Min, Max: s.Max, Mean: s.Mean, Std: s.Std, Percentiles: Percentiles{s.P2, s.P98}}
}

// algorithms lists the formulas; those that need letters which the filter lacks
// are disabled.
func algorithms(filter style.Filter) []Algorithm {
	var list []Algorithm
	for _, f := range style.Formulas() {
		a := Algorithm{ID: f.ID, Name: f.Name, Expression: f.Expression, Help: f.Help}
		if f.Range != nil {
			a.Range = &[2]float64{f.Range.Low, f.Range.High}
		}
		if len(f.Missing(filter)) > 0 {
			needs := slices.DeleteFunc(slices.Clone(style.Letters), func(l string) bool { return !slices.Contains(f.Needs(), l) })
			a.Disabled, a.DisabledReason = true, "Requires bands: "+strings.Join(needs, ", ")
		}
		list = append(list, a)
	}
	return list
}

func terrainAlgorithms() []TerrainAlgorithm {
	var list []TerrainAlgorithm
	for _, a := range style.Algorithms() {
		list = append(list, TerrainAlgorithm{string(a.ID), a.Name, a.Help})
	}
	return list
}

// colormaps lists the colour maps.
func colormaps() []Colormap {
	var list []Colormap
	for _, c := range style.Colormaps() {
		colors := make([]string, 6)
		for i := range colors {
			colors[i] = c.Hex(51 * i)
		}
		list = append(list, Colormap{ID: c.ID, Name: c.Name, Colors: colors})
	}
	return list
}
