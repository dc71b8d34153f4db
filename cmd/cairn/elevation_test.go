package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/require"
)

// elevation returns a GeoTIFF of rasterSize x rasterSize cells with one band, a
// plane that rises by 10 from 100 at its western to 110 at its eastern edge, without
// data in the square where u is from 0.6 to 0.7 and v from 0.4 to 0.5.
func elevation(t *testing.T) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "elevation.tif")
	ds, err := godal.Create(godal.GTiff, name, 1, godal.Float32, rasterSize, rasterSize, godal.CreationOption("COMPRESS=DEFLATE"))
	require.NoError(t, err)
	utm, err := godal.NewSpatialRefFromEPSG(32615)
	require.NoError(t, err)
	defer utm.Close()
	require.NoError(t, ds.SetSpatialRef(utm))
	require.NoError(t, ds.SetGeoTransform([6]float64{rasterEast, rasterCell, 0, rasterNorth, 0, -rasterCell}))
	require.NoError(t, ds.Bands()[0].SetNoData(-9999))
	heights := make([]float32, 0, rasterSize*rasterSize)
	for row := range rasterSize {
		for column := range rasterSize {
			u, v := (float64(column)+0.5)/rasterSize, (float64(row)+0.5)/rasterSize
			height := float32(100 + 10*u)
			if u > 0.6 && u < 0.7 && v > 0.4 && v < 0.5 {
				height = -9999
			}
			heights = append(heights, height)
		}
	}
	require.NoError(t, ds.Write(0, 0, heights, rasterSize, rasterSize))
	require.NoError(t, ds.Close())
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	return content
}

// lineAcross is the text of a line along the parallel through v, from u0 to u1.
func lineAcross(t *testing.T, u0, u1, v float64) string {
	from, to := geographic(t, u0, v), geographic(t, u1, v)
	return fmt.Sprintf(`{"type":"LineString","coordinates":[[%.9f,%.9f],[%.9f,%.9f]]}`, from[0], from[1], to[0], to[1])
}

// built uploads the elevation as dsm.tif into a new dataset.
func (c client) built(t *testing.T, slug string) (dataset string) {
	t.Helper()
	dataset = c.newDataset(t, slug, "public")
	c.upload(t, dataset, "dsm.tif", elevation(t))
	c.awaitBuilt(t, dataset, "dsm.tif")
	return dataset
}

func nearly(t *testing.T, want, got, tolerance float64) {
	t.Helper()
	require.LessOrEqual(t, math.Abs(want-got), tolerance, "%g is not nearly %g", got, want)
}
