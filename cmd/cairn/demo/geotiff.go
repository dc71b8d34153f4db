package demo

import (
	"errors"
	"fmt"

	"github.com/airbusgeo/godal"
)

const (
	elevationCell   = 1.0     // m
	elevationNoData = -9999.0 // outside the surveyed octagon
)

func writeOrthophoto(path string, picture *raster) error {
	return writeGeoTIFF(path, resolution, picture.width, 3, godal.Byte, picture.rgb, nil,
		"PHOTOMETRIC=RGB", "PREDICTOR=2")
}

func writeElevation(path string, s *scene) error {
	n := int(extent / elevationCell)
	height := s.surface(elevationCell)
	const corner = 40 // cells cut off each corner, where no photo reached
	for i := range height {
		column, row := i%n, i/n
		if min(column, n-1-column)+min(row, n-1-row) < corner {
			height[i] = elevationNoData
		}
	}
	noData := elevationNoData
	return writeGeoTIFF(path, elevationCell, n, 1, godal.Float32, height, &noData, "PREDICTOR=3")
}

// writeGeoTIFF writes a square raster whose lower left corner is the scene's
// origin; cell is the side of a pixel in metres.
func writeGeoTIFF(path string, cell float64, size, bands int, kind godal.DataType, values any, noData *float64, options ...string) (err error) {
	options = append(options, "TILED=YES", "COMPRESS=DEFLATE", "ZLEVEL=6")
	tiff, err := godal.Create(godal.GTiff, path, bands, kind, size, size, godal.CreationOption(options...))
	if err != nil {
		return fmt.Errorf("create %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, tiff.Close()) }() // a full disk may show only here
	utm, err := godal.NewSpatialRefFromEPSG(utmZone32N)
	if err != nil {
		return err
	}
	defer utm.Close()
	if err := errors.Join(
		tiff.SetSpatialRef(utm),
		tiff.SetGeoTransform([6]float64{originEast, cell, 0, originNorth + extent, 0, -cell}),
	); err != nil {
		return err
	}
	if noData != nil {
		if err := tiff.SetNoData(*noData); err != nil {
			return err
		}
	}
	return tiff.Write(0, 0, values, size, size)
}
