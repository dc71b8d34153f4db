package image

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"hash/crc32"
	stdimage "image"
	"image/jpeg"
	"image/png"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn/catalog"
)

// describe describes content that a person would have named name.
func describe(t *testing.T, name string, content []byte) catalog.Description {
	t.Helper()
	d, err := Describe(context.Background(), bytes.NewReader(content), int64(len(content)), name)
	require.NoError(t, err)
	return d
}

// value is one value of a TIFF field, already encoded.
type value struct {
	kind  uint16
	count uint32
	bytes []byte
}

type fields map[uint16]value

// writer encodes values in one byte order.
type writer struct{ order binary.AppendByteOrder }

var little, big = writer{binary.LittleEndian}, writer{binary.BigEndian}

func (w writer) ascii(s string) value { return value{2, uint32(len(s) + 1), append([]byte(s), 0)} }

func (w writer) byte(b byte) value { return value{1, 1, []byte{b}} }

func (w writer) short(n uint16) value { return value{3, 1, w.order.AppendUint16(nil, n)} }

func (w writer) long(n uint32) value { return value{4, 1, w.order.AppendUint32(nil, n)} }

func (w writer) rational(pairs ...uint32) value {
	v := value{kind: 5, count: uint32(len(pairs) / 2)}
	for _, n := range pairs {
		v.bytes = w.order.AppendUint32(v.bytes, n)
	}
	return v
}

// tiff writes main as the first directory; the values of subs, by their
// pointer tags, are the directories below it.
func (w writer) tiff(main fields, subs map[uint16]fields) []byte {
	mark := map[writer]string{little: "II", big: "MM"}[w]
	b := w.order.AppendUint32(w.order.AppendUint16([]byte(mark), 42), 8)
	main = maps.Clone(main)
	for tag := range subs {
		main[tag] = w.long(0)
	}
	offset := 8 + w.sizeOf(main)
	for _, tag := range slices.Sorted(maps.Keys(subs)) {
		main[tag] = w.long(uint32(offset))
		offset += w.sizeOf(subs[tag])
	}
	b = w.directory(b, main)
	for _, tag := range slices.Sorted(maps.Keys(subs)) {
		b = w.directory(b, subs[tag])
	}
	return b
}

func (w writer) sizeOf(f fields) int { return len(w.directory(nil, f)) }

func (w writer) directory(b []byte, f fields) []byte {
	data := len(b) + 2 + 12*len(f) + 4
	var long []byte
	b = w.order.AppendUint16(b, uint16(len(f)))
	for _, tag := range slices.Sorted(maps.Keys(f)) {
		v := f[tag]
		b = w.order.AppendUint16(b, tag)
		b = w.order.AppendUint16(b, v.kind)
		b = w.order.AppendUint32(b, v.count)
		if len(v.bytes) <= 4 {
			b = append(b, v.bytes...)
			b = append(b, make([]byte, 4-len(v.bytes))...)
			continue
		}
		b = w.order.AppendUint32(b, uint32(data+len(long)))
		long = append(long, v.bytes...)
	}
	return append(w.order.AppendUint32(b, 0), long...)
}

// exif writes an EXIF block of the directories that are not nil.
func (w writer) exif(main, photo, gps fields) []byte {
	subs := map[uint16]fields{}
	if photo != nil {
		subs[tagExifIFD] = photo
	}
	if gps != nil {
		subs[tagGPSIFD] = gps
	}
	return w.tiff(main, subs)
}

// packet is an XMP packet of attributes "prefix:Name" -> value.
func packet(properties map[string]string) string {
	var attrs []string
	for name, v := range properties {
		attrs = append(attrs, name+`="`+v+`"`)
	}
	slices.SortFunc(attrs, cmp.Compare)
	return `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">` +
		`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""` +
		` xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/" xmlns:Camera="http://pix4d.com/camera/1.0"` +
		` xmlns:GPano="http://ns.google.com/photos/1.0/panorama/" ` + strings.Join(attrs, " ") +
		`/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`
}

// jpegFile is a grey JPEG with an APP1 segment of each body that is not empty.
func jpegFile(t *testing.T, width, height int, exifBlock []byte, xmpPacket string) []byte {
	t.Helper()
	var segments []byte
	if exifBlock != nil {
		segments = append(segments, app1(exifHeader+string(exifBlock))...)
	}
	if xmpPacket != "" {
		segments = append(segments, app1(xmpHeader+xmpPacket)...)
	}
	return jpegWith(t, width, height, segments)
}

func app1(body string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2)), body...)
}

func jpegWith(t *testing.T, width, height int, segments []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, stdimage.NewGray(stdimage.Rect(0, 0, width, height)), nil))
	return slices.Insert(b.Bytes(), 2, segments...)
}

// pngFile is a grey PNG with chunks, kind -> body, behind its header.
func pngFile(t *testing.T, width, height int, chunks map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, stdimage.NewGray(stdimage.Rect(0, 0, width, height))))
	var extra []byte
	for kind, body := range chunks {
		extra = binary.BigEndian.AppendUint32(extra, uint32(len(body)))
		extra = append(append(extra, kind...), body...)
		extra = binary.BigEndian.AppendUint32(extra, crc32.ChecksumIEEE(append([]byte(kind), body...)))
	}
	const endOfHeader = 8 + 8 + 13 + 4
	return slices.Insert(b.Bytes(), endOfHeader, extra...)
}

// atom is a QuickTime box.
func atom(kind string, content ...[]byte) []byte {
	body := bytes.Join(content, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), kind...), body...)
}
