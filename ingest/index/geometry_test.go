package index

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twpayne/go-geom"
)

// What SpatiaLite 5.0.1 makes of GeomFromText('POINT Z (10.5 45.25 100)', 4326)
// and of the polygon.
const (
	spatialitePoint   = "0001E610000000000000000025400000000000A0464000000000000025400000000000A046407CE903000000000000000025400000000000A046400000000000005940FE"
	spatialitePolygon = "0001E610000000000000000024400000000000804640000000000000264000000000000047407CEB0300000100000005000000000000000000244000000000008046400000000000000000" +
		"000000000000264000000000008046400000000000000000000000000000264000000000000047400000000000000000000000000000244000000000000047400000000000000000000000000000244000000000008046400000000000000000FE"
)

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	require.NoError(t, err)
	return b
}

func TestGeometryBlobsAreSpatiaLites(t *testing.T) {
	t.Parallel()
	point, polygon := unhex(t, spatialitePoint), unhex(t, spatialitePolygon)
	require.Len(t, point, 68)
	require.Len(t, polygon, 172)
	assert.Equal(t, point, pointBlob(aPoint))
	assert.Equal(t, polygon, polygonBlob(aPolygon))

	p, err := readPoint(point)
	require.NoError(t, err)
	assert.Equal(t, aPoint, p)
	q, err := readPolygon(polygon)
	require.NoError(t, err)
	assert.Equal(t, aPolygon, q)

	assert.Nil(t, pointBlob(nil))
	assert.Nil(t, polygonBlob(nil))
	p, err = readPoint(nil)
	require.NoError(t, err)
	assert.Nil(t, p)
	q, err = readPolygon(nil)
	require.NoError(t, err)
	assert.Nil(t, q)
}

func TestGeometryWithAHoleAndWithoutHeights(t *testing.T) {
	t.Parallel()
	holed := geom.NewPolygonFlat(geom.XYZ, []float64{
		0, 0, 1, 9, 0, 1, 9, 9, 1, 0, 0, 1,
		4, 1, 1, 5, 1, 1, 5, 2, 1, 4, 1, 1}, []int{12, 24}).SetSRID(4326)
	read, err := readPolygon(polygonBlob(holed))
	require.NoError(t, err)
	assert.Equal(t, holed, read)
	flat, err := readPoint(pointBlob(geom.NewPointFlat(geom.XY, []float64{7, 46})))
	require.NoError(t, err)
	assert.Equal(t, []float64{7, 46, 0}, flat.FlatCoords())
}

func TestHostileGeometriesAreRefused(t *testing.T) {
	t.Parallel()
	point, polygon := unhex(t, spatialitePoint), unhex(t, spatialitePolygon)
	damaged := func(blob []byte, at int, value ...byte) []byte {
		b := append([]byte{}, blob...)
		copy(b[at:], value)
		return b
	}
	for name, blob := range map[string][]byte{
		"empty": {}, "short": point[:10], "cut": point[:60], "longer": append(append([]byte{}, point...), 0xfe),
		"no start": damaged(point, 0, 1), "big endian": damaged(point, 1, 0), "other system": damaged(point, 2, 1), "no header": damaged(point, 38, 0),
		"no end": damaged(point, 67, 0), "a line": damaged(point, 39, 0xea), "a polygon": polygon,
		"no number": damaged(point, 43, binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.NaN()))...),
		"infinite":  damaged(point, 59, binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.Inf(1)))...),
	} {
		_, err := readPoint(blob)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), name)
	}
	for name, blob := range map[string][]byte{
		"empty": {}, "a point": point, "no rings": damaged(polygon, 43, 0), "two rings": damaged(polygon, 43, 2), "endless rings": damaged(polygon, 43, 0xff, 0xff, 0xff, 0xff),
		"endless points": damaged(polygon, 47, 0xff, 0xff, 0xff, 0xff), "few points": damaged(polygon, 47, 4), "none": damaged(polygon, 47, 0), "open": damaged(polygon, 160, 1),
		"cut": append(append([]byte{}, polygon[:140]...), 0xfe),
	} {
		_, err := readPolygon(blob)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), name)
	}
}

func FuzzGeometry(f *testing.F) {
	for _, text := range []string{spatialitePoint, spatialitePolygon} {
		blob, err := hex.DecodeString(text)
		require.NoError(f, err)
		f.Add(blob)
	}
	f.Fuzz(func(t *testing.T, blob []byte) {
		if p, err := readPoint(blob); err == nil && blob != nil {
			require.Len(t, pointBlob(p), len(blob))
		}
		if p, err := readPolygon(blob); err == nil && blob != nil {
			require.Len(t, polygonBlob(p), len(blob))
		}
	})
}
