package image

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The expected values are those of `date -u -d 2020-01-01T10:00:00Z +%s` and the like.
const (
	newYear   = 1577872800000.0 // 2020-01-01T10:00:00Z
	midsummer = 1466717519000.0 // 2016-06-23T21:31:59Z
)

func TestCaptureTime(t *testing.T) {
	t.Parallel()
	w := little
	duluth := fields{tagGPSLatitudeRef: w.ascii("N"), tagGPSLatitude: w.rational(46842607, 1000000),
		tagGPSLongitudeRef: w.ascii("W"), tagGPSLongitude: w.rational(9199456, 100000)}
	gpsTime := fields{tagGPSDateStamp: w.ascii("2020:01:01"), tagGPSTimeStamp: w.rational(10, 1, 0, 1, 1, 2)}
	for name, test := range map[string]struct {
		main, photo, gps fields
		want             float64
	}{
		"no date (checklist 44)": {want: 0},
		"GPS before all others (42)": {
			photo: fields{tagDateTimeOriginal: w.ascii("2016:06:23 16:31:59")}, gps: gpsTime, want: newYear + 500},
		"offset of two hours (43)": {
			photo: fields{tagDateTimeOriginal: w.ascii("2020:01:01 12:00:00"), tagOffsetTimeOriginal: w.ascii("+02:00")}, want: newYear},
		"offset without colon, west": {
			photo: fields{tagDateTimeOriginal: w.ascii("2020:01:01 04:30:00"), tagOffsetTimeOriginal: w.ascii("-0530")}, want: newYear},
		"digitized with offset before original without": {
			photo: fields{tagDateTimeOriginal: w.ascii("2016:06:23 16:31:59"),
				tagDateTimeDigitized: w.ascii("2020:01:01 12:00:00"), tagOffsetTimeDigitized: w.ascii("+02:00")}, want: newYear},
		"local time at the position": {
			photo: fields{tagDateTimeOriginal: w.ascii("2016:06:23 16:31:59")}, gps: duluth, want: midsummer},
		"local time nowhere": {
			main: fields{tagDateTime: w.ascii("2020:01:01 10:00:00")}, want: newYear},
		"an offset that makes no sense": {
			photo: fields{tagDateTimeOriginal: w.ascii("2020:01:01 10:00:00"), tagOffsetTimeOriginal: w.ascii("east")}, want: newYear},
		"tenths": {
			photo: fields{tagDateTimeOriginal: w.ascii("2020:01:01 10:00:00"), tagSubSecTimeOriginal: w.ascii("7")}, want: newYear + 700},
		"hundredths with a leading zero": {
			photo: fields{tagDateTimeOriginal: w.ascii("2020:01:01 10:00:00"), tagSubSecTimeOriginal: w.ascii("05")}, want: newYear + 50},
		"microseconds": {
			photo: fields{tagDateTimeOriginal: w.ascii("2020:01:01 10:00:00"), tagSubSecTimeOriginal: w.ascii("123456")}, want: newYear + 123.456},
		"a clock that was never set": {
			photo: fields{tagDateTimeOriginal: w.ascii("0000:00:00 00:00:00")}, main: fields{tagDateTime: w.ascii("2020:01:01 10:00:00")}, want: newYear},
		"GPS time without denominators": {
			gps:   fields{tagGPSDateStamp: w.ascii("2020:01:01"), tagGPSTimeStamp: w.rational(0, 0, 0, 0, 0, 0)},
			photo: fields{tagDateTimeOriginal: w.ascii("2020:01:01 10:00:00")}, want: newYear},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			main := fields{tagModel: w.ascii("X")}
			for tag, v := range test.main {
				main[tag] = v
			}
			d := describe(t, "a.jpg", jpegFile(t, 4, 3, w.exif(main, test.photo, test.gps), ""))
			assert.InDelta(t, test.want, d.Properties["captureTime"], 1e-3)
		})
	}
}
