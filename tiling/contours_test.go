package tiling

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/planar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
)

// gdalContours are the contours of gdal_contour by value, in metres of Web Mercator.
func gdalContours(t *testing.T, cogFile string, args ...string) map[float64]orb.MultiLineString {
	t.Helper()
	name := filepath.Join(t.TempDir(), "contours.json")
	gdal(t, "gdal_contour", append(append([]string{"-q", "-f", "GeoJSON", "-lco", "COORDINATE_PRECISION=6", "-a", "elev"}, args...), cogFile, name)...)
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	collection, err := geojson.UnmarshalFeatureCollection(data)
	require.NoError(t, err)
	lines := map[float64]orb.MultiLineString{}
	for _, f := range collection.Features {
		elevation := f.Properties.MustFloat64("elev")
		lines[elevation] = append(lines[elevation], f.Geometry.(orb.LineString))
	}
	return lines
}

func TestContoursLikeGDAL(t *testing.T) {
	t.Parallel()
	cogFile, outline := hill(t, "metre")
	s, _ := serve(t, map[string]string{cogKey: cogFile})
	subject := Subject{Key: cogKey, Outline: outline}
	interval, low, high := 5.0, 260.0, 305.0
	got, err := s.Contours(t.Context(), subject, ContourOptions{Interval: &interval, Base: 2, Min: &low, Max: &high, Band: 1})
	require.NoError(t, err)
	assert.Equal(t, "metre", got.Unit)
	assert.Less(t, got.RasterMin, 255.0)
	assert.Greater(t, got.RasterMax, 300.0)
	want := gdalContours(t, cogFile, "-i", "5", "-off", "2")
	levels := map[float64]orb.MultiLineString{}
	for _, l := range got.Lines {
		require.Zero(t, math.Mod(l.Value-2, 5))
		require.True(t, l.Value >= low && l.Value <= high)
		line := l.Points.Clone()
		for i, p := range line {
			line[i] = mercator(p)
			// A half pixel from where there is no data GDAL makes its own way.
			distance := planar.DistanceFrom(want[l.Value], line[i])
			require.Less(t, distance, 0.01, "%v of %g", p, l.Value)
		}
		levels[l.Value] = append(levels[l.Value], line)
	}
	require.Len(t, levels, 9)
	for value, lines := range levels {
		assert.InEpsilon(t, planar.Length(want[value]), planar.Length(lines), 0.03, value)
	}

	// Simplified by metres on the ground, which Web Mercator stretches here by 1.46.
	simple, err := s.Contours(t.Context(), subject, ContourOptions{Interval: &interval, Base: 2, Min: &low, Max: &high, Simplify: 2, Band: 1})
	require.NoError(t, err)
	require.Len(t, simple.Lines, len(got.Lines))
	before, after, worst := 0, 0, 0.0
	for i, l := range simple.Lines {
		before, after = before+len(got.Lines[i].Points), after+len(l.Points)
		line := l.Points.Clone()
		for j := range line {
			line[j] = mercator(line[j])
		}
		for _, p := range got.Lines[i].Points {
			worst = max(worst, planar.DistanceFrom(line, mercator(p)))
		}
	}
	assert.Less(t, after, before/3)
	scale := 1 / math.Cos(outline.Center()[1]*math.Pi/180)
	assert.LessOrEqual(t, worst, 2*scale+0.01)
	assert.Greater(t, worst, 1.2*scale)

	count := 7
	counted, err := s.Contours(t.Context(), subject, ContourOptions{Count: &count, Band: 1})
	require.NoError(t, err)
	assert.InDelta(t, (counted.RasterMax-counted.RasterMin)/7, counted.Interval, 1e-9)
	both, err := s.Contours(t.Context(), subject, ContourOptions{Count: &count, Interval: &interval, Band: 1})
	require.NoError(t, err)
	assert.Equal(t, 5.0, both.Interval)
}

func TestContoursThatCannotBe(t *testing.T) {
	t.Parallel()
	cogFile, outline := hill(t, "")
	s, _ := serve(t, map[string]string{cogKey: cogFile})
	subject := Subject{Key: cogKey, Outline: outline}
	value := func(v float64) *float64 { return &v }
	five, none := 5, 0
	for name, o := range map[string]ContourOptions{
		"nothing":  {},
		"zero":     {Interval: value(0)},
		"negative": {Interval: value(-1), Count: &five},
		"NaN":      {Interval: value(math.NaN())},
		"infinite": {Interval: value(math.Inf(1))},
		"none":     {Count: &none},
		"reversed": {Interval: value(5), Min: value(10), Max: value(10)},
		"tiny":     {Interval: value(1e-300)},
		"many":     {Interval: value(0.001)},
		"far base": {Interval: value(5), Base: 1e300},
		"simplify": {Interval: value(5), Simplify: -1},
		"band":     {Interval: value(5), Band: 2},
		"no band":  {Interval: value(5), Band: -1},
	} {
		if o.Band == 0 {
			o.Band = 1
		}
		_, err := s.Contours(t.Context(), subject, o)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), "%s: %v", name, err)
	}
	above, err := s.Contours(t.Context(), subject, ContourOptions{Interval: value(5), Min: value(5000), Band: 1})
	require.NoError(t, err)
	assert.Empty(t, above.Lines)
	assert.Equal(t, 5000.0, above.Min)
}
