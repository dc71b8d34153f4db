package tiling

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
)

const photoKey = "blobs/aa/bb/aabb"

func thumbnail(t testing.TB, s *Server, key string, src ThumbnailSource, size int) *image.NRGBA {
	t.Helper()
	got, err := s.Thumbnail(context.Background(), key, src, size)
	require.NoError(t, err)
	assert.Equal(t, "image/webp", got.MediaType)
	assert.Equal(t, "RIFF", string(got.Data[:4]))
	return decode(t, got.Data)
}

// Sizes per checklist 84 to 86 of entries-and-builds.
func TestThumbnailSizes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ width, height, size, wantW, wantH int }{
		{4000, 3000, 256, 256, 192},
		{100, 50, 200, 200, 100},
		{50, 100, 200, 100, 200},
		{64, 64, 512, 512, 512},
		{1000, 3, 100, 100, 1},
		{7, 1000, 500, 3, 500},
		{300, 200, 1, 16, 10},
		{300, 200, 99999, 4096, 2730},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			t.Parallel()
			photo := filepath.Join(t.TempDir(), "flat.tif")
			gdal(t, "gdal_create", "-q", "-of", "GTiff", "-outsize", fmt.Sprint(c.width), fmt.Sprint(c.height),
				"-bands", "3", "-burn", "200", "-burn", "100", "-burn", "50", "-co", "COMPRESS=DEFLATE", photo)
			s, _ := serve(t, map[string]string{photoKey: photo})
			m := thumbnail(t, s, photoKey, ThumbnailSource{}, c.size)
			assert.Equal(t, image.Rect(0, 0, c.wantW, c.wantH), m.Bounds())
			at := m.NRGBAAt(c.wantW/2, c.wantH/2)
			assert.InDelta(t, 200, at.R, 4)
			assert.InDelta(t, 100, at.G, 4)
			assert.InDelta(t, 50, at.B, 4)
			assert.Equal(t, byte(255), at.A)
		})
	}
}

// Each orientation, applied to the scene stored the way that it describes,
// shows the scene upright. The stored pixels are moved by EXIF's definition:
// where row 0 and column 0 of the stored picture are in the scene.
func TestThumbnailOrientation(t *testing.T) {
	t.Parallel()
	upright := scene(320, 200)
	for orientation, stored := range map[int]func(x, y int) (int, int){ // scene pixel -> stored pixel
		1: func(x, y int) (int, int) { return x, y },
		2: func(x, y int) (int, int) { return 319 - x, y },
		3: func(x, y int) (int, int) { return 319 - x, 199 - y },
		4: func(x, y int) (int, int) { return x, 199 - y },
		5: func(x, y int) (int, int) { return y, x },             // row 0 left, column 0 top
		6: func(x, y int) (int, int) { return y, 319 - x },       // row 0 right, column 0 top
		7: func(x, y int) (int, int) { return 199 - y, 319 - x }, // row 0 right, column 0 bottom
		8: func(x, y int) (int, int) { return 199 - y, x },       // row 0 left, column 0 bottom
	} {
		t.Run(fmt.Sprint(orientation), func(t *testing.T) {
			t.Parallel()
			lying := image.NewNRGBA(image.Rect(0, 0, 320, 200))
			if orientation >= 5 {
				lying = image.NewNRGBA(image.Rect(0, 0, 200, 320))
			}
			for y := range 200 {
				for x := range 320 {
					sx, sy := stored(x, y)
					lying.Set(sx, sy, upright.At(x, y))
				}
			}
			s, _ := serve(t, map[string]string{photoKey: writePNG(t, filepath.Join(t.TempDir(), "p.png"), lying)})
			m := thumbnail(t, s, photoKey, ThumbnailSource{Orientation: orientation}, 320)
			assert.Greater(t, psnr(t, upright, m), 30.0)
		})
	}
}

