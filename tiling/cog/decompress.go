package cog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/image/tiff/lzw"
)

// The values of the TIFF tag Compression, besides CompressionWebP.
const (
	compressionNone       = 1
	compressionLZW        = 5
	compressionDeflate    = 8
	compressionOldDeflate = 32946
	compressionZSTD       = 50000
)

// mostOf is how many bytes one compressed byte can stand for at most, as far as
// there is a limit: no memory is taken for what can't be.
var mostOf = map[int]int{compressionNone: 1, compressionLZW: 4096, compressionDeflate: 1100, compressionOldDeflate: 1100}

// zstdDecoder stops at the end of the memory that it is given.
var zstdDecoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecodeAllCapLimit(true))
})

// decompress returns the n bytes that a tile holds, in the memory of buffer if
// that is enough.
func decompress(compression int, data, buffer []byte, n int) ([]byte, error) {
	if most, ok := mostOf[compression]; ok && n > len(data)*most {
		return nil, damaged("a tile has %d bytes, which can't be %d decompressed ones", len(data), n)
	}
	if cap(buffer) < n {
		buffer = make([]byte, n)
	}
	var err error
	switch buffer = buffer[:n:n]; compression {
	case compressionNone:
		copy(buffer, data)
	case compressionZSTD:
		err = unZSTD(data, buffer)
	case compressionDeflate, compressionOldDeflate:
		err = inflate(data, buffer)
	case compressionLZW:
		r := lzw.NewReader(bytes.NewReader(data), lzw.MSB, 8)
		_, err = io.ReadFull(r, buffer)
		r.Close()
	default:
		return nil, damaged("its compression %d is unknown", compression)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: a tile can't be decompressed: %w", errDamaged, err)
	}
	return buffer, nil
}

func unZSTD(data, buffer []byte) error {
	decoder, err := zstdDecoder()
	if err != nil {
		return err
	}
	out, err := decoder.DecodeAll(data, buffer[:0])
	if err == nil && len(out) != len(buffer) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// inflaters are zlib readers to be reused.
var inflaters sync.Pool

func inflate(data, buffer []byte) (err error) {
	r, ok := inflaters.Get().(io.ReadCloser)
	if ok {
		err = r.(zlib.Resetter).Reset(bytes.NewReader(data), nil)
	} else {
		r, err = zlib.NewReader(bytes.NewReader(data))
	}
	if err != nil {
		return err
	}
	defer inflaters.Put(r)
	if _, err := io.ReadFull(r, buffer); err != nil {
		return err
	}
	// Only at the end of the stream its checksum is looked at.
	switch n, err := r.Read(make([]byte, 1)); {
	case n > 0:
		return errors.New("it holds more than a tile")
	case err != io.EOF:
		return err
	}
	return nil
}
