package raster

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// buildWith builds source with options and returns the path of its COG.
func buildWith(t *testing.T, source string, o Options) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, Build(context.Background(), source, dir, o, nil))
	return filepath.Join(dir, COGName)
}

// However much memory and however many threads a build has, its bytes are the
// same: also where the source is turned, finer in one direction, bent by its
// projection or stored in long strips.
func TestMemoryAndWorkersChangeNoByte(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fixture{
		"picture": {width: 2100, height: 900, bands: 3, dataType: godal.Byte, epsg: 32615, geotransform: utm(5200000, 1), value: waves},
		"planes":  wide(godal.UInt16, 6, 0),
		"turned":  {width: 1100, height: 1000, bands: 3, dataType: godal.Byte, epsg: 32615, geotransform: [6]float64{500000, 1, .7, 5200000, .7, -1}, value: waves},
		"finer":   {width: 5000, height: 200, bands: 1, dataType: godal.Float32, epsg: 32615, geotransform: [6]float64{500000, 1, 0, 5200000, 0, -9}, value: waves, nodata: number(-1)},
		"world":   {width: 1800, height: 900, bands: 1, dataType: godal.Int16, epsg: 4326, geotransform: degrees(-180, 90, .2), value: waves},
		"strips":  {width: 20000, height: 64, bands: 1, dataType: godal.Float64, epsg: 32615, geotransform: utm(5200000, 1), value: waves, options: []string{"BLOCKYSIZE=64", "COMPRESS=ZSTD"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := f.write(t)
			want, err := os.ReadFile(buildWith(t, source, Options{Workers: 1, Memory: 4 << 30}))
			require.NoError(t, err)
			for _, o := range []Options{{Workers: 3}, {Workers: 64, Memory: 1}} {
				got, err := os.ReadFile(buildWith(t, source, o))
				require.NoError(t, err)
				require.True(t, string(want) == string(got), "%+v", o)
			}
		})
	}
}

func TestOptionsThatChangeBytesChangeTheVersion(t *testing.T) {
	t.Parallel()
	usual := Options{}.Version()
	for _, same := range []Options{{Quality: 80}, {Compression: ZSTD}, {Memory: 1 << 40, Workers: 7}} {
		assert.Equal(t, usual, same.Version(), "%+v", same)
	}
	seen := map[string]bool{usual: true}
	for _, other := range []Options{{Quality: 79}, {Quality: 90}, {Lossless: true}, {Compression: Deflate}, {Lossless: true, Compression: Deflate}, {Quality: 90, Compression: Deflate}} {
		assert.False(t, seen[other.Version()], "%+v", other)
		seen[other.Version()] = true
	}
	assert.Equal(t, Options{Lossless: true}.Version(), Options{Lossless: true, Quality: 50}.Version(), "a quality that has no effect")
}

func TestQualityIsThatOfTheTiles(t *testing.T) {
	t.Parallel()
	source := rgb.write(t)
	low, high := buildWith(t, source, Options{Quality: 30}), buildWith(t, source, Options{Quality: 95})
	assert.Equal(t, "30", gdalinfo(t, low).Metadata["IMAGE_STRUCTURE"]["WEBP_LEVEL"])
	smaller, err := os.Stat(low)
	require.NoError(t, err)
	larger, err := os.Stat(high)
	require.NoError(t, err)
	assert.Less(t, smaller.Size(), larger.Size())
	var a, b comparison
	python(t, &a, psnr, source, low, "cubic", "")
	python(t, &b, psnr, source, high, "cubic", "")
	assert.Less(t, a.PSNR+3, b.PSNR)
}

// Without the loss of its codec a picture is what an exact warp makes.
func TestLosslessColorIsAnExactWarp(t *testing.T) {
	t.Parallel()
	source := rgb.write(t)
	cog := buildWith(t, source, Options{Lossless: true})
	requireAligned(t, cog)
	assert.Equal(t, "LOSSLESS", gdalinfo(t, cog).Metadata["IMAGE_STRUCTURE"]["COMPRESSION_REVERSIBILITY"])
	var c comparison
	python(t, &c, psnr, source, cog, "cubic", "")
	assert.GreaterOrEqual(t, c.PSNR, 60.0)
	assert.Greater(t, c.Solid, 300_000)
	assert.Less(t, c.Alpha, 1e-3)
}

// The codec of values changes how they are stored alone.
func TestDeflateHoldsTheSameValues(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fixture{"integers": wide(godal.UInt16, 6, 0), "floats": wide(godal.Float32, 1, -1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := f.write(t)
			deflate := buildWith(t, source, Options{Compression: Deflate})
			requireAligned(t, deflate)
			assert.Equal(t, "DEFLATE", gdalinfo(t, deflate).Metadata["IMAGE_STRUCTURE"]["COMPRESSION"])
			requireSamePixels(t, build(t, source), deflate)
		})
	}
}

// requireSamePixels asserts that two COGs have the same values at every level.
func requireSamePixels(t *testing.T, one, other string) {
	t.Helper()
	var levels []bool
	python(t, &levels, `
def levels(name):
    ds = gdal.Open(name)
    n = ds.GetRasterBand(1).GetOverviewCount()
    return [ds.ReadAsArray()] + [gdal.OpenEx(name, open_options=['OVERVIEW_LEVEL=%d' % k]).ReadAsArray() for k in range(n)]
a, b = levels(sys.argv[1]), levels(sys.argv[2])
print(json.dumps([len(a) == len(b)] + [bool(numpy.array_equal(x, y)) for x, y in zip(a, b)]))`, one, other)
	require.Greater(t, len(levels), 1)
	require.NotContains(t, levels, false)
}
