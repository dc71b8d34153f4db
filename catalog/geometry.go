package catalog

import (
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/planar"
	"github.com/twpayne/go-geom"
)

// geoJSON returns the geometry of an entry and its bounding box as STAC wants
// them: the polygon, else the point, else nil. Where all heights are 0 both are
// two-dimensional. What crosses the 180th meridian is a MultiPolygon cut there,
// and the west of its box is greater than the east.
func geoJSON(e Entry) (geometry map[string]any, bbox []float64) {
	switch {
	case e.Polygon != nil && e.Polygon.NumCoords() > 0:
		ring := e.Polygon.Coords()[0]
		if west, east := longitudes(ring); west < -180 || east > 180 {
			return cutAtMeridian(ring), boundingBox(ring)
		}
		return map[string]any{"type": "Polygon", "coordinates": [][][]float64{positions(ring)}}, boundingBox(ring)
	case e.Point != nil:
		ring := []geom.Coord{e.Point.Coords()}
		return map[string]any{"type": "Point", "coordinates": positions(ring)[0]}, boundingBox(ring)
	}
	return nil, nil
}

// positions drops heights that are 0 throughout.
func positions(ring []geom.Coord) [][]float64 {
	n := 2
	for _, c := range ring {
		if len(c) > 2 && c[2] != 0 {
			n = 3
		}
	}
	list := make([][]float64, len(ring))
	for i, c := range ring {
		list[i] = c[:n]
	}
	return list
}

func longitudes(ring []geom.Coord) (west, east float64) {
	west, east = ring[0][0], ring[0][0]
	for _, c := range ring {
		west, east = min(west, c[0]), max(east, c[0])
	}
	return west, east
}

// boundingBox has 4 numbers, or 6 if there are heights.
func boundingBox(ring []geom.Coord) []float64 {
	points := positions(ring)
	n := len(points[0])
	box := make([]float64, 2*n)
	copy(box, points[0])
	copy(box[n:], points[0])
	for _, p := range points {
		for i, v := range p {
			box[i], box[n+i] = min(box[i], v), max(box[n+i], v)
		}
	}
	box[0], box[n] = wrap(box[0], box[n])
	return box
}

// wrap brings continuous longitudes into -180 to 180: west is greater than
// east where the box crosses the meridian.
func wrap(west, east float64) (float64, float64) {
	if east-west >= 360 {
		return -180, 180
	}
	turn := func(lon float64) float64 {
		for lon > 180 {
			lon -= 360
		}
		for lon < -180 {
			lon += 360
		}
		return lon
	}
	return turn(west), turn(east)
}

// cutAtMeridian cuts a ring with continuous longitudes beyond 180 degrees east
// or west.
func cutAtMeridian(ring []geom.Coord) map[string]any {
	var parts [][][][]float64
	for _, turn := range []float64{-360, 0, 360} {
		shifted := make(orb.Ring, len(ring))
		for i, c := range ring {
			shifted[i] = orb.Point{c[0] + turn, c[1]}
		}
		for _, part := range clip.Polygon(orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}, orb.Polygon{shifted}) {
			if planar.Area(part) == 0 { // only touches the meridian
				continue
			}
			points := make([][]float64, len(part))
			for i, p := range part {
				points[i] = []float64{p[0], p[1]}
			}
			parts = append(parts, [][][]float64{points})
		}
	}
	return map[string]any{"type": "MultiPolygon", "coordinates": parts}
}
