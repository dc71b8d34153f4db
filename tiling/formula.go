package tiling

import (
	"context"
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
}

var notANumber = float32(math.NaN())

// values computes the formula for a part of a level, NaN where there is no data.
func (f *formula) values(ctx context.Context, from level, m mapping, kernel style.Resampling) ([]float32, error) {
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
	p := newPicture(m.width, m.height)
	for i, v := range values {
		if v != v || v > math.MaxFloat32 || v < -math.MaxFloat32 {
			continue
		}
		c := f.colormap.Colors[f.scale.scale(float64(v))]
		pixel := p.pixels[4*i:][:4]
		pixel[0], pixel[1], pixel[2], pixel[3] = c[0], c[1], c[2], 255
	}
	return p, nil
}
