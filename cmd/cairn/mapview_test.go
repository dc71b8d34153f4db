package main

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/project"
	"github.com/stretchr/testify/require"
)

// mapView is a rectangle of the Web Mercator map at a resolution, in metres of that map.
type mapView struct {
	zoom          float64
	center        orb.Point
	resolution    float64 // of a pixel
	width, height int
}

// viewAt is a view whose pixels are those of a zoom, 256 pixels to a tile, with its center
// near a position.
func viewAt(at orb.Point, zoom float64) mapView {
	const world = 2 * math.Pi * orb.EarthRadius
	v := mapView{zoom: zoom, resolution: world / 256 / math.Exp2(zoom), width: 640, height: 480}
	at = project.Point(at, project.WGS84.ToMercator)
	for i := range at { // the map's corner is that of a pixel
		v.center[i] = math.Round((at[i]+world/2)/v.resolution)*v.resolution - world/2
	}
	return v
}

func (v mapView) geographic() orb.Point { return project.Point(v.center, project.Mercator.ToWGS84) }

// extent is what GDAL's -te wants: west, south, east, north.
func (v mapView) extent() []string {
	w, h := float64(v.width)/2*v.resolution, float64(v.height)/2*v.resolution
	return decimals(v.center[0]-w, v.center[1]-h, v.center[0]+w, v.center[1]+h)
}

// corners is what GDAL's -projwin wants: west, north, east, south.
func (v mapView) corners() []string {
	e := v.extent()
	return []string{e[0], e[3], e[2], e[1]}
}

func decimals(numbers ...float64) []string {
	text := make([]string, len(numbers))
	for i, n := range numbers {
		text[i] = strconv.FormatFloat(n, 'f', -1, 64)
	}
	return text
}

// warped is the view of a raster of colours by GDAL, on white paper.
func (v mapView) warped(t *testing.T, file, resampling string) *image.NRGBA {
	t.Helper()
	raster, err := godal.Open(file)
	require.NoError(t, err)
	defer raster.Close()
	drawn, err := raster.Warp("", append([]string{"-of", "MEM", "-t_srs", "EPSG:3857", "-dstalpha", "-r", resampling, "-et", "0",
		"-ts", strconv.Itoa(v.width), strconv.Itoa(v.height), "-te"}, v.extent()...))
	require.NoError(t, err)
	defer drawn.Close()
	return onPaper(colors(t, drawn))
}

// colors returns the pixels of a raster of red, green, blue and alpha.
func colors(t *testing.T, raster *godal.Dataset) *image.NRGBA {
	t.Helper()
	size := raster.Structure()
	require.Equal(t, 4, size.NBands)
	m := image.NewNRGBA(image.Rect(0, 0, size.SizeX, size.SizeY))
	require.NoError(t, raster.Read(0, 0, m.Pix, size.SizeX, size.SizeY))
	return m
}

// onPaper is the picture as it looks on white paper.
func onPaper(m image.Image) *image.NRGBA {
	paper := image.NewNRGBA(image.Rectangle{Max: m.Bounds().Size()})
	draw.Draw(paper, paper.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(paper, paper.Rect, m, m.Bounds().Min, draw.Over)
	return paper
}

// requireAlike requires that a picture is nearly the expected one, and that the least wanted, in
// dB, would not have let pass what maps go wrong by: blank, flipped, colours exchanged, a few pixels aside.
func requireAlike(t *testing.T, want, got *image.NRGBA, least float64, pixels int) {
	t.Helper()
	for name, m := range map[string]image.Image{"want.png": want, "got.png": got} { // to be looked at: go test -artifacts
		var content bytes.Buffer
		require.NoError(t, png.Encode(&content, m))
		require.NoError(t, os.WriteFile(filepath.Join(t.ArtifactDir(), name), content.Bytes(), 0o600))
	}
	likeness := psnr(t, want, got)
	require.Greater(t, likeness, least)
	right, bottom := want.Rect.Max.X-1, want.Rect.Max.Y-1
	for wrong, from := range map[string]func(x, y int) (int, int){
		"flipped east to west":   func(x, y int) (int, int) { return right - x, y },
		"flipped north to south": func(x, y int) (int, int) { return x, bottom - y },
		"too far east":           func(x, y int) (int, int) { return max(x-pixels, 0), y },
		"too far west":           func(x, y int) (int, int) { return min(x+pixels, right), y },
		"too far south":          func(x, y int) (int, int) { return x, max(y-pixels, 0) },
		"too far north":          func(x, y int) (int, int) { return x, min(y+pixels, bottom) },
	} {
		require.Less(t, psnr(t, redrawn(want, from), got), least, wrong)
	}
	exchanged := image.NewNRGBA(want.Rect)
	for i := 0; i < len(want.Pix); i += 4 {
		copy(exchanged.Pix[i:], []byte{want.Pix[i+2], want.Pix[i+1], want.Pix[i], want.Pix[i+3]})
	}
	require.Less(t, psnr(t, exchanged, got), least, "red and blue exchanged")
	require.Less(t, psnr(t, onPaper(image.NewNRGBA(want.Rect)), got), least, "blank")
}

// redrawn is a picture of the pixels that from tells.
func redrawn(m *image.NRGBA, from func(x, y int) (int, int)) *image.NRGBA {
	drawn := image.NewNRGBA(m.Rect)
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			drawn.SetNRGBA(x, y, m.NRGBAAt(from(x, y)))
		}
	}
	return drawn
}

// psnr compares the colours of two opaque pictures, in dB.
func psnr(t *testing.T, a, b *image.NRGBA) float64 {
	t.Helper()
	require.Equal(t, a.Rect, b.Rect)
	sum := 0.0
	for i := range a.Pix {
		d := float64(a.Pix[i]) - float64(b.Pix[i])
		sum += d * d
	}
	return 10 * math.Log10(255*255*float64(len(a.Pix))*3/4/sum) // alpha is the same
}