func TestThumbnailKeepsAlphaAndPalettes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	half := scene(200, 100)
	for y := range 100 {
		for x := range 100 {
			half.SetNRGBA(x, y, color.NRGBA{})
		}
	}
	alpha := writePNG(t, filepath.Join(dir, "alpha.png"), half)
	paletted := image.NewPaletted(image.Rect(0, 0, 200, 100), color.Palette{color.NRGBA{R: 255, A: 255}, color.NRGBA{G: 255, A: 255}})
	for y := range 100 {
		for x := 100; x < 200; x++ {
			paletted.SetColorIndex(x, y, 1)
		}
	}
	palette := writePNG(t, filepath.Join(dir, "palette.png"), paletted)
	s, _ := serve(t, map[string]string{photoKey: alpha, photoKey + "2": palette})

	m := thumbnail(t, s, photoKey, ThumbnailSource{}, 100)
	assert.Zero(t, m.NRGBAAt(10, 25).A)
	assert.Equal(t, byte(255), m.NRGBAAt(90, 25).A)

	m = thumbnail(t, s, photoKey+"2", ThumbnailSource{}, 100)
	assert.Greater(t, m.NRGBAAt(10, 25).R, byte(245))
	assert.Less(t, m.NRGBAAt(10, 25).G, byte(10))
	assert.Greater(t, m.NRGBAAt(90, 25).G, byte(245))
}

// The padding of a COG is not part of its thumbnail, which is otherwise what
// gdal_translate makes of the data alone.
func TestThumbnailOfCOG(t *testing.T) {
	t.Parallel()
	file := visualCOG(t)
	s, _ := serve(t, map[string]string{cogKey: file})
	m := thumbnail(t, s, cogKey, ThumbnailSource{Kind: COG}, 256)

	dir := t.TempDir()
	warped, want := filepath.Join(dir, "warped.tif"), filepath.Join(dir, "want.png")
	gdal(t, "gdalwarp", "-q", "-t_srs", "EPSG:3857", "-dstalpha", "-r", "cubic", filepath.Join(visual(), "scene.tif"), warped)
	var info struct{ Size [2]float64 }
	require.NoError(t, json.Unmarshal([]byte(gdal(t, "gdalinfo", "-json", warped)), &info))
	assert.InDelta(t, info.Size[0]/info.Size[1], float64(m.Bounds().Dx())/float64(m.Bounds().Dy()), 0.01)
	gdal(t, "gdal_translate", "-q", "-of", "PNG", "-r", "average", "-outsize", fmt.Sprint(m.Bounds().Dx()), fmt.Sprint(m.Bounds().Dy()), warped, want)
	assert.Greater(t, psnr(t, readPNG(t, want), m), 25.0)
}

func TestThumbnailOfDataIsStretched(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	deep := filepath.Join(dir, "deep.tif")
	png := writePNG(t, filepath.Join(dir, "s.png"), scene(300, 200))
	gdal(t, "gdal_translate", "-q", "-b", "1", "-ot", "UInt16", "-scale", "0", "255", "10000", "20000", png, deep)
	s, _ := serve(t, map[string]string{photoKey: deep})
	m := thumbnail(t, s, photoKey, ThumbnailSource{}, 300)
	low, high := byte(255), byte(0)
	for i := 0; i < len(m.Pix); i += 4 {
		low, high = min(low, m.Pix[i]), max(high, m.Pix[i])
	}
	assert.Less(t, low, byte(10))
	assert.Greater(t, high, byte(245))
}

func TestThumbnailOfOneBit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bits := filepath.Join(dir, "bits.tif")
	png := writePNG(t, filepath.Join(dir, "s.png"), scene(300, 200))
	gdal(t, "gdal_translate", "-q", "-b", "1", "-scale", "60", "120", "0", "1", "-co", "NBITS=1", png, bits)
	s, _ := serve(t, map[string]string{photoKey: bits})
	m := thumbnail(t, s, photoKey, ThumbnailSource{}, 300)
	values := map[byte]int{}
	for i := 0; i < len(m.Pix); i += 4 {
		values[m.Pix[i]/64]++
	}
	assert.Greater(t, values[0], 5000)
	assert.Greater(t, values[3], 5000)
}

