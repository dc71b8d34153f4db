package raster

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
)

// An imageFormat is what the directories of a COG say of its pixels.
type imageFormat struct {
	bits         int
	sampleFormat uint16 // 1 unsigned, 2 signed, 3 float
	compression  uint16
	predictor    uint16 // 0 for none
	photometric  uint16
	extra        []uint16 // of the samples beyond those of photometric
	planes       int      // 1: samples are interleaved by pixel
	bands        []cogBand
	nodata       string
	quality      int // of WebP; 0 is lossless
}

// The values of TIFF tags that COGs of ours have.
const (
	compressionNone    = 1
	compressionLZW     = 5
	compressionDeflate = 8
	compressionZSTD    = 50000
	compressionWebP    = 50001
	photometricGrey    = 1
	photometricRGB     = 2
	extraUnspecified   = 0
	extraAlpha         = 2 // not premultiplied
)

// unknownQuality is that of WebP blocks of which nobody says how they were made.
const unknownQuality = -1

// The structure that readers of COGs rely on, as GDAL writes it: directories
// from the full resolution to the smallest, their arrays, then the tiles
// of the smallest level first; before each tile its size and behind it its last four bytes again.
const (
	ghost = "GDAL_STRUCTURAL_METADATA_SIZE=000140 bytes\n" +
		"LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\n" +
		"BLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n "
	headerSize    = 16
	leader        = 4
	trailer       = 4
	directoryFrom = (headerSize + int64(len(ghost)) + 1) &^ 1
)

// The types of TIFF fields.
const (
	typeASCII  = 2
	typeShort  = 3
	typeLong   = 4
	typeDouble = 12
	typeLong8  = 16
)

// A field is a directory's entry; its value is data, or count values at an
// offset of the file.
type field struct {
	tag, kind uint16
	count     uint64
	data      []byte
	offset    int64 // of an array that is written later
}

func shorts(tag uint16, values ...uint16) field {
	return field{tag: tag, kind: typeShort, count: uint64(len(values)), data: little(values)}
}

func ascii(tag uint16, text string) field {
	return field{tag: tag, kind: typeASCII, count: uint64(len(text) + 1), data: append([]byte(text), 0)}
}

func doubles(tag uint16, values ...float64) field {
	return field{tag: tag, kind: typeDouble, count: uint64(len(values)), data: little(values)}
}

func little(v any) []byte {
	b, err := binary.Append(nil, binary.LittleEndian, v)
	if err != nil {
		panic(err) // only numbers of a fixed size come here
	}
	return b
}

// A cogWriter writes a COG of blocks that all lie in another file.
type cogWriter struct {
	plan   plan
	format imageFormat
	levels []*level
	blocks io.ReaderAt

	arrays []int64 // where the offsets, and behind them the sizes, of each level's tiles stand
	tiles  []int64 // where each level's tiles begin
}

// write writes the file to w. The same blocks give the same bytes, in
// whatever order they lie there.
func (c *cogWriter) write(ctx context.Context, w io.Writer, progress func(percent float64)) error {
	directories, err := c.layOut()
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 4<<20)
	out.Write(directories)
	for k := range c.levels {
		if err := c.writeArrays(out, k); err != nil {
			return err
		}
	}
	written, total := 0, 0
	for _, l := range c.levels {
		total += len(l.extents)
	}
	var buffer []byte
	for _, l := range slices.Backward(c.levels) {
		err := l.each(func(e extent) (err error) {
			if e.size == 0 {
				return nil
			}
			if written%256 == 0 {
				progress(100 * float64(written) / float64(total))
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
			}
			written++
			if buffer, err = e.read(c.blocks, buffer); err != nil {
				return err
			}
			out.Write(binary.LittleEndian.AppendUint32(nil, e.size))
			out.Write(buffer)
			_, err = out.Write(buffer[len(buffer)-trailer:]) // a bufio.Writer keeps its first error
			return err
		})
		if err != nil {
			return err
		}
	}
	return out.Flush()
}

// layOut decides where everything stands, and returns the beginning of the
// file, with all directories.
func (c *cogWriter) layOut() ([]byte, error) {
	c.arrays, c.tiles = make([]int64, len(c.levels)), make([]int64, len(c.levels))
	begin, err := c.directories() // for its length
	if err != nil {
		return nil, err
	}
	end := int64(len(begin))
	for k, l := range c.levels {
		c.arrays[k] = end
		offsets, sizes := l.arraySizes()
		end += offsets + sizes
	}
	for k, l := range slices.Backward(c.levels) {
		c.tiles[k] = end
		for _, e := range l.extents {
			if e.size > 0 {
				end += leader + int64(e.size) + trailer
			}
		}
	}
	return c.directories()
}

