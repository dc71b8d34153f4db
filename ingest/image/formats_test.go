package image

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn/catalog"
)

var (
	alps    = little.exif(fields{tagMake: little.ascii("Acme")}, nil, gpsAt(little, 46, "N", 9, "E"))
	alpsXMP = packet(map[string]string{"drone-dji:Latitude": "46.5", "drone-dji:Longitude": "9.01"})
)

// TestPositionInEveryContainer puts the same position into each format in
// which cameras and editors write it.
func TestPositionInEveryContainer(t *testing.T) {
	t.Parallel()
	for name, content := range map[string][]byte{
		"exif.jpg":                  jpegFile(t, 40, 30, alps, ""),
		"xmp.jpg":                   jpegFile(t, 40, 30, nil, alpsXMP),
		"xmp before exif.jpg":       jpegWith(t, 40, 30, append(app1(xmpHeader+packet(nil)), app1(exifHeader+string(alps))...)),
		"exif.png":                  pngFile(t, 40, 30, map[string][]byte{"eXIf": alps}),
		"xmp.png":                   pngFile(t, 40, 30, map[string][]byte{"iTXt": []byte(pngXMPKeyword + "\x00\x00\x00\x00" + alpsXMP)}),
		"deflated xmp.png":          pngFile(t, 40, 30, map[string][]byte{"iTXt": []byte(pngXMPKeyword + "\x01\x00en\x00XMP\x00" + deflated(t, alpsXMP))}),
		"exif.webp":                 webpFile("EXIF", alps),
		"exif as in jpeg.webp":      webpFile("EXIF", append([]byte(exifHeader), alps...)),
		"xmp.webp":                  webpFile("XMP ", []byte(alpsXMP)),
		"exif.tif":                  tiffFile(little, gpsAt(little, 46, "N", 9, "E"), ""),
		"big-endian.tiff":           tiffFile(big, gpsAt(big, 46, "N", 9, "E"), ""),
		"xmp.tif":                   tiffFile(little, nil, alpsXMP),
		"a jpeg by its content.png": jpegFile(t, 40, 30, alps, ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := describe(t, name, content)
			require.Equal(t, catalog.GeoImage, d.Type)
			assert.InDeltaSlice(t, []float64{9.01, 46.5, 0}, d.Point.FlatCoords(), 1e-9)
			assert.Equal(t, []any{40, 30}, []any{d.Properties["width"], d.Properties["height"]})
		})
	}
}

func deflated(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, err := z.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.String()
}

// webpFile is an extended WebP of 40 by 30 pixels, with one chunk of metadata and no pixels.
func webpFile(kind string, body []byte) []byte {
	chunk := func(kind string, body []byte) []byte {
		b := binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body)))
		return append(append(b, body...), make([]byte, len(body)%2)...)
	}
	const hasEXIFAndXMP = 0x0c
	content := append([]byte("WEBP"), chunk("VP8X", []byte{hasEXIFAndXMP, 0, 0, 0, 39, 0, 0, 29, 0, 0})...)
	return chunk("RIFF", append(content, chunk(kind, body)...))
}

func tiffFile(w writer, gps fields, xmp string) []byte {
	main := fields{tagImageWidth: w.short(40), tagImageLength: w.long(30)}
	if xmp != "" {
		main[tagXMP] = value{1, uint32(len(xmp)), []byte(xmp)}
	}
	return w.exif(main, nil, gps)
}

// TestXMPAsElements reads properties as elements, under a prefix of the writer's choice.
func TestXMPAsElements(t *testing.T) {
	t.Parallel()
	d := describe(t, "a.jpg", jpegFile(t, 40, 30, nil, `<x:xmpmeta xmlns:x="adobe:ns:meta/">
<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description r:about="" xmlns:d="http://www.dji.com/drone-dji/1.0/">
<d:Latitude>+46.5</d:Latitude><d:Longitude> 9.01 </d:Longitude></r:Description><r:Description
xmlns:c="http://pix4d.com/camera/1.0/"><c:Pitch>-90/2</c:Pitch><c:Yaw>1</c:Yaw><c:Roll>2</c:Roll></r:Description></r:RDF></x:xmpmeta>`))
	require.NotNil(t, d.Point)
	assert.InDeltaSlice(t, []float64{9.01, 46.5, 0}, d.Point.FlatCoords(), 1e-12)
	assert.Equal(t, -45.0, d.Properties["cameraPitch"])
}

// TestXMPNumbersKeepTheirDigits: 32-bit floats would move this place by half a metre.
func TestXMPNumbersKeepTheirDigits(t *testing.T) {
	t.Parallel()
	d := describe(t, "a.jpg", jpegFile(t, 40, 30, nil,
		packet(map[string]string{"drone-dji:Latitude": "46.842607083", "drone-dji:Longitude": "-91.994559889"})))
	assert.Equal(t, []float64{-91.994559889, 46.842607083, 0}, d.Point.FlatCoords())
}

