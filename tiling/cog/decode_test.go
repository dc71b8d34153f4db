package cog

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tiff is a way to store samples.
type tiff struct {
	kind    godal.DataType
	options []string
}

// tiffs are all types of samples by all codecs, predictors and orders.
func tiffs() []tiff {
	var list []tiff
	for _, kind := range []godal.DataType{godal.Byte, godal.UInt16, godal.Int16, godal.UInt32, godal.Int32, godal.Float32, godal.Float64} {
		predictors := []string{"1", "2"}
		if kind == godal.Float32 || kind == godal.Float64 {
			predictors = append(predictors, "3")
		}
		for _, interleave := range []string{"PIXEL", "BAND"} {
			for _, compress := range []string{"NONE", "LZW", "DEFLATE", "ZSTD"} {
				for _, predictor := range predictors {
					if compress == "NONE" && predictor != "1" {
						continue
					}
					options := []string{"INTERLEAVE=" + interleave, "COMPRESS=" + compress}
					if compress != "NONE" {
						options = append(options, "PREDICTOR="+predictor)
					}
					list = append(list, tiff{kind, options})
					if predictor != "3" && (compress == "ZSTD" || compress == "NONE") { // GDAL 3.6 writes garbage there
						list = append(list, tiff{kind, append([]string{"ENDIANNESS=BIG"}, options...)})
					}
				}
			}
		}
	}
	for _, bits := range []string{"1", "4", "7"} {
		list = append(list, tiff{godal.Byte, []string{"NBITS=" + bits, "COMPRESS=DEFLATE"}})
	}
	return append(list, tiff{godal.UInt16, []string{"NBITS=12"}}, tiff{godal.UInt32, []string{"NBITS=20", "INTERLEAVE=PIXEL"}},
		tiff{godal.Byte, []string{"COMPRESS=WEBP", "WEBP_LOSSLESS=YES", "INTERLEAVE=PIXEL"}}, tiff{godal.Byte, []string{"COMPRESS=WEBP", "INTERLEAVE=PIXEL"}})
}

const tiffBands = 3

// write writes a raster of width x height pixels in tiles of 64, the second of
// which is sparse.
func (x tiff) write(t testing.TB, file string, width, height int) {
	t.Helper()
	options := append([]string{"TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64", "SPARSE_OK=YES"}, x.options...)
	ds, err := godal.Create(godal.GTiff, file, tiffBands, x.kind, width, height, godal.CreationOption(options...), godal.SkipWarnings)
	require.NoError(t, err, x.options)
	for b, band := range ds.Bands() {
		write := func(x0, w int) {
			values := make([]float64, w*height)
			for i := range values {
				px, py := float64(x0+i%w), float64(i/w)
				values[i] = 60*math.Sin(px/9)*math.Cos(py/13) + 61 + float64(b)*7
				if x.kind.Size() > 1 {
					values[i] *= 500
				}
				if x.kind == godal.Int16 || x.kind == godal.Int32 || x.kind.Size() > 2 && x.kind != godal.UInt32 {
					values[i] -= 20000
				}
				if x.kind.Size() > 2 {
					values[i] *= 1234.5678
				}
			}
			require.NoError(t, band.Write(x0, 0, values, w, height, godal.SkipWarnings))
		}
		write(0, 64)
		write(128, width-128)
	}
	require.NoError(t, ds.Close(godal.SkipWarnings))
}

// What GDAL reads, we decode, of every type, codec, predictor and order.
func TestBlocksAreGDALs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i, x := range tiffs() {
		t.Run(fmt.Sprint(x.kind, x.options), func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(dir, fmt.Sprint(i, ".tif"))
			x.write(t, file, 150, 100)
			ds, err := godal.Open(file)
			require.NoError(t, err)
			defer ds.Close()
			index, f := index(t, file)
			l := &index.Levels[0]
			assert.Equal(t, x.kind.String(), l.Type.String())
			assert.Equal(t, !strings.Contains(fmt.Sprint(x.options), "INTERLEAVE=BAND"), l.Planes == 1)
			sparse := 0
			for b, band := range ds.Bands() {
				want := make([]float64, 150*100)
				require.NoError(t, band.Read(0, 0, want, 150, 100))
				plane, sample := 0, b
				if l.Planes > 1 {
					plane, sample = b, 0
				}
				for row := range 2 {
					for column := range 3 {
						block, err := l.Decode(f, column, row, plane)
						require.NoError(t, err)
						if block == nil {
							sparse++
							continue
						}
						got := make([]float64, min(64, 150-64*column))
						for y := 64 * row; y < min(64*(row+1), 100); y++ {
							Values(block, got, sample, 0, y%64, nil)
							require.Equal(t, want[y*150+64*column:][:len(got)], got, "row %d of band %d", y, b)
						}
					}
				}
			}
			assert.NotZero(t, sparse)
		})
	}
}

