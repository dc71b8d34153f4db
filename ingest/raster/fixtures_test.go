package raster

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/require"
)

// realFiles is where the project's real rasters lie, on machines that have them.
const realFiles = "../../../shared/data/raster"

// A fixture is a small GeoTIFF to be made; every sample of a band is value(band, x, y).
type fixture struct {
	width, height int
	bands         int
	dataType      godal.DataType
	epsg          int // 0: no CRS
	geotransform  [6]float64
	noTransform   bool
	value         func(band, x, y int) float64
	nodata        *float64
	interp        []godal.ColorInterp
	colors        [][4]int16
	options       []string
}

// utm returns a geotransform of a north-up raster around 500000 E, north metres N.
func utm(north, pixel float64) [6]float64 { return [6]float64{500000, pixel, 0, north, 0, -pixel} }

// waves is smooth, so that codecs and kernels can be compared on it.
func waves(band, x, y int) float64 {
	return math.Round(128 + 90*math.Sin(float64(x)/23+float64(band))*math.Cos(float64(y)/31))
}

func (f fixture) write(t *testing.T) string {
	t.Helper()
	setUpGDAL()
	path := filepath.Join(t.TempDir(), "blob") // content is stored without extension
	options := []godal.DatasetCreateOption{}
	for _, o := range f.options {
		options = append(options, godal.CreationOption(o))
	}
	ds, err := godal.Create(godal.GTiff, path, f.bands, f.dataType, f.width, f.height, options...)
	require.NoError(t, err)
	if f.epsg != 0 {
		srs, err := godal.NewSpatialRefFromEPSG(f.epsg)
		require.NoError(t, err)
		require.NoError(t, ds.SetSpatialRef(srs))
		srs.Close()
	}
	if !f.noTransform {
		require.NoError(t, ds.SetGeoTransform(f.geotransform))
	}
	if f.nodata != nil {
		require.NoError(t, ds.SetNoData(*f.nodata))
	}
	for i, b := range ds.Bands() {
		if f.interp != nil {
			require.NoError(t, b.SetColorInterp(f.interp[i]))
		}
		if f.colors != nil {
			require.NoError(t, b.SetColorTable(godal.ColorTable{PaletteInterp: godal.RGBPalette, Entries: f.colors}))
		}
		if f.value != nil {
			samples := make([]float64, f.width*f.height)
			for p := range samples {
				samples[p] = f.value(i, p%f.width, p/f.width)
			}
			require.NoError(t, b.Write(0, 0, samples, f.width, f.height))
		}
	}
	require.NoError(t, ds.Close())
	return path
}

// build builds source and returns the path of its COG.
func build(t *testing.T, source string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, Build(context.Background(), source, dir, Options{}, nil))
	return filepath.Join(dir, COGName)
}

// buildError builds source, which must fail and leave nothing.
func buildError(t *testing.T, source string) error {
	t.Helper()
	dir := t.TempDir()
	err := Build(context.Background(), source, dir, Options{}, nil)
	require.Error(t, err)
	requireEmpty(t, dir)
	return err
}

func requireEmpty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "a failed build leaves nothing")
}

// info is the part of gdalinfo's answer that the tests look at.
type info struct {
	Size             [2]int
	GeoTransform     [6]float64
	Metadata         map[string]map[string]string
	CoordinateSystem struct{ WKT string }
	Bands            []struct {
		Block               [2]int
		Type                string
		ColorInterpretation string
		Description         string
		NoDataValue         any
		Scale, Offset       float64
		Overviews           []struct{ Size [2]int }
	}
}

func gdalinfo(t *testing.T, path string) (i info) {
	t.Helper()
	out := tool(t, "gdalinfo", "-json", path)
	require.NoError(t, json.Unmarshal(out, &i))
	return i
}

// python runs a script for Debian's Python with GDAL and numpy, and parses the JSON it prints.
func python(t *testing.T, into any, script string, args ...string) {
	t.Helper()
	out := tool(t, "/usr/bin/python3", append([]string{"-c", "import sys, json, numpy\nfrom osgeo import gdal\ngdal.UseExceptions()\n" + script}, args...)...)
	require.NoError(t, json.Unmarshal(out, into), string(out))
}

func tool(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	if exit, ok := err.(*exec.ExitError); ok {
		require.NoError(t, err, string(exit.Stderr))
	}
	require.NoError(t, err)
	return out
}

// requireAligned asserts with GDAL's own tools that path is a valid COG in
// Web Mercator of which every level is made of whole tiles.
func requireAligned(t *testing.T, path string) {
	t.Helper()
	var problems [][]string
	python(t, &problems, `
from osgeo_utils.samples.validate_cloud_optimized_geotiff import validate
warnings, errors, _ = validate(sys.argv[1], full_check=True)
print(json.dumps([warnings, errors]))`, path)
	require.Equal(t, [][]string{{}, {}}, problems, "GDAL's COG validator")

	i := gdalinfo(t, path)
	require.Contains(t, i.CoordinateSystem.WKT, `ID["EPSG",3857]`)
	for _, band := range i.Bands {
		sizes := [][2]int{i.Size}
		for _, o := range band.Overviews {
			sizes = append(sizes, o.Size)
		}
		require.Equal(t, [2]int{256, 256}, band.Block)
		for k, size := range sizes {
			const world = 2 * 20037508.342789244
			pixel := i.GeoTransform[1] * math.Ldexp(1, k)
			zoom := math.Log2(world / 256 / pixel)
			requireWhole(t, zoom, "zoom of level", k)
			requireWhole(t, (i.GeoTransform[0]+world/2)/(256*pixel), "column of level", k)
			requireWhole(t, (world/2-i.GeoTransform[3])/(256*pixel), "row of level", k)
			require.Equal(t, i.Size[0], size[0]<<k, "width of level %d", k)
			require.Equal(t, i.Size[1], size[1]<<k, "height of level %d", k)
			require.Zero(t, size[0]%256)
			require.Zero(t, size[1]%256)
		}
		last := sizes[len(sizes)-1]
		require.LessOrEqual(t, last[0], 512, "the last level has at most 2 columns of tiles")
		require.LessOrEqual(t, last[1], 512, "the last level has at most 2 rows of tiles")
	}
}

func requireWhole(t *testing.T, v float64, what string, k int) {
	t.Helper()
	require.InDelta(t, math.Round(v), v, 1e-6, "%s %d", what, k)
}
