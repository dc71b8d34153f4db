package cog

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	godal.RegisterAll()
	m.Run()
}

func run(t testing.TB, tool string, args ...string) string {
	t.Helper()
	out, err := exec.Command(tool, args...).CombinedOutput()
	require.NoError(t, err, "%s %v\n%s", tool, args, out)
	return string(out)
}

// pictureFile is a picture of the given size that lies in Web Mercator.
func pictureFile(t testing.TB, dir string, width, height int) string {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, color.NRGBA{byte(x), byte(y), byte(x * y / 50), 255})
		}
	}
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, m))
	in, out := filepath.Join(dir, "in.png"), filepath.Join(dir, "in.tif")
	require.NoError(t, os.WriteFile(in, b.Bytes(), 0o600))
	run(t, "gdal_translate", "-q", "-b", "1", "-b", "2", "-b", "3", "-a_srs", "EPSG:3857", "-a_ullr", "1000000", "6000000",
		strconv.Itoa(1000000+width), strconv.Itoa(6000000-height), in, out)
	return out
}

func index(t testing.TB, file string) (*Index, *os.File) {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	require.NoError(t, err)
	x, err := Parse(f, info.Size())
	require.NoError(t, err)
	return x, f
}

// Where GDAL says that the blocks are, they are, in every kind of TIFF.
func TestExtentsAreGDALs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := pictureFile(t, dir, 700, 500)
	for name, args := range map[string][]string{
		"classic":    {"-of", "COG", "-co", "COMPRESS=DEFLATE", "-co", "BLOCKSIZE=128", "-co", "BIGTIFF=NO"},
		"bigtiff":    {"-of", "COG", "-co", "COMPRESS=DEFLATE", "-co", "BLOCKSIZE=128", "-co", "BIGTIFF=YES"},
		"webp":       {"-of", "COG", "-co", "COMPRESS=WEBP", "-co", "TILING_SCHEME=GoogleMapsCompatible"},
		"big-endian": {"-of", "GTiff", "-co", "TILED=YES", "-co", "ENDIANNESS=BIG", "-co", "COMPRESS=LZW"},
		"one tile":   {"-of", "GTiff", "-co", "TILED=YES", "-co", "BLOCKXSIZE=1024", "-co", "BLOCKYSIZE=1024", "-co", "COMPRESS=LZW"},
		"planes":     {"-of", "GTiff", "-co", "TILED=YES", "-co", "INTERLEAVE=BAND", "-co", "COMPRESS=ZSTD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(dir, strings.ReplaceAll(name, " ", "")+".tif")
			run(t, "gdal_translate", append(append([]string{"-q"}, args...), source, file)...)
			x, f := index(t, file)
			assert.Equal(t, 3857, x.EPSG)
			l := &x.Levels[0]
			for _, at := range [][2]int{{0, 0}, {l.TilesAcross - 1, 0}, {0, l.TilesDown - 1}, {l.TilesAcross / 2, l.TilesDown / 2}} {
				e, err := l.Extent(f, at[0], at[1], 0)
				require.NoError(t, err)
				assert.Equal(t, gdalBlock(t, file, at[0], at[1]), e)
			}
		})
	}
}

// gdalBlock asks GDAL for the place of a block, through its domain "TIFF".
func gdalBlock(t testing.TB, file string, column, row int) Extent {
	t.Helper()
	ds, err := godal.Open(file)
	require.NoError(t, err)
	defer ds.Close()
	ask := func(what string) int64 {
		v, err := strconv.ParseInt(ds.Bands()[0].Metadata(fmt.Sprintf("BLOCK_%s_%d_%d", what, column, row), godal.Domain("TIFF")), 10, 64)
		require.NoError(t, err)
		return v
	}
	return Extent{Offset: ask("OFFSET"), Length: int(ask("SIZE"))}
}

func TestGrid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := pictureFile(t, dir, 900, 900)
	file := filepath.Join(dir, "aligned.tif")
	run(t, "gdal_translate", "-q", "-of", "COG", "-co", "COMPRESS=WEBP", "-co", "TILING_SCHEME=GoogleMapsCompatible", "-co", "ALIGNED_LEVELS=2", source, file)
	x, _ := index(t, file)
	zoom, column, row, ok := x.Zoom()
	require.True(t, ok)
	assert.Equal(t, 17, zoom) // 1 m is nearest to 1.194 m
	assert.Zero(t, column%2)
	assert.Zero(t, row%2)
	// (1 000 000 + 20 037 508.34) m / 305.748 m = 68 806.7: the source is in an even column.
	assert.Equal(t, 68806, column)
	// (20 037 508.34 - 6 000 000) m / 305.748 m = 45 912.003: in an even row.
	assert.Equal(t, 45912, row)
	assert.True(t, x.Aligned(0, column, row))
	assert.True(t, x.Aligned(1, column, row))

	x, _ = index(t, source)
	_, _, _, ok = x.Zoom()
	assert.False(t, ok, "a raster of 1 m pixels is not on the grid")
}

