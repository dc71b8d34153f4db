package tiling

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"time"

	"github.com/paulmach/orb/maptile"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/tiling/style"
)

// MosaicLayers is the largest number of rasters that are laid over each other
// in a tile that somebody waits for.
const MosaicLayers = 64

// mosaicTime is how long the tile of a mosaic is drawn before what there is of
// it is sent.
const mosaicTime = 4 * time.Second

// MosaicTile returns a tile of rasters that lie over each other, the first on
// top. A block that shows all there is to see is sent as it is stored; else the
// rasters are drawn from the top until nothing shines through. A raster that
// can't be drawn in the style is left out, unless none can: then the error is
// that of the first.
func (s *Server) MosaicTile(ctx context.Context, rasters []Raster, st style.Style, t maptile.Tile, size int, f Format) (Image, error) {
	if err := checkTile(t, size, f); err != nil {
		return Image{}, err
	}
	if err := checkCoding(st, f); err != nil {
		return Image{}, err
	}
	layers, err := s.layersOf(ctx, rasters, st, t, f == WebP && size == 256)
	if err != nil {
		return Image{}, err
	}
	switch n := len(layers); {
	case n == 0 && !st.Terrain.Fills():
		return blank(f, size)
	case n == 0:
		p := newPicture(size, size)
		p.fillVoid(st.Terrain)
		data, err := p.encode(f, lossless)
		return newImage(data, f), err
	case n == 1:
		return s.StyledTile(ctx, layers[0].raster, st, t, size, f)
	}
	sum := sha256.New()
	for _, l := range layers {
		fmt.Fprintf(sum, "%s %v\n", l.raster.COG, l.look)
	}
	key := fmt.Sprintf("mosaic %x %d/%d/%d %d %s", sum.Sum(nil), t.Z, t.X, t.Y, size, f)
	if image, ok := s.images.Get(key); ok {
		return image, nil
	}
	return s.flights.Do(ctx, key, func(ctx context.Context) (Image, error) {
		if err := s.workers.enter(ctx); err != nil {
			return Image{}, err
		}
		defer s.workers.leave()
		began := time.Now()
		defer func() { s.observe("mosaic", time.Since(began)) }()
		p, coding, whole, err := s.compose(ctx, layers, t, size, time.Now().Add(mosaicTime))
		if err != nil {
			return Image{}, err
		}
		p.fillVoid(st.Terrain)
		data, err := p.encode(f, coding)
		if err != nil {
			return Image{}, err
		}
		image := newImage(data, f)
		if image.Partial = !whole; whole {
			s.images.Add(key, image, int64(len(data)+len(key)+128))
		}
		return image, nil
	})
}

// MosaicPixels draws a tile like MosaicTile, however long it takes, into 256 x
// 256 pixels of RGBA. It is nil where there is nothing.
func (s *Server) MosaicPixels(ctx context.Context, rasters []Raster, t maptile.Tile) ([]byte, error) {
	layers, err := s.layersOf(ctx, rasters, style.Style{}, t, false)
	if err != nil || len(layers) == 0 {
		return nil, err
	}
	if err := s.workers.await(ctx); err != nil {
		return nil, err
	}
	defer s.workers.leave()
	p, _, _, err := s.compose(ctx, layers, t, 256, time.Time{})
	if err != nil {
		return nil, err
	}
	return p.pixels, nil
}

// layer is a raster that has something to show in a tile.
type layer struct {
	raster Raster
	look   *look
}

// layersOf returns the rasters of a mosaic that may be seen in a tile, from the
// top. stored says that an opaque block on top makes all others needless, since
// it can be the answer.
func (s *Server) layersOf(ctx context.Context, rasters []Raster, st style.Style, t maptile.Tile, stored bool) (layers []layer, err error) {
	var refused error
	drawable := false
	for _, r := range rasters {
		l, place, err := s.layerOf(ctx, r, st, t)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case cairn.CodeOf(err) == cairn.Invalid:
			if refused == nil {
				refused = err
			}
			continue
		case err != nil:
			slog.WarnContext(ctx, "a raster is missing in a mosaic", "file", r.COG, "error", err)
			continue
		}
		drawable = true
		if place.empty {
			continue
		}
		layers = append(layers, l)
		if stored && len(layers) == 1 && place.opaque {
			return layers, nil
		}
	}
	if !drawable {
		return nil, refused
	}
	return layers, nil
}

