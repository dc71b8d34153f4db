package raster

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
)

// degrees is an EPSG:4326 geotransform.
func degrees(west, north, pixel float64) [6]float64 {
	return [6]float64{west, pixel, 0, north, 0, -pixel}
}

// valueAt reads band 1 of a raster at a longitude and latitude with GDAL's own
// tool; x is east of the antimeridian given as longitude above 180.
func valueAt(t *testing.T, cog string, lon, lat float64) float64 {
	t.Helper()
	const radius = 6378137
	x := radius * lon * math.Pi / 180
	y := radius * math.Log(math.Tan(math.Pi/4+lat*math.Pi/360))
	out := tool(t, "gdallocationinfo", "-valonly", "-b", "1", "-geoloc", cog, strconv.FormatFloat(x, 'f', 6, 64), strconv.FormatFloat(y, 'f', 6, 64))
	v, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	require.NoError(t, err, string(out))
	return v
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	// The value of each pixel is its own longitude plus a latitude's tenth.
	place := func(west, north, pixel float64) func(int, int, int) float64 {
		return func(_, x, y int) float64 { return west + (float64(x)+.5)*pixel + (north-(float64(y)+.5)*pixel)/10 }
	}
	type point struct{ lon, lat float64 }
	for name, c := range map[string]struct {
		west, north, pixel float64
		width, height      int
		points             []point // longitudes as the raster counts them
		shift              float64 // of the COG's longitudes against the raster's
	}{
		"across the antimeridian eastwards": {178, 53, 0.01, 400, 200, []point{{178.5, 52}, {179.99, 51.5}, {180.01, 51.5}, {181.5, 52.5}}, 0},
		"across the antimeridian westwards": {-183, 10, 0.02, 300, 200, []point{{-182.5, 8}, {-180.02, 7}, {-179.97, 7}, {-177.5, 9}}, 360},
		"0 to 360":                          {0, 80, 0.5, 720, 320, []point{{10, 50}, {170, -30}}, 0},
		"0 to 360, its western half":        {0, 80, 0.5, 720, 320, []point{{190, 50}, {350, -30}}, -360},
		"the world with its poles":          {-180, 90, 0.5, 720, 360, []point{{-170, 50}, {0, 0}, {170, -84}}, 0},
		"up to the antimeridian":            {175, 10, 0.01, 500, 100, []point{{179.9, 9.5}, {175.5, 9.5}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := fixture{width: c.width, height: c.height, bands: 1, dataType: godal.Float32, epsg: 4326, nodata: number(-9999),
				geotransform: degrees(c.west, c.north, c.pixel), value: place(c.west, c.north, c.pixel)}
			cog := build(t, f.write(t))
			requireAligned(t, cog)
			for _, p := range c.points {
				assert.InDelta(t, p.lon+p.lat/10, valueAt(t, cog, p.lon+c.shift, p.lat), 2*c.pixel, "at %v", p)
			}
		})
	}
}

func TestRealDatelineFileShowsOnBothSides(t *testing.T) {
	t.Parallel()
	source := filepath.Join(realFiles, "cog_dateline.tif")
	if _, err := os.Stat(source); err != nil {
		t.Skip("no real rasters on this machine")
	}
	cog := build(t, source)
	for _, lon := range []float64{178.3, 179.2, 180.4, 181.1} {
		want, err := strconv.ParseFloat(strings.TrimSpace(string(tool(t, "gdallocationinfo", "-valonly", "-wgs84", source,
			strconv.FormatFloat(lon, 'f', 6, 64), "51.7"))), 64)
		require.NoError(t, err)
		assert.InEpsilon(t, want, valueAt(t, cog, lon, 51.7), 0.25, "longitude %v", lon)
	}
}

