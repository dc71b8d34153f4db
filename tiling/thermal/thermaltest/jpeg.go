// Package thermaltest makes radiometric JPEGs for tests.
package thermaltest

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"math/bits"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// The constants of the camera that takes the pictures.
const (
	R1, B, F, O, R2 = 14906.216, 1396.5, 1.0, -7261, 0.010956882
)

// Options are how the raw picture is written.
type Options struct {
	PNG          bool // in place of plain numbers
	RightBytes   bool // of the PNG; FLIR's cameras write them the wrong way round
	NoMedian     bool // is noted
	LittleEndian bool
}

// JPEG is a grey picture of twice the size with the raw one in FLIR's segments.
func JPEG(t testing.TB, width, height int, raw []uint16, o Options) []byte {
	t.Helper()
	var order binary.AppendByteOrder = binary.BigEndian
	if o.LittleEndian {
		order = binary.LittleEndian
	}
	body := make([]byte, 32)
	put16 := func(b []byte, at int, v uint16) { copy(b[at:], order.AppendUint16(nil, v)) }
	put32 := func(b []byte, at int, v uint32) { copy(b[at:], order.AppendUint32(nil, v)) }
	put16(body, 0, 2)
	put16(body, 2, uint16(width))
	put16(body, 4, uint16(height))
	if o.PNG {
		picture := image.NewGray16(image.Rect(0, 0, width, height))
		for i, v := range raw {
			if !o.RightBytes {
				v = bits.ReverseBytes16(v)
			}
			binary.BigEndian.PutUint16(picture.Pix[2*i:], v)
		}
		var out bytes.Buffer
		require.NoError(t, png.Encode(&out, picture))
		body = append(body, out.Bytes()...)
	} else {
		for _, v := range raw {
			body = order.AppendUint16(body, v)
		}
	}
	camera := make([]byte, 1200)
	put16(camera, 0, 2)
	for at, v := range map[int]float64{32: 0.95, 36: 2, 40: 294.15, 44: 293.15, 48: 292.15, 52: 0.9, 60: 0.55, 88: R1, 92: B, 96: F, 780: R2} {
		put32(camera, at, math.Float32bits(float32(v)))
	}
	offset := int32(O)
	put32(camera, 776, uint32(offset))
	if !o.NoMedian {
		put16(camera, 824, slices.Sorted(slices.Values(raw))[len(raw)/2])
	}

	fff := make([]byte, 64+2*32)
	copy(fff, "FFF\x00CAIRN TEST")
	put32(fff, 20, 101)
	put32(fff, 24, 64)
	put32(fff, 28, 2)
	for i, record := range []struct {
		kind uint16
		data []byte
	}{{1, body}, {32, camera}} {
		put16(fff, 64+32*i, record.kind)
		put32(fff, 64+32*i+12, uint32(len(fff)))
		put32(fff, 64+32*i+16, uint32(len(record.data)))
		fff = append(fff, record.data...)
	}

	var shown bytes.Buffer
	require.NoError(t, jpeg.Encode(&shown, image.NewGray(image.Rect(0, 0, 2*width, 2*height)), nil))
	out := slices.Clone(shown.Bytes()[:2])
	parts := slices.Collect(slices.Chunk(fff, 60_000))
	for i, part := range parts {
		out = append(out, 0xff, 0xe1)
		out = binary.BigEndian.AppendUint16(out, uint16(2+8+len(part)))
		out = append(out, "FLIR\x00\x01"...)
		out = append(append(out, byte(i), byte(len(parts)-1)), part...)
	}
	return append(out, shown.Bytes()[2:]...)
}
