package raster

import (
	"encoding/binary"
	"math"
)

// The predictors of TIFF: what is stored are differences along each row.
const (
	predictIntegers = 2
	predictFloats   = 3
)

// predicted appends a tile to data, row by row with the samples of a pixel side
// by side, as the predictor of its type stores it.
func predicted[T sample](data []byte, bands [][]T, side, x, y int) []byte {
	n := len(bands)
	row := make([]T, n*tileSize)
	for j := range tileSize {
		at := (y+j)*side + x
		for k, b := range bands {
			for i, v := range b[at:][:tileSize] {
				row[i*n+k] = v
			}
		}
		if !isFloat[T]() {
			for i := len(row) - 1; i >= n; i-- {
				row[i] -= row[i-n]
			}
			data = appendRow(data, row)
			continue
		}
		data = appendFloats(data, row, n)
	}
	return data
}

func appendRow[T sample](data []byte, row []T) []byte {
	switch row := any(row).(type) {
	case []uint8:
		return append(data, row...)
	case []uint16:
		for _, v := range row {
			data = binary.LittleEndian.AppendUint16(data, v)
		}
	case []int16:
		for _, v := range row {
			data = binary.LittleEndian.AppendUint16(data, uint16(v))
		}
	case []uint32:
		for _, v := range row {
			data = binary.LittleEndian.AppendUint32(data, v)
		}
	case []int32:
		for _, v := range row {
			data = binary.LittleEndian.AppendUint32(data, uint32(v))
		}
	}
	return data
}

// appendFloats appends the bytes of a row plane by plane, the highest first, and then
// as differences to the same sample of the pixel before.
func appendFloats[T sample](data []byte, row []T, samples int) []byte {
	begin, n := len(data), len(row)
	switch row := any(row).(type) {
	case []float32:
		data = append(data, make([]byte, 4*n)...)
		planes := data[begin:]
		p0, p1, p2, p3 := planes[:n], planes[n:][:n], planes[2*n:][:n], planes[3*n:][:n]
		for i, v := range row {
			b := math.Float32bits(v)
			p0[i], p1[i], p2[i], p3[i] = byte(b>>24), byte(b>>16), byte(b>>8), byte(b)
		}
	case []float64:
		data = append(data, make([]byte, 8*n)...)
		for i, v := range row {
			b := math.Float64bits(v)
			for k := range 8 {
				data[begin+k*n+i] = byte(b >> (56 - 8*k))
			}
		}
	}
	planes := data[begin:]
	for i := len(planes) - 1; i >= samples; i-- {
		planes[i] -= planes[i-samples]
	}
	return data
}
