package tiling

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
)

// The heights of the tests are a hill in UTM 15N with a hole in it.
const (
	hillEast, hillNorth = 576_600, 5_188_400
	hillCell            = 2.0
	hillWidth           = 300
	hillHeight          = 240
	hillNoData          = -9999
)

func hillAt(x, y float64) float64 {
	return 250 + 60*math.Exp(-(math.Pow(x-150, 2)+math.Pow(y-110, 2))/4000) + 0.05*x
}

// hill is the hill as a COG on the grid, made by GDAL, and its outline as the
// catalog has it.
func hill(t *testing.T, unit string) (cogFile string, outline orb.Bound) {
	t.Helper()
	dir := t.TempDir()
	source := filepath.Join(dir, "hill.tif")
	ds, err := godal.Create(godal.GTiff, source, 1, godal.Float32, hillWidth, hillHeight)
	require.NoError(t, err)
	utm, err := godal.NewSpatialRefFromEPSG(32615)
	require.NoError(t, err)
	defer utm.Close()
	require.NoError(t, ds.SetSpatialRef(utm))
	require.NoError(t, ds.SetGeoTransform([6]float64{hillEast, hillCell, 0, hillNorth, 0, -hillCell}))
	require.NoError(t, ds.Bands()[0].SetNoData(hillNoData))
	values := make([]float32, 0, hillWidth*hillHeight)
	for y := range hillHeight {
		for x := range hillWidth {
			v := float32(hillAt(float64(x)+0.5, float64(y)+0.5))
			if x >= 200 && x < 230 && y >= 40 && y < 80 {
				v = hillNoData
			}
			values = append(values, v)
		}
	}
	require.NoError(t, ds.Write(0, 0, values, hillWidth, hillHeight))
	require.NoError(t, ds.Close())
	if unit != "" {
		pythonGDAL(t, fmt.Sprintf("ds = gdal.Open(%q, 1); ds.GetRasterBand(1).SetUnitType(%q)", source, unit))
	}
	wgs84, err := godal.NewSpatialRef("OGC:CRS84")
	require.NoError(t, err)
	defer wgs84.Close()
	transform, err := godal.NewTransform(utm, wgs84)
	require.NoError(t, err)
	defer transform.Close()
	const east, south = hillEast + hillWidth*hillCell, hillNorth - hillHeight*hillCell
	x, y := []float64{hillEast, east, east, hillEast}, []float64{hillNorth, hillNorth, south, south}
	require.NoError(t, transform.TransformEx(x, y, nil, nil))
	outline = orb.Bound{Min: orb.Point{slices.Min(x), slices.Min(y)}, Max: orb.Point{slices.Max(x), slices.Max(y)}}
	return makeCOG(t, source, "hill_cog.tif", "COMPRESS=DEFLATE", "ALIGNED_LEVELS=3", "BLOCKSIZE=256", "RESAMPLING=BILINEAR"), outline
}

