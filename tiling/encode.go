package tiling

import (
	"bytes"
	"image"
	"image/jpeg"

	"github.com/cairngeo/cairn/tiling/png"
	"github.com/cairngeo/cairn/tiling/webp"
)

// quality of a lossy coding, 1 to 100, as libwebp and libjpeg count it.
type quality int

const (
	lossless         quality = webp.Lossless // JPEG takes its best instead
	tileQuality      quality = 80
	thumbnailQuality quality = 95
)

func (p *picture) encode(f Format, q quality) ([]byte, error) {
	switch f {
	case PNG:
		return p.encodePNG()
	case JPEG:
		return p.encodeJPEG(q)
	}
	return webp.Append(nil, p.pixels, p.width, p.height, 4*p.width, p.opaque(), int(q))
}

// encodePNG writes as few channels as show the picture.
func (p *picture) encodePNG() ([]byte, error) {
	if i := p.indexed; i != nil {
		return png.EncodeIndexed(i.pixels, p.width, p.height, i.colors, i.transparent)
	}
	channels := 4
	if p.grey {
		channels = 2
	}
	if p.opaque() {
		channels--
	}
	return png.Encode(p.channels(channels), p.width, p.height, channels)
}

func (p *picture) encodeJPEG(q quality) ([]byte, error) {
	if q == lossless {
		q = 100
	}
	var out bytes.Buffer
	opaque := &image.RGBA{Pix: p.overWhite().pixels, Stride: 4 * p.width, Rect: image.Rect(0, 0, p.width, p.height)}
	err := jpeg.Encode(&out, opaque, &jpeg.Options{Quality: int(q)})
	return out.Bytes(), err
}
