package image

import (
	"math"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones must be known on machines without a zone database
)

// secondsFrom1904To1970 is between the epochs of QuickTime and Unix.
const secondsFrom1904To1970 = 2_082_844_800

// captureTime tells when the picture was taken, in milliseconds since 1970 in
// UTC, 0 when nothing says so. The video's own clock and GPS time are UTC; a
// date with an offset tag comes next; a date without one is local time at the
// position, or UTC when that is unknown.
func (m metadata) captureTime(at position, located bool) (float64, error) {
	if ms, ok := m.videoTime(); ok {
		return ms, nil
	}
	if ms, ok := m.exif.gpsTime(); ok {
		return ms, nil
	}
	for _, c := range m.exif.clocks() {
		if offset, ok := parseOffset(c.offset); ok {
			if ms, ok := c.in(offset); ok {
				return ms, nil
			}
		}
	}
	for _, c := range m.exif.clocks() {
		if _, ok := c.in(time.UTC); !ok {
			continue
		}
		zone, err := zoneAt(at, located)
		if err != nil {
			return 0, err
		}
		ms, _ := c.in(zone)
		return ms, nil
	}
	return 0, nil
}

// videoTime reads the dates of a video; one before 1970 is a clock that was not set.
func (m metadata) videoTime() (ms float64, ok bool) {
	for _, tag := range []string{"video:DateUTC", "video:MediaCreateDate"} {
		if seconds, ok := m.xmp.number(tag); ok && seconds > secondsFrom1904To1970 {
			return (seconds - secondsFrom1904To1970) * 1000, true
		}
	}
	return 0, false
}

// gpsTime reads the date and the time of day of the GPS receiver.
func (e exif) gpsTime() (ms float64, ok bool) {
	date, err := time.Parse(time.DateOnly, strings.ReplaceAll(e.gps.text(tagGPSDateStamp), ":", "-"))
	parts := e.gps.numbers(tagGPSTimeStamp)
	if err != nil || len(parts) != 3 || !finite(parts...) {
		return 0, false
	}
	seconds := parts[0]*3600 + parts[1]*60 + parts[2]
	const leapSecondDay = 86401
	if seconds < 0 || seconds >= leapSecondDay {
		return 0, false
	}
	return float64(date.UnixMilli()) + seconds*1000, true
}

// clock is one of the dates of an EXIF block, as text.
type clock struct {
	date, subsecond, offset string
}

// clocks are the dates of e in the order in which they are believed.
func (e exif) clocks() []clock {
	text := func(tag uint16) string { return e.shot(tag).text(tag) }
	return []clock{
		{text(tagDateTimeOriginal), text(tagSubSecTimeOriginal), text(tagOffsetTimeOriginal)},
		{text(tagDateTimeDigitized), text(tagSubSecTimeDigitized), text(tagOffsetTimeDigitized)},
		{e.image.text(tagDateTime), text(tagSubSecTime), text(tagOffsetTime)},
	}
}

// in returns the milliseconds since 1970 when the clock shows its date in zone.
func (c clock) in(zone *time.Location) (ms float64, ok bool) {
	const layout = "2006-01-02 15:04:05"
	if len(c.date) < len(layout) {
		return 0, false
	}
	date := strings.ReplaceAll(c.date[:10], ":", "-") + " " + c.date[11:len(layout)]
	t, err := time.ParseInLocation(layout, date, zone)
	if err != nil {
		return 0, false
	}
	return float64(t.UnixMilli()) + subsecond(c.subsecond), true
}

// subsecond returns the milliseconds of the digits behind the decimal point.
func subsecond(digits string) float64 {
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return 0
	}
	return float64(n) * math.Pow10(3-len(digits))
}

// parseOffset reads "+HH:MM" or "+HHMM".
func parseOffset(text string) (*time.Location, bool) {
	for _, layout := range []string{"-07:00", "-0700"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Location(), true
		}
	}
	return nil, false
}
