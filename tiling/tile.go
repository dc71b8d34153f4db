package tiling

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/paulmach/orb/maptile"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/tiling/cog"
)

const maxZoom = 30

// Tile returns the tile t of the grid WebMercatorQuad, row 0 at the north, of
// the COG under the key, size (256 or 512) pixels wide and high. Outside the
// data it is transparent (in JPEG: white).
//
// The error is Invalid for a tile that the grid does not have, NotFound if
// there is no such COG, and Internal if the COG is damaged.
func (s *Server) Tile(ctx context.Context, cogKey string, t maptile.Tile, size int, f Format) (Image, error) {
	if err := checkTile(t, size, f); err != nil {
		return Image{}, err
	}
	src, err := s.sources.open(ctx, cogKey)
	if err != nil {
		return Image{}, err
	}
	defer src.release()
	place, err := src.find(t)
	if err != nil {
		return Image{}, unreadable(err)
	}
	switch {
	case place.empty:
		return blank(f, size)
	case place.stored && f == WebP && size == 256:
		return s.storedTile(place, src, cogKey)
	}
	key := fmt.Sprintf("tile %s %d/%d/%d %d %s", cogKey, t.Z, t.X, t.Y, size, f)
	return s.rendered(ctx, key, f, func(ctx context.Context) ([]byte, error) {
		return s.renderTile(ctx, cogKey, nil, t, size, f)
	})
}

// CheckTile returns an error for a tile that the grid does not have.
func CheckTile(t maptile.Tile) error {
	if t.Z > maxZoom || uint64(t.X) >= 1<<t.Z || uint64(t.Y) >= 1<<t.Z {
		return cairn.Errorf(cairn.Invalid, "There is no tile %d/%d/%d: zooms go from 0 to %d, columns and rows from 0 to 2^zoom - 1.", t.Z, t.X, t.Y, maxZoom)
	}
	return nil
}

func checkTile(t maptile.Tile, size int, f Format) error {
	if err := CheckTile(t); err != nil {
		return err
	}
	switch {
	case size != 256 && size != 512:
		return cairn.Errorf(cairn.Invalid, "Tiles are 256 or (with @2x) 512 pixels wide, not %d.", size)
	case f != WebP && f != PNG && f != JPEG:
		return cairn.Errorf(cairn.Invalid, "Tiles come as WebP, PNG or JPEG, not as %q.", string(f))
	}
	return nil
}

// place is where the data of a tile are.
type place struct {
	empty  bool // nowhere
	stored bool // in the block at extent of level, which is the tile
	level  *cog.Level
	extent cog.Extent
}

// find looks a tile up. The zero place means that the tile must be rendered.
func (s *source) find(t maptile.Tile) (place, error) {
	if !s.gridded {
		return place{}, nil
	}
	// Beyond the last zoom the data are those of the ancestor at that zoom.
	z, x, y := int(t.Z), int(t.X), int(t.Y)
	beyond := max(0, z-s.zoom)
	x, y = x>>beyond, y>>beyond
	k := s.zoom - (z - beyond)
	if k >= len(s.index.Levels) || !s.index.Aligned(k, s.column, s.row) {
		return place{}, nil
	}
	level := &s.index.Levels[k]
	column, row := x-s.column>>k, y-s.row>>k
	if column < 0 {
		column += 1 << (s.zoom - k) // behind the 180th meridian columns go on counting
	}
	if column < 0 || row < 0 || column >= level.TilesAcross || row >= level.TilesDown {
		return place{empty: true}, nil
	}
	if level.Planes > 1 {
		return place{}, nil // each plane has its own blocks
	}
	extent, err := level.Extent(s.object, column, row, 0)
	if err != nil {
		return place{}, err
	}
	if extent.Length == 0 {
		return place{empty: true}, nil
	}
	stored := beyond == 0 && level.Compression == cog.CompressionWebP && s.index.NoData == "" && !s.index.Masked
	return place{stored: stored, level: level, extent: extent}, nil
}

// storedTile returns the block. Its ETag is made of where it is instead of its
// bytes, which is cheaper and as good, since what lies under a key never changes.
func (s *Server) storedTile(p place, src *source, cogKey string) (Image, error) {
	key := storedKey{cogKey, p.extent.Offset}
	if image, ok := s.popular.tiles.Get(key); ok {
		return image, nil
	}
	buffer := blocks.Get().(*[]byte)
	data, err := p.level.ReadWebP(src.object, p.extent, *buffer)
	if err != nil {
		return Image{}, unreadable(err)
	}
	identity := make([]byte, 0, len(cogKey)+40)
	identity = append(identity, cogKey...)
	identity = strconv.AppendInt(append(identity, ' '), p.extent.Offset, 10)
	identity = strconv.AppendInt(append(identity, ' '), int64(p.extent.Length), 10)
	*buffer = data
	image := Image{Data: data, MediaType: string(WebP), ETag: tag(identity), buffer: buffer}
	if s.popular.again(key) {
		s.popular.keep(key, image)
	}
	return image, nil
}

// blocks holds the buffers of blocks that have been sent. Without it they were
// nearly all that a server of tiles allocates, and kept the garbage collector busy.
var blocks = sync.Pool{New: func() any { return new([]byte) }}

// maxPooled is the largest buffer worth keeping; few tiles have more.
const maxPooled = 256 << 10

// Release gives the memory of Data to pictures to come; it must not be used
// afterwards. Call it at most once, or not at all.
func (i Image) Release() {
	if i.buffer != nil && cap(*i.buffer) <= maxPooled {
		blocks.Put(i.buffer)
	}
}

var blanks sync.Map // of Image by blankKind

type blankKind struct {
	format Format
	size   int
}

// blank is the tile without data, the same for all rasters.
func blank(f Format, size int) (Image, error) {
	kind := blankKind{f, size}
	if image, ok := blanks.Load(kind); ok {
		return image.(Image), nil
	}
	data, err := newPicture(size, size).encode(f, lossless)
	if err != nil {
		return Image{}, err
	}
	image, _ := blanks.LoadOrStore(kind, newImage(data, f))
	return image.(Image), nil
}
