package image

import (
	"bytes"
	"encoding/binary"

	"github.com/cairngeo/cairn/tiling/jpeg"
)

const (
	exifHeader = "Exif\x00\x00"
	xmpHeader  = jpeg.XMPHeader
	maxChunks  = 4096 // chunks or boxes looked at in one file
)

// readJPEG reads the marker segments up to the first scan.
func readJPEG(src *source) (m metadata) {
	for marker, segment := range jpeg.Segments(src) {
		switch {
		case marker == jpeg.APP1:
			m.addAPP1(jpeg.Content(segment))
		case isFrame(marker):
			var b [5]byte
			if _, err := segment.ReadAt(b[:], 0); err == nil {
				m.height, m.width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
			}
		}
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
