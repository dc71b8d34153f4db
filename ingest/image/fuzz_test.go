package image

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn/catalog"
)

// FuzzDescribe holds that any content gives a description of the file's own
// family that can be written as JSON. Run it with -fuzzminimizetime 1x: the
// default spends a minute on each new input.
func FuzzDescribe(f *testing.F) {
	f.Add([]byte("\xff\xd8" + string(app1(exifHeader+string(alps))) + string(app1(xmpHeader+alpsXMP)) + "\xff\xc0\x00\x0b\x08\x00\x1e\x00\x28\x01\x01\x11\x00\xff\xd9"))
	f.Add([]byte(pngSignature + "\x00\x00\x00\x0dIHDR\x00\x00\x00\x28\x00\x00\x00\x1e\x08\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add(webpFile("EXIF", alps))
	f.Add(tiffFile(big, gpsAt(big, 46, "N", 9, "E"), alpsXMP))
	f.Add([]byte("II+\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"))
	f.Add(append(atom("ftyp"), atom("moov", atom("udta", atom("\xa9xyz", []byte("\x00\x0f\x15\xc7+46.50+009.010/"))))...))
	f.Fuzz(func(t *testing.T, content []byte) {
		for name, family := range map[string][]catalog.EntryType{
			"a.jpg": {catalog.Image, catalog.GeoImage, catalog.Panorama, catalog.GeoPanorama},
			"a.mp4": {catalog.Video, catalog.GeoVideo},
		} {
			d, err := Describe(context.Background(), bytes.NewReader(content), int64(len(content)), name)
			require.NoError(t, err)
			require.Contains(t, family, d.Type)
			_, err = json.Marshal(d.Properties)
			require.NoError(t, err)
		}
	})
}
