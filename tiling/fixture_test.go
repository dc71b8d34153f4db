package tiling

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/color"
	stdpng "image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn/catalog/blob"
)

// gdal runs one of GDAL's tools, the independent reference of these tests.
func gdal(t testing.TB, tool string, args ...string) string {
	t.Helper()
	cmd := exec.Command(tool, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, cmd.Run(), "%s %s\n%s", tool, strings.Join(args, " "), &errs)
	return out.String()
}

// scene is a picture with soft and hard edges, different in every pixel row.
func scene(width, height int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			fx, fy := float64(x), float64(y)
			v := 90 + 60*math.Sin(fx/37)*math.Cos(fy/53) + 30*math.Sin((fx+2*fy)/11)
			c := color.NRGBA{R: byte(v), G: byte(150 + 80*math.Sin(fy/71)), B: byte(255 * fx / float64(width)), A: 255}
			if (x/64+y/64)%5 == 0 {
				c.R, c.G = 230-c.R/2, c.B
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func writePNG(t testing.TB, name string, m image.Image) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, stdpng.Encode(&out, m))
	require.NoError(t, os.WriteFile(name, out.Bytes(), 0o600))
	return name
}

// georeferenced is the scene as a GeoTIFF in UTM 15N at 0.5 m, near 46.8 N 92 W.
func georeferenced(t testing.TB, dir string, width, height int, args ...string) string {
	t.Helper()
	png := writePNG(t, filepath.Join(dir, "scene.png"), scene(width, height))
	out := filepath.Join(dir, "scene.tif")
	args = append([]string{"-q", "-a_srs", "EPSG:32615", "-a_ullr", "576000", "5188000",
		ftoa(576000 + float64(width)/2), ftoa(5188000 - float64(height)/2), "-b", "1", "-b", "2", "-b", "3"}, args...)
	gdal(t, "gdal_translate", append(args, png, out)...)
	return out
}

func ftoa(v float64) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// makeCOG builds a COG on the grid with GDAL's own driver.
func makeCOG(t testing.TB, source, name string, options ...string) string {
	t.Helper()
	args := []string{"-q", "-of", "COG", "-co", "TILING_SCHEME=GoogleMapsCompatible"}
	for _, o := range options {
		args = append(args, "-co", o)
	}
	out := filepath.Join(filepath.Dir(source), name)
	gdal(t, "gdal_translate", append(args, source, out)...)
	return out
}

// visual is an aligned WebP COG that all tests share; it is never written to.
var visual = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "cairn-tiling-")
	if err != nil {
		panic(err)
	}
	return dir
})

func TestMain(m *testing.M) {
	godal.RegisterAll()
	code := m.Run()
	os.RemoveAll(visual())
	os.Exit(code)
}

var buildVisual sync.Mutex

func visualCOG(t testing.TB) string {
	t.Helper()
	buildVisual.Lock()
	defer buildVisual.Unlock()
	name := filepath.Join(visual(), "visual.tif")
	if _, err := os.Stat(name); err == nil {
		return name
	}
	source := georeferenced(t, visual(), 1500, 1100)
	return makeCOG(t, source, "visual.tif", "COMPRESS=WEBP", "QUALITY=80", "ALIGNED_LEVELS=3", "BLOCKSIZE=256")
}

const cogKey = "products/aa/test/cog/cog.tif"

// serve puts files into a new store under keys and starts a Server on it.
func serve(t testing.TB, files map[string]string) (*Server, *blob.Folder) {
	t.Helper()
	store, err := blob.NewFolder(t.TempDir())
	require.NoError(t, err)
	for key, file := range files {
		put(t, store, key, file)
	}
	s := New(store, Options{})
	t.Cleanup(s.Close)
	return s, store
}

func put(t testing.TB, store blob.Store, key, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	putBytes(t, store, key, data)
}

func putBytes(t testing.TB, store blob.Store, key string, data []byte) {
	t.Helper()
	f, err := os.CreateTemp(store.Scratch(), "")
	require.NoError(t, err)
	_, err = f.Write(data)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.NoError(t, store.Adopt(context.Background(), key, f.Name()))
}

// decode reads a PNG with the standard library, a picture of another format with
// GDAL, as RGBA.
func decode(t testing.TB, data []byte) *image.NRGBA {
	t.Helper()
	if m, err := stdpng.Decode(bytes.NewReader(data)); err == nil {
		return rgba(m)
	}
	in := filepath.Join(t.TempDir(), "in")
	require.NoError(t, os.WriteFile(in, data, 0o600))
	ds, err := godal.Open(in)
	require.NoError(t, err)
	defer ds.Close()
	return pixels(t, ds)
}

