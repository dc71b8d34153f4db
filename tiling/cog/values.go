package cog

import (
	"math"
	"strconv"
	"strings"
)

// number is a type of samples.
type number interface {
	uint8 | int8 | uint16 | int16 | uint32 | int32 | uint64 | int64 | float32 | float64
}

// Block is one decoded tile. It is shared: never write to it.
type Block struct {
	Width, Height int
	Samples       int // of a pixel, side by side
	values        any // a slice of a number, row by row
}

// Bytes is about the memory that the block takes.
func (b *Block) Bytes() int64 {
	size := func(n, each int) int64 { return int64(n*each) + 64 }
	switch v := b.values.(type) {
	case []uint8:
		return size(len(v), 1)
	case []int8:
		return size(len(v), 1)
	case []uint16:
		return size(len(v), 2)
	case []int16:
		return size(len(v), 2)
	case []uint32:
		return size(len(v), 4)
	case []int32:
		return size(len(v), 4)
	case []float32:
		return size(len(v), 4)
	}
	return size(b.Width*b.Height*b.Samples, 8)
}

// Bytewise returns the samples if they are bytes, else nil.
func (b *Block) Bytewise() []byte {
	v, _ := b.values.([]uint8)
	return v
}

// NoValue returns the number that stands for no value in all bands, and whether
// there is one, which may be NaN.
func (x *Index) NoValue() (float64, bool) {
	if x.NoData == "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(x.NoData), 64)
	return v, err == nil
}

// Values reads a run of pixels of a row, from column x on, as far as out
// reaches. sample is which of each pixel's samples, from 0. What equals nodata,
// if it is not nil, becomes NaN.
func Values[F float32 | float64](b *Block, out []F, sample, x, y int, nodata *float64) {
	at, n := (y*b.Width+x)*b.Samples+sample, b.Samples
	switch v := b.values.(type) {
	case []uint8:
		convert(out, v[at:], n, nodata)
	case []int8:
		convert(out, v[at:], n, nodata)
	case []uint16:
		convert(out, v[at:], n, nodata)
	case []int16:
		convert(out, v[at:], n, nodata)
	case []uint32:
		convert(out, v[at:], n, nodata)
	case []int32:
		convert(out, v[at:], n, nodata)
	case []uint64:
		convert(out, v[at:], n, nodata)
	case []int64:
		convert(out, v[at:], n, nodata)
	case []float32:
		convert(out, v[at:], n, nodata)
	case []float64:
		convert(out, v[at:], n, nodata)
	}
}

func convert[F float32 | float64, T number](out []F, in []T, step int, nodata *float64) {
	if step == 1 {
		for i, v := range in[:len(out)] {
			out[i] = F(v)
		}
	} else {
		for i := range out {
			out[i] = F(in[i*step])
		}
	}
	if nodata == nil {
		return
	}
	void, ok := sampleOf[T](*nodata)
	if !ok {
		return
	}
	for i := range out {
		if in[i*step] == void {
			out[i] = F(math.NaN())
		}
	}
}

// sampleOf is a number as a sample, false if no sample can be it. NaN is NaN already.
func sampleOf[T number](v float64) (T, bool) {
	half := 0.5
	if T(half) != 0 { // T is a float, which rounds what a text says
		return T(v), v == v
	}
	const limit = 1 << 63
	if !(v == math.Trunc(v) && v >= -limit && v < limit) {
		return 0, false
	}
	t := T(int64(v))
	return t, float64(t) == v
}
