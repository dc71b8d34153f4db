// Package jpeg reads what a JPEG says of itself, and its picture in reduced size.
package jpeg

import (
	"encoding/binary"
	"io"
	"iter"
)

// APP1 is the marker of segments with EXIF, XMP, or what a camera adds.
const APP1 = 0xe1

// XMPHeader begins an APP1 segment with XMP.
const XMPHeader = "http://ns.adobe.com/xap/1.0/\x00"

// maxSegments bounds how many are looked at in one file.
const maxSegments = 4096

// Segments yields the marker of each segment and its content, of less than
// 64 KiB, up to the first scan or to what is no JPEG (ITU-T T.81, annex B). A
// segment that the file ends in the middle of is the last one, and shorter.
func Segments(r io.ReaderAt) iter.Seq2[byte, *io.SectionReader] {
	return func(yield func(byte, *io.SectionReader) bool) {
		var head [4]byte
		at := int64(2)
		for range maxSegments {
			if _, err := r.ReadAt(head[:], at); err != nil || head[0] != 0xff {
				return
			}
			switch marker := head[1]; {
			case marker == 0xff: // fill byte
				at++
				continue
			case marker == 0x01, marker >= 0xd0 && marker <= 0xd8: // no length follows
				at += 2
				continue
			case marker == 0xd9, marker == 0xda: // end of image, start of scan
				return
			}
			length := int64(binary.BigEndian.Uint16(head[2:]))
			if length < 2 || !yield(head[1], io.NewSectionReader(r, at+4, length-2)) {
				return
			}
			at += 2 + length
		}
	}
}

// Content reads a segment, nil if it is not all there.
func Content(segment *io.SectionReader) []byte {
	content := make([]byte, segment.Size())
	if _, err := io.ReadFull(segment, content); err != nil {
		return nil
	}
	return content
}
