package tiling

import (
	"context"
	"fmt"
	"math"

	"github.com/paulmach/orb/maptile"

	"github.com/cairngeo/cairn/tiling/style"
)

// StyledTile is Tile in a style. Besides Tile's errors there is Invalid for a
// style that names bands which the raster lacks.
func (s *Server) StyledTile(ctx context.Context, raster Raster, st style.Style, t maptile.Tile, size int, f Format) (Image, error) {
	if st.Usual() {
		return s.Tile(ctx, raster.COG, t, size, f)
	}
	if err := checkTile(t, size, f); err != nil {
		return Image{}, err
	}
	if err := checkCoding(st, f); err != nil {
		return Image{}, err
	}
	src, err := s.sources.open(ctx, raster.COG)
	if err != nil {
		return Image{}, err
	}
	defer src.release()
	l, err := s.lookOf(ctx, src, raster, st, false)
	if err != nil {
		return Image{}, err
	}
	place, err := src.find(t)
	if err != nil {
		return Image{}, unreadable(err)
	}
	if l.shows(1, 2, 3) && (st.Resampling == "" || place.stored && size == 256) { // as all tiles of bytes do
		return s.Tile(ctx, raster.COG, t, size, f)
	}
	if place.empty && !st.Terrain.Fills() {
		return blank(f, size)
	}
	key := fmt.Sprintf("tile %s %d/%d/%d %d %s %v", raster.COG, t.Z, t.X, t.Y, size, f, l)
	return s.rendered(ctx, key, f, func(ctx context.Context) ([]byte, error) {
		return s.renderTile(ctx, raster.COG, l, t, size, f)
	})
}

// Zooms are those of the coarsest and of the full resolution of a raster that
// can be drawn in the style; else the error is that of StyledTile.
func (s *Server) Zooms(ctx context.Context, raster Raster, st style.Style) (coarsest, full int, err error) {
	src, err := s.sources.open(ctx, raster.COG)
	if err != nil {
		return 0, 0, err
	}
	defer src.release()
	if _, err := s.lookOf(ctx, src, raster, st, false); err != nil {
		return 0, 0, err
	}
	if src.index.PixelSize == 0 {
		return 0, 0, errNotOnMap()
	}
	full = between(0, int(math.Round(math.Log2(2*halfWorld/256/src.index.PixelSize))), maxZoom)
	return max(0, full-len(src.index.Levels)+1), full, nil
}

// StyledThumbnail is Thumbnail of a COG in a style. A plain style means the
// bands that show the sensor's rasters best.
func (s *Server) StyledThumbnail(ctx context.Context, raster Raster, st style.Style, size int) (Image, error) {
	size = between(minThumbnail, size, maxThumbnail)
	src, err := s.sources.open(ctx, raster.COG)
	if err != nil {
		return Image{}, err
	}
	defer src.release()
	l, err := s.lookOf(ctx, src, raster, st, true)
	if err != nil {
		return Image{}, err
	}
	key := fmt.Sprintf("thumbnail %s %d %v", raster.COG, size, l)
	return s.rendered(ctx, key, WebP, func(ctx context.Context) ([]byte, error) {
		p, err := s.drawCOG(ctx, raster.COG, l, size)
		if err != nil {
			return nil, err
		}
		p.fillVoid(st.Terrain)
		if l.formula != nil {
			return p.encode(WebP, lossless)
		}
		return p.encode(WebP, thumbnailQuality)
	})
}
