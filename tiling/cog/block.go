package cog

import (
	"encoding/binary"
	"io"
	"math"
)

// maxBlock is the largest compressed tile that is read. A tile of a map has some
// ten kilobytes, one of numbers some hundred.
const maxBlock = 64 << 20

// table is a level's array of tile offsets or byte counts: in memory as it
// stands in the file, or only its place there when it is large.
type table struct {
	raw   []byte
	at    int64
	n     uint64
	width int64 // bytes of one value
	order binary.ByteOrder
	size  int64 // of the file
}

func (t *file) table(f field, n uint64) (table, error) {
	switch f.kind {
	case 3, 4, 16:
	default:
		return table{}, damaged("a tiled image has no index of its tiles")
	}
	if f.count != n {
		return table{}, damaged("an image of %d tiles has an index of %d", n, f.count)
	}
	b := table{at: f.at, n: n, width: int64(f.valueSize()), order: t.order, size: t.size}
	if bytes := n * f.valueSize(); bytes <= maxTable {
		raw, err := t.read(uint64(f.at), bytes)
		if err != nil {
			return table{}, err
		}
		b.raw = raw
	}
	return b, nil
}

// value returns the i-th value; i is below n.
func (b table) value(r io.ReaderAt, i uint64) (uint64, error) {
	f := file{r: r, size: b.size, order: b.order}
	if b.raw != nil {
		return f.unsigned(b.raw[int64(i)*b.width:][:b.width]), nil
	}
	raw, err := f.read(uint64(b.at)+i*uint64(b.width), uint64(b.width))
	if err != nil {
		return 0, err
	}
	return f.unsigned(raw), nil
}

// Extent is where a block lies in the file. Zero Length means a sparse tile,
// one without data.
type Extent struct {
	Offset int64
	Length int
}

// Extent returns where the tile in a column and row of the level lies, within
// TilesAcross and TilesDown. The plane is 0 unless the level has several.
func (l *Level) Extent(r io.ReaderAt, column, row, plane int) (Extent, error) {
	if column < 0 || row < 0 || plane < 0 || column >= l.TilesAcross || row >= l.TilesDown || plane >= l.Planes {
		return Extent{}, damaged("it has no tile in column %d, row %d of plane %d", column, row, plane)
	}
	i := (uint64(plane)*uint64(l.TilesDown)+uint64(row))*uint64(l.TilesAcross) + uint64(column)
	offset, err := l.offsets.value(r, i)
	if err != nil {
		return Extent{}, err
	}
	length, err := l.counts.value(r, i)
	if err != nil {
		return Extent{}, err
	}
	size := uint64(l.offsets.size)
	switch {
	case length == 0 || offset == 0:
		return Extent{}, nil
	case offset > size || length > size-offset:
		return Extent{}, damaged("tile %d lies beyond its end", i)
	case length > maxBlock:
		return Extent{}, damaged("tile %d has %d bytes", i, length)
	}
	return Extent{Offset: int64(offset), Length: int(length)}, nil
}

// ReadWebP reads the block at an extent and makes sure that it is one whole
// WebP picture of the level's tile size. It uses the memory of buffer, which may
// be nil, if that is enough.
func (l *Level) ReadWebP(r io.ReaderAt, e Extent, buffer []byte) ([]byte, error) {
	f := file{r: r, size: l.offsets.size}
	data, err := f.readInto(buffer, uint64(e.Offset), uint64(e.Length))
	if err != nil {
		return nil, err
	}
	width, height, ok := webPSize(data)
	if !ok || width != l.TileWidth || height != l.TileHeight {
		return nil, damaged("the block at offset %d is no WebP picture of %dx%d", e.Offset, l.TileWidth, l.TileHeight)
	}
	return data, nil
}

// Opaque tells, from its first bytes, whether nothing shines through the WebP
// block at an extent. What is false may be opaque all the same.
func (l *Level) Opaque(r io.ReaderAt, e Extent) (bool, error) {
	f := file{r: r, size: l.offsets.size}
	head, err := f.read(uint64(e.Offset), uint64(min(e.Length, 25)))
	if err != nil {
		return false, err
	}
	if len(head) < 25 || string(head[:4]) != "RIFF" || string(head[8:12]) != "WEBP" {
		return false, damaged("the block at offset %d is no WebP picture", e.Offset)
	}
	switch string(head[12:16]) {
	case "VP8 ":
		return true, nil // has no alpha
	case "VP8L":
		return head[24]&0x10 == 0, nil // alpha_is_used, behind 14 bits each of width and height
	case "VP8X":
		return head[20]&0x10 == 0, nil
	}
	return false, nil
}

// webPSize reads the size of a picture from the header of its first chunk, per
// the WebP container specification (RFC 9649), and checks that the RIFF
// container fills the data exactly.
func webPSize(b []byte) (width, height int, ok bool) {
	if len(b) < 30 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WEBP" {
		return 0, 0, false
	}
	if size := uint64(binary.LittleEndian.Uint32(b[4:])) + 8; size != uint64(len(b)) && size+1 != uint64(len(b)) {
		return 0, 0, false
	}
	le24 := func(i int) int { return int(b[i]) | int(b[i+1])<<8 | int(b[i+2])<<16 }
	switch string(b[12:16]) {
	case "VP8 ":
		if le24(23) != 0x2a019d {
			return 0, 0, false
		}
		return int(binary.LittleEndian.Uint16(b[26:])) & 0x3fff, int(binary.LittleEndian.Uint16(b[28:])) & 0x3fff, true
	case "VP8L":
		if b[20] != 0x2f {
			return 0, 0, false
		}
		bits := binary.LittleEndian.Uint32(b[21:])
		return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1, true
	case "VP8X":
		return le24(24) + 1, le24(27) + 1, true
	}
	return 0, 0, false
}

// halfWorld is half the side of the square of Web Mercator: pi times the
// radius of WGS 84, in metres.
const halfWorld = math.Pi * 6378137

// Zoom returns the zoom of WebMercatorQuad (256 px tiles) that the full
// resolution has, and the column and row of the tile in its upper left corner.
// It is false unless the raster is laid exactly on that grid.
func (x *Index) Zoom() (zoom, column, row int, ok bool) {
	full := x.Levels[0]
	if x.EPSG != 3857 || x.PixelSize == 0 || full.TileWidth != 256 || full.TileHeight != 256 {
		return 0, 0, 0, false
	}
	exact := math.Log2(2 * halfWorld / 256 / x.PixelSize)
	z := math.Round(exact)
	if z < 0 || z > 30 || math.Abs(exact-z) > 1e-8 {
		return 0, 0, 0, false
	}
	tile := 2 * halfWorld / math.Exp2(z)
	cx, cy := (x.OriginX+halfWorld)/tile, (halfWorld-x.OriginY)/tile
	c, r := math.Round(cx), math.Round(cy)
	if math.Abs(cx-c) > 0.01/256 || math.Abs(cy-r) > 0.01/256 || c < 0 || r < 0 || c > math.Exp2(z) || r > math.Exp2(z) {
		return 0, 0, 0, false
	}
	return int(z), int(c), int(r), true
}

// Aligned reports whether the tiles of level k are tiles of WebMercatorQuad
// too, for a raster whose full resolution begins with the given column and row.
func (x *Index) Aligned(k, column, row int) bool {
	full, l := x.Levels[0], x.Levels[k]
	mask := 1<<k - 1
	return l.TileWidth == 256 && l.TileHeight == 256 && column&mask == 0 && row&mask == 0 &&
		l.Width == (full.Width+mask)>>k && l.Height == (full.Height+mask)>>k
}
