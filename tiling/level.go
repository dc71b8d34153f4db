package tiling

import (
	"context"
	"errors"
	"math"
	"strconv"

	"github.com/cairngeo/cairn/tiling/cog"
)

// rect is a part of a raster, in pixels.
type rect struct{ x, y, width, height int }

// float is what samples are read as.
type float interface{ float32 | float64 }

// level is one resolution of an open COG.
type level struct {
	*cog.Level
	server *Server
	src    *source
	number int
	alpha  bool     // the last band is alpha
	nodata *float64 // that counts as no value in each band
}

func (s *Server) level(src *source, number int) level {
	l := level{Level: &src.index.Levels[number], server: s, src: src, number: number, alpha: src.index.Alpha()}
	if v, ok := src.index.NoValue(); ok {
		l.nodata = &v
	}
	return l
}

var errNotTiled = errors.New("it is not stored in tiles")

// blockKey names a block of all COGs.
type blockKey struct {
	cog                       string
	level, plane, column, row int
}

// block returns a decoded block, from memory or decoded once for all who want
// it; nil if it is sparse.
func (l level) block(ctx context.Context, plane, column, row int) (*cog.Block, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	key := blockKey{l.src.key, l.number, plane, column, row}
	if b, ok := l.server.blocks.Get(key); ok {
		return b, nil
	}
	return l.server.decoding.Do(ctx, key.String(), func(context.Context) (*cog.Block, error) {
		b, err := l.Decode(l.src.object, column, row, plane)
		if err != nil {
			return nil, unreadable(err)
		}
		if b != nil {
			l.server.blocks.Add(key, b, b.Bytes()+int64(len(key.cog)))
		}
		return b, nil
	})
}

func (k blockKey) String() string {
	b := make([]byte, 0, len(k.cog)+40)
	b = append(b, k.cog...)
	for _, n := range [...]int{k.level, k.plane, k.column, k.row} {
		b = strconv.AppendInt(append(b, ' '), int64(n), 10)
	}
	return string(b)
}

// eachBlock calls visit with the blocks of a plane that a part of the level
// touches, and with the part of the level that each of them shows.
func (l level) eachBlock(ctx context.Context, plane int, part rect, visit func(b *cog.Block, shown rect)) error {
	if l.TileWidth == 0 {
		return unreadable(errNotTiled)
	}
	part = part.within(rect{0, 0, l.Width, l.Height})
	for y := part.y; y < part.y+part.height; {
		row := y / l.TileHeight
		below := min((row+1)*l.TileHeight, part.y+part.height)
		for x := part.x; x < part.x+part.width; {
			column := x / l.TileWidth
			beyond := min((column+1)*l.TileWidth, part.x+part.width)
			b, err := l.block(ctx, plane, column, row)
			if err != nil {
				return err
			}
			visit(b, rect{x, y, beyond - x, below - y})
			x = beyond
		}
		y = below
	}
	return nil
}

// within is what r and another rectangle have in common, empty if nothing.
func (r rect) within(o rect) rect {
	x, y := max(r.x, o.x), max(r.y, o.y)
	return rect{x, y, max(0, min(r.x+r.width, o.x+o.width)-x), max(0, min(r.y+r.height, o.y+o.height)-y)}
}

// readBand reads a part of a band, from 1, NaN where there is nothing: where the
// band has its nodata value, and beyond the level.
func readBand[F float](ctx context.Context, l level, band int, part rect, into []F) error {
	plane, sample := 0, band-1
	if l.Planes > 1 {
		plane, sample = band-1, 0
	}
	if !l.holds(part) {
		fill(into, F(math.NaN()))
	}
	void := F(0)
	if l.nodata != nil {
		void = F(math.NaN())
	}
	return l.eachBlock(ctx, plane, part, func(b *cog.Block, shown rect) {
		for y := shown.y; y < shown.y+shown.height; y++ {
			row := into[(y-part.y)*part.width+shown.x-part.x:][:shown.width]
			if b == nil {
				fill(row, void)
				continue
			}
			cog.Values(b, row, sample, shown.x%l.TileWidth, y%l.TileHeight, l.nodata)
		}
	})
}

// holds tells whether the part lies in the level.
func (l level) holds(part rect) bool {
	return part.x >= 0 && part.y >= 0 && part.x+part.width <= l.Width && part.y+part.height <= l.Height
}

func fill[T any](values []T, v T) {
	for i := range values {
		values[i] = v
	}
}

// readAlpha reads a part of the alpha band as bytes, 0 beyond the level. It is
// nil if there is no such band. Alpha of other types than bytes is all or nothing.
func (l level) readAlpha(ctx context.Context, part rect) ([]byte, error) {
	if !l.alpha {
		return nil, nil
	}
	plane, sample := 0, l.Samples-1
	if l.Planes > 1 {
		plane, sample = sample, 0
	}
	alpha := make([]byte, part.width*part.height)
	values := make([]float32, l.TileWidth)
	err := l.eachBlock(ctx, plane, part, func(b *cog.Block, shown rect) {
		if b == nil {
			return
		}
		bytes := b.Bytewise()
		for y := shown.y; y < shown.y+shown.height; y++ {
			row := alpha[(y-part.y)*part.width+shown.x-part.x:][:shown.width]
			if bytes != nil {
				from := bytes[(y%l.TileHeight*b.Width+shown.x%l.TileWidth)*b.Samples+sample:]
				for i := range row {
					row[i] = from[i*b.Samples]
				}
				continue
			}
			cog.Values(b, values[:len(row)], sample, shown.x%l.TileWidth, y%l.TileHeight, nil)
			for i, v := range values[:len(row)] {
				if v != 0 {
					row[i] = 255
				}
			}
		}
	})
	return alpha, err
}
