package tiling

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"os"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/tiling/style"
)

// makeLayers writes three RGBA rasters of 512 x 512 pixels over the four tiles of
// the grove, each with a hole, a soft half and a solid part, and what they look like
// over each other in the order given, composed by numpy.
const makeLayers = `
folder, order = sys.argv[1], [int(k) for k in sys.argv[2]]
half = np.pi*6378137
res = 2*half/2**18/256
ref = osr.SpatialReference(); ref.ImportFromEPSG(3857)
y, x = np.mgrid[0:512, 0:512]
pictures = []
for k in range(3):
    p = np.zeros((4, 512, 512), np.uint8)
    p[0], p[1], p[2] = (x*(k+1)) % 256, (y*(k+2)) % 256, 80*k
    p[3] = 255
    p[3][(x-100*k-100)**2 + (y-256)**2 < 90**2] = 0
    p[3][(y > 300) & (x > 150*k)] = 100 + 40*k
    p[3][:, 400+40*k:] = 0
    p[:, p[3] == 0] = 0
    pictures.append(p)
    ds = gdal.GetDriverByName('MEM').Create('', 512, 512, 4, gdal.GDT_Byte)
    ds.SetProjection(ref.ExportToWkt())
    ds.SetGeoTransform([1000*256*res-half, res, 0, half-2000*256*res, 0, -res])
    for b in range(4):
        ds.GetRasterBand(b+1).WriteArray(p[b])
    ds.GetRasterBand(4).SetColorInterpretation(gdal.GCI_AlphaBand)
    gdal.Translate(f'{folder}/{k}.tif', ds, format='COG', creationOptions=['TILING_SCHEME=GoogleMapsCompatible', 'COMPRESS=WEBP', 'QUALITY=100', 'OVERVIEW_QUALITY=100', 'ALIGNED_LEVELS=2', 'BLOCKSIZE=256', 'RESAMPLING=NEAREST'])
color, alpha = np.zeros((3, 512, 512)), np.zeros((512, 512))
for k in order:
    a = pictures[k][3]/255.0
    color += (1-alpha)*a*pictures[k][:3]
    alpha = alpha + (1-alpha)*a
out = np.zeros((4, 512, 512))
out[:3] = np.where(alpha > 0, color/np.maximum(alpha, 1e-9), 0)
out[3] = alpha*255
ds = gdal.GetDriverByName('MEM').Create('', 512, 512, 4, gdal.GDT_Byte)
for b in range(4):
    ds.GetRasterBand(b+1).WriteArray(np.round(out[b]).astype(np.uint8))
gdal.GetDriverByName('PNG').CreateCopy(f'{folder}/expected.png', ds)
`

func TestMosaicIsComposedFromTheTop(t *testing.T) {
	t.Parallel()
	for _, order := range []string{"012", "210", "102", "1"} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			python(t, makeLayers, dir, order)
			files := map[string]string{}
			var rasters []Raster
			for _, k := range order {
				key := fmt.Sprintf("products/aa/%c/cog/cog.tif", k)
				files[key] = filepath.Join(dir, string(k)+".tif")
				rasters = append(rasters, Raster{COG: key})
			}
			s, _ := serve(t, files)
			expected := readPNG(t, filepath.Join(dir, "expected.png"))
			for i := range 4 {
				tile := maptile.New(grove.X+uint32(i%2), grove.Y+uint32(i/2), grove.Z)
				got, err := s.MosaicTile(context.Background(), rasters, style.Style{}, tile, 256, PNG)
				require.NoError(t, err)
				want := image.NewNRGBA(image.Rect(0, 0, 256, 256))
				draw.Draw(want, want.Bounds(), expected, image.Pt(i%2*256, i/2*256), draw.Src)
				picture := decode(t, got.Data)
				assert.Less(t, alphaDiffers(picture, want), 0.001, "tile %d", i)
				assert.Greater(t, psnr(t, picture, want), 30.0, "tile %d: the COGs are lossy", i)
				assert.False(t, got.Partial)

				again, err := s.MosaicTile(context.Background(), rasters, style.Style{}, tile, 256, PNG)
				require.NoError(t, err)
				assert.Equal(t, got.ETag, again.ETag)
			}
		})
	}
}

func TestOpaqueBlockOnTopIsSentAsStored(t *testing.T) {
	t.Parallel()
	file := visualCOG(t)
	lower := "products/aa/lower/cog/cog.tif"
	s, _ := serve(t, map[string]string{cogKey: file, lower: file})
	src, err := s.sources.open(context.Background(), cogKey)
	require.NoError(t, err)
	defer src.release()
	tile := maptile.New(uint32(src.column+2), uint32(src.row+2), maptile.Zoom(src.zoom)) // in the middle
	got, err := s.MosaicTile(context.Background(), []Raster{{COG: cogKey}, {COG: lower}}, style.Style{}, tile, 256, WebP)
	require.NoError(t, err)
	stored, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Contains(t, string(stored), string(got.Data))
}

func TestMosaicLeavesOutWhatCantBeDrawn(t *testing.T) {
	t.Parallel()
	damaged := filepath.Join(t.TempDir(), "damaged.tif")
	require.NoError(t, os.WriteFile(damaged, []byte("no TIFF at all"), 0o600))
	broken := Raster{COG: "products/aa/broken/cog/cog.tif"}
	whole := Raster{COG: cogKey}
	s, _ := serve(t, map[string]string{cogKey: visualCOG(t), broken.COG: damaged})
	tile := firstTile(t, visualCOG(t))
	ctx := context.Background()

	alone, err := s.StyledTile(ctx, whole, style.Style{}, tile, 256, PNG)
	require.NoError(t, err)
	both, err := s.MosaicTile(ctx, []Raster{broken, whole, {COG: "products/aa/gone/cog/cog.tif"}}, style.Style{}, tile, 256, PNG)
	require.NoError(t, err)
	assert.Equal(t, alone.Data, both.Data)

	fourth, err := style.Parse(style.Parameters{Bands: "7"})
	require.NoError(t, err)
	_, err = s.MosaicTile(ctx, []Raster{whole}, fourth, tile, 256, PNG)
	assert.Equal(t, cairn.Invalid, cairn.CodeOf(err))

	none, err := s.MosaicTile(ctx, nil, style.Style{}, tile, 256, PNG)
	require.NoError(t, err)
	assert.Equal(t, 0.0, alphaDiffers(decode(t, none.Data), image.NewNRGBA(image.Rect(0, 0, 256, 256))))
}
