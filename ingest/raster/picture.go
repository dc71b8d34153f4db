package raster

import (
	"encoding/binary"

	"github.com/cairngeo/cairn/tiling/webp"
)

// A picture is a square of RGBA pixels. Those with alpha 0 are void, all zeros.
type picture struct {
	side   int
	pixels []byte
	exact  bool // its colors stand for something and are never mixed
}

func newPicture(side int, exact bool) *picture {
	return &picture{side: side, pixels: make([]byte, 4*side*side), exact: exact}
}

func (p *picture) clear() { clear(p.pixels) }

// halveInto draws p at half its size into to, at (x, y). A pixel is what the
// visible ones of its four have in common, and void if all are.
func (p *picture) halveInto(target surface, x, y int) {
	to := target.(*picture)
	mix := mean
	if p.exact {
		mix = majority
	}
	for j := range p.side / 2 {
		upper, lower := p.pixels[8*j*p.side:][:4*p.side], p.pixels[(8*j+4)*p.side:][:4*p.side]
		row := to.pixels[4*((y+j)*to.side+x):][:2*p.side]
		for i := 0; i < len(row); i += 4 {
			a, b := binary.LittleEndian.Uint64(upper[2*i:]), binary.LittleEndian.Uint64(lower[2*i:])
			const visible = opaque | opaque<<32
			if !p.exact && a&b&visible == visible {
				binary.LittleEndian.PutUint32(row[i:], opaqueMean(a, b))
				continue
			}
			if (a|b)&visible == 0 {
				continue
			}
			binary.LittleEndian.PutUint32(row[i:], mix([4]uint32{uint32(a), uint32(a >> 32), uint32(b), uint32(b >> 32)}))
		}
	}
}

// opaqueMean is the mean, rounded, of the two pixels in a and the two in b.
func opaqueMean(a, b uint64) uint32 {
	const even = 0x00ff00ff00ff00ff
	e, o := a&even+b&even, a>>8&even+b>>8&even
	e32, o32 := uint32(e)+uint32(e>>32)+0x00020002, uint32(o)+uint32(o>>32)+0x00020002
	return e32>>2&0x00ff00ff | o32>>2&0x00ff00ff<<8
}

// mean is the mean of the visible ones among four pixels.
func mean(four [4]uint32) uint32 {
	var sums [4]uint32
	n := uint32(0)
	for _, p := range four {
		if p&opaque != 0 {
			n++
			for k := range sums {
				sums[k] += p >> (8 * k) & 0xff
			}
		}
	}
	var out uint32
	for k, sum := range sums {
		out |= (sum + n/2) / n << (8 * k)
	}
	return out
}

// majority is the most frequent of the visible ones among four pixels, the first of equals.
func majority(four [4]uint32) uint32 {
	best, most := uint32(0), 0
	for _, p := range four {
		n := 0
		for _, q := range four {
			if q == p {
				n++
			}
		}
		if p&opaque != 0 && n > most {
			best, most = p, n
		}
	}
	return best
}

// cover says what can be seen of a tile.
type cover int

const (
	empty cover = iota
	partial
	full
)

// coverOf looks at the tile at pixel (x, y).
func (p *picture) coverOf(x, y int) cover {
	every, some := uint64(opaque|opaque<<32), uint64(0)
	for j := range tileSize {
		row := p.pixels[4*((y+j)*p.side+x):][:4*tileSize]
		for i := 0; i < len(row); i += 8 {
			v := binary.LittleEndian.Uint64(row[i:])
			every &= v
			some |= v
		}
	}
	switch {
	case every == opaque|opaque<<32:
		return full
	case some&(opaque|opaque<<32) == 0:
		return empty
	}
	return partial
}

// code appends the tile at pixel (x, y) to data as WebP.
func (p *picture) code(data []byte, x, y int, c cover, quality int) ([]byte, error) {
	return webp.Append(data, p.pixels[4*(y*p.side+x):], tileSize, tileSize, 4*p.side, c == full, quality)
}

// count counts the samples of the visible pixels of the tile at (x, y).
func (p *picture) count(x, y int, bands []tally) {
	r, g, b, a := bands[0].counts[:256], bands[1].counts[:256], bands[2].counts[:256], bands[3].counts[:256]
	for j := range tileSize {
		row := p.pixels[4*((y+j)*p.side+x):][:4*tileSize]
		for i := 0; i < len(row); i += 4 {
			v := binary.LittleEndian.Uint32(row[i:])
			if v&opaque != 0 {
				r[v&0xff]++
				g[v>>8&0xff]++
				b[v>>16&0xff]++
				a[v>>24]++
			}
		}
	}
}
