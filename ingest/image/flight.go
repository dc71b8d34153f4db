package image

import "math"

// pose is where the camera looked, in degrees. Pitch -90 is straight down and
// 0 the horizon; yaw is clockwise from north.
type pose struct {
	yaw, pitch, roll float64
	known            bool
}

// pose reads the gimbal's angles. With one of them missing the camera is
// taken to have looked straight down.
func (m metadata) pose(maker string) pose {
	pitch, hasPitch := m.firstNumber("drone-dji:GimbalPitchDegree", "Camera:Pitch")
	yaw, hasYaw := m.firstNumber("drone-dji:GimbalYawDegree", "drone-dji:FlightYawDegree", "Camera:Yaw")
	roll, hasRoll := m.firstNumber("drone-dji:GimbalRollDegree", "Camera:Roll")
	if !hasPitch || !hasYaw || !hasRoll {
		return pose{pitch: -90}
	}
	if maker == "senseFly" { // measures pitch from straight down, and roll the other way
		pitch, roll = pitch-90, -roll
	}
	return pose{yaw: yaw, pitch: pitch, roll: roll, known: true}
}

func (m metadata) firstNumber(names ...string) (value float64, ok bool) {
	for _, name := range names {
		if value, ok = m.xmp.number(name); ok {
			return value, true
		}
	}
	return 0, false
}

func (p properties) addPose(o pose) {
	p["cameraYaw"], p["cameraPitch"], p["cameraRoll"] = o.yaw, o.pitch, o.roll
	p["hasCameraOrientation"] = o.known
}

// addMotion adds the speed of flight in m/s and the directions of EXIF in degrees.
func (p properties) addMotion(m metadata) {
	if x, y, z, ok := m.speed(); ok {
		p["flightSpeedX"], p["flightSpeedY"], p["flightSpeedZ"] = x, y, z
		p["flightSpeed"] = math.Hypot(x, y)
		p["flightSpeed3D"] = math.Hypot(math.Hypot(x, y), z)
	}
	p.addDirection(m, "gpsImgDirection", tagGPSImgDirection, tagGPSImgDirectionRef)
	p.addDirection(m, "gpsTrack", tagGPSTrack, tagGPSTrackRef)
}

// speed is the velocity in m/s; EXIF knows its magnitude only, which is then x.
func (m metadata) speed() (x, y, z float64, ok bool) {
	x, hasX := m.xmp.number("drone-dji:FlightXSpeed")
	y, hasY := m.xmp.number("drone-dji:FlightYSpeed")
	z, hasZ := m.xmp.number("drone-dji:FlightZSpeed")
	if hasX && hasY && hasZ {
		return x, y, z, true
	}
	speed, ok := m.exif.gps.number(tagGPSSpeed)
	switch m.exif.gps.text(tagGPSSpeedRef) {
	case "M", "m": // miles per hour
		speed /= 2.237
	case "N", "n": // knots
		speed /= 1.944
	default: // kilometres per hour
		speed /= 3.6
	}
	return speed, 0, 0, ok
}

func (p properties) addDirection(m metadata, key string, tag, refTag uint16) {
	degrees, ok := m.exif.gps.number(tag)
	if !ok {
		return
	}
	p[key], p[key+"Ref"] = degrees, "T"
	ref := m.exif.gps.text(refTag)
	p.set(key+"Ref", ref, ref != "")
}

// addAccuracy adds the accuracy of the position in metres, from the first
// source that has one.
func (p properties) addAccuracy(m metadata) {
	xy, hasXY := m.xmp.number("Camera:GPSXYAccuracy")
	z, hasZ := m.xmp.number("Camera:GPSZAccuracy")
	dop, hasDOP := 0.0, false
	if !hasXY && !hasZ {
		lon, hasLon := m.xmp.number("drone-dji:RtkStdLon")
		lat, hasLat := m.xmp.number("drone-dji:RtkStdLat")
		xy, hasXY = math.Hypot(lon, lat), hasLon && hasLat
		z, hasZ = m.xmp.number("drone-dji:RtkStdHgt")
	}
	if !hasXY && !hasZ {
		xy, hasXY = m.exif.gps.number(tagGPSHPositioningError)
		dop, hasDOP = m.exif.gps.number(tagGPSDOP)
	}
	p.set("gpsXYAccuracy", xy, hasXY && xy >= 0)
	p.set("gpsZAccuracy", z, hasZ && z >= 0)
	p.set("gpsDop", dop, hasDOP && dop >= 0)
}
