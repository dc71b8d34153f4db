package raster

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
)

// translated is what gdal_translate makes of a raster.
func translated(t *testing.T, source string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "blob")
	tool(t, "gdal_translate", append(append([]string{"-q", "-of", "GTiff"}, args...), source, path)...)
	return path
}

func TestPlacesThatMustBeFittedSayWhy(t *testing.T) {
	t.Parallel()
	source := rgb.write(t)
	points := []string{"-a_srs", "EPSG:4326"}
	for _, p := range [][]string{{"0", "0", "10", "50"}, {"700", "0", "11", "50"}, {"700", "500", "11", "49"}, {"0", "500", "10", "49"}} {
		points = append(append(points, "-gcp"), p...)
	}
	err := buildError(t, translated(t, source, points...))
	assert.Equal(t, cairn.Invalid, cairn.CodeOf(err))
	assert.ErrorContains(t, err, "ground control points")
}

func TestJPEGOfTwelveBits(t *testing.T) {
	t.Parallel()
	deep := fixture{width: 300, height: 300, bands: 1, dataType: godal.UInt16, epsg: 32615, geotransform: utm(5200000, 1), value: waves, options: []string{"NBITS=12", "TILED=YES"}}
	path := deep.write(t)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	directory := binary.LittleEndian.Uint32(data[4:])
	for i := range int(binary.LittleEndian.Uint16(data[directory:])) {
		if entry := data[int(directory)+2+12*i:]; binary.LittleEndian.Uint16(entry) == 259 {
			binary.LittleEndian.PutUint16(entry[8:], 7) // says JPEG
		}
	}
	require.NoError(t, os.WriteFile(path, data, 0o600))
	err = buildError(t, path)
	assert.Equal(t, cairn.Invalid, cairn.CodeOf(err))
	assert.ErrorContains(t, err, "12 bits")
}

// However a raster is stored, its map is the same.
func TestStorageDoesNotMatter(t *testing.T) {
	t.Parallel()
	source := wide(godal.Byte, 3, 0).write(t)
	want, err := os.ReadFile(build(t, source))
	require.NoError(t, err)
	for name, args := range map[string][]string{
		"one row a strip": {"-co", "BLOCKYSIZE=1", "-co", "COMPRESS=DEFLATE"},
		"one strip":       {"-co", "BLOCKYSIZE=700", "-co", "COMPRESS=LZW"},
		"tiles":           {"-co", "TILED=YES", "-co", "BLOCKXSIZE=128", "-co", "BLOCKYSIZE=512", "-co", "COMPRESS=ZSTD"},
		"planes":          {"-co", "INTERLEAVE=BAND", "-co", "TILED=YES"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := os.ReadFile(build(t, translated(t, source, args...)))
			require.NoError(t, err)
			require.True(t, string(want) == string(got))
		})
	}
}

// What of TIFF's types others can't read becomes one that they can.
func TestLongIntegersBecomeDoubles(t *testing.T) {
	t.Parallel()
	f := fixture{width: 300, height: 200, bands: 1, dataType: godal.Int32, epsg: 32615, geotransform: utm(5200000, 1), value: waves}
	cog := build(t, translated(t, f.write(t), "-ot", "Int64"))
	requireAligned(t, cog)
	assert.Equal(t, "Float64", gdalinfo(t, cog).Bands[0].Type)
}

// Values agree with an exact warp, in every type; so do those beside void.
func TestValuesAgreeWithAnExactWarp(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]godal.DataType{"Byte": godal.Byte, "UInt16": godal.UInt16, "Int16": godal.Int16, "Int32": godal.Int32, "Float32": godal.Float32, "Float64": godal.Float64} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := fixture{width: 700, height: 500, bands: 2, dataType: kind, epsg: 32615, geotransform: utm(5200000, 0.3), nodata: number(7), value: func(band, x, y int) float64 {
				if (x-300)*(x-300)+(y-200)*(y-200) < 10_000 {
					return 7
				}
				return waves(band, x, y)
			}}
			source := f.write(t)
			var got struct {
				Worst, Void float64
				Values      int
			}
			python(t, &got, `
source, cog = sys.argv[1:3]
out = gdal.Open(cog)
gt = out.GetGeoTransform()
ref = gdal.Warp('', source, options='-of MEM -t_srs EPSG:3857 -te %.12f %.12f %.12f %.12f -ts %d %d -et 0 -r bilinear'
    % (gt[0], gt[3] + gt[5] * out.RasterYSize, gt[0] + gt[1] * out.RasterXSize, gt[3], out.RasterXSize, out.RasterYSize))
a, b = out.ReadAsArray().astype(float), ref.ReadAsArray().astype(float)
both = (a != 7) & (b != 7)
print(json.dumps({'worst': float(abs(a - b)[both].max()), 'void': float(((a != 7) != (b != 7)).sum() / both.sum()), 'values': int(both.sum())}))`, source, build(t, source))
			limit := 1.0 // a half rounded to either side
			if kind == godal.Float32 || kind == godal.Float64 {
				limit = 0.01
			}
			assert.LessOrEqual(t, got.Worst, limit)
			assert.Less(t, got.Void, 1e-4)
			assert.Greater(t, got.Values, 500_000)
		})
	}
}
