package cog

import (
	"fmt"
	"io"
	"sync"

	"github.com/cairngeo/cairn/tiling/webp"
)

// maxDecoded is the largest tile, in bytes of samples, that is decoded. One of
// 256 x 256 pixels with 100 bands of 64 bits has as many.
const maxDecoded = 64 << 20

// scratches hold the memory of compressed and of decompressed bytes.
var scratches = sync.Pool{New: func() any { return new([]byte) }}

// maxScratch is the largest memory worth keeping.
const maxScratch = 4 << 20

func scratch() *[]byte { return scratches.Get().(*[]byte) }

func discard(b *[]byte) {
	if cap(*b) <= maxScratch {
		scratches.Put(b)
	}
}

// Decode reads and decodes the tile in a column and row of the level, see
// Extent. It is nil for a sparse tile. Whatever the file holds, the memory that
// it takes is in proportion to the size of a tile.
func (l *Level) Decode(r io.ReaderAt, column, row, plane int) (*Block, error) {
	b, err := l.decode(r, column, row, plane)
	if err != nil {
		return nil, fmt.Errorf("tile %d, %d of a level %d pixels wide: %w", column, row, l.Width, err)
	}
	return b, nil
}

func (l *Level) decode(r io.ReaderAt, column, row, plane int) (*Block, error) {
	e, err := l.Extent(r, column, row, plane)
	if err != nil || e.Length == 0 {
		return nil, err
	}
	samples := l.Samples / l.Planes
	if err := l.decodable(samples); err != nil {
		return nil, err
	}
	if l.Compression == CompressionWebP {
		return l.decodeWebP(r, e)
	}
	compressed, raw := scratch(), scratch()
	defer discard(compressed)
	defer discard(raw)
	f := file{r: r, size: l.offsets.size}
	if *compressed, err = f.readInto(*compressed, uint64(e.Offset), uint64(e.Length)); err != nil {
		return nil, err
	}
	if *raw, err = decompress(l.Compression, *compressed, *raw, l.rowBytes(samples)*l.TileHeight); err != nil {
		return nil, err
	}
	values, err := l.values(*raw, samples)
	return &Block{Width: l.TileWidth, Height: l.TileHeight, Samples: samples, values: values}, err
}

// rowBytes is the length of a row of samples in the file.
func (l *Level) rowBytes(samples int) int { return (l.TileWidth*samples*l.BitsPerSample + 7) / 8 }

// decodable refuses what would be of no use or take too much memory.
func (l *Level) decodable(samples int) error {
	pixels := uint64(l.TileWidth) * uint64(l.TileHeight)
	switch {
	case l.Type == Unknown:
		return damaged("its samples of %d bits are of a type that can't be decoded", l.BitsPerSample)
	case pixels > maxDecoded || pixels*uint64(samples)*uint64(l.Type.Size()) > maxDecoded:
		return damaged("its tiles of %dx%d pixels are too large", l.TileWidth, l.TileHeight)
	case l.Predictor != predictNothing && (l.BitsPerSample%8 != 0 || l.BitsPerSample/8 != l.Type.Size()):
		return damaged("it has a predictor of samples of %d bits", l.BitsPerSample)
	case l.Predictor == predictFloats && !l.Type.Float(), l.Predictor < predictNothing, l.Predictor > predictFloats:
		return damaged("its predictor %d can't be undone", l.Predictor)
	}
	return nil
}

func (l *Level) decodeWebP(r io.ReaderAt, e Extent) (*Block, error) {
	compressed := scratch()
	defer discard(compressed)
	data, err := l.ReadWebP(r, e, *compressed)
	if err != nil {
		return nil, err
	}
	*compressed = data
	if l.Type != Uint8 || l.BitsPerSample != 8 || l.Planes != 1 || l.Samples != 3 && l.Samples != 4 {
		return nil, damaged("WebP has no %d samples of %d bits", l.Samples, l.BitsPerSample)
	}
	pixels, err := webp.Decode(data, l.TileWidth, l.TileHeight, l.Samples)
	return &Block{Width: l.TileWidth, Height: l.TileHeight, Samples: l.Samples, values: pixels}, err
}
