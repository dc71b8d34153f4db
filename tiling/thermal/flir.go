package thermal

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/bits"
	"slices"
)

// Raw is what the sensor of a camera recorded, row by row.
type Raw struct {
	Width, Height int
	Values        []uint16
}

// The records of FLIR's format FFF that are read.
const (
	rawRecord    = 1
	cameraRecord = 32

	headerBytes  = 64
	entryBytes   = 32
	maxRecords   = 4096
	maxRawPixels = 4096 * 4096
)

// ParseFLIR reads an FFF file: the raw picture and the calibration of the
// camera, nil for what is missing or can't be understood.
func ParseFLIR(data []byte) (*Raw, *Calibration) {
	if len(data) < headerBytes || string(data[:4]) != "FFF\x00" {
		return nil, nil
	}
	// The version, between 100 and 199, tells the byte order.
	var order binary.ByteOrder = binary.BigEndian
	if v := order.Uint32(data[20:]); v < 100 || v >= 200 {
		order = binary.LittleEndian
	}
	at, n := uint64(order.Uint32(data[24:])), min(uint64(order.Uint32(data[28:])), maxRecords)
	var raw, camera []byte
	for range n {
		entry := cut(data, at, entryBytes)
		if entry == nil {
			break
		}
		record := cut(data, uint64(order.Uint32(entry[12:])), uint64(order.Uint32(entry[16:])))
		switch order.Uint16(entry) {
		case rawRecord:
			raw = record
		case cameraRecord:
			camera = record
		}
		at += entryBytes
	}
	c, median := parseCamera(camera)
	return parseRaw(raw, median), c
}

// cut returns n bytes from an offset on, nil if there are not so many.
func cut(data []byte, at, n uint64) []byte {
	if at > uint64(len(data)) || n > uint64(len(data))-at {
		return nil
	}
	return data[at : at+n]
}

// orderOf tells the byte order of a record, which begins with a 2.
func orderOf(record []byte) binary.ByteOrder {
	if record[0] == 2 {
		return binary.LittleEndian
	}
	return binary.BigEndian
}

// parseCamera reads the constants of the camera, and the median of the raw
// values, 0 if it is not known.
func parseCamera(record []byte) (*Calibration, float64) {
	if len(record) < 784 {
		return nil, 0
	}
	order := orderOf(record)
	float := func(at int) float64 {
		if v := float64(math.Float32frombits(order.Uint32(record[at:]))); finite(v) {
			return v
		}
		return 0
	}
	c := &Calibration{
		Emissivity: float(32), ObjectDistance: float(36), ReflectedApparentTemperature: float(40) - celsiusZero, AtmosphericTemperature: float(44) - celsiusZero,
		IRWindowTemperature: float(48) - celsiusZero, IRWindowTransmission: float(52), RelativeHumidity: float(60),
		PlanckR1: float(88), PlanckB: float(92), PlanckF: float(96), PlanckO: float64(int32(order.Uint32(record[776:]))), PlanckR2: float(780),
	}
	if c.RelativeHumidity <= 2 { // some write a share
		c.RelativeHumidity *= 100
	}
	median := 0.0
	if len(record) >= 826 {
		median = float64(order.Uint16(record[824:]))
	}
	if !c.usable() {
		return nil, median
	}
	return c, median
}

// parseRaw reads the raw picture: 16-bit numbers as they are, or a PNG.
func parseRaw(record []byte, median float64) *Raw {
	const start = 32
	if len(record) <= start {
		return nil
	}
	order, body := orderOf(record), record[start:]
	r := &Raw{Width: int(order.Uint16(record[2:])), Height: int(order.Uint16(record[4:]))}
	if n := r.Width * r.Height; n == 0 || n > maxRawPixels {
		return nil
	}
	if bytes.HasPrefix(body, []byte("\x89PNG")) {
		return parsePNG(body, median)
	}
	if len(body) < 2*r.Width*r.Height {
		return nil
	}
	r.Values = make([]uint16, r.Width*r.Height)
	for i := range r.Values {
		r.Values[i] = order.Uint16(body[2*i:])
	}
	return r
}

func parsePNG(data []byte, median float64) *Raw {
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil || config.Width*config.Height > maxRawPixels || config.ColorModel != color.Gray16Model {
		return nil
	}
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	picture, ok := decoded.(*image.Gray16)
	if !ok {
		return nil
	}
	r := &Raw{Width: config.Width, Height: config.Height, Values: make([]uint16, config.Width*config.Height)}
	for i := range r.Values {
		r.Values[i] = binary.BigEndian.Uint16(picture.Pix[2*i:])
	}
	r.rightBytes(median)
	return r
}

// rightBytes puts bytes into the right order, which in the PNGs that FLIR
// writes they are not. Of the two readings that one is right whose median is
// nearer to the one that the camera notes; without a note the smoother one is,
// since temperatures change little from pixel to pixel.
func (r *Raw) rightBytes(median float64) {
	swapped := make([]uint16, len(r.Values))
	for i, v := range r.Values {
		swapped[i] = bits.ReverseBytes16(v)
	}
	off := roughness
	if median > 0 {
		off = func(values []uint16) float64 {
			return math.Abs(float64(slices.Sorted(slices.Values(values))[len(values)/2]) - median)
		}
	}
	if off(swapped) < off(r.Values) {
		r.Values = swapped
	}
}

func roughness(values []uint16) (sum float64) {
	for i := 1; i < len(values); i++ {
		sum += math.Abs(float64(values[i]) - float64(values[i-1]))
	}
	return sum
}
