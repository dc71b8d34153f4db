package image

import (
	"bytes"
	"encoding/binary"
)

const (
	exifHeader   = "Exif\x00\x00"
	xmpHeader    = "http://ns.adobe.com/xap/1.0/\x00"
	maxJPEGSpace = 64 << 10 // bytes of a marker segment
	maxChunks    = 4096     // segments, chunks or boxes looked at in one file
)

// readJPEG walks the marker segments up to the first scan (ITU-T T.81, annex B).
func readJPEG(src *source) (m metadata) {
	pos := int64(2)
	for range maxChunks {
		head := bytesAt(src, src.size, pos, 4, 4)
		if head == nil || head[0] != 0xff {
			return m
		}
		marker := head[1]
		switch {
		case marker == 0xff: // fill byte
			pos++
			continue
		case marker == 0x01, marker >= 0xd0 && marker <= 0xd8: // no length follows
			pos += 2
			continue
		case marker == 0xd9, marker == 0xda: // end of image, start of scan
			return m
		}
		length := int64(binary.BigEndian.Uint16(head[2:])) - 2
		if length < 0 {
			return m
		}
		body := pos + 4
		switch {
		case marker == 0xe1:
			m.addAPP1(bytesAt(src, src.size, body, length, maxJPEGSpace))
		case isFrame(marker):
			if b := bytesAt(src, src.size, body, 5, 5); b != nil && length >= 5 {
				m.height, m.width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
			}
		}
		pos = body + length
	}
	return m
}

// isFrame tells the start-of-frame markers from the tables between them.
func isFrame(marker byte) bool {
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc
}

func (m *metadata) addAPP1(body []byte) {
	if b, ok := bytes.CutPrefix(body, []byte(exifHeader)); ok {
		m.addEXIF(b)
	} else if b, ok := bytes.CutPrefix(body, []byte(xmpHeader)); ok {
		m.addXMP(b)
	}
}
