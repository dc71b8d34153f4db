package main

import (
	"image"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// vegetation is a multispectral raster whose NDVI goes from -1 to 1, with stripes of different breadth
// and a hole without data.
func vegetation(t *testing.T) []byte {
	t.Helper()
	raster := multispectral("")
	raster.bands[2] = func(u, v float64) float64 { // red
		if math.Hypot(u-0.7, v-0.3) < 0.1 {
			return *raster.nodata
		}
		return math.Round(2000 + 1900*math.Sin(40*u*u+9*v))
	}
	raster.bands[4] = func(u, v float64) float64 { return math.Round(2000 + 1900*math.Cos(50*v*v+11*u)) }
	return raster.geotiff(t)
}

// ndviStyle asks for what ndvi computes.
const ndviStyle = "&formula=NDVI&bandFilter=BGRReN&colormap=viridis&rescale=-1,1"

// ndvi is the view of the NDVI of a multispectral raster by numpy.
func (v mapView) ndvi(t *testing.T, raster []byte) image.Image {
	t.Helper()
	dir := t.TempDir()
	source, drawn := filepath.Join(dir, "raster.tif"), filepath.Join(dir, "ndvi.png")
	require.NoError(t, os.WriteFile(source, raster, 0o600))
	out, err := exec.Command("/usr/bin/python3", append([]string{"testdata/ndvi.py", source, drawn,
		strconv.Itoa(v.width), strconv.Itoa(v.height)}, v.extent()...)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	file, err := os.Open(drawn)
	require.NoError(t, err)
	defer file.Close()
	m, err := png.Decode(file)
	require.NoError(t, err)
	return m
}
