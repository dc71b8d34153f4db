package tiling

import (
	"context"

	"github.com/cairngeo/cairn"
)

// drawCOG draws the coarsest level that is fine enough, without the padding that
// fills up the grid around the data. The look is the usual one if nil.
func (s *Server) drawCOG(ctx context.Context, key string, l *look, size int) (*picture, error) {
	src, err := s.sources.open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer src.release()
	if l == nil {
		if l, err = s.usualLook(ctx, src); err != nil {
			return nil, err
		}
	}
	data, err := s.dataWindow(ctx, src, l)
	if err != nil {
		return nil, err
	}
	w, h := fit(data.width, data.height, size)
	from, m := s.levelFor(src, data, w, h)
	if m.pixels() > s.maxPixels {
		return nil, noOverviews()
	}
	return l.draw(ctx, from, m)
}

// pixels is about how many of the level the mapping shows.
func (m mapping) pixels() int64 {
	return int64(m.stepX*float64(m.width)) * int64(m.stepY*float64(m.height))
}

func noOverviews() error {
	return cairn.Errorf(cairn.TooLarge, "This raster is too large to be shown without overviews. Build it again.")
}

// probeSide is how many pixels wide and high the level is on which a raster is
// looked at to find where its data are.
const probeSide = 2048

// dataWindow is the part of the full resolution outside which all is transparent,
// as exact as a look at a level of at most 2048 by 2048 pixels tells.
func (s *Server) dataWindow(ctx context.Context, src *source, l *look) (rect, error) {
	full := src.index.Levels[0]
	whole := rect{0, 0, full.Width, full.Height}
	number := len(src.index.Levels) - 1
	for number > 0 && max(src.index.Levels[number-1].Width, src.index.Levels[number-1].Height) <= probeSide {
		number--
	}
	probe := s.level(src, number)
	if !probe.alpha && probe.nodata == nil && !probe.Type.Float() {
		return whole, nil
	}
	if int64(probe.Width)*int64(probe.Height) > s.maxPixels {
		return rect{}, noOverviews()
	}
	bands, all := l.bands, false
	if l.formula != nil {
		bands, all = l.formula.inputs, true
	}
	left, top, right, bottom := probe.Width, probe.Height, 0, 0
	for y := 0; y < probe.Height; y += blockSide {
		part := rect{0, y, probe.Width, min(blockSide, probe.Height-y)}
		visible, err := probe.visible(ctx, bands, part, all)
		if err != nil {
			return rect{}, err
		}
		if visible == nil {
			return whole, nil
		}
		for i, v := range visible {
			if v != 0 {
				left, right = min(left, i%part.width), max(right, i%part.width+1)
				top, bottom = min(top, y+i/part.width), y+i/part.width+1
			}
		}
	}
	if right <= left {
		return whole, nil // no data at all
	}
	scaled := func(from, to, reduced, side int) (int, int) {
		first := int(int64(from) * int64(side) / int64(reduced))
		return first, min(side, int((int64(to)*int64(side)+int64(reduced)-1)/int64(reduced))) - first
	}
	whole.x, whole.width = scaled(left, right, probe.Width, full.Width)
	whole.y, whole.height = scaled(top, bottom, probe.Height, full.Height)
	return whole, nil
}

// visible is patch.visible of a part of the level; see readPatch.
func (l level) visible(ctx context.Context, bands []int, part rect, all bool) ([]byte, error) {
	if l.alpha {
		return l.readAlpha(ctx, part)
	}
	p, err := readPatch[float32](ctx, l, bands, part, all)
	return p.visible, err
}
