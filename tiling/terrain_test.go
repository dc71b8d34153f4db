package tiling

import (
	"encoding/json"
	"image"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/tiling/cog"
	"github.com/cairngeo/cairn/tiling/style"
)

// hills is four tiles of heights at the equator, where metres are metres.
var hills = maptile.New(1000, 1<<17-1, 18)

// makeHeights writes four tiles of heights, from the tile that is given, which are
// what an expression of x and y in pixels says and nodata where another says so.
const makeHeights = `
target, column, row, zoom, unit = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
y, x = np.mgrid[0:512, 0:512].astype(float)
z = (eval(sys.argv[6]) + 0*x).astype(np.float32)
z[eval(sys.argv[7]) & np.ones(x.shape, bool)] = -9999
half = np.pi*6378137
res = 2*half/2**zoom/256
ds = gdal.GetDriverByName('GTiff').Create(target, 512, 512, 1, gdal.GDT_Float32)
ref = osr.SpatialReference(); ref.ImportFromEPSG(3857)
ds.SetProjection(ref.ExportToWkt())
ds.SetGeoTransform([column*256*res-half, res, 0, half-row*256*res, 0, -res])
ds.GetRasterBand(1).WriteArray(z)
ds.GetRasterBand(1).SetNoDataValue(-9999)
ds.GetRasterBand(1).SetUnitType(unit)
ds = None
`

const (
	rolling = "300 + 40*np.sin(x/31)*np.cos(y/17) + 0.2*x + 3*((x//64 + y//64) % 2)"
	nowhere = "x < 0"
)

// serveHeights serves a raster of heights, and returns its source too.
func serveHeights(t testing.TB, at maptile.Tile, unit, heights, void string) (*Server, Raster, string) {
	t.Helper()
	source := filepath.Join(t.TempDir(), "heights.tif")
	python(t, makeHeights, source, strconv.Itoa(int(at.X)), strconv.Itoa(int(at.Y)), strconv.Itoa(int(at.Z)), unit, heights, void)
	file := makeCOG(t, source, "cog.tif", "COMPRESS=DEFLATE", "PREDICTOR=YES", "RESAMPLING=NEAREST", "OVERVIEW_RESAMPLING=AVERAGE", "ADD_ALPHA=NO")
	s, _ := serve(t, map[string]string{cogKey: file})
	return s, Raster{COG: cogKey}, source
}

// fourTiles are drawn and put together.
func fourTiles(t testing.TB, s *Server, raster Raster, p style.Parameters, at maptile.Tile) *image.NRGBA {
	t.Helper()
	whole := image.NewNRGBA(image.Rect(0, 0, 512, 512))
	for dy := range 2 {
		for dx := range 2 {
			part := styledTile(t, s, raster, p, maptile.New(at.X+uint32(dx), at.Y+uint32(dy), at.Z))
			for y := range 256 {
				copy(whole.Pix[whole.PixOffset(256*dx, 256*dy+y):], part.Pix[1024*y:][:1024])
			}
		}
	}
	return whole
}

// gdaldem runs the tool over a raster and reads what it makes as numbers.
func gdaldem(t testing.TB, mode, source string, args ...string) []float32 {
	t.Helper()
	out := filepath.Join(t.TempDir(), mode+".tif")
	gdal(t, "gdaldem", append([]string{mode, source, out, "-q", "-compute_edges"}, args...)...)
	target := out + ".raw"
	python(t, "gdal.Open(sys.argv[1]).ReadAsArray().astype(np.float32).tofile(sys.argv[2])", out, target)
	return floats(t, target)
}

func floats(t testing.TB, file string) []float32 {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	values := make([]float32, len(data)/4)
	for i := range values {
		values[i] = math.Float32frombits(uint32(data[4*i]) | uint32(data[4*i+1])<<8 | uint32(data[4*i+2])<<16 | uint32(data[4*i+3])<<24)
	}
	return values
}

