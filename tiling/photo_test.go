package tiling

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/tiling/thermal/thermaltest"
)

func TestTemperaturesOfAPhoto(t *testing.T) {
	t.Parallel()
	raw := make([]uint16, 320*240)
	for i := range raw {
		raw[i] = uint16(13_000 + 10*(i%320) + i/320)
	}
	s, store := serve(t, nil)
	putBytes(t, store, photoKey, thermaltest.JPEG(t, 320, 240, raw, thermaltest.Options{PNG: true}))
	subject := Subject{Key: photoKey, Photo: true}
	celsius := func(v float64) float64 { // of the published formula
		return thermaltest.B/math.Log(thermaltest.R1/(thermaltest.R2*(v+thermaltest.O))+thermaltest.F) - 273.15
	}
	info, err := s.ValueInfo(t.Context(), subject)
	require.NoError(t, err)
	assert.True(t, info.Thermal)
	assert.False(t, info.Direct)
	assert.Equal(t, "°C", info.Unit)
	assert.Equal(t, "flir", info.Sensor)
	assert.Equal(t, [3]any{320, 240, "UInt16"}, [3]any{info.Width, info.Height, info.DataType})
	require.NotNil(t, info.Calibration)
	assert.InDelta(t, celsius(13_000), *info.Min, 1e-3)
	assert.InDelta(t, celsius(13_000+3190+239), *info.Max, 1e-3)
	p, err := s.PointValue(t.Context(), subject, 17, 5)
	require.NoError(t, err)
	assert.Equal(t, 13_175.0, *p.Raw)
	assert.InDelta(t, celsius(13_175), *p.Value, 1e-3)
	assert.False(t, p.HasGeo)
	stats, err := s.AreaStats(t.Context(), subject, Corners{10, 10, 19, 14})
	require.NoError(t, err)
	var want []float64
	for y := 10; y < 15; y++ {
		for x := 10; x < 20; x++ {
			want = append(want, celsius(float64(raw[y*320+x])))
		}
	}
	slices.Sort(want)
	assert.EqualValues(t, 50, stats.Count)
	assert.InDelta(t, (want[24]+want[25])/2, *stats.Median, 1e-3)

	_, err = s.Contours(t.Context(), subject, ContourOptions{Interval: new(1.0), Band: 1})
	assert.Equal(t, cairn.Invalid, cairn.CodeOf(err))
}

// A photo of an ordinary camera has its shades, also if a thermal one says
// that it took it and keeps the temperatures to itself.
func TestShadesOfAPhoto(t *testing.T) {
	t.Parallel()
	png := writePNG(t, filepath.Join(t.TempDir(), "a.png"), scene(40, 30))
	data, err := os.ReadFile(png)
	require.NoError(t, err)
	s, store := serve(t, nil)
	putBytes(t, store, photoKey, data)
	for _, model := range []string{"", "H20T"} {
		subject := Subject{Key: photoKey, Photo: true, Make: "DJI", Model: model}
		info, err := s.ValueInfo(t.Context(), subject)
		require.NoError(t, err)
		assert.Equal(t, model != "", info.Thermal)
		assert.Equal(t, "", info.Unit)
		p, err := s.PointValue(t.Context(), subject, 7, 8)
		require.NoError(t, err)
		assert.Equal(t, float64(scene(40, 30).NRGBAAt(7, 8).R), *p.Value)
	}
	putBytes(t, store, photoKey+"0", []byte("no picture"))
	_, err = s.ValueInfo(t.Context(), Subject{Key: photoKey + "0", Photo: true})
	assert.Equal(t, cairn.Invalid, cairn.CodeOf(err))
}
