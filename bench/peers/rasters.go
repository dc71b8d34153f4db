package main

import (
	"context"
	"fmt"
	"os/exec"
)

// The rasters cover side x side tiles of WebMercatorQuad exactly.
const (
	zoom   = 18
	column = 137_216
	row    = 90_112
	side   = 20
)

// addresses of the tiles of the full resolution.
func addresses(prefix, query string) []string {
	var all []string
	for i := range side * side {
		all = append(all, fmt.Sprintf("%s%d/%d/%d.png?%s", prefix, zoom, column+i%side, row+i/side, query))
	}
	return all
}

// paint writes an orthophoto, and a raster of five bands of 16 bits with a
// nodata value; both have the contrast of a photo: waves of several lengths and noise.
const paint = `
import sys, math, numpy
from osgeo import gdal, osr
gdal.UseExceptions()
folder, zoom, column, row, side = sys.argv[1], *map(int, sys.argv[2:])
half = math.pi * 6378137
tile = 2 * half / 2 ** zoom
place = [column * tile - half, tile / 256, 0, half - row * tile, 0, -tile / 256]
web = osr.SpatialReference()
web.ImportFromEPSG(3857)
size = side * 256
y, x = numpy.mgrid[0:size, 0:size].astype(numpy.float32)
random = numpy.random.default_rng(1)
base = 120 + 45 * numpy.sin(x / 97 + numpy.sin(y / 61)) + 30 * numpy.sin(y / 17 + x / 23)
def write(name, type, bands, nodata=None):
    d = gdal.GetDriverByName('GTiff').Create(f'{folder}/{name}', size, size, len(bands), type, ['TILED=YES', 'COMPRESS=DEFLATE', 'PREDICTOR=2'])
    d.SetGeoTransform(place)
    d.SetProjection(web.ExportToWkt())
    for i, b in enumerate(bands):
        d.GetRasterBand(i + 1).WriteArray(b)
        if nodata is not None:
            d.GetRasterBand(i + 1).SetNoDataValue(nodata)
def noise(): return 12 * random.standard_normal((size, size), dtype=numpy.float32)
write('ortho.tif', gdal.GDT_Byte, [numpy.clip(base + noise() + s, 0, 255) for s in (0, 18, -25)])
write('bands.tif', gdal.GDT_UInt16, [numpy.clip(100 + 38 * (base * f + noise()), 1, 65535) for f in (.5, .8, .6, 1.1, 1.6)], 0)
`

func makeRasters(ctx context.Context, dir string) error {
	number := func(n int) string { return fmt.Sprint(n) }
	out, err := exec.CommandContext(ctx, "/usr/bin/python3", "-c", paint, dir, number(zoom), number(column), number(row), number(side)).CombinedOutput()
	if err != nil {
		return fmt.Errorf("painting the rasters: %w: %s", err, out)
	}
	return nil
}
