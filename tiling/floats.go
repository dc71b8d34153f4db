package tiling

import (
	"math"

	"github.com/airbusgeo/godal"
)

// rect is a part of a raster, in pixels.
type rect struct{ x, y, width, height int }

// readFloats reads bands, numbered from 1 (0: nothing), of a part of the raster
// into planes of toW x toH numbers, by the nearest pixel. valid is 0 where a pixel
// counts in no band: alpha is 0, or any band of data has its nodata value. It is
// nil if all pixels count.
func (r *raster) readFloats(bands []int, from rect, toW, toH int) (planes [][]float32, valid []byte, err error) {
	all := r.ds.Bands()
	read := func(b godal.Band, into any) error {
		return b.Read(from.x, from.y, into, toW, toH, godal.Window(from.width, from.height), quietly)
	}
	planes = make([][]float32, len(bands))
	byBand := map[int][]float32{}
	for i, n := range bands {
		if n == 0 {
			continue
		}
		if byBand[n] == nil {
			byBand[n] = make([]float32, toW*toH)
			if err := read(all[n-1], byBand[n]); err != nil {
				return nil, nil, err
			}
		}
		planes[i] = byBand[n]
	}

	data := r.dataBands()
	switch {
	case len(data) < len(all):
		valid = make([]byte, toW*toH)
		err = read(all[len(all)-1], valid)
	case all[0].MaskFlags()&(maskAllValid|maskNoData) == 0: // a mask of its own
		valid = make([]byte, toW*toH)
		err = read(all[0].MaskBand(), valid)
	}
	if err != nil {
		return nil, nil, err
	}

	var scratch []float32
	for i, b := range data {
		nodata, ok := b.NoData()
		if !ok {
			continue
		}
		values := byBand[i+1]
		if values == nil {
			if scratch == nil {
				scratch = make([]float32, toW*toH)
			}
			values = scratch
			if err := read(b, values); err != nil {
				return nil, nil, err
			}
		}
		if valid == nil {
			valid = make([]byte, toW*toH)
			for j := range valid {
				valid[j] = 255
			}
		}
		void(valid, values, float32(nodata))
	}
	return planes, valid, nil
}

// void clears valid where values are nodata, which may be NaN.
func void(valid []byte, values []float32, nodata float32) {
	if math.IsNaN(float64(nodata)) {
		for i, v := range values {
			if v != v {
				valid[i] = 0
			}
		}
		return
	}
	for i, v := range values {
		if v == nodata {
			valid[i] = 0
		}
	}
}
