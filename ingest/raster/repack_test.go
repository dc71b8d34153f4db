package raster

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn/tiling/cog"
)

// overviewed is a tiled TIFF that is no COG, made of a COG, with overviews of its own.
func overviewed(t *testing.T, source string, args ...string) string {
	t.Helper()
	path := translated(t, source, append([]string{"-co", "TILED=YES"}, args...)...)
	tool(t, "gdaladdo", "-q", "-r", "average", "--config", "GDAL_TIFF_OVR_BLOCKSIZE", "256", path, "2", "4", "8")
	return path
}

// gridded is a COG on the grid that GDAL makes.
func gridded(t *testing.T, source string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "blob")
	tool(t, "gdal_translate", append(append([]string{"-q", "-of", "COG", "-co", "TILING_SCHEME=GoogleMapsCompatible", "-co", "ALIGNED_LEVELS=4"}, args...), source, path)...)
	return path
}

func opened(t *testing.T, path string) (*cog.Index, *os.File) {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { file.Close() })
	info, err := file.Stat()
	require.NoError(t, err)
	index, err := cog.Parse(file, info.Size())
	require.NoError(t, err)
	return index, file
}

// sharedBlocks counts the blocks of a product, and how many of them are the
// bytes of the source's block at the same place.
func sharedBlocks(t *testing.T, source, product string) (shared, all int) {
	t.Helper()
	from, fromFile := opened(t, source)
	to, toFile := opened(t, product)
	for k := range to.Levels {
		l := &to.Levels[k]
		for plane := range l.Planes {
			for y := range l.TilesDown {
				for x := range l.TilesAcross {
					e, err := l.Extent(toFile, x, y, plane)
					require.NoError(t, err)
					if e.Length == 0 {
						continue
					}
					all++
					if k >= len(from.Levels) || x >= from.Levels[k].TilesAcross || y >= from.Levels[k].TilesDown || plane >= from.Levels[k].Planes {
						continue
					}
					s, err := from.Levels[k].Extent(fromFile, x, y, plane)
					require.NoError(t, err)
					a, b := make([]byte, e.Length), make([]byte, s.Length)
					_, err = toFile.ReadAt(a, e.Offset)
					require.NoError(t, err)
					_, err = fromFile.ReadAt(b, s.Offset)
					require.NoError(t, err)
					if string(a) == string(b) {
						shared++
					}
				}
			}
		}
	}
	return shared, all
}

// The blocks of an aligned file are those of its map, whatever program wrote it.
func TestAlignedFilesAreRepacked(t *testing.T) {
	t.Parallel()
	heights := fixture{width: 900, height: 300, bands: 1, dataType: godal.UInt16, epsg: 32615, geotransform: utm(5200000, 5), value: waves, nodata: number(9)}
	floats := heights
	floats.dataType = godal.Float32
	for name, source := range map[string]func() string{
		"WebP":    func() string { return gridded(t, rgb.write(t), "-co", "COMPRESS=WEBP", "-co", "QUALITY=70") },
		"DEFLATE": func() string { return gridded(t, heights.write(t), "-co", "COMPRESS=DEFLATE", "-co", "PREDICTOR=YES") },
		"ZSTD":    func() string { return gridded(t, floats.write(t), "-co", "COMPRESS=ZSTD", "-co", "PREDICTOR=YES") },
		"LZW, no COG": func() string {
			return overviewed(t, build(t, heights.write(t)), "-co", "COMPRESS=LZW", "-co", "PREDICTOR=2")
		},
		"nothing, no COG": func() string { return overviewed(t, build(t, floats.write(t)), "-co", "COMPRESS=NONE") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := source()
			product := build(t, path)
			requireAligned(t, product)
			shared, all := sharedBlocks(t, path, product)
			assert.Positive(t, all)
			assert.Equal(t, all, shared)
		})
	}
}

// What is nearly aligned is built like any other raster.
func TestWhatIsNotAlignedIsBuilt(t *testing.T) {
	t.Parallel()
	heights := fixture{width: 900, height: 300, bands: 1, dataType: godal.UInt16, epsg: 32615, geotransform: utm(5200000, 5), value: waves, nodata: number(9)}
	own := build(t, heights.write(t))
	for name, path := range map[string]string{
		"another byte order": overviewed(t, own, "-co", "COMPRESS=LZW", "-co", "ENDIANNESS=BIG"),
		"no overviews":       translated(t, own, "-co", "TILED=YES", "-co", "COMPRESS=LZW"),
		"other tiles":        overviewed(t, own, "-co", "COMPRESS=LZW", "-co", "BLOCKXSIZE=128", "-co", "BLOCKYSIZE=128"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			product := build(t, path)
			requireAligned(t, product)
			assert.Equal(t, "ZSTD", gdalinfo(t, product).Metadata["IMAGE_STRUCTURE"]["COMPRESSION"])
		})
	}
}
