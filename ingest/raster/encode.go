package raster

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
)

// encode writes the COG that p and r describe to work/cog.tif, and leaves in
// work/grid.vrt the same pixels before they were coded, for the statistics.
//
// It is the seam behind which the pixels are made, and drives gdalwarp and
// gdal_translate as child processes. GDAL could do the same within this one, but godal offers
// neither its progress nor a way to stop it; a child can be killed at any
// moment, and a hostile file that crashes a decoder or exhausts memory takes
// down one build instead of the server. Its COG driver's own tiling scheme is not used: that aligns
// ten levels at most, and knows nothing beyond the antimeridian.
func encode(ctx context.Context, source, work string, p plan, r recipe, progress func(float64)) error {
	warped := filepath.Join(work, "warped.tif")
	if err := run(ctx, part(progress, 0, 50), "gdalwarp", warpArgs(source, warped, p, r)...); err != nil {
		if errors.Is(err, errTool) {
			return errDamaged(err)
		}
		return err
	}
	grid := filepath.Join(work, "grid.vrt")
	if err := writeGrid(grid, filepath.Base(warped), p, r); err != nil {
		return fmt.Errorf("write the grid: %w", err)
	}
	return run(ctx, part(progress, 50, 100), "gdal_translate", cogArgs(grid, filepath.Join(work, "cog.tif"), p, r)...)
}

// part maps 0 to 100 percent of a step to from to to percent of the whole.
func part(progress func(float64), from, to float64) func(float64) {
	return func(percent float64) { progress(from + (to-from)*percent/100) }
}

// warpArgs are gdalwarp's arguments to resample source onto the tiles of
// p.data. Blocks without any data take no space.
func warpArgs(source, target string, p plan, r recipe) []string {
	x0, y0 := p.data.origin(p.zoom)
	x0 -= meters(p.lon0)
	tile := tileSize * resolution(p.zoom)
	args := []string{
		"-if", "GTiff", "-t_srs", targetCRS(p.lon0),
		"-te", decimal(x0), decimal(y0 - float64(p.data.height())*tile), decimal(x0 + float64(p.data.width())*tile), decimal(y0),
		"-ts", strconv.Itoa(p.data.width() * tileSize), strconv.Itoa(p.data.height() * tileSize),
		"-r", r.resampling, "-multi", "-wo", "NUM_THREADS=ALL_CPUS", "-wm", "128",
		"-of", "GTiff", "-co", "TILED=YES", "-co", "BLOCKXSIZE=256", "-co", "BLOCKYSIZE=256", "-co", "SPARSE_OK=TRUE",
		"-co", "COMPRESS=DEFLATE", "-co", "ZLEVEL=1", "-co", "NUM_THREADS=ALL_CPUS", "-co", "BIGTIFF=YES",
	}
	if r.nodata != nil {
		args = append(args, "-dstnodata", decimal(*r.nodata))
	} else {
		args = append(args, "-dstalpha")
	}
	if r.codec != deflate {
		// A pixel of a picture is void when all its bands are nodata: black
		// areas have zeros in each band, but dark colours in some.
		args = append(args, "-wo", "UNIFIED_SRC_NODATA=YES")
	}
	return append(args, source, target)
}

// targetCRS is Web Mercator around a meridian, in degrees.
func targetCRS(lon0 float64) string {
	if lon0 == 0 {
		return webMercator
	}
	return "+proj=webmerc +datum=WGS84 +units=m +lon_0=" + decimal(lon0)
}

// cogArgs are gdal_translate's arguments to code grid into the COG target.
func cogArgs(grid, target string, p plan, r recipe) []string {
	args := []string{
		"-if", "VRT", "-of", "COG", "-co", "BLOCKSIZE=256", "-co", "SPARSE_OK=TRUE", "-co", "BIGTIFF=YES", "-co", "NUM_THREADS=ALL_CPUS",
	}
	if p.levels > 1 {
		args = append(args, "-co", "OVERVIEWS=IGNORE_EXISTING", "-co", "OVERVIEW_RESAMPLING="+r.overviews, "-co", "OVERVIEW_COUNT="+strconv.Itoa(p.levels-1))
	} else {
		args = append(args, "-co", "OVERVIEWS=NONE")
	}
	switch r.codec {
	case lossyWebP:
		args = append(args, "-co", "COMPRESS=WEBP", "-co", "QUALITY=80", "-co", "OVERVIEW_QUALITY=80")
	case losslessWebP:
		args = append(args, "-co", "COMPRESS=WEBP", "-co", "QUALITY=100", "-co", "OVERVIEW_QUALITY=100")
	case deflate:
		args = append(args, "-co", "COMPRESS=DEFLATE", "-co", "LEVEL=1", "-co", "PREDICTOR=YES")
	}
	return append(args, grid, target)
}

// decimal writes v so that reading it gives v again.
func decimal(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
