package image

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/twpayne/go-geom"

	"github.com/cairngeo/cairn/catalog"
)

// position is a place on WGS 84: degrees, and metres as the camera recorded
// them (above the ellipsoid or the sea, whichever it writes).
type position struct {
	lon, lat, alt float64
}

func (p position) point() *geom.Point {
	return geom.NewPointFlat(geom.XYZ, []float64{p.lon, p.lat, p.alt}).SetSRID(catalog.SRID)
}

func (p position) onEarth() bool {
	return finite(p.lon, p.lat, p.alt) && math.Abs(p.lon) <= 180 && math.Abs(p.lat) <= 90
}

// position finds where the camera was. DJI writes its XMP with more digits and
// a better altitude than its EXIF, so each XMP value replaces the EXIF one.
func (m metadata) position() (position, bool) {
	p, located := m.exif.position()
	lat, hasLat := m.xmp.number("drone-dji:Latitude")
	lon, hasLon := m.xmp.number("drone-dji:Longitude")
	alt, hasAlt := m.xmp.number("drone-dji:AbsoluteAltitude")
	if located || hasLat && hasLon {
		located = true
		if hasLat {
			p.lat = lat
		}
		if hasLon {
			p.lon = lon
		}
		if hasAlt {
			p.alt = alt
		}
	} else {
		p, located = parseISO6709(m.xmp.text("video:GPSCoordinates"))
	}
	if !located || !p.onEarth() {
		return position{}, false
	}
	return p, true
}

func (e exif) position() (position, bool) {
	lat, hasLat := e.angle(tagGPSLatitude, tagGPSLatitudeRef, "S")
	lon, hasLon := e.angle(tagGPSLongitude, tagGPSLongitudeRef, "W")
	if !hasLat || !hasLon {
		return position{}, false
	}
	alt, _ := e.gps.number(tagGPSAltitude)
	const belowSea = 1
	if e.gps.whole(tagGPSAltitudeRef) == belowSea {
		alt = -alt
	}
	return position{lon: lon, lat: lat, alt: alt}, true
}

// angle reads degrees, minutes and seconds; a part without denominator is 0.
func (e exif) angle(tag, refTag uint16, negative string) (degrees float64, ok bool) {
	parts := e.gps.numbers(tag)
	if len(parts) == 0 {
		return 0, false
	}
	unit := 1.0
	for _, part := range parts[:min(3, len(parts))] {
		if !math.IsNaN(part) {
			degrees += part / unit
		}
		unit *= 60
	}
	if strings.EqualFold(e.gps.text(refTag), negative) {
		degrees = -degrees
	}
	return degrees, true
}

// signedNumbers matches ISO 6709 in decimal degrees: "+37.3349-122.0090+010.5/".
var signedNumbers = regexp.MustCompile(`^([+-]\d+(?:\.\d*)?)([+-]\d+(?:\.\d*)?)([+-]\d+(?:\.\d*)?)?`)

func parseISO6709(text string) (position, bool) {
	parts := signedNumbers.FindStringSubmatch(text)
	if parts == nil {
		return position{}, false
	}
	var p position
	for i, value := range []*float64{&p.lat, &p.lon, &p.alt} {
		if parts[i+1] != "" {
			*value, _ = strconv.ParseFloat(parts[i+1], 64) // out of range is Inf, which is not on Earth
		}
	}
	return p, true
}
