package tiling

import (
	"bytes"
	"image"
	"math"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn/tiling/style"
)

// Resampled tiles are compared with what gdalwarp makes of the same COG by the
// same kernel.
func TestResampling(t *testing.T) {
	t.Parallel()
	file := visualCOG(t)
	s, _ := serve(t, map[string]string{cogKey: file})
	raster := Raster{COG: cogKey}
	first := firstTile(t, file)
	inner := maptile.New(first.X+3, first.Y+2, first.Z)
	beyond := maptile.New(inner.X*4+1, inner.Y*4+3, inner.Z+2)
	for kernel, gdals := range map[string]string{"nearest": "near", "bilinear": "bilinear", "Cubic": "cubic"} {
		for name, tile := range map[string]maptile.Tile{"beyond": beyond, "above": maptile.New(inner.X>>5, inner.Y>>5, inner.Z-5)} {
			if name == "above" && kernel == "nearest" {
				continue // of the middle of 2x2 pixels any is the nearest
			}
			got := styledTile(t, s, raster, style.Parameters{Resampling: kernel}, tile)
			least := map[string]float64{"beyond": 45, "above": 28}[name] // kernels are cut off differently where a picture is made smaller
			assert.GreaterOrEqual(t, psnr(t, reference(t, file, tile, 256, gdals), got), least, "%s %s", kernel, name)
		}
		aligned := styledTile(t, s, raster, style.Parameters{Resampling: kernel}, inner)
		assert.Equal(t, visiblePixels(tileOf(t, s, inner, 256, PNG)), visiblePixels(aligned), "a stored tile is what it is")
	}
	_, err := style.Parse(style.Parameters{Resampling: "lanczos"})
	assert.ErrorContains(t, err, "nearest, bilinear or cubic")
}

// A white raster with a transparent part, whose colour is black, stays white up
// to the edge, whatever the kernel and whichever way it is scaled.
func TestNoDarkEdges(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	white := image.NewNRGBA(image.Rect(0, 0, 512, 512))
	for y := range 512 {
		for x := range 512 {
			if (x-250)*(x-250)+(y-260)*(y-260) < 200*200 {
				copy(white.Pix[white.PixOffset(x, y):], []byte{255, 255, 255, 255})
			}
		}
	}
	placed := filepath.Join(dir, "placed.tif")
	west, north, side := groveBounds()
	gdal(t, "gdal_translate", "-q", "-a_srs", "EPSG:3857", "-a_ullr", ftoa(west), ftoa(north), ftoa(west+2*side), ftoa(north-2*side),
		writePNG(t, filepath.Join(dir, "white.png"), white), placed)
	file := makeCOG(t, placed, "white.tif", "COMPRESS=DEFLATE", "OVERVIEWS=NONE", "ADD_ALPHA=YES")
	s, _ := serve(t, map[string]string{cogKey: file})
	for _, kernel := range []string{"", "nearest", "bilinear", "cubic"} {
		for _, tile := range []maptile.Tile{grove, grove.Parent().Parent(), maptile.New(grove.X*4+2, grove.Y*4+1, grove.Z+2)} {
			m := styledTile(t, s, Raster{COG: cogKey}, style.Parameters{Resampling: kernel}, tile)
			seen := 0
			for i := 0; i < len(m.Pix); i += 4 {
				if m.Pix[i+3] > 0 {
					seen++
					require.Equal(t, bytes.Repeat([]byte{255}, 3), m.Pix[i:i+3], "%q at %v", kernel, tile)
				}
			}
			require.NotZero(t, seen)
		}
	}
}

// groveBounds is the upper left corner of the tile grove, and its side, in metres.
func groveBounds() (west, north, side float64) {
	side = 2 * halfWorld / math.Exp2(float64(grove.Z))
	return float64(grove.X)*side - halfWorld, halfWorld - float64(grove.Y)*side, side
}

// Four tiles beyond the full resolution are one picture: kernels read beyond the
// edges of tiles and of blocks.
func TestResamplingWithoutSeams(t *testing.T) {
	t.Parallel()
	s, raster, _ := groveRaster(t)
	for _, p := range []style.Parameters{{Formula: "NDVI", Resampling: "cubic"}, {Bands: "5,3,2", Resampling: "bilinear"},
		{Bands: "1", Algorithm: "hillshade", ZFactor: "0.001"}, {Bands: "1", Algorithm: "terrain-rgb"}} {
		corner := maptile.New(2*grove.X+1, 2*grove.Y+1, grove.Z+1) // where four blocks meet
		st, err := style.Parse(p)
		require.NoError(t, err)
		src, err := s.sources.open(t.Context(), raster.COG)
		require.NoError(t, err)
		defer src.release()
		l, err := s.lookOf(t.Context(), src, raster, st, false)
		require.NoError(t, err)
		m := windowOf(src.index, corner, 256, 0).mapping()
		m.width, m.height = 512, 512
		together, err := l.draw(t.Context(), s.level(src, 0), m)
		require.NoError(t, err)
		for dy := range uint32(2) {
			for dx := range uint32(2) {
				part := styledTile(t, s, raster, p, maptile.New(corner.X+dx, corner.Y+dy, corner.Z))
				for y := range 256 {
					at := 4 * ((y+256*int(dy))*512 + 256*int(dx))
					require.Equal(t, together.pixels[at:at+1024], part.Pix[y*1024:][:1024])
				}
			}
		}
	}
}

// Scale and offset of a band count in formulas, but not where a band is shown as
// it is stored.
func TestScaledBands(t *testing.T) {
	t.Parallel()
	_, _, original := groveRaster(t)
	dir := t.TempDir()
	scaled := filepath.Join(dir, "scaled.tif")
	gdal(t, "gdal_translate", "-q", "-b", "3", "-b", "5", "-a_scale", "0.01", "-a_offset", "-5", original, scaled)
	file := makeCOG(t, scaled, "cog.tif", "COMPRESS=ZSTD", "PREDICTOR=YES", "RESAMPLING=NEAREST", "ADD_ALPHA=NO")
	plain, _, _ := groveRaster(t)
	s, _ := serve(t, map[string]string{cogKey: file})
	raster := Raster{COG: cogKey}
	want := styledTile(t, plain, raster, style.Parameters{Formula: "b3 * 0.01 - 5", Rescale: "20,40"}, grove)
	got := styledTile(t, s, raster, style.Parameters{Formula: "b1", Rescale: "20,40"}, grove)
	different := 0
	for y := range 256 {
		for x := 8; x < 256; x++ { // before, another band of the plain one has no value
			if want.NRGBAAt(x, y) != got.NRGBAAt(x, y) {
				different++
			}
		}
	}
	assert.Less(t, different, 50) // by rounding
	stored := styledTile(t, s, raster, style.Parameters{Bands: "1", Rescale: "2000,5000"}, grove)
	of := styledTile(t, plain, raster, style.Parameters{Bands: "3", Rescale: "2000,5000"}, grove)
	assert.Equal(t, of.Pix, stored.Pix)
}
