package style

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
)

// Sensor is a camera or satellite whose rasters are known by their bands and by
// what is written in their files.
type Sensor struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Category string   `json:"category"` // multispectral or thermal
	DataType string   `json:"dataType"` // of the first band, "" for any
	Priority int      `json:"priority"` // of those that fit the highest wins
	Patterns []string `json:"patterns"` // of which one must be in the file's texts; none: bands are enough
	Bands    []Band   `json:"bands"`
	Presets  []Preset `json:"presets"`
}

// Band is what is known of a band of a sensor.
type Band struct {
	Name       string `json:"name"`
	Wavelength int    `json:"wavelength"` // nanometres, 0 if unknown
	Domain     string `json:"domain"`     // swir or thermal, "" for optical
}

// Preset is a way to look at the rasters of a sensor: bands for red, green and
// blue, or a formula with a colour map.
type Preset struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Bands    []int  `json:"bands"` // three, or none for a formula
	Formula  string `json:"formula"`
	Colormap string `json:"colormap"`
	Default  bool   `json:"default"`
}

//go:embed sensors.json
var sensorsJSON []byte

var sensors = func() []*Sensor {
	var list []*Sensor
	if err := json.Unmarshal(sensorsJSON, &list); err != nil {
		panic(err)
	}
	slices.SortStableFunc(list, func(a, b *Sensor) int { return b.Priority - a.Priority })
	return list
}()

// Facts are what a file says of its raster.
type Facts struct {
	Bands []BandFacts // alpha too
	Texts []string    // metadata as key=value
}

// BandFacts are what a file says of a band.
type BandFacts struct {
	DataType       string // as GDAL calls it
	Interpretation string // of its colour, as GDAL calls it
	Description    string
}

// Detection is what a raster is found to be: which sensor took it, what its bands
// are and how they are best shown.
type Detection struct {
	Detected bool    // the raster is more than a picture
	Sensor   *Sensor // nil unless it is a known one
	Bands    []Band  // all but alpha
	Mapping  []int   // the bands of red, green and blue by default
	Auto     Filter  // letters of the bands
	Named    bool    // Auto comes from names of bands
	Thermal  bool
}

// Detect finds out what a raster is.
func Detect(f Facts) Detection {
	data := f.Bands
	if n := len(data); n > 0 && data[n-1].Interpretation == "Alpha" {
		data = data[:n-1]
	}
	found := Detection{Bands: bandsOf(data), Mapping: mappingOf(data)}
	if !isPicture(f.Bands) {
		if s := sensorOf(f, len(data)); s != nil {
			found.recognize(s, data)
		} else if len(data) > 3 && data[0].DataType != "Byte" {
			found.Detected = true
		}
	}
	if found.Detected {
		found.Auto = filterByName(names(found.Bands))
		found.Named = len(found.Auto) > 0
	}
	if !found.Named {
		found.Auto = found.usualFilter(f.Texts)
	}
	return found
}

// isPicture tells whether the bands are red, green, blue, with or without
// alpha, of 8 bits: never from a multispectral sensor.
func isPicture(bands []BandFacts) bool {
	for _, b := range bands {
		if b.DataType != "Byte" {
			return false
		}
	}
	return len(bands) == 3 || len(bands) == 4 && bands[3].Interpretation == "Alpha"
}

// sensorOf returns the sensor that fits, nil if none does.
func sensorOf(f Facts, data int) *Sensor {
	for _, s := range sensors {
		// Alpha doesn't count: with it a raster of five bands would be one of six.
		fits := len(s.Bands) == data && (s.DataType == "" || s.DataType == f.Bands[0].DataType)
		if fits && s.mentionedIn(f.Texts) {
			return s
		}
	}
	return nil
}

func (s *Sensor) mentionedIn(texts []string) bool {
	if len(s.Patterns) == 0 {
		return true
	}
	return slices.ContainsFunc(s.Patterns, func(pattern string) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, pattern) })
	})
}

// recognize takes over what is known of the sensor.
func (d *Detection) recognize(s *Sensor, data []BandFacts) {
	d.Detected, d.Sensor, d.Thermal = true, s, s.Category == "thermal"
	d.Bands = slices.Clone(s.Bands)
	described := slices.ContainsFunc(data, func(b BandFacts) bool { return b.Description != "" })
	if len(s.Patterns) == 0 && described {
		d.Bands = bandsOf(data)
	}
	if p := s.DefaultPreset(); p != nil && len(p.Bands) > 0 {
		d.Mapping = p.Bands
	}
}

// DefaultPreset is the preset flagged so, else the first one of bands.
func (s *Sensor) DefaultPreset() *Preset {
	for i := range s.Presets {
		if s.Presets[i].Default {
			return &s.Presets[i]
		}
	}
	for i := range s.Presets {
		if len(s.Presets[i].Bands) > 0 {
			return &s.Presets[i]
		}
	}
	return nil
}

// bandsOf names bands by their descriptions, else by their colours.
func bandsOf(data []BandFacts) []Band {
	bands := make([]Band, len(data))
	for i, b := range data {
		bands[i].Name = b.Description
		if b.Description == "" {
			bands[i].Name = b.Interpretation
		}
	}
	return bands
}

func names(bands []Band) []string {
	list := make([]string, len(bands))
	for i, b := range bands {
		list[i] = b.Name
	}
	return list
}

// mappingOf finds red, green and blue by the colours of the bands, else takes
// the first three; of fewer the first one three times.
func mappingOf(data []BandFacts) []int {
	mapping := make([]int, 3)
	for i, b := range data {
		if c := slices.Index([]string{"Red", "Green", "Blue"}, b.Interpretation); c >= 0 && mapping[c] == 0 {
			mapping[c] = i + 1
		}
	}
	switch {
	case len(data) < 3:
		return []int{1, 1, 1}
	case slices.Contains(mapping, 0):
		return []int{1, 2, 3}
	}
	return mapping
}

// thermalWords are what files of temperatures have in their metadata.
var thermalWords = []string{"thermal", "celsius", "kelvin", "temperature", "lwir", "flir"}

// usualFilter is for rasters of no known sensor: a single band of temperatures
// is T, everything else begins with red, green, blue.
func (d *Detection) usualFilter(texts []string) Filter {
	if len(d.Bands) == 1 {
		for _, word := range thermalWords {
			if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(strings.ToLower(text), word) }) {
				d.Thermal = true
				return Filter{"T": 1}
			}
		}
	}
	f := Filter{}
	for i, letter := range []string{"R", "G", "B"} {
		if i < len(d.Bands) {
			f[letter] = i + 1
		}
	}
	return f
}
