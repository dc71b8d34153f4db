package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/require"
)

// dataRaster is a raster of numbers, rasterSize cells wide and high, where
// geotiff's is.
type dataRaster struct {
	kind        godal.DataType
	bands       []func(u, v float64) float64 // values at u to the east and v to the south, from 0 to 1
	nodata      *float64
	description string // what the file says of the camera
}

// everywhere is a band of one value.
func everywhere(value float64) func(u, v float64) float64 {
	return func(u, v float64) float64 { return value }
}

func (d dataRaster) geotiff(t *testing.T) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "raster.tif")
	ds, err := godal.Create(godal.GTiff, name, len(d.bands), d.kind, rasterSize, rasterSize, godal.CreationOption("COMPRESS=DEFLATE"))
	require.NoError(t, err)
	utm, err := godal.NewSpatialRefFromEPSG(32615)
	require.NoError(t, err)
	defer utm.Close()
	require.NoError(t, ds.SetSpatialRef(utm))
	require.NoError(t, ds.SetGeoTransform([6]float64{rasterEast, rasterCell, 0, rasterNorth, 0, -rasterCell}))
	if d.description != "" {
		require.NoError(t, ds.SetMetadata("TIFFTAG_IMAGEDESCRIPTION", d.description))
	}
	for i, band := range d.bands {
		values := make([]float64, 0, rasterSize*rasterSize)
		for row := range rasterSize {
			for column := range rasterSize {
				values = append(values, band((float64(column)+0.5)/float64(rasterSize), (float64(row)+0.5)/float64(rasterSize)))
			}
		}
		require.NoError(t, ds.Bands()[i].Write(0, 0, values, rasterSize, rasterSize))
		if d.nodata != nil {
			require.NoError(t, ds.Bands()[i].SetNoData(*d.nodata))
		}
	}
	require.NoError(t, ds.Close())
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	return content
}

// multispectral is a raster of five bands, blue to near infrared, with red 1000 and
// near infrared 3000.
func multispectral(description string) dataRaster {
	nodata := 65535.0
	return dataRaster{kind: godal.UInt16, description: description, nodata: &nodata,
		bands: []func(u, v float64) float64{everywhere(500), everywhere(800), everywhere(1000), everywhere(2000), everywhere(3000)}}
}
