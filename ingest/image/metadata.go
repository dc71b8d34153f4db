package image

import (
	"bytes"
	"encoding/binary"
	"image/gif"
	"io"

	"golang.org/x/image/webp"
)

// maxXMP is the largest XMP packet, in bytes, that is read.
const maxXMP = 4 << 20

// metadata is everything a file says about itself.
type metadata struct {
	width, height int // pixels of the full-size image, 0 when unknown
	exif          exif
	xmp           xmp
}

func (m metadata) hasTags() bool {
	return m.exif.count() > 0 || len(m.xmp) > 0
}

// readMetadata reads what the container of src, told by its first bytes, holds.
func readMetadata(src *source) metadata {
	head := bytesAt(src, src.size, 0, min(16, src.size), 16)
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return readJPEG(src)
	case bytes.HasPrefix(head, []byte(pngSignature)):
		return readPNG(src)
	case bytes.HasPrefix(head, []byte("II")), bytes.HasPrefix(head, []byte("MM")):
		return readTIFF(src)
	case len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP":
		return readWebP(src)
	case bytes.HasPrefix(head, []byte("GIF8")):
		return readGIF(src)
	case isQuickTime(head):
		return readQuickTime(src)
	}
	return metadata{}
}

// readGIF reads the size only: GIF has no EXIF, and XMP in it is not in use.
func readGIF(src *source) (m metadata) {
	if config, err := gif.DecodeConfig(io.NewSectionReader(src, 0, src.size)); err == nil {
		m.width, m.height = config.Width, config.Height
	}
	return m
}

// readWebP walks the RIFF chunks of a WebP file.
// https://developers.google.com/speed/webp/docs/riff_container
func readWebP(src *source) (m metadata) {
	if config, err := webp.DecodeConfig(io.NewSectionReader(src, 0, src.size)); err == nil {
		m.width, m.height = config.Width, config.Height
	}
	pos := int64(12)
	for range maxChunks {
		head := bytesAt(src, src.size, pos, 8, 8)
		if head == nil {
			break
		}
		pos += 8
		length := int64(binary.LittleEndian.Uint32(head[4:]))
		switch string(head[:4]) {
		case "EXIF":
			body := bytesAt(src, src.size, pos, length, maxEXIF)
			m.addEXIF(bytes.TrimPrefix(body, []byte(exifHeader))) // some writers keep the header of JPEG
		case "XMP ":
			m.addXMP(bytesAt(src, src.size, pos, length, maxXMP))
		}
		pos += length + length&1
	}
	return m
}

// addEXIF takes the tags of b, a whole EXIF block from its byte order mark on,
// unless an earlier block had some.
func (m *metadata) addEXIF(b []byte) {
	if m.exif.count() == 0 {
		m.exif = readEXIF(bytes.NewReader(b), int64(len(b)))
	}
}

// addXMP takes the tags of the first packet. Further ones are not parsed: a
// small file can hold thousands that each inflate to the limit.
func (m *metadata) addXMP(packet []byte) {
	if m.xmp == nil && len(packet) > 0 {
		m.xmp = parseXMP(packet)
	}
}
