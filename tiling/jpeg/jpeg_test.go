package jpeg

import (
	"bytes"
	"image"
	stdjpeg "image/jpeg"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the standard library writes is walked to the scan; what is cut off or no
// JPEG ends the walk.
func TestSegments(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, stdjpeg.Encode(&out, image.NewGray(image.Rect(0, 0, 48, 32)), nil))
	plain := out.Bytes()
	app1 := append([]byte{0xff, 0xff, 0xe1, 0, 2 + 29}, XMPHeader...) // a fill byte before the marker
	file := append(append(bytes.Clone(plain[:2]), app1...), plain[2:]...)
	found := map[byte][]byte{}
	for marker, segment := range Segments(bytes.NewReader(file)) {
		found[marker] = Content(segment)
	}
	assert.Equal(t, XMPHeader, string(found[APP1]))
	require.Contains(t, found, byte(0xc0), "the frame")
	assert.Equal(t, []byte{8, 0, 32, 0, 48}, found[0xc0][:5])
	assert.NotContains(t, found, byte(0xda))

	for cut := range file {
		for _, segment := range Segments(bytes.NewReader(file[:cut])) {
			Content(segment)
		}
	}
	for range Segments(bytes.NewReader([]byte("\xff\xd8no JPEG"))) {
		t.Error("no segment")
	}
	for range Segments(bytes.NewReader([]byte{0xff, 0xd8, 0xff, 0xe1, 0, 1, 0, 0})) {
		t.Error("a length that is too short")
	}
}
