package raster

import (
	"math"
	"slices"
)

// A sample is a type of samples.
type sample interface {
	uint8 | uint16 | int16 | uint32 | int32 | float32 | float64
}

// values are squares of numbers, one for each band. What is void is so by its
// value, nodata or NaN, in each band, or by alpha in all of them.
type values[T sample] struct {
	side   int
	bands  [][]T
	alpha  []T // nil where nodata says it all
	nodata *T
	exact  bool // they stand for something and are never mixed
}

func newValues[T sample](side, bands int, hasAlpha bool, nodata *T, exact bool) *values[T] {
	v := &values[T]{side: side, nodata: nodata, exact: exact}
	for range bands {
		v.bands = append(v.bands, make([]T, side*side))
	}
	if hasAlpha {
		v.alpha = make([]T, side*side)
	}
	return v
}

func (v *values[T]) clear() {
	for _, b := range v.bands {
		if v.nodata == nil {
			clear(b)
			continue
		}
		b[0] = *v.nodata
		for n := 1; n < len(b); n *= 2 {
			copy(b[n:], b[:n])
		}
	}
	clear(v.alpha)
}

// isVoid tells whether a value counts as no value.
func (v *values[T]) isVoid(x T) bool { return x != x || v.nodata != nil && x == *v.nodata }

// halveInto draws v at half its size into to, at (x, y): the mean of those of
// four pixels that hold a value, or what most of them are.
func (v *values[T]) halveInto(target surface, x, y int) {
	to := target.(*values[T])
	for k, b := range v.bands {
		for j := range v.side / 2 {
			upper, lower := b[2*j*v.side:][:v.side], b[(2*j+1)*v.side:][:v.side]
			row := to.bands[k][(y+j)*to.side+x:][:v.side/2]
			for i := range row {
				four := [4]T{upper[2*i], upper[2*i+1], lower[2*i], lower[2*i+1]}
				n := v.collect(&four, 2*j*v.side+2*i)
				switch {
				case n == 0 && four[0] == four[0]:
				case n == 0:
					row[i] = four[0] // NaN, of a pixel that other bands may show
				case v.exact:
					row[i] = mostFrequent(four[:n])
				default:
					row[i] = v.meanOf(four[:n])
				}
			}
		}
	}
	if v.alpha == nil {
		return
	}
	for j := range v.side / 2 {
		upper, lower := v.alpha[2*j*v.side:][:v.side], v.alpha[(2*j+1)*v.side:][:v.side]
		row := to.alpha[(y+j)*to.side+x:][:v.side/2]
		for i := range row {
			row[i] = max(upper[2*i], upper[2*i+1], lower[2*i], lower[2*i+1])
		}
	}
}

// collect moves those of four pixels, the first of which is at an offset of
// its band, that hold a value to the front and returns their number.
func (v *values[T]) collect(four *[4]T, at int) int {
	n := 0
	for i, x := range four {
		if v.isVoid(x) || v.alpha != nil && v.alpha[at+i&1+i>>1*v.side] == 0 {
			continue
		}
		four[n] = x
		n++
	}
	return n
}

func (v *values[T]) meanOf(some []T) T {
	sum := 0.0
	for _, x := range some {
		sum += float64(x)
	}
	return v.rounded(sum / float64(len(some)))
}

// rounded is x as a T that isn't nodata by chance.
func (v *values[T]) rounded(x float64) T {
	r := round[T](x)
	if v.nodata != nil && r == *v.nodata {
		return besides(r)
	}
	return r
}

func round[T sample](x float64) T {
	if isFloat[T]() {
		return T(x)
	}
	const above = 1 << 32 // makes it positive, so that cutting rounds down
	return T(int64(x+above+0.5) - above)
}

func isFloat[T sample]() bool {
	half := 0.5
	return T(half) != 0
}

// besides is the value next to x.
func besides[T sample](x T) T {
	switch v := any(&x).(type) {
	case *float32:
		*v = math.Nextafter32(*v, math.MaxFloat32)
	case *float64:
		*v = math.Nextafter(*v, math.MaxFloat64)
	default:
		if x+1 > x {
			return x + 1
		}
		return x - 1
	}
	return x
}

// mostFrequent returns the value that occurs most often, the first of equals.
func mostFrequent[T sample](some []T) T {
	best, most := some[0], 0
	for _, x := range some {
		n := 0
		for _, y := range some {
			if x == y {
				n++
			}
		}
		if n > most {
			best, most = x, n
		}
	}
	return best
}

// isEmpty tells whether a band holds no value in the tile at (x, y).
func (v *values[T]) isEmpty(band, x, y int) bool {
	for j := range tileSize {
		at := (y+j)*v.side + x
		if v.alpha != nil {
			if slices.ContainsFunc(v.alpha[at:][:tileSize], func(a T) bool { return a != 0 }) {
				return false
			}
			continue
		}
		if slices.ContainsFunc(v.bands[band][at:][:tileSize], func(s T) bool { return !v.isVoid(s) }) {
			return false
		}
	}
	return true
}

// tally adds the values of a band in the tile at (x, y) to its tally.
func (v *values[T]) tally(band []T, x, y int, into *tally, buffer []float64) {
	buffer = buffer[:0]
	for j := range tileSize {
		at := (y+j)*v.side + x
		row := band[at:][:tileSize]
		for i, s := range row {
			if v.isVoid(s) || v.alpha != nil && v.alpha[at+i] == 0 {
				continue
			}
			if into.counts != nil {
				into.counts[int(s)-into.lowest]++
			} else if f := float64(s); math.Abs(f) <= math.MaxFloat32 {
				buffer = append(buffer, f)
			}
		}
	}
	into.moments.Add(buffer)
}
