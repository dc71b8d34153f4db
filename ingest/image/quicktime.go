package image

import (
	"encoding/binary"
	"iter"
	"strconv"
)

// xmpUUID is the type of the uuid box that holds XMP (XMP specification part 3, MPEG-4).
const xmpUUID = "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac"

func isQuickTime(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	switch string(head[4:8]) {
	case "ftyp", "moov", "mdat", "wide", "free", "skip", "pnot":
		return true
	}
	return false
}

// readQuickTime reads an MP4 or QuickTime file: its XMP packet, and what the
// container itself says, named as XMP properties with the prefix "video".
func readQuickTime(src *source) metadata {
	q := quickTime{src: src, budget: maxChunks, said: xmp{}}
	q.file()
	for name, value := range q.m.xmp {
		q.said.add(name, value)
	}
	q.m.xmp = q.said
	return q.m
}

// quickTime is a walk over the boxes of a file.
type quickTime struct {
	src    *source
	budget int // boxes that may still be looked at
	m      metadata
	said   xmp // by the container
}

func (q *quickTime) file() {
	for b := range q.inside(box{end: q.src.size}) {
		switch b.kind {
		case "moov":
			q.movie(b)
		case "uuid":
			if id := q.head(b, 16); string(id) == xmpUUID {
				q.m.addXMP(bytesAt(q.src, b.end, b.start+16, b.end-b.start-16, maxXMP))
			}
		}
	}
}

func (q *quickTime) movie(movie box) {
	for b := range q.inside(movie) {
		switch b.kind {
		case "mvhd":
			q.creationTime(b, "video:DateUTC")
		case "trak":
			q.track(b)
		case "udta":
			q.userData(b)
		}
	}
}

// userData reads Apple's position box and the XMP packet of QuickTime files.
func (q *quickTime) userData(userData box) {
	for b := range q.inside(userData) {
		switch b.kind {
		case "\xa9xyz":
			const header = 4 // length of the text, language
			if b := q.all(b, maxText); len(b) > header {
				length := min(int(binary.BigEndian.Uint16(b)), len(b)-header)
				q.said.add("video:GPSCoordinates", string(b[header:header+length]))
			}
		case "XMP_":
			q.m.addXMP(q.all(b, maxXMP))
		}
	}
}

// track reads the size and the date of a track; those of the first one that
// has a size, the video, are kept.
func (q *quickTime) track(track box) {
	var width, height uint32
	var media box
	for b := range q.inside(track) {
		switch b.kind {
		case "tkhd":
			width, height = q.trackSize(b)
		case "mdia":
			media = b
		}
	}
	if width == 0 || height == 0 {
		return
	}
	q.said.add("video:Width", strconv.FormatUint(uint64(width), 10))
	q.said.add("video:Height", strconv.FormatUint(uint64(height), 10))
	for b := range q.inside(media) {
		if b.kind == "mdhd" {
			q.creationTime(b, "video:MediaCreateDate")
		}
	}
}

// trackSize reads the last two fields of a track header: the size in pixels
// as 16.16 fixed-point numbers, 0 for sound.
func (q *quickTime) trackSize(b box) (width, height uint32) {
	const end = 84 // of the header, in version 0
	header := q.all(b, 256)
	size := end
	if len(header) > 0 && header[0] == 1 {
		size += 12 // two times and a duration are 64-bit numbers
	}
	if len(header) < size {
		return 0, 0
	}
	return binary.BigEndian.Uint32(header[size-8:]) >> 16, binary.BigEndian.Uint32(header[size-4:]) >> 16
}

// creationTime reads the date, in seconds since 1904, that begins the header
// of a movie or a medium.
func (q *quickTime) creationTime(b box, name string) {
	header := q.head(b, 12)
	if header == nil {
		return
	}
	seconds := uint64(binary.BigEndian.Uint32(header[4:]))
	if header[0] == 1 { // the version with 64-bit times
		seconds = binary.BigEndian.Uint64(header[4:])
	}
	if seconds <= 1<<40 { // some thirty thousand years
		q.said.add(name, strconv.FormatUint(seconds, 10))
	}
}

// box is a box of ISO/IEC 14496-12, an atom of QuickTime: its four letters and
// where in the file its content is.
type box struct {
	kind       string
	start, end int64
}

// inside yields the boxes in outer, up to the first that makes no sense.
func (q *quickTime) inside(outer box) iter.Seq[box] {
	return func(yield func(box) bool) {
		for pos := outer.start; pos < outer.end && q.budget > 0; q.budget-- {
			b, ok := q.boxAt(pos, outer.end)
			if !ok || !yield(b) {
				return
			}
			pos = b.end
		}
	}
}

// boxAt reads the header of the box at pos, which ends at limit at the latest.
func (q *quickTime) boxAt(pos, limit int64) (b box, ok bool) {
	head := bytesAt(q.src, limit, pos, 8, 8)
	if head == nil {
		return box{}, false
	}
	length, header := int64(binary.BigEndian.Uint32(head)), int64(8)
	switch length {
	case 0: // up to the limit
		length = limit - pos
	case 1: // a 64-bit length follows
		long := bytesAt(q.src, limit, pos+8, 8, 8)
		if long == nil {
			return box{}, false
		}
		length, header = int64(binary.BigEndian.Uint64(long)), 16
	}
	if length < header || length > limit-pos {
		return box{}, false
	}
	return box{kind: string(head[4:]), start: pos + header, end: pos + length}, true
}

// head returns the first n bytes of b, nil when it is shorter.
func (q *quickTime) head(b box, n int64) []byte {
	return bytesAt(q.src, b.end, b.start, n, n)
}

// all returns the content of b, nil when it is longer than limit bytes.
func (q *quickTime) all(b box, limit int64) []byte {
	return bytesAt(q.src, b.end, b.start, b.end-b.start, limit)
}
