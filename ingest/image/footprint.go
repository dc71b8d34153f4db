package image

import (
	"math"

	"github.com/twpayne/go-geom"

	"github.com/cairngeo/cairn/catalog"
)

// footprint is the ground that a photo shows, on flat ground at the height of take-off.
type footprint struct {
	at           position
	height       float64 // metres above take-off
	sensorWidth  float64 // mm
	sensorHeight float64 // mm
	focalLength  float64 // mm
	pose         pose
}

// polygon returns the ring upper left, lower left, lower right, upper right of
// the photo, closed, at the height of the ground. It is nil when sensor or
// focal length is unknown, the camera was not above ground, or an edge of the
// photo looks at or above the horizon.
func (f footprint) polygon() *geom.Polygon {
	if f.height <= 0 || f.sensorWidth <= 0 || f.sensorHeight <= 0 || f.focalLength <= 0 {
		return nil
	}
	left, right, bottom, top, ok := f.edges()
	if !ok {
		return nil
	}
	ground := f.height
	if f.at.alt != 0 {
		ground = f.at.alt - f.height
	}
	zone := zoneOf(f.at.lon, f.at.lat)
	easting, northing := zone.forward(f.at.lon, f.at.lat)
	sin, cos := math.Sincos(radians(-f.pose.yaw))

	var ring []float64
	for _, corner := range [][2]float64{{left, top}, {left, bottom}, {right, bottom}, {right, top}, {left, top}} {
		x, y := corner[0], corner[1]
		lon, lat := zone.inverse(easting+cos*x-sin*y, northing+sin*x+cos*y)
		ring = append(ring, lon, lat, ground)
	}
	if !finite(ring...) {
		return nil
	}
	return geom.NewPolygonFlat(geom.XYZ, ring, []int{len(ring)}).SetSRID(catalog.SRID)
}

// edges are the distances in metres from the point below the camera to the
// sides of the photo before it is turned by yaw; not ok when one of them
// never meets the ground.
func (f footprint) edges() (left, right, bottom, top float64, ok bool) {
	const mostOblique = -30 // a photo that looks higher is drawn as if it looked straight down
	pitch := f.pose.pitch
	if pitch > mostOblique {
		pitch = -90
	}
	halfWidth := degrees(math.Atan(f.sensorWidth / (2 * f.focalLength)))
	halfHeight := degrees(math.Atan(f.sensorHeight / (2 * f.focalLength)))
	ok = true
	meet := func(fromNadir float64) float64 {
		ok = ok && math.Abs(fromNadir) < 90
		return f.height * math.Tan(radians(fromNadir))
	}
	left, right = meet(f.pose.roll-halfWidth), meet(f.pose.roll+halfWidth)
	bottom, top = meet(90+pitch-halfHeight), meet(90+pitch+halfHeight)
	return left, right, bottom, top, ok
}