func (l *level) count() int { return l.across * l.down * l.planes }

// arraySizes returns the bytes that the arrays of the level take outside its
// directory, which has room for eight bytes of each.
func (l *level) arraySizes() (offsets, sizes int64) {
	n := int64(l.count())
	if n > 1 {
		offsets = 8 * n
	}
	if n > 2 {
		sizes = 4 * n
	}
	return offsets, sizes
}

func (c *cogWriter) writeArrays(out *bufio.Writer, k int) error {
	l, at := c.levels[k], c.tiles[k]
	offsets, sizes := l.arraySizes()
	if offsets > 0 {
		err := l.each(func(e extent) error {
			_, err := out.Write(binary.LittleEndian.AppendUint64(nil, uint64(place(&at, e))))
			return err
		})
		if err != nil {
			return err
		}
	}
	if sizes > 0 {
		return l.each(func(e extent) error {
			_, err := out.Write(binary.LittleEndian.AppendUint32(nil, e.size))
			return err
		})
	}
	return nil
}

// place returns the offset of the next tile of a level, and moves at behind it.
func place(at *int64, e extent) int64 {
	if e.size == 0 {
		return 0
	}
	offset := *at + leader
	*at = offset + int64(e.size) + trailer
	return offset
}

// directories returns the header and all directories, at the places that
// layOut has found so far.
func (c *cogWriter) directories() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("II")
	b.Write(little([]uint16{43, 8, 0}))
	b.Write(little(directoryFrom))
	b.WriteString(ghost)
	pad(&b)
	for k := range c.levels {
		fields, err := c.fields(k)
		if err != nil {
			return nil, err
		}
		writeDirectory(&b, fields, k == len(c.levels)-1)
	}
	return b.Bytes(), nil
}

func pad(b *bytes.Buffer) {
	if b.Len()%2 == 1 {
		b.WriteByte(0)
	}
}

// writeDirectory appends a BigTIFF directory and, behind it, the values that have no room in it.
func writeDirectory(b *bytes.Buffer, fields []field, last bool) {
	slices.SortFunc(fields, func(x, y field) int { return cmp.Compare(x.tag, y.tag) })
	const entrySize, room = 20, 8
	free := int64(b.Len() + 8 + entrySize*len(fields) + 8)
	var outside bytes.Buffer
	b.Write(little(uint64(len(fields))))
	for _, f := range fields {
		b.Write(little([]uint16{f.tag, f.kind}))
		b.Write(little(f.count))
		switch {
		case f.offset != 0 || f.data == nil:
			b.Write(little(f.offset))
		case len(f.data) <= room:
			b.Write(append(f.data, make([]byte, room-len(f.data))...))
		default:
			b.Write(little(free + int64(outside.Len())))
			outside.Write(f.data)
			pad(&outside)
		}
	}
	next := free + int64(outside.Len())
	if last {
		next = 0
	}
	b.Write(little(next))
	b.Write(outside.Bytes())
}

