package raster

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rioCogeo says of each file whether rio-cogeo finds it a valid COG, and what it says against it.
const rioCogeo = `
import sys, json
from rio_cogeo.cogeo import cog_validate
print(json.dumps({file: [str(said) for said in cog_validate(file, strict=True)] for file in sys.argv[1:]}))`

// rio-cogeo, which judges by other rules and another GDAL than ours, has
// nothing to say against what is built of any kind of raster.
func TestRioCogeoAcceptsEveryKind(t *testing.T) {
	t.Parallel()
	small := func(bands int, kind godal.DataType) fixture {
		return fixture{width: 90, height: 60, bands: bands, dataType: kind, epsg: 32615, geotransform: utm(5200000, 1), value: waves}
	}
	grey, alpha := small(2, godal.Byte), small(3, godal.UInt16)
	grey.interp = []godal.ColorInterp{godal.CIGray, godal.CIAlpha}
	alpha.interp = []godal.ColorInterp{godal.CIGray, godal.CIUndefined, godal.CIAlpha}
	void, nan := small(1, godal.Float32), small(1, godal.Float32)
	void.nodata, void.value = number(0), nil
	nan.nodata = number(math.NaN())
	bands := small(5, godal.UInt16)
	bands.width, bands.height, bands.nodata = 700, 400, number(0)
	pixel := small(1, godal.Byte)
	pixel.width, pixel.height = 1, 1
	rotated := small(3, godal.Byte)
	rotated.geotransform = [6]float64{500000, 1, .7, 5200000, .7, -1}
	dateline := small(1, godal.Int16)
	dateline.epsg, dateline.geotransform = 32660, [6]float64{500000, 10000, 0, 5800000, 0, -10000}

	kinds := map[string]string{} // by file
	for name, f := range map[string]fixture{"colours": rgb, "grey with alpha": grey, "values with alpha": alpha, "void": void, "NaN": nan, "five bands": bands,
		"a hundred bands": small(100, godal.Int16), "one pixel": pixel, "rotated": rotated, "across the dateline": dateline} {
		kinds[build(t, f.write(t))] = name
	}
	kinds[buildWith(t, rgb.write(t), Options{Lossless: true})] = "lossless"
	kinds[buildWith(t, bands.write(t), Options{Compression: Deflate})] = "DEFLATE"
	kinds[build(t, gridded(t, rgb.write(t), "-co", "COMPRESS=WEBP"))] = "repacked"

	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	arguments := []string{"-c", rioCogeo}
	for file := range kinds {
		arguments = append(arguments, file)
	}
	var said map[string][]string
	require.NoError(t, json.Unmarshal(tool(t, filepath.Join(cache, "cairn", "python", "bin", "python"), arguments...), &said), "is rio-cogeo missing? run make setup")
	for file, kind := range kinds {
		assert.Equal(t, []string{"True", "[]", "[]"}, said[file], kind)
	}
}
