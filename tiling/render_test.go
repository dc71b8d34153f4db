package tiling

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
)

func tileOf(t testing.TB, s *Server, tile maptile.Tile, size int, f Format) *image.NRGBA {
	t.Helper()
	got, err := s.Tile(context.Background(), cogKey, tile, size, f)
	require.NoError(t, err)
	assert.Equal(t, string(f), got.MediaType)
	m := decode(t, got.Data)
	require.Equal(t, image.Rect(0, 0, size, size), m.Bounds())
	return m
}

// Rendered tiles are compared with what gdalwarp makes of the same COG.
func TestRenderedTiles(t *testing.T) {
	t.Parallel()
	file := visualCOG(t)
	s, _ := serve(t, map[string]string{cogKey: file})
	first := firstTile(t, file)
	inner := maptile.New(first.X+3, first.Y+2, first.Z)
	for _, c := range []struct {
		name       string
		tile       maptile.Tile
		size       int
		resampling string
		least      float64 // dB
	}{
		{"@2x over full resolution", inner, 512, "near", math.Inf(1)},
		{"@2x from the four tiles below", inner.Parent(), 512, "near", math.Inf(1)},
		{"@2x at an aligned overview", inner.Parent().Parent(), 512, "average", 35},
		{"one zoom beyond", maptile.New(inner.X*2+1, inner.Y*2, inner.Z+1), 256, "near", math.Inf(1)},
		{"four zooms beyond", maptile.New(inner.X*16+5, inner.Y*16+9, inner.Z+4), 256, "near", math.Inf(1)},
		{"zoom 30", maptile.New(inner.X<<(30-inner.Z)+77, inner.Y<<(30-inner.Z)+5, 30), 256, "near", math.Inf(1)},
		{"above the aligned levels", inner.Parent().Parent().Parent(), 256, "average", 28},
		{"above the coarsest overview", maptile.New(inner.X>>5, inner.Y>>5, inner.Z-5), 256, "average", 26},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := tileOf(t, s, c.tile, c.size, PNG)
			want := reference(t, file, c.tile, c.size, c.resampling)
			if math.IsInf(c.least, 1) {
				require.True(t, math.IsInf(psnr(t, want, got), 1))
				require.Equal(t, visiblePixels(want), visiblePixels(got))
				return
			}
			assert.GreaterOrEqual(t, psnr(t, want, got), c.least)
			assert.LessOrEqual(t, alphaDiffers(want, got), 0.03)
		})
	}
}

// COGs as no build makes them, with masks beside the images, are refused with the
// reason rather than shown without their transparency.
func TestMaskedCOGsAreRefused(t *testing.T) {
	t.Parallel()
	file := makeCOG(t, georeferenced(t, t.TempDir(), 700, 600), "masked.tif", "COMPRESS=JPEG", "ALIGNED_LEVELS=2")
	s, _ := serve(t, map[string]string{cogKey: file})
	_, err := s.Tile(t.Context(), cogKey, firstTile(t, file), 256, PNG)
	assert.Equal(t, cairn.Internal, cairn.CodeOf(err))
	assert.ErrorContains(t, err, "masks")
}

func TestTilesWithoutData(t *testing.T) {
	t.Parallel()
	file := visualCOG(t)
	s, _ := serve(t, map[string]string{cogKey: file})
	first := firstTile(t, file)
	for _, tile := range []maptile.Tile{
		{X: first.X - 100, Y: first.Y, Z: first.Z},
		{X: first.X, Y: first.Y + 5000, Z: first.Z},
		{X: 0, Y: 0, Z: 30},
		{X: 1, Y: 1, Z: 1},
	} {
		for _, f := range []Format{WebP, PNG} {
			for _, size := range []int{256, 512} {
				m := tileOf(t, s, tile, size, f)
				assert.Equal(t, make([]byte, 4*size*size), visiblePixels(m))
			}
		}
	}
	white := tileOf(t, s, maptile.Tile{X: 1, Y: 1, Z: 1}, 256, JPEG)
	assert.Equal(t, bytes.Repeat([]byte{255}, len(white.Pix)), white.Pix)
}

func TestJPEGIsOverWhite(t *testing.T) {
	t.Parallel()
	file := visualCOG(t)
	s, _ := serve(t, map[string]string{cogKey: file})
	first := firstTile(t, file)
	var corner maptile.Tile // partly transparent
	for d := uint32(0); d < 8; d++ {
		corner = maptile.New(first.X+d, first.Y+d, first.Z)
		if m := tileOf(t, s, corner, 256, PNG); m.Pix[3] == 0 && m.NRGBAAt(255, 255).A == 255 {
			break
		}
	}
	got, want := tileOf(t, s, corner, 256, JPEG), tileOf(t, s, corner, 256, PNG)
	require.Zero(t, want.Pix[3])
	assert.GreaterOrEqual(t, min(got.Pix[0], got.Pix[1], got.Pix[2]), byte(250))
	assert.Greater(t, psnr(t, want, got), 30.0)
}

