package tiling

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn/tiling/style"
)

// Another style of the same tile decodes nothing again; what is kept is bounded.
func TestDecodedBlocksAreKept(t *testing.T) {
	t.Parallel()
	s, raster, _ := groveRaster(t)
	styledTile(t, s, raster, style.Parameters{Formula: "NDVI", Rescale: "0,1"}, grove)
	first := s.Stats()
	assert.NotZero(t, first.Blocks.Count)
	styledTile(t, s, raster, style.Parameters{Formula: "NDWI", Colormap: "viridis", Rescale: "-1,1"}, grove)
	again := s.Stats()
	assert.Equal(t, first.Blocks.Misses, again.Blocks.Misses)
	assert.Greater(t, again.Blocks.Hits, first.Blocks.Hits)
	assert.Equal(t, first.Images.Count+1, again.Images.Count)
	assert.NotZero(t, again.Indexes.Hits)

	small := New(s.store, Options{BlockBytes: 700_000}) // one block of the five bands
	t.Cleanup(small.Close)
	want := styledTile(t, s, raster, style.Parameters{Bands: "5,3,2"}, grove.Parent())
	assert.Equal(t, want, styledTile(t, small, raster, style.Parameters{Bands: "5,3,2"}, grove.Parent()))
	assert.LessOrEqual(t, small.Stats().Blocks.Bytes, int64(700_000))
	assert.Equal(t, 1, small.Stats().Blocks.Count)
}

// Who has gone gets no further block decoded.
func TestCancelledDrawingStops(t *testing.T) {
	t.Parallel()
	s, raster, _ := groveRaster(t)
	src, err := s.sources.open(t.Context(), raster.COG)
	require.NoError(t, err)
	defer src.release()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	l := &look{bands: []int{1}, ranges: []valueRange{{0, 1}}}
	_, err = l.draw(cancelled, s.level(src, 0), rect{0, 0, 512, 512}.mapTo(512, 512))
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, s.Stats().Blocks.Count)
}
