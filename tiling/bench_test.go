package tiling

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn/catalog/cache"
	"github.com/cairngeo/cairn/tiling/cog"
	"github.com/cairngeo/cairn/tiling/style"
)

// forgetful makes a server keep neither pictures nor blocks.
func forgetful(s *Server) *Server {
	s.images = cache.NewLRU[string, Image](0, cache.Unlimited, nil)
	s.blocks = cache.NewLRU[blockKey, *cog.Block](0, cache.Unlimited, nil)
	return s
}

// BenchmarkTile times a stored tile, and rendered ones that no cache holds.
func BenchmarkTile(b *testing.B) {
	file := visualCOG(b)
	first := firstTile(b, file)
	inner := maptile.New(first.X+3, first.Y+2, first.Z)
	for _, c := range []struct {
		name string
		tile maptile.Tile
		size int
		f    Format
	}{
		{"stored WebP", inner, 256, WebP},
		{"PNG", inner, 256, PNG},
		{"JPEG", inner, 256, JPEG},
		{"PNG @2x", inner.Parent(), 512, PNG},
		{"WebP @2x", inner.Parent(), 512, WebP},
		{"WebP overzoomed", inner.Children()[0], 256, WebP},
	} {
		b.Run(c.name, func(b *testing.B) {
			s, _ := serve(b, map[string]string{cogKey: file})
			forgetful(s)
			for b.Loop() {
				_, err := s.Tile(context.Background(), cogKey, c.tile, c.size, c.f)
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkNDVI times a formula of a raster of five bands that are stored as the
// builder does, with and without a nodata value, for which all bands must be read.
func BenchmarkNDVI(b *testing.B) {
	_, raster, original := groveRaster(b)
	st, err := style.Parse(style.Parameters{Formula: "NDVI", Colormap: "viridis", Rescale: "-0.2,0.9"})
	require.NoError(b, err)
	for name, nodata := range map[string]string{"two bands": "none", "with nodata": "65535"} {
		file := filepath.Join(b.TempDir(), "bands.tif")
		gdal(b, "gdal_translate", "-q", "-a_nodata", nodata, "-co", "TILED=YES", "-co", "INTERLEAVE=BAND", "-co", "COMPRESS=ZSTD", "-co", "PREDICTOR=2",
			"-co", "ZSTD_LEVEL=1", original, file)
		b.Run(name, func(b *testing.B) {
			s, _ := serve(b, map[string]string{cogKey: file, originalKey: original})
			forgetful(s)
			for b.Loop() {
				_, err := s.StyledTile(context.Background(), raster, st, grove, 256, PNG)
				require.NoError(b, err)
			}
		})
	}
}