// A raster of 16 bits is stretched by the statistics beside it, nodata and the
// padding are transparent.
func TestDataTiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, stats string
		low, high   float64
	}{
		{"by its statistics", `{"bands":{"1":{"min":0,"max":255,"mean":90,"std":40,"p2":20,"p98":200}}}`, 20, 200},
		{"constant by percentile", `{"bands":{"1":{"min":10,"max":250,"mean":90,"std":40,"p2":70,"p98":70}}}`, 10, 250},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			source := georeferenced(t, dir, 600, 500, "-ot", "Float32", "-a_nodata", "-9999")
			one := filepath.Join(dir, "one.tif")
			gdal(t, "gdal_translate", "-q", "-b", "1", source, one)
			file := makeCOG(t, one, "data.tif", "COMPRESS=DEFLATE", "PREDICTOR=YES", "ALIGNED_LEVELS=2", "RESAMPLING=NEAREST")
			s, store := serve(t, map[string]string{cogKey: file})
			putBytes(t, store, cogKey+".stats.json", []byte(c.stats))
			first := firstTile(t, file)
			for k, level := range []string{"NONE", "0"} {
				tile := maptile.New((first.X+1)>>k, (first.Y+1)>>k, first.Z-maptile.Zoom(k))
				plain, scaled := filepath.Join(dir, "plain"+level+".tif"), filepath.Join(dir, "scaled"+level+".tif")
				gdal(t, "gdal_translate", "-q", "-oo", "OVERVIEW_LEVEL="+level, file, plain)
				gdal(t, "gdal_translate", "-q", "-ot", "Byte", "-scale", ftoa(c.low), ftoa(c.high), "0", "255", "-a_nodata", "none", plain, scaled)
				want := reference(t, scaled, tile, 256, "near")
				mask := reference(t, plain, tile, 256, "near")
				got := tileOf(t, s, tile, 256, PNG)
				opaque := 0
				for i := 0; i < len(got.Pix); i += 4 {
					require.Equal(t, mask.Pix[i+3], got.Pix[i+3])
					if got.Pix[i+3] == 255 {
						require.InDelta(t, want.Pix[i], got.Pix[i], 1)
						opaque++
					}
				}
				assert.Positive(t, opaque)
			}
		})
	}
}

// Without statistics a sample of the raster tells the range; NaN is transparent.
func TestDataTilesWithoutStatistics(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	raw := make([]byte, 0, 4*256*256)
	for y := range 256 {
		for x := range 256 {
			v := float32(1000 + 10*x)
			if y < 64 {
				v = float32(math.NaN())
			}
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
		}
	}
	envi := filepath.Join(dir, "ramp.img")
	require.NoError(t, os.WriteFile(envi, raw, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ramp.hdr"), []byte("ENVI\nsamples = 256\nlines = 256\nbands = 1\ndata type = 4\ninterleave = bsq\nbyte order = 0\n"), 0o600))
	// Exactly the tile 18/1000/2000, so that no pixel is resampled.
	tile := maptile.New(1000, 2000, 18)
	span := 2 * halfWorld / math.Exp2(18)
	left, top := 1000*span-halfWorld, halfWorld-2000*span
	placed := filepath.Join(dir, "placed.tif")
	gdal(t, "gdal_translate", "-q", "-a_srs", "EPSG:3857", "-a_ullr", ftoa(left), ftoa(top), ftoa(left+span), ftoa(top-span), envi, placed)
	file := makeCOG(t, placed, "data.tif", "COMPRESS=DEFLATE", "RESAMPLING=NEAREST", "ADD_ALPHA=NO")
	s, _ := serve(t, map[string]string{cogKey: file})
	m := tileOf(t, s, tile, 256, PNG)
	for y := range 256 {
		for x := range 256 {
			got := m.NRGBAAt(x, y)
			if y < 64 {
				require.Zero(t, got.A)
				continue
			}
			require.Equal(t, byte(255), got.A)
			// Columns 5 and 250 are the 2nd and 98th percentile of a ramp over 256.
			require.InDelta(t, min(255, max(0, (float64(x)-5)/245*255)), got.R, 2)
		}
	}
}

func TestDamagedCOGs(t *testing.T) {
	t.Parallel()
	file := visualCOG(t)
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	first := firstTile(t, file)
	tile := maptile.New(first.X+3, first.Y+2, first.Z)
	noise := bytes.Clone(whole)
	for i := len(noise) / 4; i < len(noise); i++ {
		noise[i] ^= byte(i*7 + i>>8)
	}
	for name, data := range map[string][]byte{
		"empty":      {},
		"no TIFF":    []byte("GIF89a, or so it says"),
		"header cut": whole[:100],
		"index cut":  whole[:700],
		"half":       whole[:len(whole)/2],
		"noise":      noise,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, store := serve(t, nil)
			putBytes(t, store, cogKey, data)
			for _, f := range []Format{WebP, PNG} {
				_, err := s.Tile(context.Background(), cogKey, tile, 256, f)
				require.Error(t, err, f)
				assert.Equal(t, cairn.Internal, cairn.CodeOf(err))
				assert.ErrorContains(t, err, "Build the raster again.")
			}
		})
	}
}