// fields are the entries of the directory of level k.
func (c *cogWriter) fields(k int) ([]field, error) {
	f, l := c.format, c.levels[k]
	samples := len(f.bands)
	planar := uint16(1)
	if f.planes > 1 {
		planar = 2
	}
	fields := []field{
		{tag: 256, kind: typeLong, count: 1, data: little(uint32(l.across * tileSize))},
		{tag: 257, kind: typeLong, count: 1, data: little(uint32(l.down * tileSize))},
		shorts(258, slices.Repeat([]uint16{uint16(f.bits)}, samples)...),
		shorts(259, f.compression),
		shorts(262, f.photometric),
		shorts(277, uint16(samples)),
		shorts(284, planar),
		shorts(322, tileSize),
		shorts(323, tileSize),
		shorts(339, slices.Repeat([]uint16{f.sampleFormat}, samples)...),
	}
	fields = append(fields, c.tileFields(k)...)
	if k > 0 {
		fields = append(fields, field{tag: 254, kind: typeLong, count: 1, data: little(uint32(1))})
	}
	if f.predictor != 0 {
		fields = append(fields, shorts(317, f.predictor))
	}
	if len(f.extra) > 0 {
		fields = append(fields, shorts(338, f.extra...))
	}
	if f.nodata != "" {
		fields = append(fields, ascii(42113, f.nodata))
	}
	if k > 0 {
		return fields, nil
	}
	metadata, err := c.metadata()
	if err != nil {
		return nil, err
	}
	x, y := c.plan.grid.origin(c.plan.zoom)
	res := resolution(c.plan.zoom)
	return append(fields, doubles(33550, res, res, 0), doubles(33922, 0, 0, 0, x, y, 0),
		shorts(34735, 1, 1, 0, 7, 1024, 0, 1, 1, 1025, 0, 1, 1, 1026, 34737, 25, 0, 2049, 34737, 7, 25, 2054, 0, 1, 9102, 3072, 0, 1, 3857, 3076, 0, 1, 9001),
		ascii(34737, "WGS 84 / Pseudo-Mercator|WGS 84|"), ascii(42112, metadata)), nil
}

// tileFields say where the tiles of level k are.
func (c *cogWriter) tileFields(k int) []field {
	l := c.levels[k]
	n := uint64(l.count())
	offsets, sizes := l.arraySizes()
	places := field{tag: 324, kind: typeLong8, count: n, offset: c.arrays[k]}
	counts := field{tag: 325, kind: typeLong, count: n, offset: c.arrays[k] + offsets}
	at := c.tiles[k]
	var placeData, countData []byte
	if sizes == 0 { // one tile or two
		l.each(func(e extent) error {
			placeData = binary.LittleEndian.AppendUint64(placeData, uint64(place(&at, e)))
			countData = binary.LittleEndian.AppendUint32(countData, e.size)
			return nil
		})
		counts = field{tag: 325, kind: typeLong, count: n, data: countData}
	}
	if offsets == 0 {
		places = field{tag: 324, kind: typeLong8, count: n, data: placeData}
	}
	return []field{places, counts}
}

// metadata is the XML in which GDAL keeps what TIFF has no tag for.
func (c *cogWriter) metadata() (string, error) {
	type item struct {
		Name   string `xml:"name,attr"`
		Domain string `xml:"domain,attr,omitempty"`
		Sample string `xml:"sample,attr,omitempty"`
		Role   string `xml:"role,attr,omitempty"`
		Value  string `xml:",chardata"`
	}
	var items []item
	if c.plan.lon0 == 0 {
		items = append(items, item{Name: "NAME", Domain: "TILING_SCHEME", Value: "GoogleMapsCompatible"},
			item{Name: "ZOOM_LEVEL", Domain: "TILING_SCHEME", Value: fmt.Sprint(c.plan.zoom)},
			item{Name: "ALIGNED_LEVELS", Domain: "TILING_SCHEME", Value: fmt.Sprint(len(c.levels))})
	}
	switch {
	case c.format.compression != compressionWebP:
	case c.format.quality == unknownQuality:
	case c.format.quality == 0:
		items = append(items, item{Name: "COMPRESSION_REVERSIBILITY", Domain: "IMAGE_STRUCTURE", Value: "LOSSLESS"})
	default:
		items = append(items, item{Name: "WEBP_LEVEL", Domain: "IMAGE_STRUCTURE", Value: fmt.Sprint(c.format.quality)})
	}
	for i, b := range c.format.bands {
		sample := fmt.Sprint(i)
		if b.scale != 1 || b.offset != 0 {
			items = append(items, item{Name: "OFFSET", Sample: sample, Role: "offset", Value: decimal(b.offset)},
				item{Name: "SCALE", Sample: sample, Role: "scale", Value: decimal(b.scale)})
		}
		if b.description != "" {
			items = append(items, item{Name: "DESCRIPTION", Sample: sample, Role: "description", Value: b.description})
		}
		if c.format.photometric != photometricRGB {
			items = append(items, item{Name: "COLORINTERP", Sample: sample, Role: "colorinterp", Value: b.interp})
		}
	}
	text, err := xml.MarshalIndent(struct {
		XMLName xml.Name `xml:"GDALMetadata"`
		Items   []item   `xml:"Item"`
	}{Items: items}, "", "  ")
	return strings.ReplaceAll(string(text), "\x00", "") + "\n", err
}
