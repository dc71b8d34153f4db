package thermal

import (
	"bytes"
	"io"

	"github.com/cairngeo/cairn/tiling/jpeg"
)

const (
	flirHeader = "FLIR\x00\x01" // then the number of the segment, and the last one's
	maxFLIR    = 256 * 64 << 10 // as many segments as can be numbered
)

// ReadJPEG returns the XMP packet of a JPEG, and what the segments of FLIR
// hold together (nil if there are none).
func ReadJPEG(r io.ReaderAt) (xmp, flir []byte) {
	for marker, segment := range jpeg.Segments(r) {
		if marker != jpeg.APP1 {
			continue
		}
		body := jpeg.Content(segment)
		if packet, ok := bytes.CutPrefix(body, []byte(jpeg.XMPHeader)); ok && xmp == nil {
			xmp = packet
		} else if rest, ok := bytes.CutPrefix(body, []byte(flirHeader)); ok && len(rest) >= 2 && len(flir) < maxFLIR {
			flir = append(flir, rest[2:]...)
		}
	}
	return xmp, flir
}
