package tiling

import (
	"context"
	"fmt"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb/maptile"

	"github.com/cairngeo/cairn"
)

// renderTile draws a tile that no block of the COG holds in this form. The look
// is the usual one if nil.
func (s *Server) renderTile(ctx context.Context, cogKey string, l *look, t maptile.Tile, size int, f Format) ([]byte, error) {
	src, err := s.sources.open(ctx, cogKey)
	if err != nil {
		return nil, err
	}
	defer src.release()
	if src.index.EPSG != 3857 || src.index.PixelSize == 0 {
		return nil, errNotOnMap()
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
		used, err := s.drawWindow(ctx, src, cogKey, l, w, p)
		if err != nil {
			return nil, err
		}
		coding = used
	}
	return p.encode(f, coding)
}

func errNotOnMap() error {
	return cairn.Errorf(cairn.Invalid, "This raster is not laid out for the map. Build it again.")
}

// drawWindow draws what the window shows into the tile p and returns the
// quality in which to encode it.
func (s *Server) drawWindow(ctx context.Context, src *source, cogKey string, l *look, w window, p *picture) (quality, error) {
	r, err := s.openLevel(ctx, src, cogKey, l, w.level)
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
	if r.palette != nil || r.formula != nil {
		return lossless, nil
	}
	return tileQuality, nil
}

// openLevel opens one level of a COG as a raster of its own that has the look,
// nil for the usual one.
func (s *Server) openLevel(ctx context.Context, src *source, cogKey string, l *look, level int) (*raster, error) {
	options := []godal.OpenOption{godal.Drivers("GTiff")}
	if level > 0 {
		options = append(options, godal.DriverOpenOption(fmt.Sprintf("OVERVIEW_LEVEL=%d", level-1)))
	}
	r, err := openRaster(s.store.Location(cogKey), options...)
	if err != nil {
		return nil, unreadable(err)
	}
	switch {
	case l != nil:
		r.wear(l)
	case r.data:
		statistics, err := s.statistics(ctx, src, cogKey, r)
		if err != nil {
			r.Close()
			return nil, err
		}
		for i := range r.bands {
			r.ranges = append(r.ranges, statistics[i].usable())
		}
	}
	return r, nil
}

// statistics returns those of the data bands of a COG, from the file beside it
// or else from a sample.
func (s *Server) statistics(ctx context.Context, src *source, cogKey string, r *raster) ([]Statistics, error) {
	src.mu.Lock()
	known := src.statistics
	src.mu.Unlock()
	if known != nil {
		return known, nil
	}
	bands := r.dataBands()
	statistics, err := s.recorded(ctx, cogKey, len(bands))
	if err == nil && statistics == nil {
		if statistics, err = r.sample(bands); err != nil {
			err = unreadable(err)
		}
	}
	if err != nil {
		return nil, err
	}
	src.mu.Lock()
	src.statistics = statistics
	src.mu.Unlock()
	return statistics, nil
}
