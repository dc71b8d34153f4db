package raster

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/tiling/cog"
)

func number(v float64) *float64 { return &v }

var rgb = fixture{width: 700, height: 500, bands: 3, dataType: godal.Byte, epsg: 32615, geotransform: utm(5200000, 0.3), value: waves,
	interp: []godal.ColorInterp{godal.CIRed, godal.CIGreen, godal.CIBlue}}

func TestRealFilesBecomeAlignedCOGs(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(realFiles + "/*.tif")
	require.NoError(t, err)
	for _, file := range append(files, rgb.write(t)) { // those of the sample folder, where it is
		if filepath.Base(file) == "corrupt.tif" {
			err := buildError(t, file)
			assert.Equal(t, cairn.Invalid, cairn.CodeOf(err))
			assert.ErrorContains(t, err, "damaged or incomplete")
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			requireAligned(t, build(t, file))
		})
	}
}

// psnr compares the opaque pixels of a COG with an exact warp of its source.
const psnr = `
source, cog, kernel, more = sys.argv[1:5]
out = gdal.Open(cog)
gt = out.GetGeoTransform()
te = [gt[0], gt[3] + gt[5] * out.RasterYSize, gt[0] + gt[1] * out.RasterXSize, gt[3]]
ref = gdal.Warp('', source, options='-of MEM -t_srs EPSG:3857 -te %.12f %.12f %.12f %.12f -ts %d %d -et 0 -dstalpha -r %s %s'
    % (*te, out.RasterXSize, out.RasterYSize, kernel, more))
a, b = out.ReadAsArray().astype(float), ref.ReadAsArray().astype(float)
solid = (a[-1] > 0) & (b[-1] > 0)
error = ((a[:-1] - b[:-1]) ** 2)[:, solid].mean()
print(json.dumps({'psnr': 200.0 if error == 0 else 10 * numpy.log10(255 ** 2 / error), 'solid': int(solid.sum()),
    'alpha': float((( a[-1] > 0) != (b[-1] > 0)).sum() / solid.sum())}))`

type comparison struct {
	PSNR, Alpha float64
	Solid       int
}

func TestColorIsLossyWebPCloseToAnExactWarp(t *testing.T) {
	t.Parallel()
	source := rgb.write(t)
	cog := build(t, source)
	requireAligned(t, cog)
	i := gdalinfo(t, cog)
	assert.Equal(t, "WEBP", i.Metadata["IMAGE_STRUCTURE"]["COMPRESSION"])
	require.Len(t, i.Bands, 4)
	assert.Equal(t, "Alpha", i.Bands[3].ColorInterpretation)

	var c comparison
	python(t, &c, psnr, source, cog, "cubic", "")
	assert.Greater(t, c.PSNR, 38.0)
	assert.Greater(t, c.Solid, 300_000)
	assert.Less(t, c.Alpha, 1e-3)
}

func TestBandsAreOrderedByColor(t *testing.T) {
	t.Parallel()
	bgr := rgb
	bgr.interp = []godal.ColorInterp{godal.CIBlue, godal.CIGreen, godal.CIRed}
	bgr.value = func(band, _, _ int) float64 { return float64(50 + 50*band) }
	var middle []int
	python(t, &middle, `
a = gdal.Open(sys.argv[1]).ReadAsArray()
ys, xs = numpy.nonzero(a[3] == 255)
print(json.dumps([int(v) for v in numpy.median(a[:3, ys, xs], axis=1)]))`, build(t, bgr.write(t)))
	require.Len(t, middle, 3)
	for i, want := range []float64{150, 100, 50} {
		assert.InDelta(t, want, middle[i], 2)
	}
}

func TestNodataOfAPictureIsTransparent(t *testing.T) {
	t.Parallel()
	f := rgb
	f.nodata = number(0)
	f.value = func(band, x, y int) float64 {
		if x < 350 {
			return 0
		}
		return 100 * float64(band) // red is 0 here, which is a color and not void
	}
	var shares []float64
	python(t, &shares, `
a = gdal.Open(sys.argv[1]).ReadAsArray()[3]
w = gdal.Warp('', sys.argv[2], options='-of MEM -t_srs EPSG:3857 -dstalpha -srcnodata None')
print(json.dumps([float((a > 0).sum()), float((a > 0).sum() * gdal.Open(sys.argv[1]).GetGeoTransform()[1] ** 2 /
   ((w.ReadAsArray()[3] > 0).sum() * w.GetGeoTransform()[1] ** 2))]))`, build(t, f.write(t)), f.write(t))
	assert.InDelta(t, 0.5, shares[1], 0.02, "half of the raster is visible")
}

