package cog

import (
	"cmp"
	"encoding/xml"
	"strconv"
	"strings"
)

// Band is what a file says of one of its bands.
type Band struct {
	Interpretation string // Red, Green, Blue, Gray, Alpha, …, GDAL's names of colour interpretations; Undefined without one
	Description    string
	Unit           string  // of the values, "" if unknown
	Scale, Offset  float64 // the value is what is stored times Scale, and Offset; 1 and 0 if the file says nothing
}

// What of GDAL's metadata is kept.
const (
	maxBands    = 1024
	maxUnit     = 64
	maxItemText = 1 << 10
	maxItems    = 1 << 10
)

// The values of the TIFF tags PhotometricInterpretation and ExtraSamples that count.
const (
	photometricRGB     = 2
	photometricPalette = 3
	extraAlpha         = 2 // not premultiplied
	extraPremultiplied = 1
)

// bands reads what the directory of the full resolution says of its bands, and
// what GDAL's metadata, an XML text, say of the raster as key=value. Metadata
// that can't be read say nothing.
func (t *file) bands(d directory) (bands []Band, texts []string, err error) {
	samples, err := t.integer(d, tagSamplesPerPixel, 1)
	if err != nil {
		return nil, nil, err
	}
	if samples > maxBands {
		return nil, nil, damaged("it has %d bands", samples)
	}
	bands = make([]Band, samples)
	for i := range bands {
		bands[i] = Band{Interpretation: "Undefined", Scale: 1}
	}
	if err := t.interpret(d, bands); err != nil {
		return nil, nil, err
	}
	if f := d[tagGDALMetadata]; f.count*f.valueSize() > maxTagBytes {
		return bands, nil, nil
	}
	data, err := t.raw(d, tagGDALMetadata)
	if err != nil {
		return nil, nil, err
	}
	var metadata struct {
		Items []item `xml:"Item"`
	}
	if xml.Unmarshal([]byte(text(data)), &metadata) != nil || len(metadata.Items) > maxItems {
		return bands, nil, nil
	}
	for _, i := range metadata.Items {
		i.Text = unescaped.Replace(strings.TrimSpace(i.Text))
		if i.Sample >= 0 && i.Sample < len(bands) {
			i.describe(&bands[i.Sample])
		}
		if len(i.Name)+len(i.Text) <= maxItemText {
			texts = append(texts, i.Name+"="+i.Text)
		}
	}
	return bands, texts, nil
}

// interpret finds out what the tags of TIFF say that the bands are.
func (t *file) interpret(d directory, bands []Band) error {
	photometric, err := t.integer(d, tagPhotometric, 1)
	if err != nil {
		return err
	}
	extra, err := t.integers(d, tagExtraSamples)
	if err != nil {
		return err
	}
	names := []string{"Gray"}
	switch photometric {
	case photometricRGB, 6:
		names = []string{"Red", "Green", "Blue"}
	case photometricPalette:
		names = []string{"Palette"}
	}
	for i := range min(len(names), len(bands)) {
		bands[i].Interpretation = names[i]
	}
	for i, kind := range extra {
		if at := len(bands) - len(extra) + i; at >= 0 && (kind == extraAlpha || kind == extraPremultiplied) {
			bands[at].Interpretation = "Alpha"
		}
	}
	return nil
}

// unescaped undoes one of two escapings: GDAL writes the text of an item so.
var unescaped = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&amp;", "&")

type item struct {
	Name   string `xml:"name,attr"`
	Role   string `xml:"role,attr"`
	Sample int    `xml:"sample,attr"`
	Text   string `xml:",chardata"`
}

func (i item) describe(b *Band) {
	text := i.Text
	if len(text) > maxItemText {
		return
	}
	number, err := strconv.ParseFloat(text, 64)
	ok := err == nil && finite(number)
	switch {
	case i.Role == "unittype" && len(text) <= maxUnit:
		b.Unit = text
	case i.Role == "description":
		b.Description = text
	case i.Role == "colorinterp":
		b.Interpretation = text
	case i.Role == "scale" && ok && number != 0:
		b.Scale = number
	case i.Role == "offset" && ok:
		b.Offset = number
	}
}

// Units are those of the bands, or of the heights of the coordinate system, nil if
// none is known.
func (x *Index) Units() []string {
	units, known := make([]string, len(x.Bands)), false
	for i, b := range x.Bands {
		units[i] = cmp.Or(b.Unit, x.heightUnit)
		known = known || units[i] != ""
	}
	if !known {
		return nil
	}
	return units
}

// Alpha tells whether the last band says what is visible of the others.
func (x *Index) Alpha() bool {
	n := len(x.Bands)
	return n > 1 && x.Bands[n-1].Interpretation == "Alpha"
}
