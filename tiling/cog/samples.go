package cog

import (
	"encoding/binary"
	"slices"
	"unsafe"
)

// The values of the TIFF tag Predictor: what is stored are the samples, or
// differences along each row.
const (
	predictNothing  = 1
	predictIntegers = 2
	predictFloats   = 3
)

// word is an unsigned integer of the size of a sample.
type word interface {
	uint8 | uint16 | uint32 | uint64
}

// values turns the bytes of a tile into a slice of the level's type. It may
// change raw, and keeps none of it.
func (l *Level) values(raw []byte, samples int) (any, error) {
	row := l.TileWidth * samples
	switch l.Type {
	case Uint8:
		return words[uint8](l, raw, row, samples), nil
	case Int8:
		return as[int8](words[uint8](l, raw, row, samples)), nil
	case Uint16:
		return words[uint16](l, raw, row, samples), nil
	case Int16:
		return as[int16](words[uint16](l, raw, row, samples)), nil
	case Uint32:
		return words[uint32](l, raw, row, samples), nil
	case Int32:
		return as[int32](words[uint32](l, raw, row, samples)), nil
	case Uint64:
		return words[uint64](l, raw, row, samples), nil
	case Int64:
		return as[int64](words[uint64](l, raw, row, samples)), nil
	case Float32:
		return as[float32](words[uint32](l, raw, row, samples)), nil
	case Float64:
		return as[float64](words[uint64](l, raw, row, samples)), nil
	}
	return nil, damaged("its samples are of an unknown type")
}

// as takes words for samples of the same size.
func as[T number, W word](words []W) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(words))), len(words))
}

// words reads samples as words, row samples in a row, with the predictor undone.
func words[W word](l *Level, raw []byte, row, samples int) []W {
	size := int(unsafe.Sizeof(W(0)))
	out := make([]W, row*l.TileHeight)
	switch {
	case l.BitsPerSample != 8*size:
		for y := range l.TileHeight {
			unpack(out[y*row:][:row], raw[y*l.rowBytes(samples):], l.BitsPerSample)
		}
		return out
	case l.Predictor == predictFloats:
		for y := range l.TileHeight {
			planes := raw[y*row*size:][:row*size]
			accumulate(planes, samples)
			interleave(out[y*row:][:row], planes)
		}
		return out
	}
	if l.Order == binary.BigEndian && size > 1 {
		for i := 0; i < len(raw); i += size {
			slices.Reverse(raw[i : i+size])
		}
	}
	load(out, raw)
	if l.Predictor == predictIntegers {
		for y := range l.TileHeight {
			accumulate(out[y*row:][:row], samples)
		}
	}
	return out
}

// load reads words in little-endian order.
func load[W word](out []W, raw []byte) {
	switch out := any(out).(type) {
	case []uint8:
		copy(out, raw)
	case []uint16:
		for i := range out {
			out[i] = binary.LittleEndian.Uint16(raw[2*i:])
		}
	case []uint32:
		for i := range out {
			out[i] = binary.LittleEndian.Uint32(raw[4*i:])
		}
	case []uint64:
		for i := range out {
			out[i] = binary.LittleEndian.Uint64(raw[8*i:])
		}
	}
}

// accumulate adds to each sample of a row the same one of the pixel before.
func accumulate[W word](row []W, samples int) {
	if samples == 1 {
		sum := W(0)
		for i, d := range row {
			sum += d
			row[i] = sum
		}
		return
	}
	for i := samples; i < len(row); i++ {
		row[i] += row[i-samples]
	}
}

// interleave puts words together from planes of their bytes, the highest first.
func interleave[W word](out []W, planes []byte) {
	n := len(out)
	for k := 0; k < len(planes); k += n {
		for i, b := range planes[k:][:n] {
			out[i] = out[i]<<7<<1 | W(b)
		}
	}
}

// unpack reads samples of less bits than a word, the highest bit first.
func unpack[W word](out []W, packed []byte, bits int) {
	held, n := uint64(0), 0 // of the bits that were read
	for i := range out {
		for n < bits {
			held, n, packed = held<<8|uint64(packed[0]), n+8, packed[1:]
		}
		n -= bits
		out[i] = W(held >> n & (1<<bits - 1))
	}
}
