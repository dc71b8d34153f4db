package demo

import "math"

// The scene is a square. Points in it are metres east (x) and north (y) of its
// south-west corner.
const (
	extent     = 300.0 // m, the side of the square
	resolution = 0.1   // m, a pixel of the orthophoto
	pixels     = 3000  // extent / resolution

	originEast  = 507_000.0   // UTM zone 32N, m, of the south-west corner;
	originNorth = 5_176_000.0 // near the central meridian, so grid north is true north
	utmZone32N  = 32632       // EPSG code

	takeOff = 1312.0 // m above sea level, the mean of the ground
)

type point struct{ x, y float64 }

func (p point) minus(q point) point   { return point{p.x - q.x, p.y - q.y} }
func (p point) length() float64       { return math.Hypot(p.x, p.y) }
func (p point) times(f float64) point { return point{p.x * f, p.y * f} }

// turned is p in axes turned counter-clockwise by the angle (radians).
func (p point) turned(angle float64) point {
	s, c := math.Sincos(angle)
	return point{c*p.x + s*p.y, c*p.y - s*p.x}
}

// riverY is the northing of the river's middle.
func riverY(x float64) float64 {
	return 112 + 24*math.Sin(x/47+0.6) + 8*math.Sin(x/19+2)
}

// riverDistance is the distance from the middle of the river, negative south of it.
func riverDistance(p point) float64 {
	const h = 0.5
	slope := (riverY(p.x+h) - riverY(p.x-h)) / (2 * h)
	return (p.y - riverY(p.x)) / math.Hypot(1, slope)
}

func riverHalfWidth(p point) float64 { return 4.6 + 1.3*noise(p.x/14, p.y/14, 11) }

// roadX is the easting of the road's middle.
func roadX(y float64) float64 { return 172 + 34*math.Sin(y/72+1.1) }

const roadHalfWidth = 2.7 // m

// roadDistance is the distance from the middle of the road, negative west of it.
func roadDistance(p point) float64 {
	const h = 0.5
	slope := (roadX(p.y+h) - roadX(p.y-h)) / (2 * h)
	return (p.x - roadX(p.y)) / math.Hypot(1, slope)
}

// trackY is the northing of the dirt track that leaves the road to the west.
func trackY(x float64) float64 { return 196 + 11*math.Sin(x/33) + 5*math.Sin(x/13) }

// site is a point and how far it lies from what runs through the scene, metres.
type site struct {
	point
	river float64 // from its middle, negative south of it
	road  float64 // from its middle, negative west of it
	track float64 // from its middle, infinite east of the road
}

func survey(p point) site {
	s := site{p, riverDistance(p), roadDistance(p), math.Inf(1)}
	if s.road < 0 {
		s.track = math.Abs(p.y - trackY(p.x))
	}
	return s
}

// ground is the elevation of the bare ground, metres above sea level: a slope
// that rises to the north, hills, and the valley of the river.
func ground(p point) float64 {
	hills := 11*fractal(p.x/95, p.y/95, 3, 21) + 0.5*noise(p.x/9, p.y/9, 29)
	river := riverDistance(p)
	valley := 5*math.Exp(-river*river/600) + 1.6*math.Exp(-river*river/30)
	return takeOff + 0.05*(p.y-extent/2) + hills - valley
}
