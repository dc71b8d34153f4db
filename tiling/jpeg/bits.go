package jpeg

import "encoding/binary"

// bits reads the entropy-coded bytes of a scan. Where they end, at a marker or
// at the end of the file, zeros follow; n is negative once such were used.
type bits struct {
	data []byte
	at   int
	acc  uint64 // the next bits, from the highest down
	n    int    // how many of them there are
}

// fill makes sure of 32 bits, if they are there.
func (b *bits) fill() {
	if b.n < 32 {
		b.refill()
	}
}

func (b *bits) refill() {
	if b.at+8 <= len(b.data) && b.n >= 0 {
		next := binary.BigEndian.Uint64(b.data[b.at:])
		const low, high = 0x0101010101010101, 0x8080808080808080
		if inverse := ^next; (inverse-low)&^inverse&high == 0 { // none of the bytes is 0xff
			b.acc |= next >> b.n
			taken := (63 - b.n) >> 3
			b.at += taken
			b.n += 8 * taken
			// The bits beyond the taken bytes are known too early; they come again.
			b.acc &= ^uint64(0) << (64 - b.n)
			return
		}
	}
	for b.n >= 0 && b.n <= 56 && b.at < len(b.data) {
		v := b.data[b.at]
		if v == 0xff {
			if b.at+1 >= len(b.data) || b.data[b.at+1] != 0 {
				return // a marker
			}
			b.at++
		}
		b.at++
		b.acc |= uint64(v) << (56 - b.n)
		b.n += 8
	}
}

func (b *bits) drop(n int) {
	b.acc <<= n
	b.n -= n
}

// symbol decodes the next one; there are 32 bits.
func (b *bits) symbol(c *codes) (byte, bool) {
	if first := c.first[b.acc>>(64-peek)]; first.length > 0 {
		b.drop(int(first.length))
		return first.symbol, true
	}
	for length := peek + 1; length <= 16; length++ {
		if v := int32(b.acc >> (64 - length)); v <= c.limit[length] {
			b.drop(length)
			return c.symbol[v+c.offset[length]], true
		}
	}
	return 0, false
}

// value reads one of so many bits, up to 15.
func (b *bits) value(size int) int32 {
	v := extend(int32(b.acc>>1>>(63-size)), size)
	b.drop(size)
	return v
}

// extend makes a number of so many bits positive or negative (T.81, F.2.2.1).
func extend(v int32, size int) int32 {
	if size > 0 && v < 1<<(size-1) {
		v -= 1<<size - 1
	}
	return v
}

// skipRestart goes on behind the next restart marker.
func (b *bits) skipRestart() error {
	for b.at < len(b.data) && b.data[b.at] != 0xff {
		b.at++ // bytes that the intervals should not have
	}
	for b.at+1 < len(b.data) && b.data[b.at] == 0xff && b.data[b.at+1] == 0xff {
		b.at++ // fill bytes
	}
	if b.n < 0 || b.at+1 >= len(b.data) || b.data[b.at+1] < 0xd0 || b.data[b.at+1] > 0xd7 {
		return damaged("scan")
	}
	*b = bits{data: b.data, at: b.at + 2}
	return nil
}

// places tells by zigzag index where a coefficient stands in the lowest 4x4 and
// 2x2 of a block, -1: nowhere.
var places = [5][64]int8{2: placesIn(2), 4: placesIn(4)}

// last is the highest zigzag index of those.
var last = [5]int{1: 0, 2: 4, 4: 24}

func placesIn(side int) (p [64]int8) {
	k := 0
	for diagonal := range 15 {
		for i := range diagonal + 1 {
			x, y := i, diagonal-i // upwards
			if diagonal%2 == 1 {
				x, y = y, x
			}
			if x > 7 || y > 7 {
				continue
			}
			p[k] = -1
			if x < side && y < side {
				p[k] = int8(y*side + x)
			}
			k++
		}
	}
	return p
}

// coefficients reads a block and keeps the lowest side x side of it, row by
// row, dequantized. Most of the time of a picture is spent here: so the reader's
// state is in variables, and what isn't kept is passed over in leaps.
func (c *component) coefficients(in *bits, dc *int32, kept *[16]float32) error {
	in.fill()
	size, ok := in.symbol(c.dcs)
	if !ok || size > 15 {
		return damaged("scan")
	}
	*dc += in.value(int(size))
	kept[0] = float32(*dc) * c.quantity[0]
	acc, n, k := in.acc, in.n, 1
	last, place := last[c.side], &places[c.side]
	for short := &c.acs.short; k <= last; k++ {
		if n < 32 {
			in.acc, in.n = acc, n
			in.refill()
			acc, n = in.acc, in.n
		}
		next := short[acc>>(64-peek)]
		if next.bits == 0 {
			in.acc, in.n = acc, n
			if next, ok = in.long(c.acs); !ok {
				return damaged("scan")
			}
			acc, n = in.acc, in.n
		} else {
			acc <<= next.bits
			n -= int(next.bits)
		}
		if next.ends() {
			in.acc, in.n = acc, n
			return in.check()
		}
		if k += int(next.zeros); k > last {
			continue
		}
		if at := place[k]; at >= 0 {
			kept[at] = float32(next.value) * c.quantity[k]
		}
	}
	for skip := &c.acs.skip; k < 64; {
		if n < 56 {
			in.acc, in.n = acc, n
			in.refill()
			acc, n = in.acc, in.n
		}
		l := skip[acc>>(64-peek)]
		if next := k + l.step(); l != 0 && next < 64 {
			acc <<= l.bits()
			n -= int(l.bits())
			if k = next; l.ends() {
				break
			}
			l = skip[acc>>(64-peek)] // 29 bits are left at least
			if next = k + l.step(); l != 0 && next < 64 {
				acc <<= l.bits()
				n -= int(l.bits())
				if k = next; l.ends() {
					break
				}
			}
			continue
		}
		in.acc, in.n = acc, n
		next, ok := in.long(c.acs)
		acc, n = in.acc, in.n
		if !ok {
			return damaged("scan")
		}
		if next.ends() {
			break
		}
		k += int(next.zeros) + 1
	}
	in.acc, in.n = acc, n
	if k > 64 {
		return damaged("scan")
	}
	return in.check()
}

// long decodes a coefficient of any length; there are 32 bits.
func (b *bits) long(c *codes) (coefficient, bool) {
	s, ok := b.symbol(c)
	return coefficient{value: int16(b.value(int(s & 15))), zeros: s >> 4, bits: s & 15}, ok
}

// check tells whether what was read was there.
func (b *bits) check() error {
	if b.n < 0 {
		return damaged("end")
	}
	return nil
}
