package main

import "testing"

// OpenLayers draws the NDVI of a multispectral raster from the tiles of tiles-ex.
func TestOpenLayersDrawsNDVI(t *testing.T) {
	t.Parallel()
	c := server(t)
	raster := vegetation(t)
	tiles := c.base + c.raster(t, "openlayers", raster) + "/tiles-ex/{z}/{x}/{y}.png?path=a.tif" + ndviStyle
	const native = 18
	page := openMapPage(t, "openlayers.html")
	for _, view := range []struct {
		name string
		mapView
		least float64
	}{
		{"with an edge and a hole, pixel by pixel", viewAt(geographic(t, 0.75, 0.2), native), 45},
		{"all of it", viewAt(geographic(t, 0.5, 0.5), native-1), 30},
	} {
		t.Run(view.name, func(t *testing.T) {
			got := page.draw(t, view.mapView, map[string]any{"tiles": tiles, "center": view.center, "resolution": view.resolution})
			requireAlike(t, onPaper(view.ndvi(t, raster)), got, view.least, 1)
		})
	}
}