func TestGreyIsLossless(t *testing.T) {
	t.Parallel()
	f := rgb
	f.bands, f.interp = 1, []godal.ColorInterp{godal.CIGray}
	source := f.write(t)
	cog := build(t, source)
	requireAligned(t, cog)
	i := gdalinfo(t, cog)
	assert.Equal(t, "WEBP", i.Metadata["IMAGE_STRUCTURE"]["COMPRESSION"])
	assert.Equal(t, "LOSSLESS", i.Metadata["IMAGE_STRUCTURE"]["COMPRESSION_REVERSIBILITY"])
	require.Len(t, i.Bands, 4)

	var c comparison
	python(t, &c, psnr, source, cog, "cubic", "")
	assert.Greater(t, c.PSNR, 60.0)
}

func TestPaletteKeepsItsColors(t *testing.T) {
	t.Parallel()
	f := rgb
	f.bands, f.interp = 1, nil
	f.colors = [][4]int16{{10, 20, 30, 255}, {200, 100, 0, 255}, {0, 250, 120, 255}}
	f.value = func(_, x, y int) float64 { return float64((x/40 + y/40) % 3) }
	cog := build(t, f.write(t))
	requireAligned(t, cog)
	var colors [][]int
	python(t, &colors, `
ds = gdal.Open(sys.argv[1])
found = set()
for level in [ds] + [gdal.OpenEx(sys.argv[1], open_options=['OVERVIEW_LEVEL=%d' % k]) for k in range(ds.GetRasterBand(1).GetOverviewCount())]:
    a = level.ReadAsArray()
    found |= set(map(tuple, a[:, a[3] > 0].T.tolist()))
print(json.dumps(sorted(found)))`, cog)
	assert.Equal(t, [][]int{{0, 250, 120, 255}, {10, 20, 30, 255}, {200, 100, 0, 255}}, colors)
}

func TestDataKeepsTypeAndNodata(t *testing.T) { // checklist 62, 63; decisions 57
	t.Parallel()
	hole := func(void float64) func(int, int, int) float64 {
		return func(_, x, y int) float64 {
			if x > 100 && x < 200 && y > 100 && y < 200 {
				return void
			}
			return 1000 + float64(x)/7
		}
	}
	elevation := fixture{width: 400, height: 300, bands: 1, dataType: godal.Float32, epsg: 32615, geotransform: utm(5200000, 5)}
	for name, c := range map[string]struct {
		nodata    *float64
		bands     int
		keepsHole bool
	}{
		"ordinary":   {number(-9999), 1, true},
		"NaN":        {number(math.NaN()), 2, true},
		"huge":       {number(-3.4028234663852886e38), 2, true},
		"no nodata":  {nil, 2, false},
		"irrelevant": {number(5), 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := elevation
			f.nodata = c.nodata
			f.value = hole(1234)
			if c.keepsHole {
				f.value = hole(*c.nodata)
			}
			cog := build(t, f.write(t))
			requireAligned(t, cog)
			i := gdalinfo(t, cog)
			assert.Equal(t, "ZSTD", i.Metadata["IMAGE_STRUCTURE"]["COMPRESSION"])
			require.Len(t, i.Bands, c.bands)
			assert.Equal(t, "Float32", i.Bands[0].Type)
			if c.bands == 1 {
				assert.Equal(t, *c.nodata, i.Bands[0].NoDataValue)
			} else {
				assert.Nil(t, i.Bands[0].NoDataValue)
				assert.Equal(t, "Alpha", i.Bands[1].ColorInterpretation)
			}
			// At no level does void leak into the values.
			var bounds []float64
			python(t, &bounds, `
ds = gdal.Open(sys.argv[1])
low, high = 1e99, -1e99
for level in [ds] + [gdal.OpenEx(sys.argv[1], open_options=['OVERVIEW_LEVEL=%d' % k]) for k in range(ds.GetRasterBand(1).GetOverviewCount())]:
    a = level.GetRasterBand(1).ReadAsArray()
    nodata = ds.GetRasterBand(1).GetNoDataValue()
    v = a[a != nodata] if nodata is not None else a[level.GetRasterBand(2).ReadAsArray() > 0]
    low, high = min(low, float(v.min())), max(high, float(v.max()))
print(json.dumps([low, high]))`, cog)
			assert.GreaterOrEqual(t, bounds[0], 999.9)
			assert.LessOrEqual(t, bounds[1], 1234.1)
		})
	}
}

func TestFourBandsWithoutAlphaAreData(t *testing.T) {
	t.Parallel()
	f := rgb
	f.bands = 4
	f.interp = []godal.ColorInterp{godal.CIRed, godal.CIGreen, godal.CIBlue, godal.CIUndefined}
	i := gdalinfo(t, build(t, f.write(t)))
	assert.Equal(t, "ZSTD", i.Metadata["IMAGE_STRUCTURE"]["COMPRESSION"])
	assert.Len(t, i.Bands, 5)
}

