package demo

import "math"

// colour is red, green, blue, each 0 to 255.
type colour [3]float64

func blend(a, b colour, t float64) colour {
	for i := range a {
		a[i] = mix(a[i], b[i], t)
	}
	return a
}

func (c colour) lit(light float64) colour {
	return colour{c[0] * light, c[1] * light, c[2] * light}
}

var (
	meadow     = colour{112, 142, 68}
	pale       = colour{158, 163, 92}
	lush       = colour{78, 116, 52}
	flowers    = colour{214, 200, 92}
	forestSoil = colour{66, 80, 44}
	margin     = colour{86, 112, 52}
	gravel     = colour{184, 176, 156}
	shallow    = colour{104, 146, 134}
	deep       = colour{44, 92, 98}
	asphalt    = colour{122, 122, 124}
	whiteLine  = colour{224, 224, 218}
	dirt       = colour{176, 154, 118}
)

var crops = []colour{
	{196, 178, 104}, // ripe barley
	{122, 148, 62},  // maize
	{216, 196, 70},  // rape in flower
	{142, 112, 82},  // ploughed
	{150, 164, 92},  // oats
	{98, 130, 64},   // potatoes
}

// cover is the colour of the ground at the site under an even light, without the
// objects that stand on it.
func cover(p site) colour {
	c, ok := fieldAt(p)
	if !ok {
		c = grass(p.point)
		if density := forestDensity(p); density > 0 {
			c = blend(c, forestSoil, 0.8*clamp(3*density))
		}
	}
	c = withTrack(c, p)
	c = withRiver(c, p)
	return withRoad(c, p)
}

func grass(p point) colour {
	patches := fractal(p.x/38, p.y/38, 4, 31)
	c := blend(meadow, pale, step(-0.05, 0.5, patches))
	c = blend(c, lush, step(0.05, -0.45, patches))
	// Mown in swaths, here and there.
	swath := math.Sin((p.x*0.82 + p.y*0.57) / 0.9)
	c = c.lit(1 + 0.05*swath*step(0.0, 0.25, noise(p.x/55, p.y/55, 37)))
	if hash(int(p.x/0.3), int(p.y/0.3), 41) > 0.985-0.05*noise(p.x/20, p.y/20, 43) {
		c = blend(c, flowers, 0.45)
	}
	return c
}

// forestDensity is the share of the ground that trees cover: the forest is in
// the north-west and leaves room for the river, the track and the road.
func forestDensity(p site) float64 {
	q := p.turned(0.5) // off the axes, which noise betrays
	wood := 0.6*fractal(q.x/46, q.y/46, 4, 51) + (p.y-p.x-70)/190
	clear := min(p.track-3, math.Abs(p.road)-9, p.river-14)
	return clamp(2*wood) * step(0, 3, clear)
}

// fieldAt is the crop at p, south of the river: strips in one of two
// directions on either side of the road, with a margin of grass between them.
func fieldAt(p site) (colour, bool) {
	side, turn := 0, 0.36
	if p.road > 0 {
		side, turn = 100, -0.22
	}
	q := p.turned(turn)
	const breadth, length = 27.0, 74.0
	i, j := int(math.Floor(q.x/breadth)), int(math.Floor(q.y/length))
	edge := min(toEdge(q.x, breadth), toEdge(q.y, length), -p.river-15, math.Abs(p.road)-5)
	if edge < 0 {
		return colour{}, false
	}
	kind := int(hash(i+side, j, 61) * float64(len(crops)))
	c := crops[kind]
	rows := math.Sin(q.x * 2 * math.Pi / (0.75 + 0.35*float64(kind%3)))
	growth := fractal(p.x/24, p.y/24, 3, uint32(67+kind))
	c = c.lit(1 + 0.07*rows + 0.22*growth)
	for _, wheel := range []float64{-0.9, 0.9} { // the sprayer's tracks
		c = c.lit(1 - 0.14*step(0.35, 0.15, math.Abs(math.Mod(q.x+500*breadth, breadth)-breadth/2-wheel)))
	}
	return blend(margin, c, step(0.3, 0.9, edge)), true
}

// toEdge is the distance of v from the nearest multiple of size.
func toEdge(v, size float64) float64 {
	return math.Abs(v - size*math.Round(v/size))
}

func withRiver(c colour, p site) colour {
	d := math.Abs(p.river)
	if d > 12 {
		return c
	}
	half := riverHalfWidth(p.point)
	bank := half + 2.2 + 1.6*noise(p.x/7, p.y/7, 71)
	stones := gravel.lit(0.92 + 0.18*noise(p.x/0.5, p.y/0.5, 73))
	c = blend(c, stones, step(bank, bank-0.8, d))
	water := blend(deep, shallow, step(0.25, 1.05, d/half+0.25*noise(p.x/6, p.y/6, 79)))
	ripples := noise(p.x/2.5, p.y/0.8, 83)
	return blend(c, water.lit(1+0.06*ripples), step(half+0.2, half-0.2, d))
}

func withTrack(c colour, p site) colour {
	d := p.track
	if d > 2 {
		return c
	}
	ruts := dirt.lit(0.95 + 0.08*noise(p.x/0.8, p.y/0.8, 89))
	ruts = blend(c, ruts, step(0.15, 0.45, d)) // grass in the middle
	return blend(c, ruts, step(1.5, 1.2, d))
}

func withRoad(c colour, p site) colour {
	d := math.Abs(p.road)
	if d > 5 {
		return c
	}
	onBridge := math.Abs(p.river) < 10
	verge := gravel
	if onBridge {
		verge = whiteLine.lit(0.85) // the parapet
	}
	c = blend(c, verge, step(roadHalfWidth+0.7, roadHalfWidth+0.4, d))
	surface := asphalt.lit(0.97 + 0.05*fractal(p.x/8, p.y/8, 2, 97))
	if math.Abs(d-roadHalfWidth+0.25) < 0.08 || d < 0.09 && math.Mod(p.y, 6) < 3 {
		surface = whiteLine
	}
	return blend(c, surface, step(roadHalfWidth+0.1, roadHalfWidth-0.05, d))
}
