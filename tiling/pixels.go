package tiling

import (
	"context"

	"github.com/cairngeo/cairn/tiling/cog"
	"github.com/cairngeo/cairn/tiling/style"
)

// pictures tells whether the level holds bytes that can be shown as they are,
// which need no numbers in between.
func (l level) pictures() bool {
	return l.Type == cog.Uint8 && l.Planes == 1 && l.nodata == nil
}

// pixels shows one or three bands of bytes as they are, by the nearest pixel.
func (l level) pixels(ctx context.Context, bands []int, m mapping) (*picture, error) {
	across, down := along(style.Nearest, m.x, m.stepX, m.width), along(style.Nearest, m.y, m.stepY, m.height)
	var part rect
	part.x, part.width = across.span()
	part.y, part.height = down.span()
	from := newPicture(part.width, part.height)
	from.grey = len(bands) == 1
	if err := l.copyPixels(ctx, bands, part, from); err != nil {
		return nil, err
	}
	if m.stepX == 1 && m.stepY == 1 {
		return from, nil
	}
	out := newPicture(m.width, m.height)
	out.grey = from.grey
	for j, y := range down.nearest {
		row := from.pixels[4*(y-part.y)*part.width:][:4*part.width]
		for i, x := range across.nearest {
			copy(out.pixels[4*(j*m.width+i):][:4], row[4*(x-part.x):])
		}
	}
	return out, nil
}

// copyPixels copies a part of the level into a picture of its size.
func (l level) copyPixels(ctx context.Context, bands []int, part rect, p *picture) error {
	return l.eachBlock(ctx, 0, part, func(b *cog.Block, shown rect) {
		if b == nil && l.alpha {
			return
		}
		for y := shown.y; y < shown.y+shown.height; y++ {
			to := p.pixels[4*((y-part.y)*part.width+shown.x-part.x):][:4*shown.width]
			if b == nil {
				blacken(to)
				continue
			}
			from := b.Bytewise()[(y%l.TileHeight*b.Width+shown.x%l.TileWidth)*b.Samples:]
			l.copyRow(to, from, bands, b.Samples)
		}
	})
}

// blacken makes pixels black and opaque.
func blacken(pixels []byte) {
	for i := 3; i < len(pixels); i += 4 {
		pixels[i] = 255
	}
}

// copyRow copies pixels of some samples each to RGBA.
func (l level) copyRow(to, from []byte, bands []int, samples int) {
	if samples == 4 && l.alpha && len(bands) == 3 && bands[0] == 1 && bands[1] == 2 && bands[2] == 3 {
		copy(to, from)
		return
	}
	red, green, blue := bands[0]-1, bands[len(bands)/2]-1, bands[len(bands)-1]-1
	for i := 0; i < len(to); i += 4 {
		pixel := from[i/4*samples:][:samples]
		to[i], to[i+1], to[i+2], to[i+3] = pixel[red], pixel[green], pixel[blue], 255
		if l.alpha {
			to[i+3] = pixel[samples-1]
		}
	}
}
