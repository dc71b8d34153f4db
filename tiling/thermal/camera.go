// Package thermal knows thermal cameras: which pictures are theirs, and how
// what they recorded becomes temperatures. Files are hostile until parsed:
// memory is bounded whatever they say.
package thermal

import (
	"slices"
	"strings"
	"unicode"
)

// Evidence is what speaks for and against a picture of temperatures.
type Evidence struct {
	Make, Model string
	XMP         map[string]string // properties by their local names
	FLIR        bool              // whether the file has FLIR's segment
	Texts       []string          // the metadata of a raster with a single band; nil for others
	Units       []string          // of the values of the same
}

// thermalCameras are the makes and models, in lower case, of thermal cameras.
var thermalCameras = []struct {
	make   string
	models []string // any of them; nil for all
	sensor string
}{
	{"flir", []string{"vue pro"}, "flir-vue-pro-r"},
	{"flir", nil, "flir"},
	{"dji", []string{"h20t"}, "dji-h20t"},
	{"dji", []string{"h30t"}, "dji-h30t"},
	{"dji", []string{"mavic3t", "m3t", "mavic 3t", "mavic 3 enterprise"}, "dji-mavic-3t"},
	{"workswell", []string{"wirisprosc"}, "workswell-wirisprosc"},
	{"micasense", []string{"altum"}, "micasense-altum"},
}

// Find returns the id of the thermal camera that took a picture, "thermal" if
// only that is known, "" for pictures of something else. It looks at the camera, at what FLIR and DJI write into XMP, at
// FLIR's segment, and at the words of a raster's metadata, in this order. It
// never guesses from values.
func Find(e Evidence) string {
	maker, model := strings.ToLower(e.Make), strings.ToLower(e.Model)
	for _, c := range thermalCameras {
		if strings.Contains(maker, c.make) && (c.models == nil || slices.ContainsFunc(c.models, func(m string) bool { return strings.Contains(model, m) })) {
			return c.sensor
		}
	}
	has := func(name string) bool { return e.XMP[name] != "" }
	switch {
	case has("PlanckR1"), has("Emissivity") && has("ThermalMeasureMode"):
		return "flir"
	case has("ThermalMeasureMode"), has("ThermalObjectEmissivity"):
		return "dji"
	case e.FLIR:
		return "flir"
	}
	if slices.ContainsFunc(e.Units, isDegree) {
		e.Texts = append(slices.Clone(e.Texts), "temperature")
	}
	return byWords(words(e.Texts...))
}

// Words that speak for and against temperatures, and those that name cameras.
var (
	heatWords   = []string{"thermal", "lwir", "temperature", "temperatures", "celsius", "kelvin", "degc"}
	heightWords = []string{"elevation", "elevations", "dem", "dsm", "dtm", "dhm", "chm", "height", "heights", "altitude", "terrain", "bathymetry", "depth", "slope", "aspect", "hillshade"}
	cameraWords = []struct{ words, sensor string }{
		{"vue pro", "flir-vue-pro-r"}, {"flir", "flir-vue-pro-r"}, {"h20t", "dji-h20t"}, {"zh20t", "dji-h20t"}, {"h30t", "dji-h30t"}, {"zh30t", "dji-h30t"},
		{"mavic 3t", "dji-mavic-3t"}, {"m3t", "dji-mavic-3t"}, {"mavic 3 enterprise", "dji-mavic-3t"},
	}
)

func byWords(words []string) string {
	if slices.ContainsFunc(heightWords, func(w string) bool { return slices.Contains(words, w) }) {
		return ""
	}
	text := " " + strings.Join(words, " ") + " "
	for _, c := range cameraWords {
		if strings.Contains(text, " "+c.words+" ") {
			return c.sensor
		}
	}
	if slices.ContainsFunc(heatWords, func(w string) bool { return slices.Contains(words, w) }) {
		return "thermal"
	}
	return ""
}

func isDegree(unit string) bool {
	return slices.Contains([]string{"°c", "degc", "deg c", "celsius", "degrees celsius", "k", "kelvin"}, strings.ToLower(strings.TrimSpace(unit)))
}

// maxWords bounds what is read of the metadata of one file.
const maxWords = 100_000

// words are the words of texts in lower case.
func words(texts ...string) []string {
	list := []string{}
	for _, text := range texts {
		list = append(list, strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })...)
		if len(list) > maxWords {
			return list[:maxWords]
		}
	}
	return list
}
