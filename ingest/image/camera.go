package image

import (
	"strings"
)

// camera is what took the picture. Lengths are in millimetres, 0 when unknown.
type camera struct {
	maker, model  string
	sensor        string // lower-case "make model", the key of the sensor table
	orientation   int    // EXIF orientation, 1..8
	thermal       bool
	sensorWidth   float64
	sensorHeight  float64
	focalLength   float64
	focalLength35 float64 // equivalent on 36 mm wide film
}

func (m metadata) camera() camera {
	e := m.exif
	c := camera{
		maker:       firstText(e.photo.text(tagLensMake), e.image.text(tagMake)),
		model:       firstText(e.image.text(tagModel), e.photo.text(tagLensModel)),
		orientation: 1,
	}
	c.sensor = sensorName(c.maker, c.model)
	c.thermal = isThermal(c.maker, c.model)
	if o := e.image.whole(tagOrientation); o >= 1 && o <= 8 {
		c.orientation = o
	}
	c.sensorWidth, c.sensorHeight = m.sensorSize(c.sensor)
	if c.sensorWidth > 0 {
		c.focalLength, c.focalLength35 = e.focalLength(c.sensorWidth)
	}
	return c
}

func firstText(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return "unknown"
}

// sensorName joins make and model, without the make that many models repeat.
func sensorName(maker, model string) string {
	maker, model = strings.ToLower(maker), strings.ToLower(model)
	model = strings.ReplaceAll(model, maker, "")
	return strings.TrimSpace(strings.TrimSpace(maker) + " " + strings.TrimSpace(model))
}

// sensorSize is the size of the sensor in millimetres: what the focal plane
// resolution implies, else what the table says of its width.
func (m metadata) sensorSize(sensor string) (width, height float64) {
	w, h := float64(m.width), float64(m.height)
	if w <= 0 || h <= 0 {
		return 0, 0
	}
	e := m.exif
	unit := map[int]float64{2: 25.4, 3: 10, 4: 1, 5: 0.001}[e.shot(tagFocalPlaneResUnit).whole(tagFocalPlaneResUnit)]
	xRes, _ := e.shot(tagFocalPlaneXRes).number(tagFocalPlaneXRes)
	yRes, _ := e.shot(tagFocalPlaneYRes).number(tagFocalPlaneYRes)
	if unit > 0 && xRes > 0 && yRes > 0 {
		return w / xRes * unit, h / yRes * unit
	}
	width = sensorWidths()[sensor]
	return width, width / w * h
}

// focalLength returns the focal length and its 35 mm equivalent. The
// equivalent is believed first: it accounts for crops and for wrong sensor widths.
func (e exif) focalLength(sensorWidth float64) (focal, focal35 float64) {
	const filmWidth = 36
	if f, _ := e.shot(tagFocalLengthIn35mm).number(tagFocalLengthIn35mm); f > 0 {
		return f / filmWidth * sensorWidth, f
	}
	if f, _ := e.shot(tagFocalLength).number(tagFocalLength); f > 0 {
		return f, filmWidth * f / sensorWidth
	}
	return 0, 0
}

// thermalCameras are parts of the make and the models, in lower case, of
// cameras whose pixels are temperatures.
var thermalCameras = []struct {
	maker  string
	models []string
}{
	{"flir", []string{""}},
	{"dji", []string{"h20t", "h30t", "mavic3t", "m3t", "mavic 3t", "mavic 3 enterprise"}},
	{"workswell", []string{"wirisprosc"}},
	{"micasense", []string{"altum"}},
}

func isThermal(maker, model string) bool {
	maker, model = strings.ToLower(maker), strings.ToLower(model)
	for _, c := range thermalCameras {
		if !strings.Contains(maker, c.maker) {
			continue
		}
		for _, m := range c.models {
			if strings.Contains(model, m) {
				return true
			}
		}
	}
	return false
}

func (p properties) addCamera(c camera) {
	p["orientation"] = c.orientation
	p["make"] = c.maker
	p["model"] = c.model
	p["sensor"] = c.sensor
	p.set("sensorCategory", "thermal", c.thermal)
	if c.sensorWidth > 0 {
		p["sensorWidth"], p["sensorHeight"] = c.sensorWidth, c.sensorHeight
		p["focalLength"], p["focalLength35"] = c.focalLength, c.focalLength35
	}
}
