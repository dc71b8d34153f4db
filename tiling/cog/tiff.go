package cog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// The tags of TIFF 6.0, GeoTIFF 1.1 and GDAL that an index is made of.
const (
	tagNewSubfileType  = 254
	tagImageWidth      = 256
	tagImageLength     = 257
	tagBitsPerSample   = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagSamplesPerPixel = 277
	tagPlanarConfig    = 284
	tagPredictor       = 317
	tagTileWidth       = 322
	tagTileLength      = 323
	tagTileOffsets     = 324
	tagTileByteCounts  = 325
	tagExtraSamples    = 338
	tagSampleFormat    = 339
	tagXMP             = 700
	tagModelPixelScale = 33550
	tagModelTiepoint   = 33922
	tagGeoKeyDirectory = 34735
	tagGDALMetadata    = 42112
	tagGDALNoData      = 42113
)

// What a file may ask of us. A COG has a dozen directories of two dozen tags.
const (
	maxDirectories = 64
	maxTags        = 1024
	maxTagBytes    = 64 << 10 // of every tag but the arrays of tiles
)

// errNotTIFF and errDamaged are wrapped with the details.
var (
	errNotTIFF = errors.New("not a TIFF file")
	errDamaged = errors.New("damaged TIFF file")
)

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errDamaged, fmt.Sprintf(format, args...))
}

// file is a TIFF file of either byte order, classic or BigTIFF.
type file struct {
	r     io.ReaderAt
	size  int64
	order binary.ByteOrder
	big   bool
	next  uint64 // offset of the first directory
}

// field is one entry of a directory: count values of a type, at an offset in
// the file (which lies inside the entry itself for short values).
type field struct {
	kind  uint16
	count uint64
	at    int64
}

type directory map[uint16]field

// sizes has the bytes of one value of each TIFF type, 0 for unknown types.
var sizes = [19]uint64{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}

func (f field) valueSize() uint64 {
	if int(f.kind) >= len(sizes) {
		return 0
	}
	return sizes[f.kind]
}

// read returns n bytes at an offset; both come from the file and are hostile.
func (t *file) read(at, n uint64) ([]byte, error) { return t.readInto(nil, at, n) }

// readInto reads like read, into the memory of buffer if that is enough.
func (t *file) readInto(buffer []byte, at, n uint64) ([]byte, error) {
	if at > uint64(t.size) || n > uint64(t.size)-at {
		return nil, damaged("%d bytes at offset %d lie beyond its end", n, at)
	}
	data := slices.Grow(buffer[:0], int(n))[:n]
	if _, err := t.r.ReadAt(data, int64(at)); err != nil && !(errors.Is(err, io.EOF) && at+n == uint64(t.size)) {
		return nil, err
	}
	return data, nil
}

func openTIFF(r io.ReaderAt, size int64) (*file, error) {
	t := &file{r: r, size: size}
	head, err := t.read(0, 8)
	if errors.Is(err, errDamaged) {
		return nil, errNotTIFF
	}
	if err != nil {
		return nil, err
	}
	switch string(head[:2]) {
	case "II":
		t.order = binary.LittleEndian
	case "MM":
		t.order = binary.BigEndian
	default:
		return nil, errNotTIFF
	}
	switch t.order.Uint16(head[2:]) {
	case 42:
		t.next = uint64(t.order.Uint32(head[4:]))
	case 43:
		t.big = true
		if t.order.Uint16(head[4:]) != 8 {
			return nil, damaged("its offsets have not 8 bytes")
		}
		rest, err := t.read(8, 8)
		if err != nil {
			return nil, err
		}
		t.next = t.order.Uint64(rest)
	default:
		return nil, errNotTIFF
	}
	return t, nil
}