// Each algorithm is gdaldem's, over the seams of tiles and at the edges of the raster;
// in its four corners gdaldem goes another way.
func TestTerrainLikeGdaldem(t *testing.T) {
	t.Parallel()
	s, raster, source := serveHeights(t, hills, "m", rolling, nowhere)
	for name, c := range map[string]struct {
		mode       string
		args       []string
		parameters style.Parameters
		shade      func(v float64) float64 // the grey that a value has
	}{
		"hillshade":            {"hillshade", nil, style.Parameters{Algorithm: "hillshade"}, func(v float64) float64 { return v }},
		"low sun in the east":  {"hillshade", []string{"-az", "95", "-alt", "20"}, style.Parameters{Algorithm: "Hillshade", Azimuth: "95", Altitude: "20"}, func(v float64) float64 { return v }},
		"flattened":            {"hillshade", []string{"-z", "0.1"}, style.Parameters{Algorithm: "hillshade", ZFactor: "0.1"}, func(v float64) float64 { return v }},
		"slope":                {"slope", nil, style.Parameters{Algorithm: "slope"}, func(v float64) float64 { return v / 90 * 255 }},
		"slope from 0 to 45":   {"slope", nil, style.Parameters{Algorithm: "slope", Rescale: "0,45"}, func(v float64) float64 { return min(v/45*255, 255) }},
		"slope of a formula":   {"slope", nil, style.Parameters{Algorithm: "slope", Formula: "b1 * 2 - b1", Colormap: "grayscale"}, func(v float64) float64 { return v / 90 * 255 }},
		"aspect":               {"aspect", nil, style.Parameters{Algorithm: "aspect"}, func(v float64) float64 { return v / 360 * 255 }},
		"hillshade, inverted":  {"hillshade", nil, style.Parameters{Algorithm: "hillshade", Colormap: "greys"}, func(v float64) float64 { return 255 - v }},
		"hillshade of a range": {"hillshade", nil, style.Parameters{Algorithm: "hillshade", Rescale: "100,200"}, func(v float64) float64 { return max(0, min((v-100)/100*255, 255)) }},
	} {
		t.Run(name, func(t *testing.T) {
			expected := gdaldem(t, c.mode, source, c.args...)
			got := fourTiles(t, s, raster, c.parameters, hills)
			far := 0
			for i, v := range expected {
				x, y := i%512, i/512
				if (x == 0 || x == 511) && (y == 0 || y == 511) {
					continue
				}
				require.EqualValues(t, 255, got.Pix[4*i+3], "%d, %d", x, y)
				want, is := c.shade(float64(v)), float64(got.Pix[4*i])
				require.InDelta(t, want, is, 3, "%d, %d", x, y) // a level of the hillshade, stretched by 2.55
				if math.Abs(want-is) > 1 {
					far++
				}
			}
			assert.Less(t, far, 512*512/200)
		})
	}
}

// A plane is equally steep everywhere, whatever is missing of it: at the edges of the
// raster, at those of its data, around a hole of one pixel, at any zoom; and
// as steep as it is on the ground, which Web Mercator shows larger.
func TestTerrainOfAPlane(t *testing.T) {
	t.Parallel()
	north := maptile.New(1000, 80000, 18) // at 57 degrees
	const void = "(x < 20) | (np.hypot(x-256, y-256) < 30) | ((x == 400) & (y == 100)) | ((x > 300) & (y > 300) & (y < 310) & (x < 312))"
	metres := 2 * halfWorld / math.Exp2(18) / 256
	latitude := math.Atan(math.Sinh(math.Pi * (1 - 2*80001.0/math.Exp2(18))))
	steepness := func(unit float64) float64 { // of half a unit per pixel eastwards and a quarter southwards
		return math.Atan(math.Hypot(0.5, 0.25)*unit/(metres*math.Cos(latitude))) * 180 / math.Pi
	}
	for unit, long := range map[string]float64{"m": 1, "ft": 0.3048, "US survey foot": 1200.0 / 3937, "parsec": 1} {
		s, raster, _ := serveHeights(t, north, unit, "100 + 0.5*x - 0.25*y", void)
		for _, zoom := range []uint32{0, 2, 9} {
			corner := maptile.New(north.X<<zoom, north.Y<<zoom, north.Z+maptile.Zoom(zoom))
			if zoom > 0 {
				corner.X += 20 << zoom / 256 // where the data begin
				corner.Y += 256 << zoom / 256
			}
			want := steepness(long)
			p := style.Parameters{Algorithm: "slope", Rescale: ftoa(want-2) + "," + ftoa(want+2)}
			got := fourTiles(t, s, raster, p, corner)
			seen := 0
			for i := 0; i < len(got.Pix); i += 4 {
				if got.Pix[i+3] != 0 {
					seen++
					require.InDelta(t, 127.5, float64(got.Pix[i]), 6, "%s at zoom %d, pixel %d", unit, corner.Z, i/4)
				}
			}
			require.Greater(t, seen, 512*512/4)
		}
	}
}

