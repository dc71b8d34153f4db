package png

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	godal.RegisterAll()
	m.Run()
}

func picture(width, height, channels int, noisy bool) []byte {
	r := rand.New(rand.NewPCG(uint64(width), uint64(channels)))
	p := make([]byte, width*height*channels)
	for i := range p {
		p[i] = byte(i / channels / 40 * 30)
		if noisy {
			p[i] += byte(r.IntN(60))
		}
	}
	return p
}

// Numbers of colours show these colours, and nothing where they are transparent.
func TestEncodeIndexed(t *testing.T) {
	t.Parallel()
	var colors [256][3]byte
	for i := range colors {
		colors[i] = [3]byte{byte(i), byte(255 - i), byte(i * 7)}
	}
	for _, transparent := range []int{-1, 0, 9, 255} {
		pixels := picture(60, 40, 1, true)
		data, err := EncodeIndexed(pixels, 60, 40, &colors, transparent)
		require.NoError(t, err)
		m, err := png.Decode(bytes.NewReader(data))
		require.NoError(t, err)
		for i, p := range pixels {
			want := color.NRGBA{colors[p][0], colors[p][1], colors[p][2], 255}
			if int(p) == transparent {
				want = color.NRGBA{}
			}
			require.Equal(t, want, color.NRGBAModel.Convert(m.At(i%60, i/60)))
		}
	}
	_, err := EncodeIndexed(make([]byte, 5), 2, 3, &colors, -1)
	require.Error(t, err)
}

// The standard library reads back what was written, and so does GDAL.
func TestEncode(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{1, 1}, {2, 3}, {7, 5}, {256, 256}, {513, 1}, {1, 300}} {
		for channels := 1; channels <= 4; channels++ {
			for _, noisy := range []bool{true, false} {
				t.Run(fmt.Sprint(size, channels, noisy), func(t *testing.T) {
					t.Parallel()
					want := picture(size[0], size[1], channels, noisy)
					data, err := Encode(want, size[0], size[1], channels)
					require.NoError(t, err)

					m, err := png.Decode(bytes.NewReader(data))
					require.NoError(t, err)
					require.Equal(t, size[0], m.Bounds().Dx())
					require.Equal(t, size[1], m.Bounds().Dy())

					file := filepath.Join(t.TempDir(), "a.png")
					require.NoError(t, os.WriteFile(file, data, 0o600))
					ds, err := godal.Open(file)
					require.NoError(t, err)
					defer ds.Close()
					require.Equal(t, channels, ds.Structure().NBands)
					got := make([]byte, len(want))
					require.NoError(t, ds.Read(0, 0, got, size[0], size[1]))
					require.Equal(t, want, got)
				})
			}
		}
	}
}

func TestEncodeRefusesWhatIsNoPicture(t *testing.T) {
	t.Parallel()
	for _, c := range [][4]int{{0, 1, 1, 0}, {1, 0, 1, 0}, {2, 2, 5, 20}, {2, 2, 3, 11}, {2, 2, 0, 0}} {
		_, err := Encode(make([]byte, c[3]), c[0], c[1], c[2])
		assert.Error(t, err, c)
	}
}

// Flat pictures must be matched, not only Huffman coded.
func TestFlatPicturesAreSmall(t *testing.T) {
	t.Parallel()
	data, err := Encode(make([]byte, 4*256*256), 256, 256, 4)
	require.NoError(t, err)
	assert.Less(t, len(data), 2000)
}

func BenchmarkEncode(b *testing.B) {
	for _, channels := range []int{3, 4} {
		p := picture(256, 256, channels, true)
		b.Run(fmt.Sprint(channels), func(b *testing.B) {
			for b.Loop() {
				if _, err := Encode(p, 256, 256, channels); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
