package tiling

import (
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/tiling/style"
)

// A photo of five bands looks like the raster with the same pixels, whose tiles are
// compared with numpy.
func TestStyledPhoto(t *testing.T) {
	t.Parallel()
	s, raster, _ := groveRaster(t)
	for _, p := range []style.Parameters{
		{Formula: "NDVI", Rescale: "-0.25,0.75"}, {Formula: "NDRE", Colormap: "viridis"}, {Formula: "b5 / b1", BandFilter: "RGBN", Rescale: "0,4"},
		{Bands: "2", Colormap: "inferno", Rescale: "500,2500"}, {Bands: "5,3,2", Rescale: "0,6000"}, {Preset: "false-color-ir", Stretch: "none"},
	} {
		st, err := style.Parse(p)
		require.NoError(t, err)
		image, err := s.StyledPhoto(t.Context(), originalKey, 1, st, 512)
		require.NoError(t, err, "%+v", p)
		assert.Equal(t, "image/webp", image.MediaType)
		got, want := decode(t, image.Data), fourTiles(t, s, raster, p, grove)
		require.Equal(t, want.Bounds(), got.Bounds())
		if p.Formula != "" || p.Colormap != "" { // not lossy
			different := 0
			for i := 0; i < len(want.Pix); i += 4 {
				if string(want.Pix[i:i+4]) != string(got.Pix[i:i+4]) && want.Pix[i+3]|got.Pix[i+3] != 0 {
					different++
				}
			}
			assert.Zero(t, different, "%+v", p)
			continue
		}
		assert.Greater(t, psnr(t, want, got), 40.0, "%+v", p)
		assert.Less(t, alphaDiffers(want, got), 0.001)
	}
	for _, p := range []style.Parameters{{Bands: "6"}, {Algorithm: "hillshade"}} {
		st, err := style.Parse(p)
		require.NoError(t, err)
		_, err = s.StyledPhoto(t.Context(), originalKey, 1, st, 64)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), "%+v", p)
	}
}

// The bands of a JPEG change places, and it is turned upright.
func TestStyledJPEG(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	png, jpeg := writePNG(t, filepath.Join(dir, "scene.png"), scene(160, 120)), filepath.Join(dir, "scene.jpg")
	gdal(t, "gdal_translate", "-q", "-of", "JPEG", "-co", "QUALITY=95", "-b", "1", "-b", "2", "-b", "3", png, jpeg)
	const photoKey = "blobs/aa/bb/photo"
	s, _ := serve(t, map[string]string{photoKey: jpeg})
	st, err := style.Parse(style.Parameters{Bands: "3,2,1"})
	require.NoError(t, err)
	image, err := s.StyledPhoto(t.Context(), photoKey, 3, st, 160)
	require.NoError(t, err)
	ds, err := godal.Open(jpeg)
	require.NoError(t, err)
	defer ds.Close()
	plain, got := pixels(t, ds), decode(t, image.Data)
	want := *plain
	want.Pix = make([]byte, len(plain.Pix))
	for i := 0; i < len(plain.Pix); i += 4 { // upside down
		j := len(plain.Pix) - 4 - i
		copy(want.Pix[j:], []byte{plain.Pix[i+2], plain.Pix[i+1], plain.Pix[i], 255})
	}
	assert.Greater(t, psnr(t, &want, got), 33.0) // WebP halves the resolution of colours
	st, err = style.Parse(style.Parameters{})
	require.NoError(t, err)
	usual, err := s.StyledPhoto(t.Context(), photoKey, 1, st, 160)
	require.NoError(t, err)
	thumbnail, err := s.Thumbnail(t.Context(), photoKey, ThumbnailSource{Kind: Photo, Orientation: 1}, 160)
	require.NoError(t, err)
	assert.Equal(t, thumbnail.ETag, usual.ETag)
}
