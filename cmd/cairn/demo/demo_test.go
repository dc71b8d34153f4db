package demo

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dataset is the folder that Write filled, once for all tests.
var dataset string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "cairn-demo-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		dataset = filepath.Join(dir, "demo")
		if err := Write(context.Background(), dataset); err != nil {
			panic(err)
		}
		return m.Run()
	}())
}

func TestFiles(t *testing.T) {
	t.Parallel()
	var names []string
	var total int64
	require.NoError(t, fs.WalkDir(os.DirFS(dataset), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		names, total = append(names, path), total+info.Size()
		return err
	}))
	assert.Equal(t, []string{
		"README.md", "elevation.tif", "orthophoto.tif",
		"photos/DJI_0001.jpg", "photos/DJI_0002.jpg", "photos/DJI_0003.jpg",
		"photos/DJI_0004.jpg", "photos/DJI_0005.jpg", "photos/DJI_0006.jpg",
	}, names)
	assert.Less(t, total, int64(15_000_000))
}

type gdalInfo struct {
	Size              [2]int
	GeoTransform      [6]float64
	CoordinateSystem  struct{ WKT string }
	Wgs84Extent       struct{ Coordinates [][][2]float64 }
	CornerCoordinates struct{ Center [2]float64 }
	Metadata          map[string]map[string]string
	Bands             []struct {
		Type                string
		Block               [2]int
		ColorInterpretation string
		NoDataValue         *float64
		Minimum, Maximum    float64
	}
}

func inspect(t *testing.T, name string) gdalInfo {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "gdalinfo", "-json", "-stats", "--config", "GDAL_PAM_ENABLED", "NO", filepath.Join(dataset, name)).Output()
	require.NoError(t, err)
	var info gdalInfo
	require.NoError(t, json.Unmarshal(output, &info))
	return info
}

func TestOrthophoto(t *testing.T) {
	t.Parallel()
	info := inspect(t, "orthophoto.tif")
	assert.Equal(t, [2]int{3000, 3000}, info.Size)
	assert.InDeltaSlice(t, []float64{507000, 0.1, 0, 5176300, 0, -0.1}, info.GeoTransform[:], 1e-9)
	assert.Contains(t, info.CoordinateSystem.WKT, `ID["EPSG",32632]`)
	assert.Equal(t, "DEFLATE", info.Metadata["IMAGE_STRUCTURE"]["COMPRESSION"])
	require.Len(t, info.Bands, 3)
	for i, colour := range []string{"Red", "Green", "Blue"} {
		band := info.Bands[i]
		assert.Equal(t, "Byte", band.Type)
		assert.Equal(t, colour, band.ColorInterpretation)
		assert.Equal(t, [2]int{256, 256}, band.Block)
		assert.Greater(t, band.Maximum-band.Minimum, 150.0, "there is something to see")
	}
	for _, corner := range info.Wgs84Extent.Coordinates[0] {
		assert.InDelta(t, 9.0936, corner[0], 0.002)
		assert.InDelta(t, 46.7389, corner[1], 0.002)
	}
}

func TestElevation(t *testing.T) {
	t.Parallel()
	info := inspect(t, "elevation.tif")
	assert.Equal(t, [2]int{300, 300}, info.Size)
	assert.InDeltaSlice(t, []float64{507000, 1, 0, 5176300, 0, -1}, info.GeoTransform[:], 1e-9)
	require.Len(t, info.Bands, 1)
	assert.Equal(t, "Float32", info.Bands[0].Type)
	if assert.NotNil(t, info.Bands[0].NoDataValue) {
		assert.Equal(t, -9999.0, *info.Bands[0].NoDataValue)
	}
	assert.Greater(t, info.Bands[0].Minimum, 1280.0)
	assert.Less(t, info.Bands[0].Maximum, 1360.0)

	corner := valueAt(t, "elevation.tif", "5", "5")
	assert.Equal(t, "-9999", corner)
}

func valueAt(t *testing.T, name, column, row string) string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "gdallocationinfo", "-valonly", filepath.Join(dataset, name), column, row).Output()
	require.NoError(t, err)
	return string(output[:len(output)-1])
}

func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(dataset, "README.md"))
	require.NoError(t, err)
	for _, name := range []string{"orthophoto.tif", "elevation.tif", "photos/DJI_0001.jpg", "DJI_0006.jpg"} {
		assert.Contains(t, string(text), name)
	}
}

func TestSameEveryTime(t *testing.T) {
	t.Parallel()
	again := newScene()
	picture := newRaster(pixels, pixels)
	const from, to = 600, 650 // forest, road and houses
	again.paintRows(picture, from, to)
	orthophoto := orthophotoByGDAL(t)
	for row := from; row < to; row++ {
		for column := range pixels {
			r, g, b, _ := orthophoto.At(column, row).RGBA()
			require.Equal(t, []uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)}, picture.pixel(column, row))
		}
	}
	dirs := [2]string{t.TempDir(), t.TempDir()}
	var files [2][]byte
	for i, dir := range dirs {
		require.NoError(t, writePhotos(t.Context(), dir, picture))
		var err error
		files[i], err = os.ReadFile(filepath.Join(dir, "DJI_0003.jpg"))
		require.NoError(t, err)
	}
	assert.Equal(t, files[0], files[1])
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, Write(ctx, t.TempDir()), context.Canceled)
}

func TestUnwritableFolder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	assert.ErrorContains(t, Write(t.Context(), filepath.Join(file, "demo")), "not a directory")
}