// TestDNG: the first directory of a DNG is a thumbnail, the photo is below it.
func TestDNG(t *testing.T) {
	t.Parallel()
	d := describe(t, "a.dng", big.tiff(
		fields{tagNewSubfileType: big.long(1), tagImageWidth: big.long(256), tagImageLength: big.long(192), tagModel: big.ascii("FC6310")},
		map[uint16]fields{tagSubIFDs: {tagNewSubfileType: big.long(0), tagImageWidth: big.long(5472), tagImageLength: big.long(3648)}}))
	assert.Equal(t, catalog.Image, d.Type)
	assert.Equal(t, []any{5472, 3648}, []any{d.Properties["width"], d.Properties["height"]})
	assert.Equal(t, "FC6310", d.Properties["model"])
}

func TestVideo(t *testing.T) {
	t.Parallel()
	u32 := func(n ...uint32) (b []byte) {
		for _, n := range n {
			b = binary.BigEndian.AppendUint32(b, n)
		}
		return b
	}
	movie := func(seconds uint32) []byte { return atom("mvhd", u32(0, seconds), make([]byte, 92)) }
	track := func(width, height uint32) []byte {
		return atom("trak", atom("tkhd", make([]byte, 76), u32(width<<16, height<<16)),
			atom("mdia", atom("mdhd", u32(0, newYear/1000+secondsFrom1904To1970+7), make([]byte, 12))))
	}
	xyz := func(text string) []byte {
		return atom("udta", atom("\xa9xyz", []byte{0, byte(len(text)), 0x15, 0xc7}, []byte(text)))
	}
	const set = uint32(newYear/1000 + secondsFrom1904To1970)
	ftyp, mdat := atom("ftyp", []byte("isom")), atom("mdat", make([]byte, 100))

	d := describe(t, "a.mp4", bytes.Join([][]byte{ftyp, mdat, atom("moov", movie(set), track(0, 0), track(3840, 2160), xyz("+46.5000+009.0100+1234.500/"))}, nil))
	assert.Equal(t, catalog.GeoVideo, d.Type)
	assert.Equal(t, map[string]any{"width": 3840, "height": 2160, "captureTime": newYear}, d.Properties)
	assert.InDeltaSlice(t, []float64{9.01, 46.5, 1234.5}, d.Point.FlatCoords(), 1e-9)
	assert.Nil(t, d.Polygon)

	d = describe(t, "a.mov", bytes.Join([][]byte{ftyp, atom("moov", movie(0), track(640, 480)), mdat}, nil))
	assert.Equal(t, catalog.Video, d.Type)
	assert.Equal(t, newYear+7000, d.Properties["captureTime"], "the medium's date where the movie has none")

	d = describe(t, "a.mp4", bytes.Join([][]byte{ftyp, atom("moov", movie(0)), atom("uuid", []byte(xmpUUID), []byte(alpsXMP))}, nil))
	assert.Equal(t, catalog.GeoVideo, d.Type)
	assert.InDeltaSlice(t, []float64{9.01, 46.5, 0}, d.Point.FlatCoords(), 1e-9)
	assert.Equal(t, 0.0, d.Properties["captureTime"])

	d = describe(t, "a.mov", bytes.Join([][]byte{ftyp, atom("moov", atom("udta", atom("XMP_", []byte(alpsXMP))))}, nil))
	assert.Equal(t, catalog.GeoVideo, d.Type)
}

// TestDronePhotos reads the real photos where they are; the values are those
// that exiftool 12.57 prints for the first of them.
func TestDronePhotos(t *testing.T) {
	t.Parallel()
	const folder = "../../../shared/data/drone-images"
	file, err := os.Open(filepath.Join(folder, "DJI_0018.JPG"))
	if os.IsNotExist(err) {
		t.Skip("no sample photos in " + folder)
	}
	require.NoError(t, err)
	defer file.Close()
	stat, err := file.Stat()
	require.NoError(t, err)
	d, err := Describe(t.Context(), file, stat.Size(), file.Name())
	require.NoError(t, err)
	assert.Equal(t, catalog.GeoImage, d.Type)
	assert.InDeltaSlice(t, []float64{-91.9945598888889, 46.8426070833333, 198.31}, d.Point.FlatCoords(), 1e-9)
	assert.Equal(t, midsummer, d.Properties["captureTime"])
	assert.Equal(t, []any{4000, 2250, 45.0, -89.9}, []any{d.Properties["width"], d.Properties["height"], d.Properties["cameraYaw"], d.Properties["cameraPitch"]})
	assert.InDelta(t, 198.31-39.80, d.Polygon.FlatCoords()[2], 1e-9)
}

// TestOnlyTheFirstPacketCounts: a small PNG can hold thousands of packets that
// each inflate to megabytes, so the ones behind the first are not looked at.
func TestOnlyTheFirstPacketCounts(t *testing.T) {
	t.Parallel()
	chunk := func(packet string) []byte {
		body := pngXMPKeyword + "\x01\x00\x00\x00" + deflated(t, packet)
		b := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), "iTXt"+body...)
		return append(b, make([]byte, 4)...) // the checksum, which is not looked at
	}
	const endOfHeader = 8 + 8 + 13 + 4
	content := slices.Insert(pngFile(t, 40, 30, nil), endOfHeader, append(chunk(strings.Repeat(" ", 2*maxXMP)), chunk(alpsXMP)...)...)
	assert.Equal(t, catalog.Image, describe(t, "a.png", content).Type)
}
