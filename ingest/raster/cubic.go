package raster

import (
	"encoding/binary"
	"math"
)

// A colors is a view of a picture: the red, green and blue of a pixel stand in
// lanes of 21 bits, so that one multiplication weighs all three.
type colors struct {
	view   view
	pixels []uint64
	alpha  []byte // nil if all of it is opaque
}

const (
	lane     = 21
	laneMask = 1<<lane - 1
	phases   = 256

	// The first pass weighs in 1/2048, the second in 1/16384. A sum of the first is
	// between -32 and 287 in these units, and the bias keeps it above zero:
	// so that no lane borrows from the next.
	firstBits, secondBits = 11, 14
	bias                  = 1 << 19
	biases                = bias | bias<<lane | bias<<(2*lane)
)

func pack(r, g, b byte) uint64 { return uint64(r) | uint64(g)<<lane | uint64(b)<<(2*lane) }

func unpack(p uint64) uint32 {
	return uint32(p&0xff | p>>(lane-8)&0xff00 | p>>(2*lane-16)&0xff0000)
}

const opaque = 0xff000000

// firstWeights and secondWeights are the cubic kernel (a = -1/2, what GDAL calls
// CUBIC) at each phase; every row has the same sum.
var firstWeights, secondWeights = cubicTable(firstBits), cubicTable(secondBits)

func cubicTable(bits int) (table [phases][4]int64) {
	for phase := range table {
		t := float64(phase) / phases
		sum := int64(0)
		for k := range 4 {
			table[phase][k] = int64(math.RoundToEven(cubicKernel(math.Abs(t+1-float64(k))) * float64(int(1)<<bits)))
			sum += table[phase][k]
		}
		nearest := 1 + int(t+0.5)
		table[phase][nearest] += 1<<bits - sum
	}
	return table
}

func cubicKernel(d float64) float64 {
	switch {
	case d < 1:
		return (1.5*d-2.5)*d*d + 1
	case d < 2:
		return ((-0.5*d+2.5)*d-4)*d + 2
	}
	return 0
}

// drawCubic draws the pixels at the positions of a row into dst, of RGBA.
func (c *colors) drawCubic(dst []byte, xs, ys []int32) {
	stride := c.view.w
	for i, px := range xs {
		if px == void {
			continue
		}
		px, py := int(px)+128, int(ys[i])+128 // round to a phase
		first := (py>>16-1)*stride + px>>16 - 1
		if c.alpha != nil && !c.solid(first) {
			binary.LittleEndian.PutUint32(dst[4*i:], c.blend(first, px, py))
			continue
		}
		r0, r1 := c.pixels[first:][:4], c.pixels[first+stride:][:4]
		r2, r3 := c.pixels[first+2*stride:][:4], c.pixels[first+3*stride:][:4]
		w := &firstWeights[py>>8&(phases-1)]
		w0, w1, w2, w3 := uint64(w[0]), uint64(w[1]), uint64(w[2]), uint64(w[3])
		a := r0[0]*w0 + r1[0]*w1 + r2[0]*w2 + r3[0]*w3 + biases
		b := r0[1]*w0 + r1[1]*w1 + r2[1]*w2 + r3[1]*w3 + biases
		d := r0[2]*w0 + r1[2]*w1 + r2[2]*w2 + r3[2]*w3 + biases
		e := r0[3]*w0 + r1[3]*w1 + r2[3]*w2 + r3[3]*w3 + biases
		v := &secondWeights[px>>8&(phases-1)]
		red := int64(a&laneMask)*v[0] + int64(b&laneMask)*v[1] + int64(d&laneMask)*v[2] + int64(e&laneMask)*v[3]
		green := int64(a>>lane&laneMask)*v[0] + int64(b>>lane&laneMask)*v[1] + int64(d>>lane&laneMask)*v[2] + int64(e>>lane&laneMask)*v[3]
		blue := int64(a>>(2*lane))*v[0] + int64(b>>(2*lane))*v[1] + int64(d>>(2*lane))*v[2] + int64(e>>(2*lane))*v[3]
		binary.LittleEndian.PutUint32(dst[4*i:], toByte(red)|toByte(green)<<8|toByte(blue)<<16|opaque)
	}
}

// toByte takes the bias from a sum of both passes, rounds it and clips it.
func toByte(sum int64) uint32 {
	const shift = firstBits + secondBits
	v := (sum - bias<<secondBits + 1<<(shift-1)) >> shift
	if uint64(v) > 255 {
		v = ^v >> 63 & 255
	}
	return uint32(v)
}

// solid tells whether all 16 pixels from first are opaque.
func (c *colors) solid(first int) bool {
	all := uint32(math.MaxUint32)
	for k := range 4 {
		all &= binary.LittleEndian.Uint32(c.alpha[first+k*c.view.w:])
	}
	return all == math.MaxUint32
}

// blend is drawCubic for a pixel whose 16 neighbors, from first, are not all
// opaque: invisible ones don't count. Whether it is visible says the nearest.
func (c *colors) blend(first, px, py int) uint32 {
	x, y := px>>8&(phases-1), py>>8&(phases-1)
	nearest := first + (1+y>>7)*c.view.w + 1 + x>>7
	if c.alpha[nearest] == 0 {
		return 0
	}
	wx, wy := &secondWeights[x], &firstWeights[y]
	var sums [4]int64
	total := int64(0)
	for k := range 4 {
		for i := range 4 {
			at := first + k*c.view.w + i
			alpha := c.alpha[at]
			if alpha == 0 {
				continue
			}
			w, p := wy[k]*wx[i], c.pixels[at]
			total += w
			sums[0] += w * int64(p&0xff)
			sums[1] += w * int64(p>>lane&0xff)
			sums[2] += w * int64(p>>(2*lane))
			sums[3] += w * int64(alpha)
		}
	}
	if total <= 0 {
		return unpack(c.pixels[nearest]) | uint32(c.alpha[nearest])<<24
	}
	var out uint32
	for k, sum := range sums {
		v := min(max((sum+total/2)/total, 0), 255)
		out |= uint32(v) << (8 * k)
	}
	return out
}

// drawNearest draws the pixels nearest to the positions of a row into dst, of RGBA.
func (c *colors) drawNearest(dst []byte, xs, ys []int32) {
	for i, px := range xs {
		if px == void {
			continue
		}
		at := (int(ys[i])+1<<15)>>16*c.view.w + (int(px)+1<<15)>>16
		alpha := uint32(255)
		if c.alpha != nil {
			alpha = uint32(c.alpha[at])
		}
		if alpha != 0 {
			binary.LittleEndian.PutUint32(dst[4*i:], unpack(c.pixels[at])|alpha<<24)
		}
	}
}