// glimpse is what of a raster a tile shows.
type glimpse struct {
	empty  bool // nothing
	opaque bool // one stored block, through which nothing shines
}

// layerOf finds out how a raster is drawn in a style, and what of it a tile shows.
func (s *Server) layerOf(ctx context.Context, r Raster, st style.Style, t maptile.Tile) (layer, glimpse, error) {
	src, err := s.sources.open(ctx, r.COG)
	if err != nil {
		return layer{}, glimpse{}, err
	}
	defer src.release()
	l := layer{raster: r}
	if !st.Usual() {
		if l.look, err = s.lookOf(ctx, src, r, st, false); err != nil {
			return layer{}, glimpse{}, err
		}
		if l.look.shows(1, 2, 3) && st.Resampling == "" {
			l.look = nil
		}
	}
	place, err := src.find(t)
	if err != nil {
		return layer{}, glimpse{}, unreadable(err)
	}
	switch {
	case place.empty:
		return l, glimpse{empty: true}, nil
	case place.stored && l.look == nil:
		opaque, err := place.level.Opaque(src.object, place.extent)
		if err != nil {
			return layer{}, glimpse{}, unreadable(err)
		}
		return l, glimpse{opaque: opaque}, nil
	case place.level == nil:
		return l, glimpse{empty: !src.touches(t)}, nil
	}
	return l, glimpse{}, nil
}

// touches tells whether a tile, of any zoom, overlaps the rectangle of the COG.
func (s *source) touches(t maptile.Tile) bool {
	for turn := range 2 {
		if w := windowOf(s.index, t, 256, turn); w.toW > 0 && w.toH > 0 {
			return true
		}
	}
	return false
}

// compose draws layers under each other until nothing shines through, or it is
// too late: then the picture isn't whole. At least one is drawn.
func (s *Server) compose(ctx context.Context, layers []layer, t maptile.Tile, size int, deadline time.Time) (p *picture, coding quality, whole bool, err error) {
	p = newPicture(size, size)
	p.grey = true
	drawn := 0
	for _, l := range layers {
		if drawn > 0 && !deadline.IsZero() && time.Now().After(deadline) {
			return p, coding, false, nil
		}
		part, wanted, failed := s.drawTile(ctx, l.raster.COG, l.look, t, size)
		if ctx.Err() != nil {
			return nil, 0, false, context.Cause(ctx)
		}
		if failed != nil { // one damaged file must not take the others with it
			slog.WarnContext(ctx, "a raster is missing in a mosaic", "file", l.raster.COG, "error", failed)
			err = failed
			continue
		}
		drawn++
		coding = max(coding, wanted)
		if p.putUnder(part) {
			break
		}
	}
	if drawn == 0 {
		return nil, 0, false, err
	}
	return p, coding, true, nil
}

// putUnder shows another picture of the same size where p is not opaque, and
// tells whether p is now.
func (p *picture) putUnder(under *picture) (opaque bool) {
	opaque = true
	shown := false
	for i := 0; i < len(p.pixels); i += 4 {
		upper, lower := p.pixels[i:i+4:i+4], under.pixels[i:i+4:i+4]
		switch {
		case upper[3] == 255:
			continue
		case lower[3] == 0:
			opaque = false
			continue
		case upper[3] == 0:
			copy(upper, lower)
		default:
			over(upper, lower)
		}
		shown = true
		opaque = opaque && upper[3] == 255
	}
	p.grey = p.grey && (under.grey || !shown)
	return opaque
}

// over composes two pixels whose alpha is not premultiplied (Porter and Duff).
func over(upper, lower []byte) {
	a, b := int(upper[3])*255, int(lower[3])*(255-int(upper[3]))
	total := a + b
	for c := range 3 {
		upper[c] = byte((int(upper[c])*a + int(lower[c])*b + total/2) / total)
	}
	upper[3] = byte((total + 127) / 255)
}
