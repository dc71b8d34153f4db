package raster

import (
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/airbusgeo/godal"

	"github.com/cairngeo/cairn"
)

// cacheMegabytes bounds GDAL's block cache, which all files that are open
// share. GDAL's own default, 5 % of the machine, grows with it.
const cacheMegabytes = 256

var setUpGDAL = sync.OnceFunc(func() {
	// GDAL reads its options from the environment; godal has no other way to
	// set one for the whole process.
	if _, set := os.LookupEnv("GDAL_CACHEMAX"); !set {
		os.Setenv("GDAL_CACHEMAX", strconv.Itoa(cacheMegabytes))
	}
	godal.RegisterAll()
})

// openTIFF opens a user's file. Only the GeoTIFF driver may try: others, VRT
// for one, open whatever files and addresses the content tells them to. Files
// beside it (world files, .aux.xml) are not looked at: a blob has none.
func openTIFF(location string) (*godal.Dataset, error) {
	setUpGDAL()
	return godal.Open(location, godal.RasterOnly(), godal.Drivers("GTiff"), godal.SkipWarnings)
}

// readable tells a file that can't be reached, an error, from one whose
// content is no raster, which is an answer.
func readable(location string) error {
	setUpGDAL()
	if strings.HasPrefix(location, "/vsi") {
		f, err := godal.VSIOpen(location)
		if err != nil {
			return cairn.Errorf(cairn.Unavailable, "The file can't be read from the storage now; try again.").Because(err)
		}
		return f.Close()
	}
	f, err := os.Open(location)
	if err != nil {
		return err
	}
	return f.Close()
}

// alphaInterp is GDAL's name of the colour interpretation of an alpha band.
const alphaInterp = "Alpha"

// isAlpha tells whether b is an alpha band.
func isAlpha(b godal.Band) bool { return b.ColorInterp().Name() == alphaInterp }
