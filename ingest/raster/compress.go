package raster

import (
	"bytes"
	"fmt"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// A compressor appends to block what data are compressed to. It isn't for concurrent use.
type compressor func(block, data []byte) ([]byte, error)

// newCompressor returns the compressor of a codec of values.
func newCompressor(compression string) (compressor, error) {
	switch compression {
	case ZSTD:
		encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
		if err != nil {
			return nil, err
		}
		return func(block, data []byte) ([]byte, error) { return encoder.EncodeAll(data, block), nil }, nil
	case Deflate:
		encoder := zlib.NewWriter(nil)
		return func(block, data []byte) ([]byte, error) {
			out := bytes.NewBuffer(block)
			encoder.Reset(out)
			if _, err := encoder.Write(data); err != nil {
				return block, err
			}
			err := encoder.Close()
			return out.Bytes(), err
		}, nil
	}
	return nil, fmt.Errorf("no block is compressed by %q", compression)
}