func TestSparseTilesHaveNoExtent(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sparse.tif")
	run(t, "gdal_create", "-q", "-of", "GTiff", "-outsize", "1000", "1000", "-co", "TILED=YES", "-co", "SPARSE_OK=YES", file)
	x, f := index(t, file)
	e, err := x.Levels[0].Extent(f, 1, 1, 0)
	require.NoError(t, err)
	assert.Zero(t, e)
	_, err = x.Levels[0].Extent(f, 4, 0, 0)
	assert.Error(t, err)
	_, err = x.Levels[0].Extent(f, -1, 0, 0)
	assert.Error(t, err)
}

// The index of a level with millions of tiles is read tile by tile.
func TestLargeIndexesStayInTheFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "large.tif")
	run(t, "gdal_create", "-q", "-of", "GTiff", "-outsize", "40000", "40000", "-co", "TILED=YES", "-co", "SPARSE_OK=YES",
		"-co", "BLOCKXSIZE=16", "-co", "BLOCKYSIZE=16", "-co", "BIGTIFF=YES", file)
	x, f := index(t, file)
	assert.Less(t, x.Bytes(), int64(1<<20))
	e, err := x.Levels[0].Extent(f, 2499, 2499, 0)
	require.NoError(t, err)
	assert.Zero(t, e)
}

// Every cut of a file is refused or, where only blocks are lost, leaves no
// extent beyond the end.
func TestTruncatedFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := pictureFile(t, dir, 600, 600)
	file := filepath.Join(dir, "cog.tif")
	run(t, "gdal_translate", "-q", "-of", "COG", "-co", "COMPRESS=WEBP", "-co", "TILING_SCHEME=GoogleMapsCompatible", source, file)
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	for n := 0; n < len(data); n += 1 + n/50 {
		exercise(t, data[:n])
	}
}

// exercise reads all that can be read of a file and fails on what lies beyond it.
func exercise(t testing.TB, data []byte) {
	r := bytes.NewReader(data)
	x, err := Parse(r, int64(len(data)))
	if err != nil {
		return
	}
	if x.Bytes() > int64(4*len(data))+1<<18 {
		t.Fatalf("%d bytes of index for a file of %d", x.Bytes(), len(data))
	}
	_, column, row, _ := x.Zoom()
	for k := range x.Levels {
		l := &x.Levels[k]
		x.Aligned(k, column, row)
		for i := range min(l.TilesAcross, 20) {
			for j := range min(l.TilesDown, 20) {
				e, err := l.Extent(r, i, j, 0)
				if err != nil || e.Length == 0 {
					continue
				}
				if e.Offset < 0 || e.Offset+int64(e.Length) > int64(len(data)) {
					t.Fatal(fmt.Sprint("an extent beyond the end: ", e))
				}
				if i < 3 && j < 3 {
					exerciseDecode(t, l, r, i, j)
				}
				if block, err := l.ReadWebP(r, e, nil); err == nil && string(block[8:12]) != "WEBP" {
					t.Fatal("a block that is no WebP")
				}
			}
		}
	}
}

// exerciseDecode decodes a tile, which takes no more memory than a tile may have.
func exerciseDecode(t testing.TB, l *Level, r *bytes.Reader, column, row int) {
	b, err := l.Decode(r, column, row, l.Planes-1)
	if err != nil || b == nil {
		return
	}
	if b.Bytes() > maxDecoded+64 {
		t.Fatal("a block of ", b.Bytes(), " bytes")
	}
	out := make([]float64, b.Width)
	Values(b, out, b.Samples-1, 0, b.Height-1, nil)
}

func FuzzParse(f *testing.F) {
	dir := f.TempDir()
	source := pictureFile(f, dir, 40, 40) // small seeds: their pixels are not what is parsed
	for i, args := range [][]string{
		{"-of", "COG", "-co", "COMPRESS=WEBP", "-co", "TILING_SCHEME=GoogleMapsCompatible"},
		{"-of", "GTiff", "-co", "TILED=YES", "-co", "BLOCKXSIZE=16", "-co", "BLOCKYSIZE=16", "-co", "BIGTIFF=YES", "-co", "COMPRESS=LZW"},
		{"-of", "GTiff", "-co", "TILED=YES", "-co", "BLOCKXSIZE=16", "-co", "BLOCKYSIZE=16", "-co", "ENDIANNESS=BIG", "-co", "COMPRESS=LZW"},
		{"-of", "GTiff", "-co", "TILED=YES", "-co", "BLOCKXSIZE=16", "-co", "BLOCKYSIZE=16", "-co", "COMPRESS=ZSTD", "-co", "PREDICTOR=3", "-ot", "Float32"},
		{"-of", "GTiff", "-co", "TILED=YES", "-co", "BLOCKXSIZE=16", "-co", "BLOCKYSIZE=16", "-co", "COMPRESS=DEFLATE", "-co", "PREDICTOR=2", "-co", "INTERLEAVE=BAND", "-ot", "UInt16"},
	} {
		file := filepath.Join(dir, fmt.Sprint(i, ".tif"))
		run(f, "gdal_translate", append(append([]string{"-q"}, args...), source, file)...)
		data, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { exercise(t, data) })
}
