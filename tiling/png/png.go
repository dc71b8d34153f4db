// Package png writes PNG pictures of map tiles fast: one filter for all rows
// and a compressor chosen by what the picture looks like. It makes files some
// ten percent larger than the standard library's fastest setting, in a tenth
// of the time. The format is W3C PNG (Third Edition).
package png

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"sync"

	"github.com/klauspost/compress/zlib"
)

const signature = "\x89PNG\r\n\x1a\n"

// colourTypes has PNG's colour type by number of channels: grey, grey and
// alpha, RGB, RGBA.
var colourTypes = [5]byte{1: 0, 2: 4, 3: 2, 4: 6}

const colourIndexed = 3

const (
	filterSub = 1
	filterUp  = 2
)

// Encode returns the PNG of a picture of 8-bit channels (1 grey, 2 grey and
// alpha, 3 RGB, 4 RGBA; alpha not premultiplied), rows from the top, without
// padding between them.
func Encode(pixels []byte, width, height, channels int) ([]byte, error) {
	if channels < 1 || channels > 4 || width < 1 || height < 1 || len(pixels) != width*height*channels {
		return nil, fmt.Errorf("png: %d bytes are no picture of %dx%d with %d channels", len(pixels), width, height, channels)
	}
	return encode(pixels, width, height, channels, colourTypes[channels], nil, nil)
}

// EncodeIndexed returns the PNG of a picture whose pixels are numbers of colours.
// Those of the number transparent, if it is not negative, are not seen.
func EncodeIndexed(pixels []byte, width, height int, colors *[256][3]byte, transparent int) ([]byte, error) {
	if width < 1 || height < 1 || len(pixels) != width*height || transparent > 255 {
		return nil, fmt.Errorf("png: %d bytes are no picture of %dx%d", len(pixels), width, height)
	}
	palette := make([]byte, 0, 3*len(colors))
	for _, c := range colors {
		palette = append(palette, c[:]...)
	}
	var alpha []byte
	if transparent >= 0 {
		alpha = append(bytes.Repeat([]byte{255}, transparent), 0)
		clear(palette[3*transparent:][:3])
	}
	return encode(pixels, width, height, 1, colourIndexed, palette, alpha)
}

// encode writes the chunks; palette and alpha only if there are some.
func encode(pixels []byte, width, height, channels int, colour byte, palette, alpha []byte) ([]byte, error) {
	filtered := filter(pixels, width*channels, height, channels)
	compressed, err := compress(filtered, width*channels+1)
	if err != nil {
		return nil, fmt.Errorf("png: %w", err)
	}
	out := make([]byte, 0, len(signature)+5*12+13+len(palette)+len(alpha)+len(compressed))
	out = append(out, signature...)
	header := binary.BigEndian.AppendUint32(nil, uint32(width))
	header = binary.BigEndian.AppendUint32(header, uint32(height))
	header = append(header, 8, colour, 0, 0, 0)
	out = appendChunk(out, "IHDR", header)
	if palette != nil {
		out = appendChunk(out, "PLTE", palette)
	}
	if alpha != nil {
		out = appendChunk(out, "tRNS", alpha)
	}
	out = appendChunk(out, "IDAT", compressed)
	return appendChunk(out, "IEND", nil), nil
}

func appendChunk(out []byte, kind string, data []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
	start := len(out)
	out = append(out, kind...)
	out = append(out, data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[start:]))
}

// filter writes each row behind its filter's number: the first as differences
// to the pixel on the left, the others as differences to the row above, which
// for photos is nearly as good as choosing row by row and far cheaper.
func filter(pixels []byte, stride, height, channels int) []byte {
	out := make([]byte, (stride+1)*height)
	out[0] = filterSub
	copy(out[1:], pixels[:channels])
	subtract(out[1+channels:1+stride], pixels[channels:stride], pixels[:stride-channels])
	for y := 1; y < height; y++ {
		row := out[y*(stride+1):][:stride+1]
		row[0] = filterUp
		subtract(row[1:], pixels[y*stride:][:stride], pixels[(y-1)*stride:][:stride])
	}
	return out
}

// subtract sets out[i] = a[i] - b[i] modulo 256, eight bytes at a time: the top
// bits are set in a and cleared in b so that no borrow crosses a byte, and put
// right afterwards.
func subtract(out, a, b []byte) {
	const top = 0x8080808080808080
	i := 0
	for ; i+8 <= len(out); i += 8 {
		x, y := binary.LittleEndian.Uint64(a[i:]), binary.LittleEndian.Uint64(b[i:])
		binary.LittleEndian.PutUint64(out[i:], ((x|top)-(y&^top))^((x^^y)&top))
	}
	for ; i < len(out); i++ {
		out[i] = a[i] - b[i]
	}
}

// Huffman coding alone suits photos, whose filtered bytes hardly repeat; flat
// pictures need matches.
var (
	photos = pool(zlib.HuffmanOnly)
	flats  = pool(zlib.BestSpeed)
)

func pool(level int) *sync.Pool {
	return &sync.Pool{New: func() any {
		w, err := zlib.NewWriterLevel(nil, level)
		if err != nil {
			panic(err) // the level is a constant
		}
		return w
	}}
}

func compress(filtered []byte, rowBytes int) ([]byte, error) {
	writers := photos
	if flat(filtered, rowBytes) {
		writers = flats
	}
	w := writers.Get().(*zlib.Writer)
	defer writers.Put(w)
	var out bytes.Buffer
	out.Grow(len(filtered)/2 + 64)
	w.Reset(&out)
	if _, err := w.Write(filtered); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// flat reports whether more than a third of the bytes of up to 16 rows, spread
// over the picture, are zero after filtering.
func flat(filtered []byte, rowBytes int) bool {
	height := len(filtered) / rowBytes
	step := max(1, height/16)
	zeros, total := 0, 0
	for y := step / 2; y < height; y += step {
		row := filtered[y*rowBytes:][1:rowBytes]
		zeros += bytes.Count(row, []byte{0})
		total += len(row)
	}
	return 3*zeros > total
}
