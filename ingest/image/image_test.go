package image

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
)

// gpsAt is a GPS directory in whole degrees, for a place in the given quadrant.
func gpsAt(w writer, lat uint32, ns string, lon uint32, ew string) fields {
	return fields{
		tagGPSLatitudeRef: w.ascii(ns), tagGPSLatitude: w.rational(lat, 1, 30, 1, 0, 0),
		tagGPSLongitudeRef: w.ascii(ew), tagGPSLongitude: w.rational(lon, 1, 0, 1, 36, 1),
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	zero := gpsAt(little, 0, "N", 0, "E")
	zero[tagGPSLatitude], zero[tagGPSLongitude] = little.rational(0, 1, 0, 1, 0, 1), little.rational(0, 1, 0, 1, 0, 1)
	gps := little.exif(fields{}, nil, gpsAt(little, 46, "N", 9, "E"))
	dji := packet(map[string]string{"drone-dji:Latitude": "46.5", "drone-dji:Longitude": "9.25"})
	for name, test := range map[string]struct {
		width, height int
		exif          []byte
		xmp           string
		want          catalog.EntryType
	}{
		"4000x2000 without tags (checklist 14)": {4000, 2000, nil, "", catalog.Panorama},
		"3999x2000 without tags (15)":           {3999, 2000, nil, "", catalog.Image},
		"4000x2000 with GPS (16)":               {4000, 2000, gps, "", catalog.GeoPanorama},
		"GPS at 0,0 (17)":                       {40, 30, little.exif(fields{}, nil, zero), "", catalog.GeoImage},
		"position in DJI XMP alone (18)":        {40, 30, nil, dji, catalog.GeoImage},
		"DJI latitude without longitude":        {40, 30, nil, packet(map[string]string{"drone-dji:Latitude": "46.5"}), catalog.Image},
		"a latitude that is not on Earth":       {40, 30, nil, packet(map[string]string{"drone-dji:Latitude": "146.5", "drone-dji:Longitude": "9"}), catalog.Image},
		"a latitude that is no number":          {40, 30, nil, packet(map[string]string{"drone-dji:Latitude": "NaN", "drone-dji:Longitude": "9"}), catalog.Image},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := describe(t, "a/b/DJI_0001.JPG", jpegFile(t, test.width, test.height, test.exif, test.xmp))
			assert.Equal(t, test.want, d.Type)
			assert.Nil(t, d.Polygon)
			assert.Equal(t, test.width, d.Properties["width"])
			assert.Equal(t, test.height, d.Properties["height"])
			located := test.want == catalog.GeoImage || test.want == catalog.GeoPanorama
			assert.Equal(t, located, d.Point != nil)
		})
	}
}

// TestPNGWithoutMetadata is checklist 32.
func TestPNGWithoutMetadata(t *testing.T) {
	t.Parallel()
	d := describe(t, "chart.png", pngFile(t, 30, 20, nil))
	assert.Equal(t, catalog.Description{Type: catalog.Image, Properties: map[string]any{"width": 30, "height": 20}}, d)
}

func TestPhotoWithOneTag(t *testing.T) {
	t.Parallel()
	d := describe(t, "a.jpg", jpegFile(t, 40, 30, big.exif(fields{tagOrientation: big.short(6)}, nil, nil), ""))
	assert.Equal(t, map[string]any{ // checklist 33, 34, 44, 48
		"width": 40, "height": 30, "captureTime": 0.0, "orientation": 6, "make": "unknown", "model": "unknown",
		"sensor": "unknown", "cameraYaw": 0.0, "cameraPitch": -90.0, "cameraRoll": 0.0, "hasCameraOrientation": false,
	}, d.Properties)
}

