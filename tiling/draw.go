package tiling

import (
	"context"

	"github.com/cairngeo/cairn/tiling/cog"
	"github.com/cairngeo/cairn/tiling/style"
)

// kernel is how pixels between those of a level are made: as the style says, else
// means of what is made smaller, and pixels as they are of what is made larger. Means
// of bands have other indexes than the bands. Ground is even between pixels.
func (l *look) kernel(m mapping) style.Resampling {
	aligned := m.stepX == 1 && m.stepY == 1 && m.x == float64(int(m.x)) && m.y == float64(int(m.y))
	switch {
	case aligned:
		return style.Nearest
	case l.resampling != "":
		return l.resampling
	case l.formula != nil && l.formula.terrain != nil && m.stepX <= 1 && m.stepY <= 1:
		return style.Bilinear // ground has no steps
	case (l.formula == nil || l.formula.terrain != nil) && (m.stepX > 1 || m.stepY > 1):
		return style.Average
	}
	return style.Nearest
}

// draw draws a level in the look.
func (l *look) draw(ctx context.Context, from level, m mapping) (*picture, error) {
	kernel := l.kernel(m)
	switch {
	case l.formula != nil:
		return l.formula.draw(ctx, from, m, kernel)
	case l.ranges == nil && kernel == style.Nearest && from.pictures() && m.stepX <= 1 && m.stepY <= 1:
		return from.pixels(ctx, l.bands, m)
	}
	r := reading{mapping: m, kernel: kernel, bands: l.bands}
	if t := from.Type; t.Size() > 4 || t == cog.Int32 || t == cog.Uint32 { // float32 has no room for all of their values
		return paint[float64](ctx, from, r, l.ranges)
	}
	return paint[float32](ctx, from, r, l.ranges)
}

// paint shows one or three bands, each with its range from black to white,
// truncating; without ranges bytes as they are. A band that has no value where
// others have one is shown as its nodata value.
func paint[F float](ctx context.Context, from level, r reading, ranges []valueRange) (*picture, error) {
	read, err := read[F](ctx, from, r)
	if err != nil {
		return nil, err
	}
	return read.paint(ranges, from.nodata), nil
}

// paint shows the planes; see the function.
func (read patch[F]) paint(ranges []valueRange, nodata *float64) *picture {
	p := newPicture(read.width, read.height)
	p.grey = len(read.planes) == 1
	for c := range 3 {
		band := min(c, len(read.planes)-1)
		shown := shade
		if ranges != nil {
			shown = ranges[band].scale
		}
		void := byte(0)
		if nodata != nil {
			void = shown(*nodata)
		}
		for i, v := range read.planes[band] {
			if v == v {
				p.pixels[4*i+c] = shown(float64(v))
			} else {
				p.pixels[4*i+c] = void
			}
		}
	}
	for i := range read.width * read.height {
		p.pixels[4*i+3] = 255
		if read.visible != nil {
			p.pixels[4*i+3] = read.visible[i]
		}
	}
	return p
}

// shade is a value from 0 to 255 as a byte; NaN is black.
func shade(v float64) byte {
	switch v += 0.5; {
	case !(v > 0):
		return 0
	case v >= 255:
		return 255
	}
	return byte(v)
}

// usualLook is how a raster is drawn that nobody asked for a style of: the first
// band, or the first three, bytes as they are, other values stretched.
func (s *Server) usualLook(ctx context.Context, src *source) (*look, error) {
	l := &look{bands: []int{1}}
	if src.dataBands() >= 3 {
		l.bands = []int{1, 2, 3}
	}
	if src.bytes() {
		return l, nil
	}
	statistics, err := s.statistics(ctx, src)
	if err != nil {
		return nil, err
	}
	for _, b := range l.bands {
		l.ranges = append(l.ranges, statistics[b-1].usable())
	}
	return l, nil
}

// levelFor is the coarsest level on which a part of the full resolution has at
// least w x h pixels, and the mapping of it to so many.
func (s *Server) levelFor(src *source, part rect, w, h int) (level, mapping) {
	full, best := src.index.Levels[0], 0
	for k, l := range src.index.Levels {
		if part.width*l.Width/full.Width >= w && part.height*l.Height/full.Height >= h {
			best = k
		}
	}
	l := s.level(src, best)
	sx, sy := float64(l.Width)/float64(full.Width), float64(l.Height)/float64(full.Height)
	return l, mapping{float64(part.x) * sx, float64(part.y) * sy, float64(part.width) * sx / float64(w), float64(part.height) * sy / float64(h), w, h}
}
