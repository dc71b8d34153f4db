package tiling

import (
	"context"

	"github.com/paulmach/orb/maptile"

	"github.com/cairngeo/cairn"
)

// renderTile draws a tile that no block of the COG holds in this form. The look
// is the usual one if nil.
func (s *Server) renderTile(ctx context.Context, cogKey string, l *look, t maptile.Tile, size int, f Format) ([]byte, error) {
	p, coding, err := s.drawTile(ctx, cogKey, l, t, size)
	if err != nil {
		return nil, err
	}
	p.fillVoid(l.terrain())
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
