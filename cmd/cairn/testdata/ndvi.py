"""The NDVI of a multispectral raster in a view, by numpy.

ndvi.py RASTER PICTURE WIDTH HEIGHT WEST SOUTH EAST NORTH: the bands are warped to Web Mercator by GDAL, the index
of red (3) and near infrared (5) is coloured from -1 to 1 in viridis. Transparent is where the nearest cell is void.
"""
import sys

import numpy as np
from osgeo import gdal

gdal.UseExceptions()
raster, picture = sys.argv[1:3]
width, height = map(int, sys.argv[3:5])


def warped(resampling):
    return gdal.Warp('', raster, format='MEM', dstSRS='EPSG:3857', outputType=gdal.GDT_Float64, errorThreshold=0,
                     resampleAlg=resampling, width=width, height=height, outputBounds=list(map(float, sys.argv[5:9])),
                     dstNodata=-1).ReadAsArray()[[2, 4]]


red, infrared = warped('bilinear')
void = (warped('near') < 0).any(axis=0)
index = (infrared - red) / np.where(void, 1, infrared + red)
position = np.clip((index + 1) / 2, 0, 1)
stops = np.array([[68, 1, 84], [59, 82, 139], [33, 144, 140], [93, 201, 99], [253, 231, 37]])
colors = [np.interp(position, [0, 0.25, 0.5, 0.75, 1], stops[:, c]) for c in range(3)]
pixels = np.array(colors + [np.where(void, 0, 255)]).round().astype(np.uint8)
drawn = gdal.GetDriverByName('MEM').Create('', width, height, 4)
drawn.WriteArray(pixels)
gdal.GetDriverByName('PNG').CreateCopy(picture, drawn)
