package main

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/stretchr/testify/require"
)

// MapLibre GL draws an orthophoto from nothing but the address of its TileJSON and a token.
func TestMapLibreDrawsTheOrthophoto(t *testing.T) {
	t.Parallel()
	c := server(t)
	photo := c.demoFile(t, "orthophoto.tif")
	content, err := os.ReadFile(photo)
	require.NoError(t, err)
	const path = "maps/ortho + 1.tif"
	ds := c.newDataset(t, "maplibre", "private")
	c.upload(t, ds, path, content)
	c.awaitBuilt(t, ds, path)
	tileJSON := ds + "/tilejson?path=" + url.QueryEscape(path)
	var described struct {
		MaxZoom float64
		Bounds  [4]float64
	}
	c.get(t, tileJSON).json(t, http.StatusOK, &described)
	west, south, east, north := described.Bounds[0], described.Bounds[1], described.Bounds[2], described.Bounds[3]
	at := func(u, v float64) orb.Point { return orb.Point{west + u*(east-west), north - v*(north-south)} }

	page := openMapPage(t, "maplibre.html")
	for _, view := range []struct {
		name string
		mapView
		resampling string  // what comes nearest to what the view needs
		least      float64 // dB
		pixels     int     // aside would be seen
	}{
		{"a corner, pixel by pixel", viewAt(at(0.95, 0.05), described.MaxZoom), "cubic", 37, 1},
		{"between two zooms", viewAt(at(0.4, 0.7), described.MaxZoom-1.3), "cubic", 34.5, 1},
		{"all of it", viewAt(at(0.5, 0.5), described.MaxZoom-4), "average", 33.5, 1},
		{"nearer than its own pixels", viewAt(at(0.82, 0.2), described.MaxZoom+2), "bilinear", 35.5, 4},
	} {
		t.Run(view.name, func(t *testing.T) {
			got := page.draw(t, view.mapView, map[string]any{"tileJSON": c.base + tileJSON, "token": c.token,
				"center": view.geographic(), "zoom": view.zoom - 1}) // at its zoom 0 the world has 512 pixels
			requireAlike(t, view.warped(t, photo, view.resampling), got, view.least, view.pixels)
		})
	}
}

// demoFile saves a file of the demo dataset.
func (c client) demoFile(t *testing.T, name string) (file string) {
	t.Helper()
	var a answer
	require.Eventually(t, func() bool {
		a = c.get(t, "/orgs/public/ds/demo/download?path="+name)
		return a.status == http.StatusOK
	}, time.Minute, 100*time.Millisecond, "the demo is not made")
	file = filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, a.body, 0o600))
	return file
}