// TestDronePhoto describes a photo as a DJI drone writes it: everything at once.
func TestDronePhoto(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]writer{"little-endian": little, "big-endian": big} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gps := gpsAt(w, 46, "S", 91, "W")
			gps[tagGPSAltitudeRef], gps[tagGPSAltitude] = w.byte(1), w.rational(25, 2)
			block := w.exif(
				fields{tagMake: w.ascii("DJI"), tagModel: w.ascii("FC6310"), tagOrientation: w.short(1)},
				fields{tagFocalLength: w.rational(88, 10), tagFocalLengthIn35mm: w.short(24)}, gps)
			d := describe(t, "DJI_0001.jpg", jpegFile(t, 400, 300, block, ""))
			require.Equal(t, catalog.GeoImage, d.Type)
			assert.InDeltaSlice(t, []float64{-91.01, -46.5, -12.5}, d.Point.FlatCoords(), 1e-9) // checklist 40
			assert.Equal(t, "dji fc6310", d.Properties["sensor"])                               // 36
			assert.InDelta(t, 13.2, d.Properties["sensorWidth"], 1e-12)
			assert.InDelta(t, 9.9, d.Properties["sensorHeight"], 1e-12)         // 37
			assert.InDelta(t, 24.0/36*13.2, d.Properties["focalLength"], 1e-12) // 38
			assert.InDelta(t, 24, d.Properties["focalLength35"], 1e-12)
			assert.Nil(t, d.Polygon, "no relative altitude")

			xmp := packet(map[string]string{
				"drone-dji:AbsoluteAltitude": "+198.31", "drone-dji:RelativeAltitude": "+100.0",
				"drone-dji:GimbalYawDegree": "+90.00", "drone-dji:GimbalPitchDegree": "-90.00", "drone-dji:GimbalRollDegree": "+0.00",
				"drone-dji:Latitude": "46.842607", "drone-dji:Longitude": "-91.99456", "drone-dji:FlightXSpeed": "3",
				"drone-dji:FlightYSpeed": "-4", "drone-dji:FlightZSpeed": "12", "drone-dji:RtkStdLon": "0.03",
				"drone-dji:RtkStdLat": "0.04", "drone-dji:RtkStdHgt": "0.1",
			})
			d = describe(t, "DJI_0001.jpg", jpegFile(t, 400, 300, block, xmp))
			assert.InDeltaSlice(t, []float64{-91.99456, 46.842607, 198.31}, d.Point.FlatCoords(), 1e-9) // 41
			for key, want := range map[string]float64{"flightSpeed": 5, "flightSpeed3D": 13, "flightSpeedX": 3, "flightSpeedY": -4,
				"flightSpeedZ": 12, "gpsXYAccuracy": 0.05, "gpsZAccuracy": 0.1, "cameraYaw": 90, "cameraPitch": -90, "cameraRoll": 0} {
				assert.InDelta(t, want, d.Properties[key], 1e-12, key)
			}
			assert.Equal(t, true, d.Properties["hasCameraOrientation"])
			require.NotNil(t, d.Polygon)
			assert.InDelta(t, 98.31, d.Polygon.FlatCoords()[2], 1e-9)
			for key := range d.Properties { // 39
				assert.NotContains(t, []string{"altitude", "gpsAltitude", "relativeAltitude"}, key)
			}
		})
	}
}

// TestCameraOrientationIsWholeOrNot is checklist 35.
func TestCameraOrientationIsWholeOrNot(t *testing.T) {
	t.Parallel()
	d := describe(t, "a.jpg", jpegFile(t, 40, 30, nil,
		packet(map[string]string{"drone-dji:GimbalYawDegree": "10", "drone-dji:GimbalPitchDegree": "-45"})))
	assert.Equal(t, false, d.Properties["hasCameraOrientation"])
	assert.Equal(t, -90.0, d.Properties["cameraPitch"])
	assert.Equal(t, 0.0, d.Properties["cameraYaw"])
}

func TestSenseFlyMeasuresFromStraightDown(t *testing.T) {
	t.Parallel()
	block := little.exif(fields{tagMake: little.ascii("senseFly")}, nil, nil)
	d := describe(t, "a.jpg", jpegFile(t, 40, 30, block, packet(map[string]string{
		"Camera:Pitch": "5", "Camera:Yaw": "200", "Camera:Roll": "7", "Camera:GPSXYAccuracy": "0.5", "Camera:GPSZAccuracy": "-1"})))
	assert.Equal(t, -85.0, d.Properties["cameraPitch"])
	assert.Equal(t, -7.0, d.Properties["cameraRoll"])
	assert.Equal(t, 200.0, d.Properties["cameraYaw"])
	assert.Equal(t, 0.5, d.Properties["gpsXYAccuracy"])
	assert.NotContains(t, d.Properties, "gpsZAccuracy")
}

func TestSensorFromFocalPlaneResolution(t *testing.T) {
	t.Parallel()
	block := little.exif(fields{}, fields{
		tagFocalPlaneXRes: little.rational(100, 1), tagFocalPlaneYRes: little.rational(50, 1), tagFocalPlaneResUnit: little.short(3),
		tagFocalLength: little.rational(8, 1)}, nil)
	d := describe(t, "a.jpg", jpegFile(t, 40, 30, block, ""))
	assert.InDelta(t, 4, d.Properties["sensorWidth"], 1e-12) // 40 pixels at 100 a centimetre
	assert.InDelta(t, 6, d.Properties["sensorHeight"], 1e-12)
	assert.InDelta(t, 8, d.Properties["focalLength"], 1e-12)
	assert.InDelta(t, 72, d.Properties["focalLength35"], 1e-12)
}