func TestOddRastersBuild(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fixture{
		"one pixel":         {width: 1, height: 1, bands: 1, dataType: godal.Byte, epsg: 32615, geotransform: utm(5200000, 10), value: waves},
		"a hundred bands":   {width: 40, height: 30, bands: 100, dataType: godal.Int16, epsg: 32615, geotransform: utm(5200000, 10), value: waves},
		"south up":          {width: 90, height: 60, bands: 3, dataType: godal.Byte, epsg: 32615, geotransform: [6]float64{500000, 1, 0, 5200000, 0, 1}, value: waves},
		"rotated":           {width: 90, height: 60, bands: 3, dataType: godal.Byte, epsg: 32615, geotransform: [6]float64{500000, 1, .7, 5200000, .7, -1}, value: waves},
		"one row":           {width: 3000, height: 1, bands: 1, dataType: godal.Float64, epsg: 32615, geotransform: utm(5200000, 1), value: waves},
		"grey with alpha":   {width: 90, height: 60, bands: 2, dataType: godal.Byte, epsg: 32615, geotransform: utm(5200000, 1), interp: []godal.ColorInterp{godal.CIGray, godal.CIAlpha}, value: waves},
		"data with alpha":   {width: 90, height: 60, bands: 3, dataType: godal.UInt16, epsg: 32615, geotransform: utm(5200000, 1), interp: []godal.ColorInterp{godal.CIGray, godal.CIUndefined, godal.CIAlpha}, value: waves},
		"nodata not in use": {width: 90, height: 60, bands: 1, dataType: godal.UInt16, epsg: 32615, geotransform: utm(5200000, 1), nodata: number(-9999), value: waves},
		"void":              {width: 90, height: 60, bands: 1, dataType: godal.Float32, epsg: 32615, geotransform: utm(5200000, 1), nodata: number(0)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireAligned(t, build(t, f.write(t)))
		})
	}
}

func TestWhatCannotBeAMapSaysWhy(t *testing.T) {
	t.Parallel()
	one := fixture{width: 10, height: 10, bands: 1, dataType: godal.Byte, epsg: 32615, geotransform: utm(5200000, 10), value: waves}
	with := func(change func(*fixture)) fixture { f := one; change(&f); return f }
	for name, c := range map[string]struct {
		fixture fixture
		says    string
	}{
		"no CRS":            {with(func(f *fixture) { f.epsg = 0 }), "no coordinate reference system"},
		"no geotransform":   {with(func(f *fixture) { f.noTransform = true }), "geotransform"},
		"flat geotransform": {with(func(f *fixture) { f.geotransform[5] = 0 }), "geotransform"},
		"long pixels":       {with(func(f *fixture) { f.geotransform[5] = -1000 }), "100 times as long as wide"},
		"a pole":            {with(func(f *fixture) { f.epsg = 3413; f.geotransform = [6]float64{-5e5, 1e5, 0, 5e5, 0, -1e5} }), "pole"},
		"the far north":     {with(func(f *fixture) { f.epsg = 4326; f.geotransform = degrees(10, 89, .1) }), "85.05"},
		"off the Earth":     {with(func(f *fixture) { f.epsg = 4326; f.geotransform = degrees(10, 500, 1) }), "Earth"},
		"many turns":        {with(func(f *fixture) { f.epsg = 4326; f.geotransform = degrees(-900, 10, 180) }), "Earth"},
		"too many bands":    {with(func(f *fixture) { f.bands = 513; f.value = nil }), "513 bands"},
		"complex numbers":   {with(func(f *fixture) { f.dataType = godal.CFloat32; f.value = nil }), "complex"},
		"absurd size": {fixture{width: 1 << 20, height: 1 << 20, bands: 1, dataType: godal.Byte, epsg: 32615, geotransform: utm(5200000, 1e-3),
			options: []string{"SPARSE_OK=TRUE", "TILED=YES", "BIGTIFF=YES", "BLOCKXSIZE=16384", "BLOCKYSIZE=16384"}}, "1048576 x 1048576 pixels"},
		"absurd blocks": {fixture{width: 60000, height: 60000, bands: 1, dataType: godal.Byte, epsg: 32615, geotransform: utm(5200000, 1),
			options: []string{"SPARSE_OK=TRUE", "COMPRESS=DEFLATE", "TILED=YES", "BLOCKXSIZE=49152", "BLOCKYSIZE=49152"}}, "blocks too large"},
		"absurd grid": {fixture{width: 1 << 22, height: 1024, bands: 1, dataType: godal.Byte, epsg: 4326, geotransform: degrees(-170, 60, 340./(1<<22)),
			options: []string{"SPARSE_OK=TRUE", "TILED=YES"}}, "map tiles"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := buildError(t, c.fixture.write(t))
			assert.Equal(t, cairn.Invalid, cairn.CodeOf(err))
			assert.ErrorContains(t, err, c.says)
		})
	}
	t.Run("no raster", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "blob")
		require.NoError(t, os.WriteFile(path, []byte("II*\x00 and so on"), 0o600))
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(buildError(t, path)))
	})
	t.Run("truncated", func(t *testing.T) {
		t.Parallel()
		path := rgb.write(t)
		require.NoError(t, os.Truncate(path, 200_000))
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(buildError(t, path)))
	})
	t.Run("another format", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "blob")
		vrt := tool(t, "gdal_translate", "-q", "-of", "VRT", rgb.write(t), "/vsistdout/")
		require.NoError(t, os.WriteFile(path, vrt, 0o600))
		_, georeferenced, err := Describe(context.Background(), path)
		require.NoError(t, err)
		assert.False(t, georeferenced, "a VRT may name any file, so it must not be opened")
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(buildError(t, path)))
	})
	t.Run("no file", func(t *testing.T) {
		t.Parallel()
		assert.ErrorIs(t, buildError(t, filepath.Join(t.TempDir(), "none")), os.ErrNotExist)
	})
}

