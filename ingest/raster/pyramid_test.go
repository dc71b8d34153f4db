package raster

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wide is a raster of several metatiles, with a hole.
func wide(t godal.DataType, bands int, nodata float64) fixture {
	return fixture{width: 2600, height: 700, bands: bands, dataType: t, epsg: 32615, geotransform: utm(5200000, 1), nodata: &nodata,
		value: func(band, x, y int) float64 {
			if x > 300 && x < 1500 && y > 90 && y < 600 {
				return nodata
			}
			return waves(band, x, y)
		}}
}

// The same source gives the same bytes, whichever worker is faster.
func TestBuildsAreDeterministic(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fixture{"picture": wide(godal.Byte, 1, 0), "planes": wide(godal.UInt16, 6, 0), "floats": wide(godal.Float32, 1, -1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := f.write(t)
			first, err := os.ReadFile(build(t, source))
			require.NoError(t, err)
			again, err := os.ReadFile(build(t, source))
			require.NoError(t, err)
			require.True(t, string(first) == string(again))
		})
	}
}

// Each overview is the mean of what is visible of the level below.
func TestOverviewsAreMeans(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fixture{"picture": wide(godal.Byte, 1, 0), "planes": wide(godal.UInt16, 6, 0), "floats": wide(godal.Float32, 2, -1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var worst []float64
			python(t, &worst, `
name = sys.argv[1]
ds = gdal.Open(name)
n = ds.GetRasterBand(1).GetOverviewCount()
levels = [gdal.Open(name)] + [gdal.OpenEx(name, open_options=['OVERVIEW_LEVEL=%d' % k]) for k in range(n)]
nodata = ds.GetRasterBand(1).GetNoDataValue()
worst = []
for fine, coarse in zip(levels, levels[1:]):
    a, b = fine.ReadAsArray().astype(float), coarse.ReadAsArray().astype(float)
    seen = numpy.broadcast_to(a[-1] > 0, a.shape) if nodata is None else a != nodata
    there = numpy.broadcast_to(b[-1] > 0, b.shape) if nodata is None else b != nodata
    quarters = lambda v: v[:, ::2, ::2] + v[:, 1::2, ::2] + v[:, ::2, 1::2] + v[:, 1::2, 1::2]
    count = quarters(seen.astype(float))
    assert ((count > 0) == there).all(), 'what is visible'
    mean = quarters(numpy.where(seen, a, 0)) / numpy.maximum(count, 1)
    worst.append(float(abs(mean - b)[there].max()))
print(json.dumps(worst))`, build(t, f.write(t)))
			require.NotEmpty(t, worst)
			for k, off := range worst {
				assert.LessOrEqual(t, off, 0.5001, "level %d", k+1)
			}
		})
	}
}

// A build in which most of the grid is empty leaves those tiles out.
func TestEmptyTilesAreSparse(t *testing.T) {
	t.Parallel()
	var sizes []int
	python(t, &sizes, `
ds = gdal.Open(sys.argv[1])
b = ds.GetRasterBand(1)
print(json.dumps([int(b.GetMetadataItem('BLOCK_SIZE_%d_%d' % (x, y), 'TIFF') or 0) for y in range(ds.RasterYSize // 256) for x in range(ds.RasterXSize // 256)]))`,
		build(t, wide(godal.Byte, 1, 0).write(t)))
	empty := 0
	for _, n := range sizes {
		if n == 0 {
			empty++
		}
	}
	assert.Greater(t, empty, 4)
	assert.Less(t, empty, len(sizes)-20)
}

func TestCancelledBuildsEndAtOnce(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	require.ErrorIs(t, Build(ctx, wide(godal.Byte, 1, 0).write(t), dir, Options{}, nil), context.Canceled)
	requireEmpty(t, dir)
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	f := fixture{width: 64, height: 64, bands: 512, dataType: godal.Float64, epsg: 32615, geotransform: utm(5200000, 1)}
	ds, err := openTIFF(f.write(t))
	require.NoError(t, err)
	defer ds.Close()
	r, err := recipeFor(ds, Options{}.withDefaults())
	require.NoError(t, err)
	p := plan{zoom: 22, levels: 16, data: tileRange{0, 0, 1 << 16, 1 << 7}}
	p.grid = p.data.alignedTo(p.levels - 1)
	for _, cores := range []int{1, 2, 8, 64} {
		b := budgetFor(p, r, ds, Options{Workers: cores}.withDefaults())
		assert.LessOrEqual(t, b.need(p, r)+cacheBytes()+codingMemory, int64(1<<30), "%d cores", cores)
		assert.Positive(t, b.bands)
		assert.Positive(t, b.workers)
	}
}

// The kernel's tables are the cubic convolution and sum up to one everywhere.
func TestCubicTable(t *testing.T) {
	t.Parallel()
	for phase, w := range secondWeights {
		sum := int64(0)
		for k, v := range w {
			sum += v
			assert.InDelta(t, cubicKernel(math.Abs(float64(phase)/phases+1-float64(k))), float64(v)/(1<<secondBits), 1e-3)
		}
		assert.EqualValues(t, 1<<secondBits, sum)
	}
}

func TestSpoolsHaveNoName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := newSpool(dir)
	require.NoError(t, err)
	defer s.close()
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}
