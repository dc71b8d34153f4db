package tiling

import (
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn/tiling/jpeg"
)

// writeJPEGs writes photos of all the kinds that cameras write, each with a
// copy made smaller by Pillow, whose decoder is libjpeg.
const writeJPEGs = `
import sys, math
from PIL import Image
folder = sys.argv[1]
photo = Image.new('RGB', (1003, 666))
photo.putdata([(int(120 + 70 * math.sin(x / 41 + math.sin(y / 60))), int(128 + 90 * math.cos(y / 37)), (x * 255 // 1003 + (40 if (x // 90 + y // 70) % 2 else 0)) * 7 // 9)
    for y in range(666) for x in range(1003)])
kinds = {
    '444': dict(subsampling='4:4:4'), '422': dict(subsampling='4:2:2'), '420': dict(subsampling='4:2:0'), 'fine': dict(quality=98, subsampling='4:2:2'),
    'restarts': dict(restart_marker_blocks=7), 'rows': dict(restart_marker_rows=1, subsampling='4:2:0'), 'optimized': dict(optimize=True), 'grey': {}, 'progressive': dict(progressive=True),
}
for name, options in kinds.items():
    file = folder + '/' + name + '.jpg'
    (photo.convert('L') if name == 'grey' else photo).save(file, **{'quality': 90, **options})
    for size in 100, 240, 480:
        Image.open(file).convert('RGB').resize((size, size * 666 // 1003), Image.BOX).save(f'{folder}/{name}-{size}.png')
`

func makeJPEGs(t *testing.T, dir string) {
	t.Helper()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	out, err := exec.Command(filepath.Join(cache, "cairn", "python", "bin", "python"), "-c", writeJPEGs, dir).CombinedOutput()
	require.NoError(t, err, "is Pillow missing? run make setup: %s", out)
}

func shrunk(t *testing.T, file string, size int) *picture {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	return shrinkJPEG(data, size)
}

// Photos in reduced size look as those that are decoded whole and made smaller.
func TestShrunkPhotos(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	makeJPEGs(t, dir)
	for _, kind := range []string{"444", "422", "420", "fine", "restarts", "rows", "optimized", "grey"} {
		for _, size := range []int{100, 240, 480} {
			p := shrunk(t, filepath.Join(dir, kind+".jpg"), size)
			require.NotNil(t, p, "%s is not read", kind)
			assert.Equal(t, kind == "grey", p.grey)
			want := readPNG(t, filepath.Join(dir, fmt.Sprintf("%s-%d.png", kind, size)))
			got := &image.NRGBA{Pix: p.pixels, Stride: 4 * p.width, Rect: image.Rect(0, 0, p.width, p.height)}
			assert.Greater(t, psnr(t, want, got), 33.0, "%s in %d pixels", kind, size)
		}
	}
	assert.Nil(t, shrunk(t, filepath.Join(dir, "progressive.jpg"), 100), "what it does not read is left to others")
	assert.Nil(t, shrunk(t, filepath.Join(dir, "420.jpg"), 600), "so is what is hardly smaller")
}

// Damage is found, or seen in the picture: nothing else happens.
func TestDamagedPhotosAreNotShrunk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	makeJPEGs(t, dir)
	random := rand.New(rand.NewPCG(3, 4))
	for _, kind := range []string{"422", "restarts", "grey"} {
		whole, err := os.ReadFile(filepath.Join(dir, kind+".jpg"))
		require.NoError(t, err)
		for _, length := range []int{0, 3, 20, 200, 600, len(whole) / 2, len(whole) - 50} {
			cut, err := jpeg.Read(whole[:length])
			if err == nil {
				_, err = cut.Shrink(100, 66)
			}
			assert.Error(t, err, "%s, %d bytes of it", kind, length)
		}
		for range 300 {
			bad := append([]byte(nil), whole...)
			for range 1 + random.IntN(8) {
				bad[random.IntN(min(len(bad), 1+random.IntN(len(bad))))] ^= byte(1 << random.IntN(8))
			}
			if p, err := jpeg.Read(bad); err == nil {
				for _, width := range []int{100, 240, 480} {
					p.Shrink(width, 10) // any outcome but a panic
				}
			}
		}
	}
}
