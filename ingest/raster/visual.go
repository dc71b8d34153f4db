package raster

import "github.com/cairngeo/cairn/tiling/webp"

// A visual is the painter of a source that becomes a picture.
type visual struct {
	recipe recipe
	source *source
	looks  looks
	colors colors
	alpha  []byte // of colors, where it has some
	raw    []byte // planes of bytes as they are read, a strip at a time
	block  []byte
	xs, ys []int32
	bands  []tally
}

func newVisual(location string, p plan, r recipe) (*visual, error) {
	s, err := openSource(location, p)
	if err != nil {
		return nil, err
	}
	v := &visual{recipe: r, source: s, looks: looksOf(s, r)}
	for range r.bands {
		v.bands = append(v.bands, countTally(8, false))
	}
	return v, nil
}

func (v *visual) newSurface(side int) surface {
	return newPicture(side, v.recipe.resampling == nearest)
}

func (v *visual) tallies() []tally { return v.bands }

func (v *visual) close() { v.source.close() }

func (v *visual) paint(s surface, toX, toY, x, y, w, h int) (any bool, err error) {
	p := s.(*picture)
	err = v.source.inViews(x, y, w, h, func(m mesh, view view, dx, dy, w, h int) error {
		if err := v.read(view); err != nil {
			return errDamaged(err)
		}
		v.xs, v.ys = resized(v.xs, w), resized(v.ys, w)
		for row := range h {
			if !m.row(view.frame, row, v.xs, v.ys) {
				continue
			}
			any = true
			to := p.pixels[4*((toY+dy+row)*p.side+toX+dx):][:4*w]
			if v.recipe.resampling == nearest {
				v.colors.drawNearest(to, v.xs, v.ys)
			} else {
				v.colors.drawCubic(to, v.xs, v.ys)
			}
		}
		return nil
	})
	return any, err
}

func (v *visual) code(s surface, x, y int, count bool, put func(plane int, block []byte) error) (err error) {
	p := s.(*picture)
	c := p.coverOf(x, y)
	if c == empty {
		return nil
	}
	if count {
		p.count(x, y, v.bands)
	}
	quality := v.recipe.quality
	if v.recipe.codec == losslessWebP {
		quality = webp.Lossless
	}
	if v.block, err = p.code(v.block[:0], x, y, c, quality); err != nil {
		return err
	}
	return put(0, v.block)
}