func TestThumbnailOfWhatIsNoPicture(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := writePNG(t, filepath.Join(dir, "secret.png"), scene(20, 20))
	vrt := filepath.Join(dir, "escape.vrt")
	gdal(t, "gdal_translate", "-q", "-of", "VRT", secret, vrt)
	huge := filepath.Join(dir, "huge.tif")
	gdal(t, "gdal_create", "-q", "-of", "GTiff", "-outsize", "100000", "100000", "-bands", "1", "-co", "SPARSE_OK=YES", "-co", "TILED=YES", "-co", "COMPRESS=DEFLATE", huge)
	blocks := filepath.Join(dir, "blocks.tif")
	gdal(t, "gdal_create", "-q", "-of", "GTiff", "-outsize", "15000", "15000", "-bands", "4", "-co", "SPARSE_OK=YES", "-co", "TILED=YES", "-co", "BLOCKXSIZE=15008", "-co", "BLOCKYSIZE=15008", blocks)
	s, store := serve(t, map[string]string{photoKey + "vrt": vrt, photoKey + "huge": huge, photoKey + "blocks": blocks})
	putBytes(t, store, photoKey+"text", []byte("just text"))
	for key, code := range map[string]cairn.Code{
		"vrt": cairn.Unsupported, "text": cairn.Unsupported, "huge": cairn.TooLarge, "blocks": cairn.TooLarge, "none": cairn.NotFound,
	} {
		_, err := s.Thumbnail(context.Background(), photoKey+key, ThumbnailSource{}, 64)
		assert.Equal(t, code, cairn.CodeOf(err), "%s: %v", key, err)
	}
	photo := filepath.Join(dir, "cut.jpg")
	gdal(t, "gdal_translate", "-q", "-of", "JPEG", writePNG(t, filepath.Join(dir, "p.png"), scene(800, 600)), photo)
	data, err := os.ReadFile(photo)
	require.NoError(t, err)
	putBytes(t, store, photoKey+"cut", bytes.Clone(data[:200]))
	_, err = s.Thumbnail(context.Background(), photoKey+"cut", ThumbnailSource{}, 64)
	assert.Equal(t, cairn.Unsupported, cairn.CodeOf(err))
}

// The camera's own thumbnail in a photo, 160x120 with black bars, which GDAL
// counts as an overview, is never what a thumbnail is made of.
func TestThumbnailOfCameraPhotos(t *testing.T) {
	t.Parallel()
	photo := "../../shared/data/drone-images/DJI_0018.JPG"
	if _, err := os.Stat(photo); err != nil {
		t.Skip("the photo is not here")
	}
	s, _ := serve(t, map[string]string{photoKey: photo})
	for _, size := range []int{100, 256} {
		m := thumbnail(t, s, photoKey, ThumbnailSource{Orientation: 1}, size)
		assert.Equal(t, image.Rect(0, 0, size, size*2250/4000), m.Bounds())
		want := filepath.Join(t.TempDir(), "want.png")
		gdal(t, "gdal_translate", "-q", "-of", "PNG", "-oo", "OVERVIEW_LEVEL=NONE", "-r", "average",
			"-outsize", fmt.Sprint(size), fmt.Sprint(size*2250/4000), photo, want)
		assert.Greater(t, psnr(t, readPNG(t, want), m), 30.0)
	}
}

// What can't be drawn is not tried again at once: it costs as much as what can.
func TestThumbnailsThatFailAreRemembered(t *testing.T) {
	t.Parallel()
	photo := writePNG(t, filepath.Join(t.TempDir(), "cut.png"), scene(400, 400))
	require.NoError(t, os.Truncate(photo, 20_000))
	s, store := serve(t, map[string]string{photoKey: photo})
	_, err := s.Thumbnail(t.Context(), photoKey, ThumbnailSource{}, 256)
	require.Equal(t, cairn.Unsupported, cairn.CodeOf(err))
	require.NoError(t, store.Delete(t.Context(), photoKey))
	_, err = s.Thumbnail(t.Context(), photoKey, ThumbnailSource{}, 256)
	assert.Equal(t, cairn.Unsupported, cairn.CodeOf(err), "the file was not looked at")
	_, err = s.Thumbnail(t.Context(), photoKey, ThumbnailSource{}, 128)
	assert.Equal(t, cairn.NotFound, cairn.CodeOf(err))
}
