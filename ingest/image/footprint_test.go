package image

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFootprintVectors holds the footprint against the vectors F1 to F4 of the
// interoperability specification; F1 is a known-good result of another
// implementation.
func TestFootprintVectors(t *testing.T) {
	t.Parallel()
	at := position{lon: -91.99456, lat: 46.842607, alt: 198.31}
	small := footprint{at: at, height: 100, sensorWidth: 13.2, sensorHeight: 8.8, focalLength: 8.8}
	with := func(p pose) footprint { f := small; f.pose = p; return f }
	for name, test := range map[string]struct {
		footprint footprint
		corners   [8]float64 // lon, lat of UL, LL, LR, UR
	}{
		"F1 oblique and rolled": {
			footprint{at: at, height: 100, sensorWidth: 36, sensorHeight: 24, focalLength: 50, pose: pose{pitch: -60, roll: 30}},
			[8]float64{-91.99430810, 46.84345864, -91.99431906, 46.84287152, -91.99300337, 46.84285995, -91.99299240, 46.84344707},
		},
		"F2 turned to the east": {
			with(pose{pitch: -90, yaw: 90}),
			[8]float64{-91.99389175, 46.84327606, -91.99520307, 46.84328758, -91.99522823, 46.84193793, -91.99391695, 46.84192641},
		},
		"F3 too oblique, drawn as if straight down": {
			with(pose{pitch: -29.9, yaw: 45}),
			[8]float64{-91.99477697, 46.84340432, -91.99571607, 46.84277623, -91.99434303, 46.84180967, -91.99340394, 46.84243775},
		},
		"F4 as oblique as can be": {
			with(pose{pitch: -30}),
			[8]float64{-91.99526395, 46.85760589, -91.99553240, 46.84320970, -91.99356543, 46.84319242, -91.99329645, 46.85758860},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			polygon := test.footprint.polygon()
			require.NotNil(t, polygon)
			ring := polygon.Coords()[0]
			require.Len(t, ring, 5)
			assert.Equal(t, ring[0], ring[4], "the ring is closed")
			assert.Equal(t, 4326, polygon.SRID())
			for i := range 4 {
				assert.InDelta(t, test.corners[2*i], ring[i][0], 1e-7, "longitude of corner %d", i)
				assert.InDelta(t, test.corners[2*i+1], ring[i][1], 1e-7, "latitude of corner %d", i)
				assert.InDelta(t, 98.31, ring[i][2], 1e-9, "height of the ground")
			}
		})
	}
}

func TestNoFootprint(t *testing.T) {
	t.Parallel()
	good := footprint{at: position{lon: 10, lat: 50}, height: 100, sensorWidth: 13.2, sensorHeight: 8.8, focalLength: 8.8, pose: pose{pitch: -90}}
	require.NotNil(t, good.polygon())
	for name, spoil := range map[string]func(*footprint){
		"on the ground":                    func(f *footprint) { f.height = 0 },
		"below take-off":                   func(f *footprint) { f.height = -5 },
		"sensor unknown":                   func(f *footprint) { f.sensorWidth, f.sensorHeight = 0, 0 },
		"focal length unknown":             func(f *footprint) { f.focalLength = 0 },
		"upper edge above the horizon":     func(f *footprint) { f.focalLength, f.pose.pitch = 4, -30 }, // half of the field of view is 47.7 degrees
		"upside down":                      func(f *footprint) { f.pose.roll = 180 },
		"on its side, edge at the horizon": func(f *footprint) { f.pose.roll = -60 },
	} {
		f := good
		spoil(&f)
		assert.Nil(t, f.polygon(), name)
	}
}

func TestGroundHeightWithoutAltitude(t *testing.T) {
	t.Parallel()
	f := footprint{at: position{lon: 10, lat: 50}, height: 80, sensorWidth: 13.2, sensorHeight: 8.8, focalLength: 8.8, pose: pose{pitch: -90}}
	assert.Equal(t, 80.0, f.polygon().Coords()[0][0][2])
}
