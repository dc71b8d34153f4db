package tiling

import (
	"math"

	"github.com/cairngeo/cairn/tiling/style"
)

// formula is an index of bands with the colours of its values.
type formula struct {
	*style.Formula
	inputs   []int // the bands that it is made of, from 1; 0: zeros
	colormap *style.Colormap
	scale    valueRange
}

// values computes the formula for a part of the raster, NaN where there is no data.
func (f *formula) values(r *raster, from rect, toW, toH int) ([]float32, error) {
	planes, valid, err := r.readFloats(f.inputs, from, toW, toH)
	if err != nil {
		return nil, err
	}
	out := make([]float32, toW*toH)
	f.Evaluate(out, planes)
	for i, v := range valid {
		if v == 0 {
			out[i] = float32(math.NaN())
		}
	}
	return out, nil
}

// draw colours a part of the raster. What has no value is transparent.
func (f *formula) draw(r *raster, from rect, toW, toH int) (*picture, error) {
	values, err := f.values(r, from, toW, toH)
	if err != nil {
		return nil, err
	}
	p := newPicture(toW, toH)
	for i, v := range values {
		if v != v || v > math.MaxFloat32 || v < -math.MaxFloat32 {
			continue
		}
		c := f.colormap.Colors[f.scale.scale(float64(v))]
		copy(p.pixels[4*i:], []byte{c[0], c[1], c[2], 255})
	}
	return p, nil
}
