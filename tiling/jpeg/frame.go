package jpeg

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Markers of ITU-T T.81, table B.1, and Adobe's APP14.
const (
	baseline = 0xc0 // SOF0
	extended = 0xc1 // SOF1, sequential
	huffman  = 0xc4 // DHT
	quantity = 0xdb // DQT
	interval = 0xdd // DRI
	app14    = 0xee
	scanning = 0xda // SOS
)

// Picture is a JPEG of one sequential scan.
type Picture struct {
	Width, Height int

	maxH, maxV int // of the components
	components []component
	restart    int // MCUs between restarts; 0: none
	scan       []byte

	quantities [4]*[64]float32 // in zigzag order
	dc, ac     [4]*codes
	untouched  bool // RGB rather than YCbCr
}

// component is a channel of the picture.
type component struct {
	id, table byte
	h, v      int
	side      int // of its blocks when they are decoded: 1, 2 or 4
	quantity  *[64]float32
	dcs, acs  *codes
}

const maxSide = 65500 // libjpeg's limit

func damaged(what string) error { return fmt.Errorf("jpeg: the %s is damaged", what) }

// Read reads what a file says of its picture. The error is ErrUnsupported if it
// is of another kind; any other means damage.
func Read(data []byte) (*Picture, error) {
	p := &Picture{}
	if len(data) < 4 || data[0] != 0xff || data[1] != 0xd8 {
		return nil, damaged("beginning")
	}
	for marker, segment := range Segments(bytes.NewReader(data)) {
		content := Content(segment)
		if content == nil {
			return nil, damaged("header")
		}
		var err error
		switch {
		case marker == baseline || marker == extended:
			err = p.readComponents(content)
		case marker > baseline && marker <= 0xcf && marker != huffman && marker != 0xc8 && marker != 0xcc:
			err = ErrUnsupported // progressive, lossless, arithmetic
		case marker == huffman:
			err = p.readCodes(content)
		case marker == quantity:
			err = p.readQuantities(content)
		case marker == interval && len(content) >= 2:
			p.restart = int(binary.BigEndian.Uint16(content))
		case marker == app14 && len(content) >= 12 && string(content[:5]) == "Adobe":
			p.untouched = content[11] == 0
		}
		if err != nil {
			return nil, err
		}
		_, start, _ := segment.Outer()
		p.scan = data[min(int64(len(data)), start+segment.Size()):]
	}
	return p, p.readScan()
}

func (p *Picture) readComponents(content []byte) error {
	if p.components != nil || len(content) < 6 || len(content) < 6+3*int(content[5]) {
		return damaged("frame header")
	}
	p.Height, p.Width = int(binary.BigEndian.Uint16(content[1:])), int(binary.BigEndian.Uint16(content[3:]))
	n := int(content[5])
	if content[0] != 8 || n != 1 && n != 3 || p.Height == 0 {
		return ErrUnsupported
	}
	if p.Width == 0 || p.Width > maxSide || p.Height > maxSide {
		return damaged("size")
	}
	for i := range n {
		c := content[6+3*i:]
		h, v := int(c[1]>>4), int(c[1]&15)
		if h < 1 || h > 4 || v < 1 || v > 4 || c[2] > 3 {
			return damaged("frame header")
		}
		p.maxH, p.maxV = max(p.maxH, h), max(p.maxV, v)
		p.components = append(p.components, component{id: c[0], table: c[2], h: h, v: v})
	}
	return nil
}

func (p *Picture) readQuantities(content []byte) error {
	for len(content) > 0 {
		wide, number := int(content[0]>>4), content[0]&15
		if size := 64 * (1 + wide); wide > 1 || number > 3 || len(content) < 1+size {
			return damaged("quantization table")
		}
		table := &[64]float32{}
		for k := range table {
			if wide == 1 {
				table[k] = float32(binary.BigEndian.Uint16(content[1+2*k:]))
			} else {
				table[k] = float32(content[1+k])
			}
		}
		p.quantities[number] = table
		content = content[1+64*(1+wide):]
	}
	return nil
}

// readScan reads the header that p.scan begins with and finds the tables. What
// has several scans is left to others.
func (p *Picture) readScan() error {
	s := p.scan
	for len(s) > 1 && s[0] == 0xff && s[1] == 0xff { // fill bytes
		s = s[1:]
	}
	n := len(p.components)
	if n == 0 || len(s) < 4 || s[0] != 0xff || s[1] != scanning {
		return damaged("header")
	}
	length := int(binary.BigEndian.Uint16(s[2:]))
	if length < 6+2*int(s[4]) || len(s) < 2+length {
		return damaged("scan header")
	}
	if int(s[4]) != n || n == 3 && (p.untouched || p.components[0].id == 'R' && p.components[2].id == 'B') {
		return ErrUnsupported
	}
	if n == 1 { // its blocks are not interleaved, whatever the factors say
		p.components[0].h, p.components[0].v, p.maxH, p.maxV = 1, 1, 1, 1
	}
	for i := range p.components {
		c := &p.components[i]
		id, tables := s[5+2*i], s[6+2*i]
		if id != c.id || tables>>4 > 3 || tables&15 > 3 {
			return damaged("scan header")
		}
		c.quantity, c.dcs, c.acs = p.quantities[c.table], p.dc[tables>>4], p.ac[tables&15]
		if c.quantity == nil || c.dcs == nil || c.acs == nil {
			return damaged("header: tables are missing; it")
		}
	}
	p.scan = s[2+length:]
	return nil
}