// pixels reads a dataset of grey or RGB, with or without alpha.
func pixels(t testing.TB, ds *godal.Dataset) *image.NRGBA {
	t.Helper()
	s := ds.Structure()
	m := image.NewNRGBA(image.Rect(0, 0, s.SizeX, s.SizeY))
	bands := [][]int{1: {1, 1, 1}, 2: {1, 1, 1, 2}, 3: {1, 2, 3}, 4: {1, 2, 3, 4}}[s.NBands]
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	for c, b := range bands {
		require.NoError(t, ds.Bands()[b-1].Read(0, 0, m.Pix[c:], s.SizeX, s.SizeY, godal.PixelSpacing(4), godal.LineSpacing(4*s.SizeX)))
	}
	return m
}

func readPNG(t testing.TB, name string) *image.NRGBA {
	t.Helper()
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	m, err := stdpng.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	return rgba(m)
}

func rgba(m image.Image) *image.NRGBA {
	out := image.NewNRGBA(m.Bounds())
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			out.Set(x, y, m.At(x, y))
		}
	}
	return out
}

// reference is what gdalwarp makes of a tile, from any raster.
func reference(t testing.TB, file string, tile maptile.Tile, size int, resampling string) *image.NRGBA {
	t.Helper()
	span := 2 * halfWorld / math.Exp2(float64(tile.Z))
	left, top := -halfWorld+float64(tile.X)*span, halfWorld-float64(tile.Y)*span
	ds, err := godal.Open(file)
	require.NoError(t, err)
	defer ds.Close()
	warped, err := ds.Warp("", []string{"-of", "MEM", "-t_srs", "EPSG:3857", "-dstalpha", "-r", resampling, "-et", "0",
		"-te", ftoa(left), ftoa(top - span), ftoa(left + span), ftoa(top), "-ts", strconv.Itoa(size), strconv.Itoa(size)})
	require.NoError(t, err)
	defer warped.Close()
	return pixels(t, warped)
}

// psnr compares the colours where both pictures are opaque, in dB.
func psnr(t testing.TB, a, b *image.NRGBA) float64 {
	t.Helper()
	require.Equal(t, a.Bounds(), b.Bounds())
	sum, n := 0.0, 0
	for i := 0; i < len(a.Pix); i += 4 {
		if a.Pix[i+3] != 255 || b.Pix[i+3] != 255 {
			continue
		}
		for c := range 3 {
			d := float64(a.Pix[i+c]) - float64(b.Pix[i+c])
			sum += d * d
			n++
		}
	}
	require.Positive(t, n, "no pixel is opaque in both")
	if sum == 0 {
		return math.Inf(1)
	}
	return 10 * math.Log10(255*255*float64(n)/sum)
}

// alphaDiffers is the share of pixels that are opaque in one picture only.
func alphaDiffers(a, b *image.NRGBA) float64 {
	n := 0
	for i := 3; i < len(a.Pix); i += 4 {
		if a.Pix[i] >= 128 != (b.Pix[i] >= 128) {
			n++
		}
	}
	return float64(n) / float64(len(a.Pix)/4)
}

// firstTile is the tile in the upper left corner of the COG, at its full
// resolution, by gdalinfo.
func firstTile(t testing.TB, file string) maptile.Tile {
	t.Helper()
	var info struct {
		GeoTransform [6]float64 `json:"geoTransform"`
	}
	require.NoError(t, json.Unmarshal([]byte(gdal(t, "gdalinfo", "-json", file)), &info))
	g := info.GeoTransform
	z := math.Round(math.Log2(2 * halfWorld / 256 / g[1]))
	span := 2 * halfWorld / math.Exp2(z)
	return maptile.New(uint32(math.Round((g[0]+halfWorld)/span)), uint32(math.Round((halfWorld-g[3])/span)), maptile.Zoom(z))
}

// visiblePixels are the pixels with those that are transparent made equal.
func visiblePixels(m *image.NRGBA) []byte {
	out := bytes.Clone(m.Pix)
	for i := 0; i < len(out); i += 4 {
		if out[i+3] == 0 {
			clear(out[i : i+4])
		}
	}
	return out
}
