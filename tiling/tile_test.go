package tiling

import (
	"bytes"
	"context"
	"fmt"
	stdpng "image/png"
	"os"
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