// What is encoded can be decoded, from every lossless coding, and nodata is told from
// heights or is the height that was asked for.
func TestEncodedHeights(t *testing.T) {
	t.Parallel()
	const heights = "np.where(x < 256, -9000 + 73.21*y, 8848.86 - 0.123*x)"
	s, raster, source := serveHeights(t, hills, "", heights, "x > 500")
	target := filepath.Join(t.TempDir(), "raw")
	python(t, "gdal.Open(sys.argv[1]).ReadAsArray().astype(np.float32).tofile(sys.argv[2])", source, target)
	expected := floats(t, target)
	decoders := map[string]struct {
		height    func(r, g, b float64) float64
		precision float64
	}{
		"terrain-rgb": {func(r, g, b float64) float64 { return -10000 + (r*65536+g*256+b)*0.1 }, 0.0501},
		"terrarium":   {func(r, g, b float64) float64 { return r*256 + g + b/256 - 32768 }, 1.0 / 511},
	}
	for algorithm, decoder := range decoders {
		for _, void := range []string{"", "-1.5"} {
			p := style.Parameters{Algorithm: algorithm, NodataHeight: void}
			got := fourTiles(t, s, raster, p, hills)
			for i, want := range expected {
				if want == -9999 && void == "" {
					require.Zero(t, got.Pix[4*i+3])
					continue
				} else if want == -9999 {
					want = -1.5
				}
				require.EqualValues(t, 255, got.Pix[4*i+3])
				require.InDelta(t, want, decoder.height(float64(got.Pix[4*i]), float64(got.Pix[4*i+1]), float64(got.Pix[4*i+2])), decoder.precision, "%s at %d", algorithm, i)
			}
			st, err := style.Parse(p)
			require.NoError(t, err)
			webp, err := s.StyledTile(t.Context(), raster, st, hills, 256, WebP)
			require.NoError(t, err)
			png, err := s.StyledTile(t.Context(), raster, st, hills, 256, PNG)
			require.NoError(t, err)
			assert.Equal(t, decode(t, png.Data).Pix, decode(t, webp.Data).Pix)
			_, err = s.StyledTile(t.Context(), raster, st, hills, 256, JPEG)
			assert.Equal(t, cairn.Invalid, cairn.CodeOf(err))
			outside := styledTile(t, s, raster, p, maptile.New(5, 5, 18)).NRGBAAt(9, 9)
			assert.Equal(t, void != "", outside.A == 255)
			if void != "" {
				assert.InDelta(t, -1.5, decoder.height(float64(outside.R), float64(outside.G), float64(outside.B)), 0.001)
			}
		}
	}
}

// Where the upper raster of a mosaic has no heights, those of the lower are seen, and
// only where none has any the height that was asked for.
func TestEncodedHeightsOfAMosaic(t *testing.T) {
	t.Parallel()
	files, rasters := map[string]string{}, []Raster{}
	for i, part := range [][2]string{{"100 + 0*x", "x > 50"}, {"200 + 0*x", "x > 150"}} {
		_, _, source := serveHeights(t, hills, "", part[0], part[1])
		key := "products/aa/" + strconv.Itoa(i) + "/cog/cog.tif"
		files[key], rasters = filepath.Join(filepath.Dir(source), "cog.tif"), append(rasters, Raster{COG: key})
	}
	s, _ := serve(t, files)
	st, err := style.Parse(style.Parameters{Algorithm: "terrarium", NodataHeight: "7"})
	require.NoError(t, err)
	got, err := s.MosaicTile(t.Context(), rasters, st, hills, 256, PNG)
	require.NoError(t, err)
	for x, want := range map[int]int{20: 100, 100: 200, 200: 7} {
		c := decode(t, got.Data).NRGBAAt(x, 77)
		assert.Equal(t, want, int(c.R)*256+int(c.G)-32768)
		assert.EqualValues(t, 255, c.A)
	}
	outside, err := s.MosaicTile(t.Context(), rasters, st, maptile.New(5, 5, 18), 256, WebP)
	require.NoError(t, err)
	assert.EqualValues(t, 7, decode(t, outside.Data).NRGBAAt(3, 3).G)
	_, err = s.MosaicTile(t.Context(), rasters, st, hills, 256, JPEG)
	assert.Equal(t, cairn.Invalid, cairn.CodeOf(err))
}

