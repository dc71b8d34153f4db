"""What numpy and GDAL say of a COG: the reference of the tests of values."""
import json, math, sys
import numpy as np
from osgeo import gdal, osr

gdal.UseExceptions()
ask = json.load(sys.stdin)
ds = gdal.Open(ask["cog"])
gt = ds.GetGeoTransform()
band = ds.GetRasterBand(1)
z = band.ReadAsArray().astype(float)
z[band.GetMaskBand().ReadAsArray() == 0] = np.nan

def crs(name):
    s = osr.SpatialReference()
    s.SetFromUserInput(name)
    s.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return s

to_map = osr.CoordinateTransformation(crs("EPSG:4326"), crs("EPSG:3857"))
west, south, east, north = ask["outline"]
x0, y1, _ = to_map.TransformPoint(west, south)
x1, y0, _ = to_map.TransformPoint(east, north)
width, height = round((x1 - x0) / gt[1]), round((y0 - y1) / gt[1])
out = {"width": width, "height": height}

def column(i):
    return math.floor((x0 + (i + 0.5) * (x1 - x0) / width - gt[0]) / gt[1])

def row(j):
    return math.floor((gt[3] - (y0 - (j + 0.5) * (y0 - y1) / height)) / gt[1])

def finite(v):
    return None if math.isnan(v) else v

out["points"] = [finite(z[row(y), column(x)]) for x, y in ask["points"]]
out["areas"] = []
for a, b, c, d in ask["areas"]:
    part = z[row(b) : row(d) + 1, column(a) : column(c) + 1]
    part = part[~np.isnan(part)]
    out["areas"].append([part.min(), part.max(), part.mean(), part.std(), np.median(part), float(part.size)])

# The line is straight on the map; ground lengths are those on the sphere.
line = [to_map.TransformPoint(*p)[:2] for p in ask["line"]]
xs, ys = [], []
for (xa, ya), (xb, yb) in zip(line, line[1:]):
    t = np.linspace(0, 1, 200001)
    xs.append(xa + t * (xb - xa))
    ys.append(ya + t * (yb - ya))
xs, ys = np.concatenate(xs), np.concatenate(ys)
steps = np.hypot(np.diff(xs), np.diff(ys)) / np.cosh((ys[1:] + ys[:-1]) / 2 / 6378137)
along = np.concatenate([[0], np.cumsum(steps)])
out["length"] = along[-1]
out["profile"] = []
for distance in np.linspace(0, along[-1], ask["samples"]):
    x, y = np.interp(distance, along, xs), np.interp(distance, along, ys)
    u, v = (x - gt[0]) / gt[1] - 0.5, (gt[3] - y) / gt[1] - 0.5
    i, j = math.floor(u), math.floor(v)
    if i < 0 or j < 0 or i + 1 >= z.shape[1] or j + 1 >= z.shape[0]:
        out["profile"].append(None)
        continue
    f, g = u - i, v - j
    four = z[j : j + 2, i : i + 2]
    out["profile"].append(finite((four * np.outer([1 - g, g], [1 - f, f])).sum()))
json.dump(out, sys.stdout)
