package image

import (
	"encoding/binary"
	"io"
	"math"
	"strings"
)

// Bounds on what is read of a TIFF structure.
const (
	maxTags   = 4096    // tags of one directory
	maxValues = 64      // numbers of one tag
	maxText   = 1 << 10 // bytes of one text
)

// tiff is a TIFF 6.0 or BigTIFF structure: a file, or the block that holds EXIF.
type tiff struct {
	r     io.ReaderAt
	size  int64
	order binary.ByteOrder
	big   bool // BigTIFF: 64-bit offsets and counts
}

// directory is an image file directory (IFD).
type directory struct {
	tiff   tiff
	fields map[uint16]field
}

// field is one tag of a directory; its value is read when it is asked for.
type field struct {
	kind  uint16 // TIFF field type
	count uint64
	pos   int64 // where the value is
}

// fieldSizes are the bytes of one value of each TIFF field type, 0 when there is no such type.
var fieldSizes = [...]uint64{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8}

// openTIFF returns the first directory of the TIFF structure in r, an empty
// one when there is none.
func openTIFF(r io.ReaderAt, size int64) directory {
	t := tiff{r: r, size: size}
	head := bytesAt(r, size, 0, 8, 8)
	if head == nil {
		return directory{}
	}
	switch string(head[:2]) {
	case "II":
		t.order = binary.LittleEndian
	case "MM":
		t.order = binary.BigEndian
	default:
		return directory{}
	}
	switch t.order.Uint16(head[2:]) {
	case 42:
		return t.directory(int64(t.order.Uint32(head[4:])))
	case 43:
		t.big = true
		if first := bytesAt(r, size, 8, 8, 8); first != nil {
			return t.directory(int64(t.order.Uint64(first)))
		}
	}
	return directory{}
}

// directory reads the directory at offset: all of its tags that are in the
// file and well-formed. Of a tag that is there twice the first counts.
func (t tiff) directory(offset int64) directory {
	d := directory{tiff: t, fields: map[uint16]field{}}
	countSize, fieldSize := int64(2), int64(12)
	if t.big {
		countSize, fieldSize = 8, 20
	}
	b := bytesAt(t.r, t.size, offset, countSize, countSize)
	if b == nil {
		return d
	}
	count := t.unsigned(b)
	start := offset + countSize
	count = min(count, maxTags, uint64(t.size-start)/uint64(fieldSize))
	table := bytesAt(t.r, t.size, start, int64(count)*fieldSize, maxTags*fieldSize)
	for i := int64(0); i < int64(len(table)); i += fieldSize {
		d.add(table[i:i+fieldSize], start+i)
	}
	return d
}

// add adds the field of entry, which is at pos.
func (d directory) add(entry []byte, pos int64) {
	t := d.tiff
	tag, kind := t.order.Uint16(entry), t.order.Uint16(entry[2:])
	if _, twice := d.fields[tag]; twice || int(kind) >= len(fieldSizes) || fieldSizes[kind] == 0 {
		return
	}
	word := int64(len(entry)-4) / 2 // of the count, and of the value or its offset
	f := field{kind: kind, count: t.unsigned(entry[4 : 4+word]), pos: pos + 4 + word}
	if f.count > uint64(t.size) {
		return
	}
	if f.count*fieldSizes[kind] > uint64(word) {
		f.pos = int64(t.unsigned(entry[4+word:]))
	}
	d.fields[tag] = f
}

// unsigned is the number in b, which is 2, 4 or 8 bytes long.
func (t tiff) unsigned(b []byte) uint64 {
	switch len(b) {
	case 2:
		return uint64(t.order.Uint16(b))
	case 4:
		return uint64(t.order.Uint32(b))
	}
	return t.order.Uint64(b)
}

// bytes returns the raw value of tag, nil when it is missing or longer than limit bytes.
func (d directory) bytes(tag uint16, limit int64) []byte {
	f, ok := d.fields[tag]
	if !ok {
		return nil
	}
	return bytesAt(d.tiff.r, d.tiff.size, f.pos, int64(f.count*fieldSizes[f.kind]), limit)
}

// text returns the value of tag up to its first NUL, without surrounding space.
func (d directory) text(tag uint16) string {
	text, _, _ := strings.Cut(string(d.bytes(tag, maxText)), "\x00")
	return strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
}

// numbers returns the values of tag; a rational without denominator is NaN.
func (d directory) numbers(tag uint16) []float64 {
	f := d.fields[tag]
	b := d.bytes(tag, maxValues*8)
	size := int(fieldSizes[f.kind])
	var values []float64
	for ; len(b) >= size && size > 0; b = b[size:] {
		values = append(values, d.tiff.number(f.kind, b))
	}
	return values
}

// number reads one value of a field type at the start of b.
func (t tiff) number(kind uint16, b []byte) float64 {
	switch kind {
	case 6: // SBYTE
		return float64(int8(b[0]))
	case 3: // SHORT
		return float64(t.order.Uint16(b))
	case 8: // SSHORT
		return float64(int16(t.order.Uint16(b)))
	case 4, 13: // LONG, IFD
		return float64(t.order.Uint32(b))
	case 9: // SLONG
		return float64(int32(t.order.Uint32(b)))
	case 5: // RATIONAL
		return ratio(float64(t.order.Uint32(b)), float64(t.order.Uint32(b[4:])))
	case 10: // SRATIONAL
		return ratio(float64(int32(t.order.Uint32(b))), float64(int32(t.order.Uint32(b[4:]))))
	case 11: // FLOAT
		return float64(math.Float32frombits(t.order.Uint32(b)))
	case 12: // DOUBLE
		return math.Float64frombits(t.order.Uint64(b))
	case 16, 18: // LONG8, IFD8
		return float64(t.order.Uint64(b))
	case 17: // SLONG8
		return float64(int64(t.order.Uint64(b)))
	}
	return float64(b[0]) // BYTE, ASCII, UNDEFINED
}

func ratio(numerator, denominator float64) float64 {
	if denominator == 0 {
		return math.NaN()
	}
	return numerator / denominator
}

// number returns the first value of tag; it is not ok when that is missing or not finite.
func (d directory) number(tag uint16) (value float64, ok bool) {
	values := d.numbers(tag)
	if len(values) == 0 || !finite(values[0]) {
		return 0, false
	}
	return values[0], true
}

// whole returns the first value of tag as an integer of at most 32 bits, 0 when there is none.
func (d directory) whole(tag uint16) int {
	value, _ := d.number(tag)
	if math.Abs(value) > math.MaxInt32 {
		return 0
	}
	return int(value)
}

func finite(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
