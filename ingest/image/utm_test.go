package image

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestUTM holds both directions against GDAL 3.6 (gdaltransform -s_srs
// EPSG:4326 -t_srs EPSG:326zz), which agrees with vector U1 of the
// interoperability specification in the first row.
func TestUTM(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lon, lat          float64
		zone              utmZone
		easting, northing float64
	}{
		"U1":             {-91.99321949277439, 46.842979268105516, utmZone{15, true}, 576764.76999998, 5188207.22343432},
		"Bergen":         {5.3, 60.39, utmZone{32, true}, 296128.993568374, 6700571.92087673},
		"Svalbard":       {20, 78.2, utmZone{33, true}, 614010.378573862, 8685562.7164902},
		"Greenland Sea":  {8.5, 79, utmZone{31, true}, 616989.131412556, 8775490.46921731},
		"Santiago":       {-70.5, -33.4, utmZone{19, false}, 360505.619896876, 6303362.28812365},
		"Fiji":           {179.99, -16.8, utmZone{60, false}, 818722.240809603, 8140164.49810371},
		"at the equator": {3.1, 0.001, utmZone{31, true}, 511127.501985474, 110.530215593057},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zone := zoneOf(test.lon, test.lat)
			assert.Equal(t, test.zone, zone)
			easting, northing := zone.forward(test.lon, test.lat)
			assert.InDelta(t, test.easting, easting, 1e-5)
			assert.InDelta(t, test.northing, northing, 1e-5)
			lon, lat := zone.inverse(test.easting, test.northing)
			assert.InDelta(t, test.lon, lon, 1e-9)
			assert.InDelta(t, test.lat, lat, 1e-9)
		})
	}
}

func TestZonesAtTheEdges(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		lon, lat float64
		zone     int
	}{
		{-180, 0, 1}, {180, 0, 60}, {-0.001, 51, 30}, {0, 51, 31}, {2.999, 60, 31}, {3, 60, 32}, {3, 64, 31},
		{8.999, 75, 31}, {9, 75, 33}, {21, 75, 35}, {33, 75, 37}, {41.999, 75, 37}, {42, 75, 38},
	} {
		assert.Equal(t, test.zone, zoneOf(test.lon, test.lat).number, "%v", test)
	}
}
