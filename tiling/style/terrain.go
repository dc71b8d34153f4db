package style

import (
	"math"
	"strings"

	"github.com/cairngeo/cairn"
)

// Algorithm is what is made of heights.
type Algorithm string

// The algorithms. The last two write each height into the bytes of a pixel, for
// clients that make terrain of them.
const (
	Hillshade  Algorithm = "hillshade"
	Slope      Algorithm = "slope"       // degrees from the horizontal
	Aspect     Algorithm = "aspect"      // degrees from north, clockwise, of the way down
	TerrainRGB Algorithm = "terrain-rgb" // Mapbox's
	Terrarium  Algorithm = "terrarium"
)

// Algorithms are all there are, with what they are for.
func Algorithms() []AlgorithmHelp {
	return []AlgorithmHelp{
		{Hillshade, "Hillshade", "How the ground looks in the light of a sun at azimuth and altitude."},
		{Slope, "Slope", "How steep the ground is, in degrees."},
		{Aspect, "Aspect", "Which way the ground slopes down, in degrees from north, clockwise."},
		{TerrainRGB, "Terrain-RGB", "Heights for clients that draw terrain: -10000 + (R*65536 + G*256 + B) * 0.1 metres."},
		{Terrarium, "Terrarium", "Heights for clients that draw terrain: R*256 + G + B/256 - 32768 metres."},
	}
}

// AlgorithmHelp describes an algorithm.
type AlgorithmHelp struct {
	ID         Algorithm
	Name, Help string
}

// Terrain is how heights are looked at.
type Terrain struct {
	Algorithm Algorithm
	Azimuth   float64  // of the sun, degrees from north, clockwise
	Altitude  float64  // of the sun, degrees above the horizon
	ZFactor   float64  // by which heights are multiplied, but where they are encoded
	Void      *float64 // the height that is encoded where there is none; nil: nothing is
}

// Encodes tells whether pixels are numbers, which no lossy coding may touch.
func (t *Terrain) Encodes() bool {
	return t != nil && (t.Algorithm == TerrainRGB || t.Algorithm == Terrarium)
}

// Fills tells whether there is a height everywhere.
func (t *Terrain) Fills() bool { return t.Encodes() && t.Void != nil }

// Code is the pixel, red, green, blue and alpha, that encodes a height in metres.
func (t *Terrain) Code(height float64) [4]byte {
	steps := (height + 10000) * 10
	if t.Algorithm == Terrarium {
		steps = (height + 32768) * 256
	}
	n := uint32(math.Max(0, math.Min(math.Round(steps), 1<<24-1)))
	return [4]byte{byte(n >> 16), byte(n >> 8), byte(n), 255}
}

// Range is what values can be; nil if they are no shades but numbers.
func (t *Terrain) Range() *Range {
	switch t.Algorithm {
	case Hillshade:
		return &Range{0, 255}
	case Slope:
		return &Range{0, 90}
	case Aspect:
		return &Range{0, 360}
	}
	return nil
}

// parseTerrain reads what is said of heights; nil if no algorithm is named.
func parseTerrain(p Parameters) (*Terrain, error) {
	if p.Algorithm == "" {
		return nil, nil
	}
	t := &Terrain{Algorithm: Algorithm(strings.ToLower(p.Algorithm)), Azimuth: 315, Altitude: 45, ZFactor: 1}
	switch t.Algorithm {
	case Hillshade, Slope, Aspect, TerrainRGB, Terrarium:
	default:
		return nil, cairn.Errorf(cairn.Invalid, "There is no algorithm %.50q: it is hillshade, slope, aspect, terrain-rgb or terrarium. Formulas are asked for by formula.", p.Algorithm)
	}
	var void float64
	if p.NodataHeight != "" {
		t.Void = &void
	}
	for _, one := range []struct {
		name, text string
		into       *float64
		low, high  float64
	}{
		{"azimuth", p.Azimuth, &t.Azimuth, 0, 360},
		{"altitude", p.Altitude, &t.Altitude, 0, 90},
		{"zfactor", p.ZFactor, &t.ZFactor, 1e-6, 1e6},
		{"nodataHeight", p.NodataHeight, &void, -10000, 100000},
	} {
		if one.text == "" {
			continue
		}
		v := number(one.text)
		if math.IsNaN(v) || v < one.low || v > one.high {
			return nil, cairn.Errorf(cairn.Invalid, "The %s %.50q is no number from %g to %g.", one.name, one.text, one.low, one.high)
		}
		*one.into = v
	}
	return t, nil
}
