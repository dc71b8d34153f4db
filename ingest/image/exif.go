package image

import (
	"io"
)

// maxEXIF is the largest EXIF block, in bytes, that is read.
const maxEXIF = 1 << 20

// The tags that are read, by the numbers of TIFF 6.0, DNG 1.7 and Exif 3.0.
const (
	tagNewSubfileType = 0x00fe
	tagImageWidth     = 0x0100
	tagImageLength    = 0x0101
	tagMake           = 0x010f
	tagModel          = 0x0110
	tagOrientation    = 0x0112
	tagDateTime       = 0x0132
	tagSubIFDs        = 0x014a
	tagXMP            = 0x02bc
	tagExifIFD        = 0x8769
	tagGPSIFD         = 0x8825

	tagDateTimeOriginal    = 0x9003
	tagDateTimeDigitized   = 0x9004
	tagOffsetTime          = 0x9010
	tagOffsetTimeOriginal  = 0x9011
	tagOffsetTimeDigitized = 0x9012
	tagFocalLength         = 0x920a
	tagSubSecTime          = 0x9290
	tagSubSecTimeOriginal  = 0x9291
	tagSubSecTimeDigitized = 0x9292
	tagFocalPlaneXRes      = 0xa20e
	tagFocalPlaneYRes      = 0xa20f
	tagFocalPlaneResUnit   = 0xa210
	tagFocalLengthIn35mm   = 0xa405
	tagLensMake            = 0xa433
	tagLensModel           = 0xa434

	tagGPSLatitudeRef       = 0x01
	tagGPSLatitude          = 0x02
	tagGPSLongitudeRef      = 0x03
	tagGPSLongitude         = 0x04
	tagGPSAltitudeRef       = 0x05
	tagGPSAltitude          = 0x06
	tagGPSTimeStamp         = 0x07
	tagGPSDOP               = 0x0b
	tagGPSSpeedRef          = 0x0c
	tagGPSSpeed             = 0x0d
	tagGPSTrackRef          = 0x0e
	tagGPSTrack             = 0x0f
	tagGPSImgDirectionRef   = 0x10
	tagGPSImgDirection      = 0x11
	tagGPSDateStamp         = 0x1d
	tagGPSHPositioningError = 0x1f
)

// exif is the three directories of an EXIF block that matter here.
type exif struct {
	image, photo, gps directory
}

func readEXIF(r io.ReaderAt, size int64) exif {
	e := exif{image: openTIFF(r, size)}
	e.photo = e.image.sub(tagExifIFD)
	e.gps = e.image.sub(tagGPSIFD)
	return e
}

// count is the number of tags.
func (e exif) count() int {
	return len(e.image.fields) + len(e.photo.fields) + len(e.gps.fields)
}

// shot is the directory in which tag, a fact about the exposure, is found:
// TIFF/EP and some DNG writers keep those in the image directory.
func (e exif) shot(tag uint16) directory {
	if _, ok := e.photo.fields[tag]; ok {
		return e.photo
	}
	return e.image
}

// sub is the directory that tag points to, an empty one when there is none.
func (d directory) sub(tag uint16) directory {
	subs := d.subs(tag)
	if len(subs) == 0 {
		return directory{}
	}
	return subs[0]
}

// subs are the directories that tag points to.
func (d directory) subs(tag uint16) []directory {
	var subs []directory
	for _, offset := range d.numbers(tag) {
		if offset >= 8 && offset < float64(d.tiff.size) {
			subs = append(subs, d.tiff.directory(int64(offset)))
		}
	}
	return subs
}

// readTIFF reads a TIFF or DNG file.
func readTIFF(src *source) (m metadata) {
	m.exif = readEXIF(src, src.size)
	m.width, m.height = fullSize(m.exif.image)
	m.addXMP(m.exif.image.bytes(tagXMP, maxXMP))
	return m
}

// fullSize is the pixel size of a TIFF file's main image. The first directory
// of a DNG holds a preview and says so in NewSubfileType; the full-size image
// is then the largest sub-image of type 0.
func fullSize(main directory) (width, height int) {
	const reduced = 1
	width, height = main.pixels()
	if main.whole(tagNewSubfileType)&reduced == 0 {
		return width, height
	}
	area := 0
	for _, sub := range main.subs(tagSubIFDs) {
		w, h := sub.pixels()
		if sub.whole(tagNewSubfileType) == 0 && w*h > area {
			width, height, area = w, h, w*h
		}
	}
	return width, height
}

func (d directory) pixels() (width, height int) {
	return max(0, d.whole(tagImageWidth)), max(0, d.whole(tagImageLength))
}
