package tiling

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"
	stdpng "image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
)

// The stored tile must be, pixel for pixel, the block that GDAL reads there.
func TestStoredTilesAreTheBlocks(t *testing.T) {
	t.Parallel()
	file := visualCOG(t)
	s, _ := serve(t, map[string]string{cogKey: file})
	first := firstTile(t, file)
	for k := range 3 {
		for _, d := range [][2]uint32{{2, 1}, {3, 3}, {4, 2}} {
			tile := maptile.New((first.X+d[0])>>k, (first.Y+d[1])>>k, first.Z-maptile.Zoom(k))
			t.Run(fmt.Sprint(tile), func(t *testing.T) {
				t.Parallel()
				got, err := s.Tile(context.Background(), cogKey, tile, 256, WebP)
				require.NoError(t, err)
				whole, err := os.ReadFile(file)
				require.NoError(t, err)
				assert.True(t, bytes.Contains(whole, got.Data), "the tile is a slice of the file")
				ref := reference(t, file, tile, 256, "near")
				assert.Greater(t, psnr(t, ref, decode(t, got.Data)), 25.0)

				png, err := s.Tile(context.Background(), cogKey, tile, 256, PNG)
				require.NoError(t, err)
				assert.Equal(t, "image/png", png.MediaType)
				m, err := stdpng.Decode(bytes.NewReader(png.Data))
				require.NoError(t, err)
				assert.Equal(t, visiblePixels(decode(t, got.Data)), visiblePixels(rgba(m)), "PNG and WebP show the same")
			})
		}
	}
}

func TestNoSuchTile(t *testing.T) {
	t.Parallel()
	s, _ := serve(t, nil)
	for _, tile := range []maptile.Tile{{Z: 31}, {Z: 3, X: 8}, {Z: 3, Y: 8}, {Z: 200, X: 1, Y: 1}} {
		_, err := s.Tile(context.Background(), cogKey, tile, 256, PNG)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), tile)
	}
	_, err := s.Tile(context.Background(), cogKey, maptile.Tile{}, 384, PNG)
	assert.Equal(t, cairn.Invalid, cairn.CodeOf(err))
	_, err = s.Tile(context.Background(), cogKey, maptile.Tile{}, 256, "image/gif")
	assert.Equal(t, cairn.Invalid, cairn.CodeOf(err))
	_, err = s.Tile(context.Background(), cogKey, maptile.Tile{}, 256, PNG)
	assert.Equal(t, cairn.NotFound, cairn.CodeOf(err))
}

// A raster that crosses the 180th meridian goes on eastwards: its columns
// beyond the last one are the first columns of the map.
func TestAcrossTheMeridian(t *testing.T) {
	t.Parallel()
	// 8 x 8 tiles of zoom 9, the first four in columns 508 to 511.
	const zoom, column, row = 9, 508, 168
	span := 2 * halfWorld / (1 << zoom)
	left, top := -halfWorld+column*span, halfWorld-row*span
	dir := t.TempDir()
	picture := writePNG(t, filepath.Join(dir, "scene.png"), scene(2048, 2048))
	file := filepath.Join(dir, "cog.tif")
	gdal(t, "gdal_translate", "-q", "-a_srs", "EPSG:3857", "-a_ullr", ftoa(left), ftoa(top), ftoa(left+8*span), ftoa(top-8*span),
		"-of", "COG", "-co", "BLOCKSIZE=256", "-co", "COMPRESS=WEBP", "-co", "QUALITY=90", picture, file)
	s, _ := serve(t, map[string]string{cogKey: file})

	want := scene(2048, 2048)
	for _, x := range []int{508, 511, 0, 3} {
		for _, format := range []Format{WebP, PNG} {
			tile, err := s.Tile(t.Context(), cogKey, maptile.New(uint32(x), row+2, zoom), 256, format)
			require.NoError(t, err)
			at := ((x + 512 - column) % 512) * 256
			part := image.NewNRGBA(image.Rect(0, 0, 256, 256))
			draw.Draw(part, part.Rect, want, image.Pt(at, 512), draw.Src)
			assert.Greater(t, psnr(t, part, rgba(decode(t, tile.Data))), 28.0, "column %d as %s", x, format)
		}
	}
	for _, tile := range []maptile.Tile{{X: 4, Y: row, Z: zoom}, {X: 507, Y: row, Z: zoom}, {X: 256, Y: row, Z: zoom}} {
		got, err := s.Tile(t.Context(), cogKey, tile, 256, PNG)
		require.NoError(t, err)
		assert.Zero(t, countVisible(decode(t, got.Data)), "%v", tile)
	}
	whole, err := s.Tile(t.Context(), cogKey, maptile.Tile{}, 256, PNG)
	require.NoError(t, err)
	m := decode(t, whole.Data)
	assert.NotZero(t, m.NRGBAAt(255, 85).A, "both ends of the world, east")
	assert.NotZero(t, m.NRGBAAt(0, 85).A, "and west")
}

func countVisible(m *image.NRGBA) (n int) {
	for i := 3; i < len(m.Pix); i += 4 {
		if m.Pix[i] != 0 {
			n++
		}
	}
	return n
}
