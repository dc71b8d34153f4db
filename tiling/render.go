package tiling

import (
	"context"

	"github.com/paulmach/orb/maptile"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/tiling/style"
)

// renderTile draws a tile that no block of the COG holds in this form. The look
// is the usual one if nil.
func (s *Server) renderTile(ctx context.Context, cogKey string, l *look, t maptile.Tile, size int, f Format) ([]byte, error) {
	p, coding, err := s.drawTile(ctx, cogKey, l, t, size)
	if err != nil {
		return nil, err
	}
	return p.encode(f, coding)
}

// drawTile draws a tile of a COG in a look, nil for the usual one, and says how
// well it wants to be coded.
func (s *Server) drawTile(ctx context.Context, cogKey string, l *look, t maptile.Tile, size int) (*picture, quality, error) {
	src, err := s.sources.open(ctx, cogKey)
	if err != nil {
		return nil, 0, err
	}
	defer src.release()
	if l == nil {
		if l, err = s.usualLook(ctx, src); err != nil {
			return nil, 0, err
		}
	}
	p := newPicture(size, size)
	err = s.eachWindow(src, t, size, func(w window) error {
		part, err := l.draw(ctx, s.level(src, w.level), w.mapping())
		switch {
		case err != nil:
			return err
		case part.width == size && part.height == size:
			p = part
		default:
			p.place(part, w.toX, w.toY)
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	if l.formula != nil {
		return p, lossless, nil
	}
	return p, tileQuality, nil
}

// eachWindow calls visit with each part of a COG that a tile shows: none, one, or
// two where the COG crosses the 180th meridian.
func (s *Server) eachWindow(src *source, t maptile.Tile, size int, visit func(window) error) error {
	if src.index.EPSG != 3857 || src.index.PixelSize == 0 {
		return errNotOnMap()
	}
	for turn := range 2 {
		w := windowOf(src.index, t, size, turn)
		if w.toW == 0 || w.toH == 0 {
			continue
		}
		if w.pixels() > s.maxPixels {
			return cairn.Errorf(cairn.Invalid, "This raster has no overviews for zoom %d. Build it again.", t.Z)
		}
		if err := visit(w); err != nil {
			return err
		}
	}
	return nil
}

func errNotOnMap() error {
	return cairn.Errorf(cairn.Invalid, "This raster is not laid out for the map. Build it again.")
}

// tileValues reads the numbers of bands that a tile shows, with a margin of pixels
// around the tile, so that what depends on a pixel's neighbors has no seams. The
// planes are size + 2*margin wide and high; what is no number is NaN. The kernel
// of tiles beyond the full resolution is the caller's choice.
func (s *Server) tileValues(ctx context.Context, src *source, bands []int, t maptile.Tile, size, margin int, kernel style.Resampling) (patch[float32], error) {
	side := size + 2*margin
	p := patch[float32]{width: side, height: side, planes: make([][]float32, len(bands))}
	for i := range p.planes {
		p.planes[i] = make([]float32, side*side)
		fill(p.planes[i], notANumber)
	}
	err := s.eachWindow(src, t, size, func(w window) error {
		w.toX, w.toY, w.toW, w.toH = 0, 0, size, size // the margin may have what the tile has not
		some, err := read[float32](ctx, s.level(src, w.level), reading{mapping: w.mapping().grown(margin), kernel: kernel, bands: bands})
		if err != nil {
			return err
		}
		for i, plane := range some.planes {
			for j, v := range plane {
				if v == v && (some.visible == nil || some.visible[j] >= 128) {
					p.planes[i][j] = v
				}
			}
		}
		return nil
	})
	return p, err
}
