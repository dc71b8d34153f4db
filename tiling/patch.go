package tiling

import "context"

// patch is numbers of a part of a raster, row by row. A number that is NaN is none.
type patch[F float] struct {
	width, height int
	planes        [][]F  // one for each band that was asked for; nil for band 0
	visible       []byte // 255 where there is something to see, 0 where not; nil: everywhere
}

// readPatch reads bands, from 1, of a part of a level, which may reach beyond
// it. With all, a pixel is visible only if no band of the raster has its nodata
// value there, else if any of those that are read has another.
func readPatch[F float](ctx context.Context, l level, bands []int, part rect, all bool) (patch[F], error) {
	p := patch[F]{width: part.width, height: part.height, planes: make([][]F, len(bands))}
	n := part.width * part.height
	read := map[int][]F{}
	for i, b := range bands {
		if b > 0 && read[b] == nil {
			read[b] = make([]F, n)
			if err := readBand(ctx, l, b, part, read[b]); err != nil {
				return p, err
			}
		}
		p.planes[i] = read[b]
	}
	var err error
	if p.visible, err = l.readAlpha(ctx, part); err != nil || p.visible != nil {
		return p, err
	}
	if !all || l.nodata == nil {
		p.showAny()
		return p, nil
	}
	p.visible = make([]byte, n)
	fill(p.visible, 255)
	var scratch []F
	for b := 1; b <= l.Samples; b++ {
		values := read[b]
		if values == nil {
			if scratch == nil {
				scratch = make([]F, n)
			}
			values = scratch
			if err := readBand(ctx, l, b, part, values); err != nil {
				return p, err
			}
		}
		for i, v := range values {
			if v != v {
				p.visible[i] = 0
			}
		}
	}
	return p, nil
}

// showAny makes visible what has a number in any plane.
func (p *patch[F]) showAny() {
	for _, plane := range p.planes {
		if plane == nil || !hasNaN(plane) {
			return
		}
	}
	p.visible = make([]byte, p.width*p.height)
	for _, plane := range p.planes {
		for i, v := range plane {
			if v == v {
				p.visible[i] = 255
			}
		}
	}
}

func hasNaN[F float](values []F) bool {
	for _, v := range values {
		if v != v {
			return true
		}
	}
	return false
}
