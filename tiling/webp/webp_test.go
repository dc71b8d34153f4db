package webp

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// waves are smooth colors, with a transparent corner unless solid.
func waves(width, height int, solid bool) []byte {
	pixels := make([]byte, 4*width*height)
	for i := range width * height {
		x, y := i%width, i/width
		wave := func(phase float64) byte {
			return byte(128 + 100*math.Sin(float64(x)/9+phase)*math.Cos(float64(y)/13))
		}
		copy(pixels[4*i:], []byte{wave(0), wave(1), wave(2), 255})
		if !solid && x+y < 100 {
			pixels[4*i+3] = 0
		}
	}
	return pixels
}

// decode reads a picture with GDAL into RGBA pixels.
func decode(t *testing.T, data []byte, width, height int) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "picture.webp")
	require.NoError(t, os.WriteFile(file, data, 0o600))
	godal.RegisterAll()
	ds, err := godal.Open(file, godal.Drivers("WEBP"))
	require.NoError(t, err)
	defer ds.Close()
	s := ds.Structure()
	require.Equal(t, [2]int{width, height}, [2]int{s.SizeX, s.SizeY})
	pixels := make([]byte, 4*width*height)
	for i := 3; i < len(pixels); i += 4 {
		pixels[i] = 255
	}
	require.NoError(t, ds.Read(0, 0, pixels, width, height, godal.PixelSpacing(4), godal.LineSpacing(4*width), godal.BandSpacing(1)))
	return pixels
}

// Read back, a picture is what was coded.
func TestAppend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		solid   bool
		quality int
		errors  float64 // root of the mean square, per sample
	}{
		"lossy":           {true, 80, 3},
		"lossy, alpha":    {false, 80, 3},
		"lossless":        {true, Lossless, 0},
		"lossless, alpha": {false, Lossless, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const whole, width, height = 300, 256, 200
			pixels := waves(whole, height, c.solid)
			data, err := Append([]byte("head"), pixels, width, height, 4*whole, c.solid, c.quality)
			require.NoError(t, err)
			require.Equal(t, "headRIFF", string(data[:8]))
			got := decode(t, data[4:], width, height)
			squares, n := 0.0, 0.0
			for i := range width * height {
				x, y := i%width, i/width
				want := pixels[4*(y*whole+x):][:4]
				have := got[4*i:][:4]
				require.Equal(t, want[3], have[3])
				for k := range 3 {
					if want[3] == 0 {
						break
					}
					d := float64(have[k]) - float64(want[k])
					squares, n = squares+d*d, n+1
				}
			}
			assert.LessOrEqual(t, math.Sqrt(squares/n), c.errors)
		})
	}
}

func TestWhatIsNoPicture(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]int{{0, 1, 4}, {1, 0, 4}, {MaxSide + 1, 1, 4 * (MaxSide + 1)}, {2, 2, 7}, {2, 3, 8}} {
		_, err := Append(nil, make([]byte, 16), c[0], c[1], c[2], true, 80)
		assert.Error(t, err, "%v", c)
	}
}