func TestScaleOffsetAndNamesAreKept(t *testing.T) {
	t.Parallel()
	f := fixture{width: 64, height: 64, bands: 2, dataType: godal.Int16, epsg: 32615, geotransform: utm(5200000, 5), value: waves, nodata: number(-1)}
	path := f.write(t)
	ds, err := godal.Open(path, godal.Update())
	require.NoError(t, err)
	require.NoError(t, ds.Bands()[1].SetScaleOffset(0.5, 7))
	require.NoError(t, ds.Bands()[1].SetDescription("depth <m>"))
	require.NoError(t, ds.Close())
	i := gdalinfo(t, build(t, path))
	assert.Equal(t, 0.5, i.Bands[1].Scale)
	assert.Equal(t, 7.0, i.Bands[1].Offset)
	assert.Equal(t, "depth <m>", i.Bands[1].Description)
}

func TestOwnCOGIsCopied(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fixture{
		"visual": rgb,
		"data":   {width: 900, height: 300, bands: 1, dataType: godal.UInt16, epsg: 32615, geotransform: utm(5200000, 5), value: waves, nodata: number(9)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := build(t, f.write(t))
			want, err := os.ReadFile(first)
			require.NoError(t, err)
			got, err := os.ReadFile(build(t, first))
			require.NoError(t, err)
			require.True(t, string(want) == string(got), "byte for byte")
		})
	}
}

// What is copied is decoded first: also an overview that no statistics look at.
func TestADamagedCOGIsNotCopied(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fixture{
		"visual": rgb,
		"data":   {width: 900, height: 300, bands: 1, dataType: godal.UInt16, epsg: 32615, geotransform: utm(5200000, 5), value: waves, nodata: number(9)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := build(t, f.write(t))
			data, err := os.ReadFile(first)
			require.NoError(t, err)
			index, err := cog.Parse(bytes.NewReader(data), int64(len(data)))
			require.NoError(t, err)
			require.Greater(t, len(index.Levels), 1)
			last := &index.Levels[len(index.Levels)-1]
			e := cog.Extent{}
			for i := 0; e.Length == 0; i++ {
				e, err = last.Extent(bytes.NewReader(data), i%last.TilesAcross, i/last.TilesAcross, 0)
				require.NoError(t, err)
			}
			clear(data[e.Offset+20:][:e.Length-24])
			path := filepath.Join(t.TempDir(), "blob")
			require.NoError(t, os.WriteFile(path, data, 0o600))
			err = buildError(t, path)
			assert.Equal(t, cairn.Invalid, cairn.CodeOf(err))
			assert.ErrorContains(t, err, "damaged or incomplete")
		})
	}
}

func TestStatisticsAgreeWithNumpy(t *testing.T) { // checklist 65
	t.Parallel()
	f := fixture{width: 600, height: 400, bands: 2, dataType: godal.Float32, epsg: 32615, geotransform: utm(5200000, 5), nodata: number(-9999),
		value: func(band, x, y int) float64 { return math.Sqrt(float64(x*y)) * float64(band+1) }}
	cog := build(t, f.write(t))
	text, err := os.ReadFile(filepath.Join(filepath.Dir(cog), StatisticsName))
	require.NoError(t, err)
	var got Statistics
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Equal(t, byte('Z'), text[len(text)-3], "computedAt is in UTC")

	var want map[string]BandStatistics
	python(t, &want, `
ds = gdal.Open(sys.argv[1])
bands = {}
for n in 1, 2:
    v = ds.GetRasterBand(n).ReadAsArray().astype(float)
    v = v[v != -9999]
    count, edges = numpy.histogram(v, 256)
    share = numpy.cumsum(count) / v.size
    bands[n] = dict(min=v.min(), max=v.max(), mean=v.mean(), std=v.std(),
        p2=edges[numpy.argmax(share >= .02)], p98=edges[numpy.argmax(share >= .98)])
print(json.dumps(bands))`, cog)
	require.Len(t, got.Bands, 2)
	for n := 1; n <= 2; n++ {
		g, w := got.Bands[strconv.Itoa(n)], want[strconv.Itoa(n)]
		for _, pair := range [][2]float64{{g.Min, w.Min}, {g.Max, w.Max}, {g.Mean, w.Mean}, {g.Std, w.Std}, {g.P2, w.P2}, {g.P98, w.P98}} {
			assert.InDelta(t, pair[1], pair[0], 1e-6*w.Max, "band %d", n)
		}
	}
}

func TestProgressRisesAndCancelLeavesNothing(t *testing.T) {
	t.Parallel()
	source := rgb.write(t)
	var seen []float64
	require.NoError(t, Build(context.Background(), source, t.TempDir(), Options{}, func(p float64) { seen = append(seen, p) }))
	assert.IsIncreasing(t, seen)
	assert.Equal(t, 100.0, seen[len(seen)-1])
	assert.Greater(t, len(seen), 10)

	for _, at := range []float64{0, 20, 60, 92} {
		t.Run(strconv.Itoa(int(at)), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			dir := t.TempDir()
			err := Build(ctx, source, dir, Options{}, func(p float64) {
				if p >= at {
					cancel()
				}
			})
			require.ErrorIs(t, err, context.Canceled)
			requireEmpty(t, dir)
		})
	}
}
