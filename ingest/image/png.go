package image

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
)

const (
	pngSignature  = "\x89PNG\r\n\x1a\n"
	pngXMPKeyword = "XML:com.adobe.xmp\x00"
)

// readPNG walks the chunks of a PNG file: IHDR, eXIf and the iTXt chunk that
// holds XMP. https://www.w3.org/TR/png-3/
func readPNG(src *source) (m metadata) {
	pos := int64(len(pngSignature))
	for range maxChunks {
		head := bytesAt(src, src.size, pos, 8, 8)
		if head == nil {
			return m
		}
		pos += 8
		length := int64(binary.BigEndian.Uint32(head))
		switch string(head[4:]) {
		case "IHDR":
			m.addIHDR(bytesAt(src, src.size, pos, length, 13))
		case "eXIf":
			m.addEXIF(bytesAt(src, src.size, pos, length, maxEXIF))
		case "iTXt":
			m.addInternationalText(bytesAt(src, src.size, pos, length, maxXMP))
		case "IEND":
			return m
		}
		pos += length + 4 // the checksum
	}
	return m
}

func (m *metadata) addIHDR(b []byte) {
	if len(b) < 8 {
		return
	}
	width, height := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if width < 1<<31 && height < 1<<31 { // the format's own bound
		m.width, m.height = int(width), int(height)
	}
}

// addInternationalText takes the XMP packet of an iTXt chunk: after the keyword
// come the compression flag and method, a language tag and a translated
// keyword, each of the last two ended by NUL.
func (m *metadata) addInternationalText(b []byte) {
	b, isXMP := bytes.CutPrefix(b, []byte(pngXMPKeyword))
	if !isXMP || len(b) < 2 || m.xmp != nil {
		return
	}
	compressed := b[0] == 1
	_, rest, _ := bytes.Cut(b[2:], []byte{0})
	_, packet, ok := bytes.Cut(rest, []byte{0})
	if !ok {
		return
	}
	if compressed {
		z, err := zlib.NewReader(bytes.NewReader(packet))
		if err != nil {
			return
		}
		defer z.Close()
		packet, _ = io.ReadAll(io.LimitReader(z, maxXMP)) // a truncated packet still has its first tags
	}
	m.addXMP(packet)
}
