package demo

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"time"
)

// exif returns the tags of a photo taken at the position (degrees) and time, as
// GDAL's JPEG driver takes them.
func (p photo) exif(longitude, latitude float64, taken time.Time) map[string]string {
	const layout = "2006:01:02 15:04:05"
	local := taken.In(time.FixedZone("CEST", 2*60*60))
	return map[string]string{
		"Make":                    "DJI",
		"Model":                   "FC300S",
		"Software":                "Cairn demo",
		"Orientation":             "1",
		"DateTime":                local.Format(layout),
		"DateTimeOriginal":        local.Format(layout),
		"DateTimeDigitized":       local.Format(layout),
		"OffsetTimeOriginal":      local.Format("-07:00"),
		"XResolution":             "(72)",
		"YResolution":             "(72)",
		"ResolutionUnit":          "2", // inch
		"YCbCrPositioning":        "1",
		"ExifVersion":             "0x30 0x32 0x33 0x31", // 2.31
		"FlashpixVersion":         "0x30 0x31 0x30 0x30",
		"ComponentsConfiguration": "0x01 0x02 0x03 0x00", // YCbCr
		"ColorSpace":              "1",                   // sRGB
		"PixelXDimension":         fmt.Sprint(photoWidth),
		"PixelYDimension":         fmt.Sprint(photoHeight),
		"ExposureTime":            "(0.001)",
		"FNumber":                 "(2.8)",
		"ISOSpeedRatings":         "100",
		"FocalLength":             fmt.Sprintf("(%.3f)", focalLength),
		"FocalLengthIn35mmFilm":   fmt.Sprintf("%.0f", focal35),
		"GPSVersionID":            "0x02 0x03 0x00 0x00",
		"GPSLatitudeRef":          "N",
		"GPSLatitude":             degreesMinutesSeconds(latitude),
		"GPSLongitudeRef":         "E",
		"GPSLongitude":            degreesMinutesSeconds(longitude),
		"GPSAltitudeRef":          "0x00", // above sea level
		"GPSAltitude":             fmt.Sprintf("(%.2f)", takeOff+p.height),
		"GPSDateStamp":            taken.Format("2006:01:02"),
		"GPSTimeStamp":            taken.Format("(15) (4) (5)"),
	}
}

func degreesMinutesSeconds(degrees float64) string {
	whole, rest := math.Modf(degrees)
	minutes, rest := math.Modf(rest * 60)
	return fmt.Sprintf("(%.0f) (%.0f) (%.5f)", whole, minutes, rest*60)
}

// xmp is what DJI's cameras say of the flight and the gimbal.
func (p photo) xmp() []byte {
	return fmt.Appendf(nil, `<?xpacket begin="`+"\ufeff"+`" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/"
   drone-dji:AbsoluteAltitude="%+.2f"
   drone-dji:RelativeAltitude="%+.2f"
   drone-dji:GimbalRollDegree="+0.00"
   drone-dji:GimbalYawDegree="%+.2f"
   drone-dji:GimbalPitchDegree="-90.00"
   drone-dji:FlightRollDegree="+0.00"
   drone-dji:FlightYawDegree="%+.2f"
   drone-dji:FlightPitchDegree="+0.00"/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>`, takeOff+p.height, p.height, p.yaw, p.yaw)
}

// insertXMP puts the packet into the JPEG file as a segment of its own, behind
// the EXIF segment that must come first (XMP specification part 3, section 1.1.3).
func insertXMP(path string, packet []byte) error {
	jpeg, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	at, err := afterApplicationSegments(jpeg)
	if err != nil {
		return err
	}
	const name = "http://ns.adobe.com/xap/1.0/\x00"
	segment := []byte{0xff, 0xe1}
	segment = binary.BigEndian.AppendUint16(segment, uint16(2+len(name)+len(packet)))
	segment = append(append(segment, name...), packet...)
	return os.WriteFile(path, bytes.Join([][]byte{jpeg[:at], segment, jpeg[at:]}, nil), 0o644)
}

// afterApplicationSegments is the offset of the first segment that is neither
// the start of the image nor APP0 to APP15.
func afterApplicationSegments(jpeg []byte) (int, error) {
	for at := 2; at+4 <= len(jpeg); at += 2 + int(binary.BigEndian.Uint16(jpeg[at+2:])) {
		if jpeg[at] != 0xff {
			break
		}
		if jpeg[at+1]&0xf0 != 0xe0 {
			return at, nil
		}
	}
	return 0, fmt.Errorf("not a JPEG file")
}