func TestDescribe(t *testing.T) { // checklist 50 to 52
	t.Parallel()
	source := rgb.write(t)
	d, georeferenced, err := Describe(context.Background(), source)
	require.NoError(t, err)
	require.True(t, georeferenced)
	assert.Equal(t, catalog.GeoRaster, d.Type)
	assert.Len(t, d.Properties, 5)
	assert.Equal(t, 700, d.Properties["width"])
	assert.Equal(t, 500, d.Properties["height"])
	assert.Equal(t, []float64{500000, .3, 0, 5200000, 0, -.3}, d.Properties["geotransform"])
	assert.Contains(t, d.Properties["projection"], `PROJCS["WGS 84 / UTM zone 15N"`)
	assert.Equal(t, []map[string]any{{"type": "Byte", "colorInterp": "Red"}, {"type": "Byte", "colorInterp": "Green"}, {"type": "Byte", "colorInterp": "Blue"}}, d.Properties["bands"])

	var want [][]float64 // UL, UR, LR, LL, centre, from GDAL's Python
	python(t, &want, `
from osgeo import osr
osr.UseExceptions()
a, b = osr.SpatialReference(), osr.SpatialReference()
a.ImportFromEPSG(32615); b.ImportFromEPSG(4326)
b.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
tr = osr.CoordinateTransformation(a, b)
print(json.dumps([tr.TransformPoint(500000 + .3 * x, 5200000 - .3 * y)[:2] for x, y in [(0, 0), (700, 0), (700, 500), (0, 500), (350, 250)]]))`)
	ring := d.Polygon.Coords()[0]
	require.Len(t, ring, 5)
	for i, k := range []int{0, 1, 2, 3, 0} {
		assert.InDelta(t, want[k][0], ring[i][0], 1e-9)
		assert.InDelta(t, want[k][1], ring[i][1], 1e-9)
		assert.Zero(t, ring[i][2])
	}
	assert.InDelta(t, want[4][0], d.Point.X(), 1e-9)
	assert.InDelta(t, want[4][1], d.Point.Y(), 1e-9)
	assert.Equal(t, catalog.SRID, d.Polygon.SRID())
}

func TestDescribeAcrossTheAntimeridian(t *testing.T) { // decisions 66
	t.Parallel()
	f := fixture{width: 40, height: 20, bands: 1, dataType: godal.Byte, epsg: 32660, geotransform: [6]float64{500000, 10000, 0, 5800000, 0, -10000}}
	d, _, err := Describe(context.Background(), f.write(t))
	require.NoError(t, err)
	ring := d.Polygon.Coords()[0]
	assert.InDelta(t, 177, ring[0][0], 1e-6, "the zone's central meridian")
	assert.InDelta(t, 182.85, ring[1][0], .1)
	assert.LessOrEqual(t, math.Abs(d.Point.X()), 180.0)
}

func TestWhatIsNotGeoreferenced(t *testing.T) {
	t.Parallel()
	plain := rgb
	plain.epsg = 0
	_, georeferenced, err := Describe(context.Background(), plain.write(t))
	require.NoError(t, err)
	assert.False(t, georeferenced, "a geotransform without CRS")

	garbage := filepath.Join(t.TempDir(), "x.tif")
	require.NoError(t, os.WriteFile(garbage, []byte("not a TIFF"), 0o600))
	_, georeferenced, err = Describe(context.Background(), garbage)
	require.NoError(t, err)
	assert.False(t, georeferenced)

	_, _, err = Describe(context.Background(), filepath.Join(t.TempDir(), "none"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}
