package tiling

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/cairngeo/cairn/tiling/style"
)

// formula is an index of bands with the colours of its values.
type formula struct {
	*style.Formula
	inputs   []int // the bands that it is made of, from 1; 0: zeros
	stored   bool  // it is made of what is stored, whatever the scales of bands
	colormap *style.Colormap
	scale    valueRange
	terrain  *terrain // its values are heights, and this is made of them; nil: they are the values
}

// bandFormula is that of a single band, as it is or, unless stored is set, as the
// value that it means.
func bandFormula(band int) (*formula, error) {
	f, err := style.FormulaOf(fmt.Sprintf("b%d", band))
	return &formula{Formula: f, inputs: []int{band}}, err
}

var notANumber = float32(math.NaN())

// values computes what has a colour for a part of a level, NaN where there is none.
func (f *formula) values(ctx context.Context, from level, m mapping, kernel style.Resampling) ([]float32, error) {
	switch {
	case f.terrain == nil:
		return f.evaluated(ctx, from, m, kernel)
	case f.terrain.Encodes():
		return f.heights(ctx, from, m, kernel)
	}
	return f.shades(ctx, from, m, kernel)
}

// evaluated computes the formula for a part of a level, NaN where there is no data.
func (f *formula) evaluated(ctx context.Context, from level, m mapping, kernel style.Resampling) ([]float32, error) {
	read, err := read[float32](ctx, from, reading{mapping: m, kernel: kernel, bands: f.inputs, all: true})
	if err != nil {
		return nil, err
	}
	f.scaleInputs(read.planes, from.src)
	out := make([]float32, m.width*m.height)
	f.Evaluate(out, read.planes)
	for i, v := range read.visible {
		if v < 128 {
			out[i] = notANumber
		}
	}
	return out, nil
}

// scaleInputs makes values of what is stored.
func (f *formula) scaleInputs(planes [][]float32, src *source) {
	if f.stored {
		return
	}
	for i, n := range f.inputs {
		if n == 0 || slices.Index(f.inputs, n) < i { // planes of a band that comes twice are one
			continue
		}
		b := src.index.Bands[n-1]
		if b.Scale == 1 && b.Offset == 0 {
			continue
		}
		for j, v := range planes[i] {
			planes[i][j] = float32(float64(v)*b.Scale + b.Offset)
		}
	}
}

// draw colours a part of a level. What has no value is transparent.
func (f *formula) draw(ctx context.Context, from level, m mapping, kernel style.Resampling) (*picture, error) {
	values, err := f.values(ctx, from, m, kernel)
	if err != nil {
		return nil, err
	}
	if f.terrain != nil && f.terrain.Encodes() {
		return f.terrain.encode(values, m.width, m.height), nil
	}
	return f.paint(values, m.width, m.height), nil
}

// paint gives values their colours, as pixels and as numbers of colours.
func (f *formula) paint(values []float32, width, height int) *picture {
	p := newPicture(width, height)
	var colors [256]uint32
	for i, c := range f.colormap.Colors {
		colors[i] = uint32(c[0]) | uint32(c[1])<<8 | uint32(c[2])<<16 | 255<<24
	}
	indexes := make([]byte, len(values))
	var used [256]bool
	var voids []int
	for i, v := range values {
		if !(v <= math.MaxFloat32 && v >= -math.MaxFloat32) {
			voids = append(voids, i)
			continue
		}
		index := f.scale.scale(float64(v))
		indexes[i], used[index] = index, true
		binary.LittleEndian.PutUint32(p.pixels[4*i:], colors[index])
	}
	p.indexed = &indexed{indexes, &f.colormap.Colors, -1}
	if len(voids) == 0 {
		return p
	}
	free := slices.Index(used[:], false)
	if free < 0 {
		p.indexed = nil
		return p
	}
	for _, i := range voids {
		indexes[i] = byte(free)
	}
	p.indexed.transparent = free
	return p
}
