package jpeg

// peek is how many bits are looked up at once.
const peek = 13

// codes are the Huffman codes of a table (ITU-T T.81, annexes C and F.2.2.3).
// A symbol of an AC table tells in its high half how many zeros come before
// the coefficient, in its low half how many bits hold it.
type codes struct {
	first  [peekSize]code
	short  [peekSize]coefficient
	skip   [peekSize]leap
	limit  [17]int32 // by length: the last code, -1 if there is none
	offset [17]int32 // from a code to its place in symbols
	symbol []byte
}

const peekSize = 1 << peek

// code is a symbol that the looked up bits begin with; length 0: it is longer.
type code struct{ length, symbol byte }

// coefficient is one with the zeros before it. Those that the looked up bits
// hold whole say how many bits that takes; 0: it is longer. The value 0 behind
// fewer than 15 zeros ends the block.
type coefficient struct {
	value       int16
	zeros, bits byte
}

func (c coefficient) ends() bool { return c.value == 0 && c.zeros != 15 }

func (c *codes) findShort() {
	for x, code := range c.first {
		size := code.symbol & 15
		if rest := peek - int(code.length) - int(size); code.length > 0 && rest >= 0 {
			v := extend(int32(x>>rest&(1<<size-1)), int(size))
			c.short[x] = coefficient{int16(v), code.symbol >> 4, code.length + size}
		}
	}
}

// leap is all of the symbols in the looked up bits, with the bits of their
// coefficients, to be passed over at once; 0: not even one is there whole.
type leap uint16

func newLeap(bits, step int, ends bool) leap {
	l := leap(bits | step<<5)
	if ends {
		l |= 1 << 15
	}
	return l
}

func (l leap) bits() uint { return uint(l & 31) }

// step is how many coefficients are passed over.
func (l leap) step() int { return int(l >> 5 & 1023) }

// ends tells whether the last symbol ends the block.
func (l leap) ends() bool { return l>>15 != 0 }

func (p *Picture) readCodes(content []byte) error {
	for len(content) > 0 {
		class, number := content[0]>>4, content[0]&15
		if class > 1 || number > 3 || len(content) < 17 {
			return damaged("Huffman table")
		}
		count := 0
		for _, n := range content[1:17] {
			count += int(n)
		}
		if count > 256 || len(content) < 17+count {
			return damaged("Huffman table")
		}
		c, ok := newCodes(content[1:17], content[17:17+count])
		if !ok {
			return damaged("Huffman table")
		}
		if class == 0 {
			p.dc[number] = c
		} else {
			c.findShort()
			c.findLeaps()
			p.ac[number] = c
		}
		content = content[17+count:]
	}
	return nil
}

func newCodes(counts, symbols []byte) (c *codes, ok bool) {
	c = &codes{symbol: symbols}
	var next, place int32
	for length := 1; length <= 16; length++ {
		n := int32(counts[length-1])
		c.offset[length] = place - next
		c.limit[length] = -1
		if n > 0 {
			c.limit[length] = next + n - 1
		}
		if next+n > 1<<length {
			return nil, false
		}
		for i := range n {
			if length <= peek {
				shift := peek - length
				for x := (next + i) << shift; x < (next+i+1)<<shift; x++ {
					c.first[x] = code{byte(length), symbols[place+i]}
				}
			}
		}
		next, place = (next+n)<<1, place+n
	}
	return c, true
}

func (c *codes) findLeaps() {
	for x := range c.skip {
		bits, step, ends := 0, 0, false
		for !ends && bits < peek {
			next := c.first[x<<bits&(peekSize-1)]
			zeros, size := int(next.symbol>>4), int(next.symbol&15)
			whole := bits + int(next.length)
			if next.length == 0 || whole > peek || bits > 0 && whole+size > peek {
				break // the bits of a first coefficient may lie beyond, since nobody looks at them
			}
			bits = whole + size
			if ends = size == 0 && zeros != 15; !ends {
				step += zeros + 1
			}
		}
		c.skip[x] = newLeap(bits, step, ends)
	}
}
