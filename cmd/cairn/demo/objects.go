package demo

import "math"

// An object stands on the ground.
type object interface {
	// bounds is the circle that holds the object seen from above.
	bounds() (centre point, radius float64)
	// top is the height of the object above the ground at p, 0 beside it.
	top(p point) float64
	// colour is what is seen of it at p, where top is above 0.
	colour(p point) colour
	// height is the largest value of top.
	height() float64
}

type tree struct {
	at      point
	radius  float64 // m, of the crown
	tall    float64 // m
	conifer bool
	seed    uint32
}

func (t tree) bounds() (point, float64) { return t.at, 1.22 * t.radius }
func (t tree) height() float64          { return t.tall }

func (t tree) top(p point) float64 {
	d := t.distance(p)
	if d >= 1 {
		return 0
	}
	if t.conifer {
		return t.tall * (1 - 0.85*d)
	}
	return t.tall * (0.45 + 0.55*math.Sqrt(1-d*d))
}

// distance from the trunk, 1 at the ragged edge of the crown.
func (t tree) distance(p point) float64 {
	d := p.minus(t.at)
	if d.length() > 1.3*t.radius { // beyond any rag; spares the trigonometry
		return d.length() / t.radius
	}
	angle := math.Atan2(d.y, d.x)
	ragged := 1 + 0.13*math.Sin(5*angle+float64(t.seed%7)) + 0.09*math.Sin(9*angle+float64(t.seed%11))
	return d.length() / (t.radius * ragged)
}

func (t tree) colour(p point) colour {
	d := p.minus(t.at)
	leaves := colour{72, 108, 44}
	if t.conifer {
		leaves = colour{44, 76, 48}
	}
	leaves = leaves.lit(0.85 + 0.4*hash(int(t.seed), 1, 101))
	leaves[0] += 18 * hash(int(t.seed), 2, 101)
	facing := (d.x*toSun.x + d.y*toSun.y) / t.radius // -1 to 1
	clumps := noise(p.x/0.6, p.y/0.6, 103)
	return leaves.lit(0.92 + 0.42*facing + 0.24*clumps)
}

type house struct {
	at           point
	long, wide   float64 // m; the ridge runs along the long side
	angle        float64 // radians, counter-clockwise, of the long side from east
	eaves, ridge float64 // m above the ground
	roof         colour
}

func (h house) bounds() (point, float64) { return h.at, math.Hypot(h.long, h.wide) / 2 }
func (h house) height() float64          { return h.ridge }

func (h house) top(p point) float64 {
	q := p.minus(h.at).turned(h.angle)
	if math.Abs(q.x) > h.long/2 || math.Abs(q.y) > h.wide/2 {
		return 0
	}
	return mix(h.ridge, h.eaves, math.Abs(q.y)/(h.wide/2))
}

func (h house) colour(p point) colour {
	q := p.minus(h.at).turned(h.angle)
	slope := (h.ridge - h.eaves) / (h.wide / 2)
	down := point{0, math.Copysign(slope, q.y)}.turned(-h.angle)
	c := h.roof.lit(min(0.4+0.6*sunlight(-down.x, -down.y), 1.2))
	c = c.lit(1 + 0.05*math.Sin(q.y*2*math.Pi/0.7)) // rows of tiles
	if math.Abs(q.y) < 0.15 {
		return c.lit(1.15)
	}
	if chimney := q.minus(point{h.long / 4, h.wide / 6}); max(math.Abs(chimney.x), math.Abs(chimney.y)) < 0.45 {
		return colour{150, 140, 132}
	}
	return c
}

var houses = []house{
	{point{221, 262}, 14, 9, 0.35, 5.5, 9, colour{172, 92, 66}},
	{point{186, 236}, 11, 8, 1.25, 5, 8, colour{150, 84, 64}},
	{point{222, 231}, 18, 11, -0.3, 6, 10, colour{118, 98, 84}},
	{point{247, 247}, 10, 8, 0.1, 5, 8, colour{104, 106, 112}},
	{point{179, 203}, 12, 9, 1.0, 5.5, 9, colour{178, 100, 70}},
	{point{207, 196}, 9, 7, 0.5, 3.5, 6, colour{126, 108, 92}},
	{point{262, 216}, 16, 10, 0.75, 6, 9.5, colour{164, 88, 62}},
	{point{62, 178}, 7, 5, 0.2, 3, 5, colour{112, 96, 82}}, // a hut at the track
}

// plantTrees puts trees in the forest, along the river, in an orchard and, a
// few, in the meadows, but not where something else stands.
func plantTrees() []object {
	var trees []object
	grid(4.2, 201, func(p point, chance float64, seed uint32) {
		if chance < 0.95*forestDensity(survey(p)) {
			radius := 1.5 + 1.4*hash(int(seed), 3, 201)
			trees = append(trees, tree{p, radius, 5 * radius, hash(int(seed), 4, 201) < 0.75, seed})
		}
	})
	grid(7, 203, func(p point, chance float64, seed uint32) {
		here := survey(p)
		bank := math.Abs(math.Abs(here.river) - 10)
		alone := 0.02 * step(20, 40, math.Abs(here.river)) * step(0.05, 0, forestDensity(here))
		if _, field := fieldAt(here); field {
			alone = 0
		}
		if chance < max(0.5*step(4, 1, bank), alone) && isFree(here, 4) {
			radius := 1.8 + 1.8*hash(int(seed), 5, 203)
			trees = append(trees, tree{p, radius, 3.2 * radius, false, seed})
		}
	})
	for i := range 6 {
		for j := range 5 { // the orchard
			p := point{238 + 6.5*float64(i), 268 + 6.5*float64(j)}
			trees = append(trees, tree{p, 1.9 + 0.4*hash(i, j, 207), 4.5, false, uint32(1000 + 10*i + j)})
		}
	}
	return trees
}

// grid visits one random point in every cell of the given size.
func grid(size float64, seed uint32, visit func(p point, chance float64, seed uint32)) {
	n := int(extent / size)
	for j := range n {
		for i := range n {
			p := point{(float64(i) + 0.15 + 0.7*hash(i, j, seed)) * size, (float64(j) + 0.15 + 0.7*hash(i, j, seed+50)) * size}
			visit(p, hash(i, j, seed+100), uint32(j*n+i))
		}
	}
}

// isFree tells whether a crown of the radius at p is clear of road, track and houses.
func isFree(p site, radius float64) bool {
	if math.Abs(p.road) < roadHalfWidth+radius || p.track < 1.5+radius {
		return false
	}
	for _, h := range houses {
		if centre, reach := h.bounds(); p.minus(centre).length() < reach+radius {
			return false
		}
	}
	return true
}
