package tiling

import (
	"context"
	"fmt"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb/maptile"

	"github.com/cairngeo/cairn"
)

// renderTile draws a tile that no block of the COG holds in this form.
func (s *Server) renderTile(ctx context.Context, cogKey string, t maptile.Tile, size int, f Format) ([]byte, error) {
	src, err := s.sources.open(ctx, cogKey)
	if err != nil {
		return nil, err
	}
	defer src.release()
	if src.index.EPSG != 3857 || src.index.PixelSize == 0 {
		return nil, cairn.Errorf(cairn.Invalid, "This raster is not laid out for the map. Build it again.")
	}
	p := newPicture(size, size)
	coding := lossless
	for turn := range 2 {
		w := windowOf(src.index, t, size, turn)
		if w.toW == 0 || w.toH == 0 {
			continue
		}
		if int64(w.width)*int64(w.height) > s.maxPixels {
			return nil, cairn.Errorf(cairn.Invalid, "This raster has no overviews for zoom %d. Build it again.", t.Z)
		}
		used, err := s.drawWindow(ctx, src, cogKey, w, p)
		if err != nil {
			return nil, err
		}
		coding = used
	}
	return p.encode(f, coding)
}

// drawWindow draws what the window shows into the tile p and returns the
// quality in which to encode it.
func (s *Server) drawWindow(ctx context.Context, src *source, cogKey string, w window, p *picture) (quality, error) {
	r, err := s.openLevel(ctx, src, cogKey, w.level)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	width, height := w.toW, w.toH
	if w.enlarges() {
		width, height = w.width, w.height
	}
	part, err := r.draw(w.x, w.y, w.width, w.height, width, height)
	if err != nil {
		return 0, unreadable(err)
	}
	p.grey = part.grey
	if w.enlarges() {
		w.enlarge(part, p)
	} else {
		p.place(part, w.toX, w.toY)
	}
	if r.palette != nil {
		return lossless, nil
	}
	return tileQuality, nil
}

// openLevel opens one level of a COG as a raster of its own.
func (s *Server) openLevel(ctx context.Context, src *source, cogKey string, level int) (*raster, error) {
	options := []godal.OpenOption{godal.Drivers("GTiff")}
	if level > 0 {
		options = append(options, godal.DriverOpenOption(fmt.Sprintf("OVERVIEW_LEVEL=%d", level-1)))
	}
	r, err := openRaster(s.store.Location(cogKey), options...)
	if err != nil {
		return nil, unreadable(err)
	}
	if r.data {
		if r.ranges, err = s.rangesOf(ctx, src, cogKey, r); err != nil {
			r.Close()
			return nil, err
		}
	}
	return r, nil
}
