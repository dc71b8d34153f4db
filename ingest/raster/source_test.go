package raster

import (
	"encoding/binary"
	"fmt"
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

// Values agree with an exact warp, in every type, also where the source is a
// little finer than the grid; so do those beside void.
func TestValuesAgreeWithAnExactWarp(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]godal.DataType{"Byte": godal.Byte, "UInt16": godal.UInt16, "Int16": godal.Int16, "Int32": godal.Int32, "Float32": godal.Float32, "Float64": godal.Float64} {
		for _, pixel := range []float64{0.3, 0.375} {
			t.Run(fmt.Sprint(name, " ", pixel), func(t *testing.T) {
				t.Parallel()
				f := fixture{width: 700, height: 500, bands: 2, dataType: kind, epsg: 32615, geotransform: utm(5200000, pixel), nodata: number(7), value: func(band, x, y int) float64 {
					if (x-300)*(x-300)+(y-200)*(y-200) < 10_000 {
						return 7
					}
					return waves(band, x, y) + float64((x*31+y*17)%40)
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
# The data alone: from the sizes of source and target GDAL finds out how wide its kernel must be.
g = gdal.Warp('', source, options='-of VRT -t_srs EPSG:3857 -tap -tr %.12f %.12f' % (gt[1], gt[1]))
x, y = round((g.GetGeoTransform()[0] - gt[0]) / gt[1]), round((gt[3] - g.GetGeoTransform()[3]) / gt[1])
w, h = g.RasterXSize, g.RasterYSize
ref = gdal.Warp('', source, options='-of MEM -t_srs EPSG:3857 -te %.12f %.12f %.12f %.12f -ts %d %d -et 0 -r bilinear'
    % (gt[0] + x * gt[1], gt[3] - (y + h) * gt[1], gt[0] + (x + w) * gt[1], gt[3] - y * gt[1], w, h))
a, b = out.ReadAsArray(x, y, w, h).astype(float), ref.ReadAsArray().astype(float)
both = (a != 7) & (b != 7)
print(json.dumps({'worst': float(abs(a - b)[both].max()), 'void': float(((a != 7) != (b != 7)).sum() / both.sum()), 'values': int(both.sum())}))`, source, build(t, source))
				limit := 1.0 // a half rounded to either side
				if kind == godal.Float32 || kind == godal.Float64 {
					limit = 0.01
					if pixel > 0.3 {
						limit = 0.3 // GDAL has one width for all of it
					}
				}
				assert.LessOrEqual(t, got.Worst, limit)
				assert.Less(t, got.Void, 1e-4)
				assert.Greater(t, got.Values, 250_000)
			})
		}
	}
}
