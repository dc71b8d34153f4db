package demo

import (
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bep/imagemeta"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func orthophotoByGDAL(t *testing.T) image.Image {
	t.Helper()
	file := filepath.Join(t.TempDir(), "orthophoto.png")
	output, err := exec.CommandContext(t.Context(), "gdal_translate", "-q", "-of", "PNG", "-co", "ZLEVEL=1", filepath.Join(dataset, "orthophoto.tif"), file).CombinedOutput()
	require.NoError(t, err, string(output))
	r, err := os.Open(file)
	require.NoError(t, err)
	defer r.Close()
	decoded, err := png.Decode(r)
	require.NoError(t, err)
	return decoded
}

// tags reads EXIF and XMP with bep/imagemeta.
func tags(t *testing.T, path string) (exif, xmp map[string]string, all imagemeta.Tags) {
	t.Helper()
	r, err := os.Open(path)
	require.NoError(t, err)
	defer r.Close()
	exif, xmp = map[string]string{}, map[string]string{}
	require.NoError(t, imagemeta.Decode(imagemeta.Options{
		R:               r,
		ImageFormat:     imagemeta.JPEG,
		Sources:         imagemeta.EXIF | imagemeta.XMP,
		ShouldHandleTag: func(imagemeta.TagInfo) bool { return true },
		HandleTag: func(tag imagemeta.TagInfo) error {
			all.Add(tag)
			value := fmt.Sprint(tag.Value)
			if tag.Source == imagemeta.XMP {
				xmp[tag.Tag] = value
			} else {
				exif[tag.Tag] = value
			}
			return nil
		},
		Warnf: func(format string, args ...any) { t.Errorf(format, args...) },
	}))
	return exif, xmp, all
}

func TestPhotoTags(t *testing.T) {
	t.Parallel()
	var last time.Time
	for i := range 6 {
		exif, xmp, all := tags(t, photoPath(i))
		assert.Equal(t, "DJI", exif["Make"])
		assert.Equal(t, "FC300S", exif["Model"])
		assert.Equal(t, "20", exif["FocalLengthIn35mmFormat"])
		assert.Equal(t, "1", exif["Orientation"])
		assert.Equal(t, "+02:00", exif["OffsetTimeOriginal"])
		assert.InDelta(t, 20.0/36*6.16, number(t, exif["FocalLength"]), 0.001)

		taken, err := time.ParseInLocation("2006:01:02 15:04:05", exif["DateTimeOriginal"], time.FixedZone("", 2*3600))
		require.NoError(t, err)
		assert.Equal(t, taken.UTC().Format("2006:01:02"), exif["GPSDateStamp"])
		assert.True(t, taken.After(last), "one after the other")
		last = taken

		latitude, longitude, err := all.GetLatLong()
		require.NoError(t, err)
		assert.InDelta(t, 46.7389, latitude, 0.001)
		assert.InDelta(t, 9.0936, longitude, 0.001)

		relative := number(t, xmp["RelativeAltitude"])
		assert.InDelta(t, 60, relative, 5)
		assert.InDelta(t, 1312+relative, number(t, xmp["AbsoluteAltitude"]), 0.01)
		assert.InDelta(t, 1312+relative, number(t, exif["GPSAltitude"]), 0.01)
		assert.Equal(t, -90.0, number(t, xmp["GimbalPitchDegree"]))
		assert.Equal(t, 0.0, number(t, xmp["GimbalRollDegree"]))
	}
}

// TestFootprint computes where each photo lies from its tags alone, as
// entries-and-builds.md 2.4 does, and finds the orthophoto's content there and
// nowhere near.
func TestFootprint(t *testing.T) {
	t.Parallel()
	orthophoto := orthophotoByGDAL(t)
	for i := range 6 {
		t.Run(filepath.Base(photoPath(i)), func(t *testing.T) {
			t.Parallel()
			r, err := os.Open(photoPath(i))
			require.NoError(t, err)
			defer r.Close()
			photo, err := jpeg.Decode(r)
			require.NoError(t, err)
			require.Equal(t, image.Rect(0, 0, 1200, 900), photo.Bounds())

			onGround := groundOf(t, photoPath(i))
			here := difference(photo, orthophoto, onGround, 0, 0)
			assert.Less(t, here, 8.0, "grey levels between the photo and the ground it shows")
			for _, shift := range [][2]float64{{0.5, 0}, {-0.5, 0}, {0, 0.5}, {0, -0.5}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}, {3, 0}, {0, -3}} {
				assert.Greater(t, difference(photo, orthophoto, onGround, shift[0], shift[1]), here, "%v m away", shift)
			}
		})
	}
}

// groundOf returns the map from a position in the photo, 0 to 1 from its left
// and from its upper edge, to UTM.
func groundOf(t *testing.T, path string) func(u, v float64) (east, north float64) {
	t.Helper()
	exif, xmp, all := tags(t, path)
	latitude, longitude, err := all.GetLatLong()
	require.NoError(t, err)
	project := exec.CommandContext(t.Context(), "gdaltransform", "-s_srs", "EPSG:4326", "-t_srs", "EPSG:32632", "-output_xy")
	project.Stdin = strings.NewReader(fmt.Sprintf("%.9f %.9f\n", longitude, latitude))
	output, err := project.Output()
	require.NoError(t, err)
	var east, north float64
	_, err = fmt.Sscan(string(output), &east, &north)
	require.NoError(t, err)

	const sensorWidth, sensorHeight = 6.16, 6.16 / 1200 * 900
	focal := number(t, exif["FocalLengthIn35mmFormat"]) / 36 * sensorWidth
	height, yaw := number(t, xmp["RelativeAltitude"]), number(t, xmp["GimbalYawDegree"])*math.Pi/180
	right, top := height*sensorWidth/(2*focal), height*sensorHeight/(2*focal)
	sin, cos := math.Sincos(-yaw)
	return func(u, v float64) (float64, float64) {
		x, y := (2*u-1)*right, (1-2*v)*top
		return east + cos*x - sin*y, north + sin*x + cos*y
	}
}

// difference is the mean difference in green between photo and orthophoto, the
// photo moved by so many metres.
func difference(photo, orthophoto image.Image, onGround func(u, v float64) (float64, float64), moveEast, moveNorth float64) float64 {
	const n = 150
	sum, count := 0.0, 0.0
	for j := range n {
		for i := range n {
			u, v := (float64(i)+0.5)/n, (float64(j)+0.5)/n
			east, north := onGround(u, v)
			column, row := int((east+moveEast-507000)/0.1), int((5176300-north-moveNorth)/0.1)
			_, seen, _, _ := photo.At(int(u*1200), int(v*900)).RGBA()
			_, there, _, _ := orthophoto.At(column, row).RGBA()
			sum += math.Abs(float64(seen) - float64(there))
			count++
		}
	}
	return sum / count / 257
}

func photoPath(i int) string {
	return filepath.Join(dataset, "photos", fmt.Sprintf("DJI_%04d.jpg", i+1))
}

// number reads "1372.5", "+60.00" and "2745/2".
func number(t *testing.T, text string) float64 {
	t.Helper()
	above, below, isFraction := strings.Cut(text, "/")
	value, err := strconv.ParseFloat(above, 64)
	require.NoError(t, err)
	if isFraction {
		divisor, err := strconv.ParseFloat(below, 64)
		require.NoError(t, err)
		value /= divisor
	}
	return value
}