// directories returns the main chain of image file directories.
func (t *file) directories() ([]directory, error) {
	var all []directory
	seen := map[uint64]bool{}
	for t.next != 0 {
		if seen[t.next] || len(all) == maxDirectories {
			return nil, damaged("its directories form a loop or are more than %d", maxDirectories)
		}
		seen[t.next] = true
		d, err := t.directory()
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	if len(all) == 0 {
		return nil, damaged("it has no directory")
	}
	return all, nil
}

// directory reads the directory at t.next and moves t.next to the following one.
func (t *file) directory() (directory, error) {
	countSize, entrySize, inline := uint64(2), uint64(12), uint64(4)
	if t.big {
		countSize, entrySize, inline = 8, 20, 8
	}
	head, err := t.read(t.next, countSize)
	if err != nil {
		return nil, err
	}
	n := t.unsigned(head)
	if n > maxTags {
		return nil, damaged("a directory has %d tags", n)
	}
	start := t.next + countSize
	data, err := t.read(start, n*entrySize+inline)
	if err != nil {
		return nil, err
	}
	d := make(directory, n)
	for i := range n {
		entry := data[i*entrySize:][:entrySize]
		value := entry[entrySize-inline:]
		f := field{kind: t.order.Uint16(entry[2:]), count: t.unsigned(entry[4 : entrySize-inline])}
		if size := f.valueSize(); size == 0 || f.count > math.MaxInt64/8 {
			continue // a type of the future, or a count that no file can hold: as good as absent
		} else if f.count*size <= inline {
			f.at = int64(start + i*entrySize + entrySize - inline)
		} else {
			at := t.unsigned(value)
			if at > uint64(t.size) || f.count*size > uint64(t.size)-at {
				return nil, damaged("the values of tag %d lie beyond its end", t.order.Uint16(entry))
			}
			f.at = int64(at)
		}
		d[t.order.Uint16(entry)] = f
	}
	t.next = t.unsigned(data[n*entrySize:])
	return d, nil
}

// unsigned reads an unsigned integer of 1, 2, 4 or 8 bytes.
func (t *file) unsigned(b []byte) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(t.order.Uint16(b))
	case 4:
		return uint64(t.order.Uint32(b))
	}
	return t.order.Uint64(b)
}

// raw returns the bytes of a tag's values, nil when the tag is absent.
func (t *file) raw(d directory, tag uint16) ([]byte, error) {
	f, ok := d[tag]
	if !ok {
		return nil, nil
	}
	n := f.count * f.valueSize()
	if n > maxTagBytes {
		return nil, damaged("tag %d has %d bytes", tag, n)
	}
	return t.read(uint64(f.at), n)
}

// integers returns the values of a tag of type BYTE, SHORT, LONG or LONG8,
// nil when the tag is absent.
func (t *file) integers(d directory, tag uint16) ([]uint64, error) {
	f := d[tag]
	switch f.kind {
	case 0:
		return nil, nil
	case 1, 3, 4, 13, 16, 18:
	default:
		return nil, damaged("tag %d is not of an integer type", tag)
	}
	data, err := t.raw(d, tag)
	if err != nil {
		return nil, err
	}
	size := f.valueSize()
	values := make([]uint64, f.count)
	for i := range values {
		values[i] = t.unsigned(data[uint64(i)*size:][:size])
	}
	return values, nil
}

// integer returns the first value of a tag, or a default when it is absent.
func (t *file) integer(d directory, tag uint16, otherwise uint64) (uint64, error) {
	values, err := t.integers(d, tag)
	if err != nil || len(values) == 0 {
		return otherwise, err
	}
	return values[0], nil
}

// doubles returns the values of a tag of type DOUBLE, nil when it is absent.
func (t *file) doubles(d directory, tag uint16) ([]float64, error) {
	data, err := t.raw(d, tag)
	if err != nil || data == nil {
		return nil, err
	}
	if d[tag].kind != 12 {
		return nil, damaged("tag %d is not of type DOUBLE", tag)
	}
	values := make([]float64, len(data)/8)
	for i := range values {
		values[i] = math.Float64frombits(t.order.Uint64(data[8*i:]))
	}
	return values, nil
}