func pythonGDAL(t *testing.T, code string) {
	t.Helper()
	out, err := exec.Command("/usr/bin/python3", "-c", "from osgeo import gdal; gdal.UseExceptions(); "+code).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// numpy asks numpy and GDAL.
func numpy(t *testing.T, question map[string]any) (answer struct {
	Width, Height int
	Points        []*float64
	Areas         [][6]float64
	Length        float64
	Profile       []*float64
}) {
	t.Helper()
	in, err := json.Marshal(question)
	require.NoError(t, err)
	cmd := exec.Command("/usr/bin/python3", "testdata/values.py")
	cmd.Stdin = bytes.NewReader(in)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	require.NoError(t, err, errs.String())
	require.NoError(t, json.Unmarshal(out, &answer))
	return answer
}

func TestValuesLikeNumpy(t *testing.T) {
	t.Parallel()
	cogFile, outline := hill(t, "metre")
	s, _ := serve(t, map[string]string{cogKey: cogFile})
	subject := Subject{Key: cogKey, Outline: outline}
	points := [][2]int{{0, 0}, {150, 110}, {305, 90}, {10, 200}}
	areas := [][4]int{{120, 90, 180, 130}, {0, 0, 5000, 5000}, {280, 60, 330, 110}}
	line := orb.LineString{{outline.Min[0] - 0.0002, outline.Min[1] + 0.001}, {outline.Max[0] - 0.002, outline.Max[1] - 0.0012}, {outline.Max[0] - 0.002, outline.Min[1] + 0.002}}
	question := map[string]any{"cog": cogFile, "outline": []float64{outline.Min[0], outline.Min[1], outline.Max[0], outline.Max[1]},
		"points": points, "line": line, "samples": 301}

	info, err := s.ValueInfo(t.Context(), subject)
	require.NoError(t, err)
	areas[1][2], areas[1][3] = info.Width-1, info.Height-1
	question["areas"] = areas
	want := numpy(t, question)
	assert.Equal(t, [2]int{want.Width, want.Height}, [2]int{info.Width, info.Height})
	assert.Equal(t, "Float32", info.DataType)
	assert.Equal(t, "metre", info.Unit)
	assert.Equal(t, 1, info.Bands)
	assert.False(t, info.Thermal)
	assert.True(t, info.Direct)
	assert.InDelta(t, want.Areas[1][0], *info.Min, 1e-9)
	assert.InDelta(t, want.Areas[1][1], *info.Max, 1e-9)

	holes := 0
	for i, at := range points {
		p, err := s.PointValue(t.Context(), subject, at[0], at[1])
		require.NoError(t, err)
		assert.Equal(t, want.Points[i], p.Value, at)
		assert.True(t, p.HasGeo)
		if p.Value == nil {
			holes++
		}
	}
	assert.NotZero(t, holes)

	for i, a := range areas {
		for _, corners := range []Corners{{a[0], a[1], a[2], a[3]}, {a[2], a[3], a[0], a[1]}} {
			got, err := s.AreaStats(t.Context(), subject, corners)
			require.NoError(t, err)
			assert.InDeltaSlice(t, want.Areas[i][:], []float64{*got.Min, *got.Max, *got.Mean, *got.StdDev, *got.Median, float64(got.Count)}, 1e-7, a)
			assert.Equal(t, Corners{a[0], a[1], a[2], a[3]}, got.Bounds)
		}
	}

	p, err := s.Profile(t.Context(), subject, line, 301)
	require.NoError(t, err)
	assert.InEpsilon(t, want.Length, p.TotalLength, 1e-7)
	valid := 0
	for i, sample := range p.Samples {
		assert.InDelta(t, want.Length*float64(i)/300, sample.Distance, 1e-3)
		if want.Profile[i] == nil {
			assert.Nil(t, sample.Value, i)
			continue
		}
		valid++
		if assert.NotNil(t, sample.Value, i) {
			assert.InDelta(t, *want.Profile[i], *sample.Value, 1e-3, i)
		}
	}
	assert.Equal(t, valid, p.Valid)
	assert.Greater(t, valid, 100)
	assert.Less(t, valid, 300)
	assert.Equal(t, orb.Point{p.Samples[0].Lon, p.Samples[0].Lat}, line[0])
	assert.Equal(t, orb.Point{p.Samples[300].Lon, p.Samples[300].Lat}, line[2])
}

func TestValuesThatAreNotThere(t *testing.T) {
	t.Parallel()
	cogFile, outline := hill(t, "")
	s, _ := serve(t, map[string]string{cogKey: cogFile})
	subject := Subject{Key: cogKey, Outline: outline}
	invalid := func(err error) {
		t.Helper()
		require.Equal(t, cairn.Invalid, cairn.CodeOf(err), "%v", err)
	}
	for _, at := range [][2]int{{-1, 0}, {0, -1}, {1 << 40, 0}, {0, math.MinInt}} {
		_, err := s.PointValue(t.Context(), subject, at[0], at[1])
		invalid(err)
	}
	for _, a := range []Corners{{-5, -5, -1, -1}, {1 << 40, 0, math.MaxInt, 5}} {
		_, err := s.AreaStats(t.Context(), subject, a)
		invalid(err)
	}
	whole, err := s.AreaStats(t.Context(), subject, Corners{math.MaxInt, math.MaxInt, math.MinInt, math.MinInt})
	require.NoError(t, err)
	assert.Equal(t, 0, whole.Bounds.X0)
	for _, line := range []orb.LineString{{}, {{1, 2}}, {{1, 2}, {1, 2}}, {{math.NaN(), 2}, {1, 2}}, {{1, 2}, {math.Inf(1), 2}}, {{0, 89}, {1, 90}}, {{0, 0}, {900, 0}}, make(orb.LineString, 20_000)} {
		_, err := s.Profile(t.Context(), subject, line, 0)
		invalid(err)
	}
	far, err := s.Profile(t.Context(), subject, orb.LineString{{0, 0}, {1, 1}}, 0)
	require.NoError(t, err)
	assert.Equal(t, 256, far.Count)
	assert.Zero(t, far.Valid)
	assert.Nil(t, far.Mean)
	_, err = s.PointValue(t.Context(), Subject{Key: cogKey}, 0, 0)
	invalid(err)
	_, err = s.PointValue(t.Context(), Subject{Key: cogKey, Outline: orb.Bound{Min: orb.Point{math.NaN(), 0}, Max: orb.Point{1, 1}}}, 0, 0)
	invalid(err)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.AreaStats(cancelled, subject, Corners{0, 0, 100, 100})
	require.ErrorIs(t, err, context.Canceled)
}

// A line along a parallel, a meridian and across the 180th meridian has the
// length that it has on the sphere.
func TestGroundLengths(t *testing.T) {
	t.Parallel()
	const degree = 6378137 * math.Pi / 180
	for _, c := range []struct {
		line orb.LineString
		want float64
	}{
		{orb.LineString{{10, 60}, {11, 60}}, degree / 2},
		{orb.LineString{{10, 60}, {10, 61}}, degree},
		{orb.LineString{{179.5, 0}, {180.5, 0}}, degree},
		{orb.LineString{{0, 0}, {0, 1}, {0, 1}, {0, 0}}, 2 * degree},
	} {
		legs, err := legsOf(c.line)
		require.NoError(t, err)
		sum := 0.0
		for _, l := range legs {
			sum += l.length
		}
		assert.InEpsilon(t, c.want, sum, 1e-6, c.line)
	}
}

// A raster that crosses the 180th meridian lies east of it in its COG, while
// its outline may begin west of -180.
func TestFrameAroundTheDateline(t *testing.T) {
	t.Parallel()
	cogFile, _ := hill(t, "")
	s, _ := serve(t, map[string]string{cogKey: cogFile})
	src, err := s.sources.open(t.Context(), cogKey)
	require.NoError(t, err)
	defer src.release()
	x := *src.index
	x.OriginX, x.OriginY = halfWorld-100*x.PixelSize, 50*x.PixelSize
	degreesOf := func(column, row float64) orb.Point {
		return degrees(orb.Point{x.OriginX + column*x.PixelSize, x.OriginY - row*x.PixelSize})
	}
	min, max := degreesOf(60, 140), degreesOf(160, 20)
	for _, turn := range []float64{0, -360} {
		f, err := frameOf(&x, orb.Bound{Min: orb.Point{min[0] + turn, min[1]}, Max: orb.Point{max[0] + turn, max[1]}})
		require.NoError(t, err)
		assert.Equal(t, [2]int{100, 120}, [2]int{f.width, f.height})
		assert.Equal(t, []rect{{60, 20, 100, 120}}, f.windows(0, 0, 99, 119))
		u, v := f.position(f.center(0, 0))
		assert.InDeltaSlice(t, []float64{60.5, 20.5}, []float64{u, v}, 1e-3)
	}
}

func TestMedianInPasses(t *testing.T) {
	t.Parallel()
	for name, values := range map[string][]float64{
		"odd": {5, -1, 3}, "even": {4, 1, -2, 3}, "equal": {7, 7, 7, 7}, "one": {-3.5}, "two": {-1, 2}, "zeros": {0, math.Copysign(0, -1), 0, 1},
		"apart": {-1e300, -1e-300, 1e-300, 1e300},
	} {
		got, err := median(int64(len(values)), func(visit func([]float64)) error { visit(values); return nil })
		require.NoError(t, err)
		sorted := slices.Sorted(slices.Values(values))
		want := (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
		assert.Equal(t, want, got, name)
	}
	// More equal beginnings than are sorted at once.
	many := make([]float64, 3*fewEnough)
	for i := range many {
		many[i] = 1000 + float64((i*7919)%len(many))*1e-9
	}
	got, err := median(int64(len(many)), func(visit func([]float64)) error { visit(many); return nil })
	require.NoError(t, err)
	slices.Sort(many)
	assert.Equal(t, (many[len(many)/2-1]+many[len(many)/2])/2, got)
}