func TestThermalCameras(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		maker, model string
		thermal      bool
	}{
		{"FLIR", "Vue Pro R", true}, {"DJI", "ZH20T", true}, {"DJI", "M3T", true}, {"DJI", "M3M", false},
		{"Workswell", "WirisProSc", true}, {"MicaSense", "Altum", true}, {"MicaSense", "RedEdge", false}, {"Acme", "H20T", false},
	} {
		block := little.exif(fields{tagMake: little.ascii(c.maker), tagModel: little.ascii(c.model)}, nil, nil)
		category, marked := describe(t, "a.jpg", jpegFile(t, 4, 3, block, "")).Properties["sensorCategory"]
		assert.Equal(t, c.thermal, marked, "%s %s", c.maker, c.model)
		if marked {
			assert.Equal(t, "thermal", category)
		}
	}
}

func TestSpeedAndDirectionsOfEXIF(t *testing.T) {
	t.Parallel()
	for ref, want := range map[string]float64{"K": 10, "M": 36 / 2.237, "N": 36 / 1.944, "": 10} {
		gps := fields{tagGPSSpeed: little.rational(36, 1), tagGPSTrack: little.rational(45, 2), tagGPSImgDirection: little.rational(90, 1),
			tagGPSImgDirectionRef: little.ascii("M"), tagGPSDOP: little.rational(3, 2), tagGPSHPositioningError: little.rational(0, 0)}
		if ref != "" {
			gps[tagGPSSpeedRef] = little.ascii(ref)
		}
		p := describe(t, "a.jpg", jpegFile(t, 4, 3, little.exif(fields{}, nil, gps), "")).Properties
		assert.InDelta(t, want, p["flightSpeed"], 1e-9, ref)
		assert.Equal(t, 0.0, p["flightSpeedY"])
		assert.Equal(t, 22.5, p["gpsTrack"])
		assert.Equal(t, "T", p["gpsTrackRef"])
		assert.Equal(t, "M", p["gpsImgDirectionRef"])
		assert.Equal(t, 1.5, p["gpsDop"])
		assert.NotContains(t, p, "gpsXYAccuracy", "0/0 is not known")
	}
}

func TestPanoramaProperties(t *testing.T) {
	t.Parallel()
	p := describe(t, "a.jpg", jpegFile(t, 80, 40, nil, packet(map[string]string{
		"GPano:CroppedAreaTopPixels": "7", "GPano:PoseHeadingDegrees": "123.5"}))).Properties
	assert.Equal(t, "equirectangular", p["projectionType"])
	assert.Equal(t, []any{80, 40, 0, 7}, []any{p["croppedWidth"], p["croppedHeight"], p["croppedX"], p["croppedY"]})
	assert.Equal(t, []any{123.5, 0.0, 0.0}, []any{p["poseHeading"], p["posePitch"], p["poseRoll"]})
}

func TestNamesThatAreNeitherImageNorVideo(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a.txt", "jpg", "a.jpg.zip", ""} {
		_, err := Describe(context.Background(), eof{}, 0, name)
		assert.Equal(t, cairn.Unsupported, cairn.CodeOf(err), name)
	}
}

type eof struct{}

func (eof) ReadAt([]byte, int64) (int, error) { return 0, io.EOF }

type brokenDisk struct{ err error }

func (b brokenDisk) ReadAt([]byte, int64) (int, error) { return 0, b.err }

func TestFailuresOfTheDiskAreNotTakenForBadFiles(t *testing.T) {
	t.Parallel()
	failure := errors.New("input/output error")
	_, err := Describe(context.Background(), brokenDisk{failure}, 100, "a.jpg")
	assert.ErrorIs(t, err, failure)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Describe(ctx, eof{}, 100, "a.mp4")
	assert.ErrorIs(t, err, context.Canceled)
}

func TestUnreadableFilesKeepTheirFamily(t *testing.T) {
	t.Parallel()
	names := map[string]catalog.EntryType{"a.png": catalog.Image, "a.DNG": catalog.Image, "a.webm": catalog.Video, "a.MP4": catalog.Video}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		for _, content := range []string{"", "\xff\xd8\xff", "II*\x00\xff\xff\xff\xff", "\x00\x00\x00\x08moov", "not what it seems to be"} {
			d := describe(t, name, []byte(content))
			assert.Equal(t, names[name], d.Type)
			assert.Nil(t, d.Point)
		}
	}
}
