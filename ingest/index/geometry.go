package index

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/twpayne/go-geom"
)

// A geometry in the file is what SpatiaLite makes of it: a header with the
// coordinate system and the bounding box, the class and the coordinates, all
// little endian, between three fixed bytes.
const (
	geometryStart  = 0x00
	littleEndian   = 0x01
	geometryHeader = 0x7c // between the header and the class
	geometryEnd    = 0xfe

	pointClass   = 1001 // XYZ
	polygonClass = 1003 // XYZ

	ordinateBytes = 8
	positionBytes = 3 * ordinateBytes
)

// geometryHead is everything before the coordinates.
type geometryHead struct {
	Start, Order byte
	SRID         int32
	Box          [4]float64 // min x, min y, max x, max y
	Header       byte
	Class        int32
}

var headBytes = binary.Size(geometryHead{})

// pointBlob is the blob of a point; nil for nil.
func pointBlob(p *geom.Point) []byte {
	if p == nil || p.Empty() {
		return nil
	}
	return append(appendPosition(head(pointClass, p.Bounds()), p.Coords()), geometryEnd)
}

// polygonBlob is the blob of a polygon; nil for nil.
func polygonBlob(p *geom.Polygon) []byte {
	if p == nil || p.Empty() {
		return nil
	}
	blob := binary.LittleEndian.AppendUint32(head(polygonClass, p.Bounds()), uint32(p.NumLinearRings()))
	for _, ring := range p.Coords() {
		blob = binary.LittleEndian.AppendUint32(blob, uint32(len(ring)))
		for _, position := range ring {
			blob = appendPosition(blob, position)
		}
	}
	return append(blob, geometryEnd)
}

func head(class int32, b *geom.Bounds) []byte {
	box := [4]float64{b.Min(0), b.Min(1), b.Max(0), b.Max(1)}
	blob, err := binary.Append(nil, binary.LittleEndian, geometryHead{geometryStart, littleEndian, catalog.SRID, box, geometryHeader, class})
	if err != nil {
		panic(err) // the struct has a fixed size
	}
	return blob
}

// appendPosition adds longitude, latitude and height, 0 without one.
func appendPosition(blob []byte, c geom.Coord) []byte {
	for i := range 3 {
		var v float64
		if i < len(c) {
			v = c[i]
		}
		blob = binary.LittleEndian.AppendUint64(blob, math.Float64bits(v))
	}
	return blob
}

// readPoint returns the point of a blob; nil for nil.
func readPoint(blob []byte) (*geom.Point, error) {
	rest, err := body(blob, pointClass)
	if err != nil || rest == nil {
		return nil, err
	}
	flat, rest, ok := positions(rest, 1)
	if !ok || len(rest) > 0 {
		return nil, errGeometry()
	}
	return geom.NewPointFlat(geom.XYZ, flat).SetSRID(catalog.SRID), nil
}

// readPolygon returns the polygon of a blob; nil for nil.
func readPolygon(blob []byte) (*geom.Polygon, error) {
	rest, err := body(blob, polygonClass)
	if err != nil || rest == nil {
		return nil, err
	}
	rings, rest, ok := count(rest)
	var flat []float64
	var ends []int
	for range rings {
		var points uint32
		var ring []float64
		if points, rest, ok = count(rest); !ok {
			break
		}
		if ring, rest, ok = positions(rest, points); !ok || !closed(ring) {
			ok = false
			break
		}
		flat = append(flat, ring...)
		ends = append(ends, len(flat))
	}
	if !ok || len(rest) > 0 || rings == 0 {
		return nil, errGeometry()
	}
	return geom.NewPolygonFlat(geom.XYZ, flat, ends).SetSRID(catalog.SRID), nil
}

// body returns what a blob has between its head and its last byte; nil for no blob.
func body(blob []byte, class int32) ([]byte, error) {
	if blob == nil {
		return nil, nil
	}
	var h geometryHead
	if len(blob) <= headBytes {
		return nil, errGeometry()
	}
	if err := binary.Read(bytes.NewReader(blob), binary.LittleEndian, &h); err != nil {
		return nil, errGeometry().Because(err)
	}
	last := len(blob) - 1
	if h.Start != geometryStart || h.Order != littleEndian || h.SRID != catalog.SRID || h.Header != geometryHeader || h.Class != class || blob[last] != geometryEnd {
		return nil, errGeometry()
	}
	return blob[headBytes:last:last], nil
}

func count(b []byte) (n uint32, rest []byte, ok bool) {
	if len(b) < 4 {
		return 0, nil, false
	}
	return binary.LittleEndian.Uint32(b), b[4:], true
}

// positions reads n positions, none of which may be infinite or no number.
func positions(b []byte, n uint32) (flat []float64, rest []byte, ok bool) {
	if uint64(len(b)) < uint64(n)*positionBytes {
		return nil, nil, false
	}
	flat = make([]float64, 3*n)
	for i := range flat {
		flat[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[i*ordinateBytes:]))
		if math.IsNaN(flat[i]) || math.IsInf(flat[i], 0) {
			return nil, nil, false
		}
	}
	return flat, b[len(flat)*ordinateBytes:], true
}

// closed tells whether a ring ends where it began and encloses something.
func closed(ring []float64) bool {
	return len(ring) >= 4*3 && slices.Equal(ring[:3], ring[len(ring)-3:])
}

func errGeometry() *cairn.Error {
	return cairn.Errorf(cairn.Invalid, "The index file has a geometry that can't be read.")
}
