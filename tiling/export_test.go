package tiling

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn/tiling/style"
)

// An export is the values of the raster, scaled by hand, where the raster is.
func TestExport(t *testing.T) {
	t.Parallel()
	cogFile, outline := hill(t, "")
	s, _ := serve(t, map[string]string{cogKey: cogFile})
	subject, raster := Subject{Key: cogKey, Outline: outline}, Raster{COG: cogKey}
	info, err := s.ValueInfo(t.Context(), subject)
	require.NoError(t, err)
	for _, c := range []struct {
		parameters style.Parameters
		channels   int
	}{{style.Parameters{Bands: "1", Rescale: "250,350"}, 2}, {style.Parameters{Formula: "b1", Colormap: "grayscale", Rescale: "250,350"}, 4}} {
		st, err := style.Parse(c.parameters)
		require.NoError(t, err)
		size, err := s.ExportSize(t.Context(), raster, outline, st)
		require.NoError(t, err)
		assert.InDelta(t, info.Width*info.Height*c.channels, size, float64(c.channels*(info.Width+info.Height)))
		file := filepath.Join(t.TempDir(), "export.tif")
		last := 0.0
		require.NoError(t, s.Export(t.Context(), raster, outline, st, file, func(p float64) { last = p }))
		assert.Equal(t, 100.0, last)
		ds, err := godal.Open(file)
		require.NoError(t, err)
		defer ds.Close()
		structure := ds.Structure()
		assert.InDelta(t, info.Width, structure.SizeX, 1)
		assert.InDelta(t, info.Height, structure.SizeY, 1)
		require.Equal(t, c.channels, structure.NBands)
		assert.EqualValues(t, structure.SizeX*structure.SizeY*c.channels, size)
		assert.Equal(t, godal.CIAlpha, ds.Bands()[c.channels-1].ColorInterp())
		assert.NotEmpty(t, ds.Bands()[0].Overviews())
		assert.Equal(t, 256, structure.BlockSizeX)
		assert.Equal(t, "3857", ds.SpatialRef().AuthorityCode(""))
		gt, err := ds.GeoTransform()
		require.NoError(t, err)
		west := mercator(outline.Min)[0]
		assert.InDelta(t, west, gt[0], gt[1])
		for _, at := range [][2]int{{150, 110}, {20, 200}, {305, 90}, {350, 30}} {
			p, err := s.PointValue(t.Context(), subject, at[0], at[1])
			require.NoError(t, err)
			grey, alpha := make([]byte, 1), make([]byte, 1)
			require.NoError(t, ds.Bands()[0].Read(at[0], at[1], grey, 1, 1))
			require.NoError(t, ds.Bands()[c.channels-1].Read(at[0], at[1], alpha, 1, 1))
			if p.Value == nil {
				assert.Zero(t, alpha[0])
				continue
			}
			assert.EqualValues(t, 255, alpha[0])
			assert.InDelta(t, (*p.Value-250)*2.55, float64(grey[0]), 1.01)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Export(cancelled, raster, outline, style.Style{}, filepath.Join(t.TempDir(), "x.tif"), func(float64) {}), context.Canceled)
}
