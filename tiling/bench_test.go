package tiling

import (
	"context"
	"testing"

	"github.com/cairngeo/cairn/catalog/cache"
	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/require"
)

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
		{"WebP @2x", inner.Parent(), 512, WebP},
		{"WebP overzoomed", inner.Children()[0], 256, WebP},
	} {
		b.Run(c.name, func(b *testing.B) {
			s, _ := serve(b, map[string]string{cogKey: file})
			s.images = cache.NewLRU[string, Image](0, cache.Unlimited, nil)
			for b.Loop() {
				_, err := s.Tile(context.Background(), cogKey, c.tile, c.size, c.f)
				require.NoError(b, err)
			}
		})
	}
}
