package thermal

import (
	"bytes"
	"encoding/binary"
	"io"
)

const (
	xmpHeader   = "http://ns.adobe.com/xap/1.0/\x00"
	flirHeader  = "FLIR\x00\x01" // then the number of the segment, and the last one's
	maxSegments = 4096
	maxFLIR     = 256 * 64 << 10 // as many segments as can be numbered
)

// ReadJPEG returns the XMP packet of a JPEG, and what the segments of FLIR
// hold together (nil if there are none). It stops at the first scan or at what
// is no JPEG (ITU-T T.81, annex B).
func ReadJPEG(r io.ReaderAt) (xmp, flir []byte) {
	var head [4]byte
	at := int64(2)
	for range maxSegments {
		if _, err := r.ReadAt(head[:], at); err != nil || head[0] != 0xff {
			return xmp, flir
		}
		switch marker := head[1]; {
		case marker == 0xff: // fill byte
			at++
			continue
		case marker == 0x01, marker >= 0xd0 && marker <= 0xd8: // no length follows
			at += 2
			continue
		case marker == 0xd9, marker == 0xda: // end of image, start of scan
			return xmp, flir
		}
		length := int64(binary.BigEndian.Uint16(head[2:]))
		if length < 2 {
			return xmp, flir
		}
		if head[1] == 0xe1 {
			body := make([]byte, length-2)
			if _, err := r.ReadAt(body, at+4); err != nil {
				return xmp, flir
			}
			if packet, ok := bytes.CutPrefix(body, []byte(xmpHeader)); ok && xmp == nil {
				xmp = packet
			} else if rest, ok := bytes.CutPrefix(body, []byte(flirHeader)); ok && len(rest) >= 2 && len(flir) < maxFLIR {
				flir = append(flir, rest[2:]...)
			}
		}
		at += 2 + length
	}
	return xmp, flir
}
