package tiling

import (
	"context"
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/project"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/tiling/moments"
)

// Profile is the values of the first band along a line.
type Profile struct {
	Samples     []ProfileSample `json:"samples"`
	TotalLength float64         `json:"totalLength" doc:"Metres on the ground" example:"532.8"`
	Min         *float64        `json:"min" doc:"null: there are no values" example:"12.5"`
	Max         *float64        `json:"max" example:"98.25"`
	Mean        *float64        `json:"mean" example:"51.2"`
	Unit        string          `json:"unit" doc:"Empty if unknown" example:"m"`
	Count       int             `json:"sampleCount" example:"256"`
	Valid       int             `json:"validCount" doc:"Samples that have a value" example:"240"`
	Thermal     bool            `json:"isThermal"`
}

// ProfileSample is the value at one point of a line.
type ProfileSample struct {
	Distance float64  `json:"distance" doc:"From the beginning, in metres on the ground" example:"12.3"`
	Lon      float64  `json:"lon" example:"-91.99"`
	Lat      float64  `json:"lat" example:"46.84"`
	Value    *float64 `json:"value" doc:"null: outside the data" example:"48.1"`
}

// How many points of a line are looked at.
const (
	usualPoints = 256
	maxPoints   = 4096
)

// Profile reads the first band at points that are equally far from each other
// on the ground, both ends of the line included, between the middles of pixels.
// Less than 2 samples count as 256, more than 4096 as these. Between its points,
// in degrees, the line is straight on the map.
func (s *Server) Profile(ctx context.Context, subject Subject, line orb.LineString, samples int) (Profile, error) {
	if samples < 2 {
		samples = usualPoints
	}
	samples = min(samples, maxPoints)
	legs, err := legsOf(line)
	if err != nil {
		return Profile{}, err
	}
	if subject.Photo {
		return Profile{}, cairn.Errorf(cairn.Invalid, "A photo has no profile: only a raster lies on the map.")
	}
	return study(ctx, s, subject, 1, func(c *scan) (Profile, error) {
		p := Profile{Samples: make([]ProfileSample, samples), Unit: c.unit(), Count: samples, Thermal: c.camera != ""}
		for _, l := range legs {
			p.TotalLength += l.length
		}
		var m moments.Moments
		leg, before := 0, 0.0
		for i := range p.Samples {
			if err := ctx.Err(); err != nil {
				return Profile{}, err
			}
			distance := p.TotalLength * float64(i) / float64(samples-1)
			for leg < len(legs)-1 && distance > before+legs[leg].length {
				before += legs[leg].length
				leg++
			}
			at := legs[leg].at(distance - before)
			value, err := c.between(ctx, mercator(at))
			if err != nil {
				return Profile{}, err
			}
			p.Samples[i] = ProfileSample{distance, at[0], at[1], number(value)}
			if value == value {
				m.Add([]float64{value})
			}
		}
		if p.Valid = int(m.Count); p.Valid > 0 {
			p.Min, p.Max, p.Mean = &m.Min, &m.Max, &m.Mean
		}
		return p, nil
	})
}

// leg is a part of a line that is straight on the map: a line of constant
// bearing, along which latitude grows evenly with the distance.
type leg struct {
	from, to orb.Point // degrees
	length   float64   // metres on the sphere of Web Mercator
}

// maxVertices bounds the lines that are looked at.
const maxVertices = 10_000

// legsOf measures the legs of a line that have a length.
func legsOf(line orb.LineString) ([]leg, error) {
	if len(line) > maxVertices {
		return nil, cairn.Errorf(cairn.Invalid, "The line has more than %d points.", maxVertices)
	}
	for _, p := range line {
		if !(math.Abs(p[0]) <= 540 && math.Abs(p[1]) <= 90) {
			return nil, cairn.Errorf(cairn.Invalid, "The line leaves the Earth at %g, %g: it is made of degrees, longitude first.", p[0], p[1])
		}
		if math.Abs(p[1]) > maxLatitude {
			return nil, cairn.Errorf(cairn.Invalid, "The line leaves the map at latitude %g.", p[1])
		}
	}
	var legs []leg
	for i := 1; i < len(line); i++ {
		l := leg{from: line[i-1], to: line[i]}
		const degree = math.Pi / 180
		north, east := (l.to[1]-l.from[1])*degree, (l.to[0]-l.from[0])*degree
		narrowing := math.Cos((l.from[1] + l.to[1]) / 2 * degree) // of the parallels
		if stretched := (mercator(l.to)[1] - mercator(l.from)[1]) / orb.EarthRadius; math.Abs(north) > 1e-9 {
			narrowing = north / stretched
		}
		if l.length = orb.EarthRadius * math.Hypot(north, narrowing*east); l.length > 0 {
			legs = append(legs, l)
		}
	}
	if len(legs) == 0 {
		return nil, cairn.Errorf(cairn.Invalid, "The line has no length: it needs two different points.")
	}
	return legs, nil
}

// at is the point of the leg at a distance from its beginning.
func (l leg) at(distance float64) orb.Point {
	t := math.Max(0, math.Min(distance/l.length, 1))
	switch t {
	case 0:
		return l.from
	case 1:
		return l.to
	}
	p := orb.Point{l.from[0] + t*(l.to[0]-l.from[0]), l.from[1] + t*(l.to[1]-l.from[1])}
	if from, to, y := mercator(l.from)[1], mercator(l.to)[1], mercator(p)[1]; math.Abs(l.to[1]-l.from[1]) > 1e-7 {
		p[0] = l.from[0] + (y-from)/(to-from)*(l.to[0]-l.from[0])
	}
	return p
}

// between is the value at a point in metres of Web Mercator, bilinear between
// the middles of the four pixels around it; NaN where any of those that count
// has none.
func (c *scan) between(ctx context.Context, at orb.Point) (float64, error) {
	u, v := c.position(at)
	u, v = u-0.5, v-0.5
	x, y := int(math.Floor(u)), int(math.Floor(v))
	fx, fy := u-math.Floor(u), v-math.Floor(v)
	full := c.cog.Levels[0]
	if x < -1 || y < -1 || x >= full.Width || y >= full.Height {
		return math.NaN(), nil
	}
	stored, err := c.around(ctx, x, y, full.Width, full.Height)
	if err != nil {
		return 0, err
	}
	sum := 0.0
	for i, weight := range [4]float64{(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy} {
		if weight > 1e-9 { // so that the middle of a pixel is that pixel
			sum += weight * c.value(stored[i])
		}
	}
	return sum, nil
}

// around are the stored numbers of the pixels from (x, y) to (x+1, y+1), row by
// row, NaN outside the band.
func (c *scan) around(ctx context.Context, x, y, width, height int) ([4]float64, error) {
	four := [4]float64{math.NaN(), math.NaN(), math.NaN(), math.NaN()}
	part := rect{x: max(x, 0), y: max(y, 0)}
	part.width, part.height = min(x+2, width)-part.x, min(y+2, height)-part.y
	var buffer [4]float64
	stored, err := c.read(ctx, part, buffer[:])
	if err != nil {
		return four, err
	}
	for j := range part.height {
		for i := range part.width {
			four[2*(part.y+j-y)+part.x+i-x] = stored[j*part.width+i]
		}
	}
	return four, nil
}

// degrees turns metres of Web Mercator into longitude and latitude.
func degrees(p orb.Point) orb.Point { return project.Mercator.ToWGS84(p) }