// An export is what gdaldem makes of the whole raster, a thumbnail what it makes of means.
func TestTerrainExportAndThumbnail(t *testing.T) {
	t.Parallel()
	s, raster, source := serveHeights(t, hills, "m", rolling, nowhere)
	bound := hills.Bound()
	bound = bound.Union(maptile.New(hills.X+1, hills.Y+1, hills.Z).Bound())
	st, err := style.Parse(style.Parameters{Algorithm: "hillshade"})
	require.NoError(t, err)
	made := filepath.Join(t.TempDir(), "export.tif")
	require.NoError(t, s.Export(t.Context(), raster, orb.Bound{Min: bound.Min, Max: bound.Max}, st, made, func(float64) {}))
	target := made + ".raw"
	python(t, "gdal.Open(sys.argv[1]).ReadAsArray()[0].astype(np.float32).tofile(sys.argv[2])", made, target)
	got, want := floats(t, target), gdaldem(t, "hillshade", source)
	require.Len(t, got, len(want))
	for i := 1; i < len(got); i++ {
		if x, y := i%512, i/512; x%511 != 0 || y%511 != 0 {
			require.InDelta(t, want[i], got[i], 1, "%d, %d", x, y)
		}
	}
	half := filepath.Join(t.TempDir(), "half.tif")
	gdal(t, "gdal_translate", "-q", "-outsize", "50%", "50%", "-r", "average", source, half)
	want = gdaldem(t, "hillshade", half)
	thumbnail, err := s.StyledThumbnail(t.Context(), raster, st, 256)
	require.NoError(t, err)
	small := decode(t, thumbnail.Data)
	require.Equal(t, 256, small.Bounds().Dx())
	for i, v := range want {
		if x, y := i%256, i/256; x%255 != 0 || y%255 != 0 {
			require.InDelta(t, v, small.Pix[4*i], 1, "%d, %d", x, y)
		}
	}
}

// Percentiles of slopes are those of the whole raster, in full resolution.
func TestStretchedSlope(t *testing.T) {
	t.Parallel()
	s, raster, source := serveHeights(t, hills, "m", rolling, nowhere)
	slopes := statisticsOf(gdaldem(t, "slope", source))
	st, err := style.Parse(style.Parameters{Algorithm: "slope", Stretch: "percentile"})
	require.NoError(t, err)
	src, err := s.sources.open(t.Context(), raster.COG)
	require.NoError(t, err)
	defer src.release()
	l, err := s.lookOf(t.Context(), src, raster, st, false)
	require.NoError(t, err)
	assert.InDelta(t, slopes.P2, l.formula.scale.low, 0.5)
	assert.InDelta(t, slopes.P98, l.formula.scale.high, 0.5)
}

// The heights of a coordinate system with a vertical one have its unit.
func TestUnitOfHeights(t *testing.T) {
	t.Parallel()
	_, _, source := serveHeights(t, hills, "", rolling, nowhere)
	for crs, unit := range map[string]string{"EPSG:32615+6360": "us-ft", "EPSG:32615+5703": "m", "EPSG:32615+8228": "ft", "EPSG:32615": ""} {
		file := filepath.Join(t.TempDir(), "high.tif")
		gdal(t, "gdal_translate", "-q", "-a_srs", crs, source, file)
		f, err := os.Open(file)
		require.NoError(t, err)
		defer f.Close()
		info, err := f.Stat()
		require.NoError(t, err)
		x, err := cog.Parse(f, info.Size())
		require.NoError(t, err)
		units := x.Units()
		if unit == "" {
			assert.Empty(t, units)
			continue
		}
		known, _ := json.Marshal(units)
		assert.Equal(t, []string{unit}, units, "%s: %s", crs, known)
	}
}

// What makes no sense is refused before a raster is opened.
func TestTerrainParameters(t *testing.T) {
	t.Parallel()
	for _, p := range []style.Parameters{
		{Algorithm: "shadow"}, {Algorithm: "NDVI"}, {Algorithm: "hillshade", Azimuth: "x"}, {Algorithm: "hillshade", Azimuth: "-1"}, {Algorithm: "hillshade", Azimuth: "NaN"},
		{Algorithm: "hillshade", Altitude: "91"}, {Algorithm: "slope", ZFactor: "0"}, {Algorithm: "slope", ZFactor: "Inf"}, {Algorithm: "slope", Bands: "1,2,3"},
		{Algorithm: "terrarium", NodataHeight: "1e30"},
	} {
		_, err := style.Parse(p)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), "%+v", p)
	}
	s, raster, _ := serveHeights(t, hills, "m", rolling, nowhere)
	st, err := style.Parse(style.Parameters{Algorithm: "slope", Bands: "2"})
	require.NoError(t, err)
	_, err = s.StyledTile(t.Context(), raster, st, hills, 256, PNG)
	assert.Equal(t, cairn.Invalid, cairn.CodeOf(err))
}