// Numbers that stand for no value are NaN, compared in the type of the samples.
func TestNoValue(t *testing.T) {
	t.Parallel()
	of := func(b *Block, n int, nodata float64) []float32 {
		out := make([]float32, n)
		Values(b, out, 0, 0, 0, &nodata)
		return out
	}
	nan := float32(math.NaN())
	same := func(want, got []float32) {
		t.Helper()
		require.Len(t, got, len(want))
		for i := range want {
			assert.Equal(t, math.Float32bits(want[i])&0x7fc00000, math.Float32bits(got[i])&0x7fc00000)
			assert.Equal(t, want[i] != want[i], got[i] != got[i])
		}
	}
	same([]float32{nan, 1}, of(&Block{Width: 2, Height: 1, Samples: 1, values: []uint16{65535, 1}}, 2, 65535))
	same([]float32{4294967294, nan}, of(&Block{Width: 2, Height: 1, Samples: 1, values: []uint32{4294967294, 4294967295}}, 2, 4294967295))
	same([]float32{0, 255}, of(&Block{Width: 2, Height: 1, Samples: 1, values: []uint8{0, 255}}, 2, -9999))
	same([]float32{1, 0}, of(&Block{Width: 2, Height: 1, Samples: 1, values: []int16{1, 0}}, 2, 0.5))
	same([]float32{nan, 2}, of(&Block{Width: 2, Height: 1, Samples: 1, values: []float32{-3.4e38, 2}}, 2, -3.4e38))
	same([]float32{nan, 2}, of(&Block{Width: 2, Height: 1, Samples: 2, values: []float64{math.NaN(), 1, 2, 1}}, 2, math.NaN()))
}

// What is said of bands is what GDAL says.
func TestBandsAreGDALs(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "bands.tif")
	ds, err := godal.Create(godal.GTiff, file, 2, godal.UInt16, 64, 64, godal.CreationOption("TILED=YES", "ALPHA=YES"))
	require.NoError(t, err)
	require.NoError(t, ds.Bands()[0].SetColorInterp(godal.CIRed))
	require.NoError(t, ds.Bands()[1].SetDescription("near & far"))
	require.NoError(t, ds.Bands()[1].SetScaleOffset(0.5, -3))
	require.NoError(t, ds.SetMetadata("SENSOR", "a camera"))
	require.NoError(t, ds.Close())
	x, _ := index(t, file)
	again, err := godal.Open(file)
	require.NoError(t, err)
	defer again.Close()
	for i, b := range again.Bands() {
		s := b.Structure()
		assert.Equal(t, Band{Interpretation: b.ColorInterp().Name(), Description: b.Description(), Scale: s.Scale, Offset: s.Offset}, x.Bands[i])
	}
	assert.True(t, x.Alpha())
	assert.Contains(t, x.Texts, "SENSOR=a camera")
}

// Files of every kind that are cut off, or in which bits are flipped, give
// errors at worst.
func TestDamagedBlocks(t *testing.T) {
	t.Parallel()
	for i, x := range tiffs() {
		if i%3 != 0 && !strings.Contains(fmt.Sprint(x.options), "WEBP") {
			continue // neighbors have much in common
		}
		t.Run(fmt.Sprint(x.kind, x.options), func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "x.tif")
			x.write(t, file, 150, 64)
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			for n := 8; n < len(data); n += 1 + len(data)/25 {
				exercise(t, data[:n])
			}
			for k := range 60 {
				flipped := bytes.Clone(data)
				at := k * k * 7919 % len(data)
				if k%2 == 0 {
					at %= 600 // where the directory is
				}
				flipped[at] ^= 1 << (k % 8)
				exercise(t, flipped)
			}
		})
	}
}
