package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/require"
)

// The corner of the rasters of the tests in UTM zone 15N, and the size of a cell, in metres.
const (
	rasterEast, rasterNorth = 576_600, 5_188_400
	rasterCell              = 0.5
)

// geotiff returns a GeoTIFF of size x size cells with three bands, red rising
// to the east, green to the south, blue 200 everywhere.
func geotiff(t *testing.T, size int) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "raster.tif")
	ds, err := godal.Create(godal.GTiff, name, 3, godal.Byte, size, size, godal.CreationOption("COMPRESS=DEFLATE"))
	require.NoError(t, err)
	utm, err := godal.NewSpatialRefFromEPSG(32615)
	require.NoError(t, err)
	defer utm.Close()
	require.NoError(t, ds.SetSpatialRef(utm))
	require.NoError(t, ds.SetGeoTransform([6]float64{rasterEast, rasterCell, 0, rasterNorth, 0, -rasterCell}))
	pixels := make([]byte, 0, 3*size*size)
	for row := range size {
		for column := range size {
			pixels = append(pixels, byte(column*255/size), byte(row*255/size), 200)
		}
	}
	require.NoError(t, ds.Write(0, 0, pixels, size, size))
	require.NoError(t, ds.Close())
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	return content
}
