package demo

import "math"

// hash gives every point of an integer grid a number in 0 <= h < 1 of its own
// (the finalizer of MurmurHash3, public domain).
func hash(i, j int, seed uint32) float64 {
	h := uint32(i)*0x9e3779b1 ^ uint32(j)*0x85ebca77 ^ seed*0xc2b2ae3d
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	h ^= h >> 16
	return float64(h) / (1 << 32)
}

// noise is a smooth random field (value noise), -1 to 1, with features of size 1.
func noise(x, y float64, seed uint32) float64 {
	i, j := math.Floor(x), math.Floor(y)
	u, v := smooth(x-i), smooth(y-j)
	at := func(di, dj int) float64 { return hash(int(i)+di, int(j)+dj, seed) }
	south := mix(at(0, 0), at(1, 0), u)
	north := mix(at(0, 1), at(1, 1), u)
	return 2*mix(south, north, v) - 1
}

// fractal adds octaves of noise, each of half the size and half the amplitude
// of the one before; about -1 to 1.
func fractal(x, y float64, octaves int, seed uint32) float64 {
	sum, amplitude := 0.0, 0.5
	for o := range octaves {
		sum += amplitude * noise(x, y, seed+uint32(o))
		x, y, amplitude = 2*x+17.3, 2*y-9.1, amplitude/2
	}
	return sum
}

func smooth(t float64) float64 { return t * t * (3 - 2*t) }

func mix(a, b, t float64) float64 { return a + (b-a)*t }

func clamp(t float64) float64 { return min(max(t, 0), 1) }

// step rises smoothly from 0 at from to 1 at to (from > to falls).
func step(from, to, t float64) float64 { return smooth(clamp((t - from) / (to - from))) }
