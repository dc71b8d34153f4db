package main

import (
	"fmt"
	"image/color"
	"testing"

	"github.com/paulmach/orb/maptile"
)

// raster uploads a raster as a.tif into a new public dataset and waits for its map.
func (c client) raster(t *testing.T, name string, content []byte) (ds string) {
	t.Helper()
	ds = c.newDataset(t, name, "public")
	c.upload(t, ds, "a.tif", content)
	c.awaitBuilt(t, ds, "a.tif")
	return ds
}

// tileAt is the address of the tile of a.tif that shows a point of it, u to the
// east and v to the south. extra begins with &.
func tileAt(t *testing.T, ds, route string, u, v float64, zoom maptile.Zoom, extra string) string {
	t.Helper()
	at := maptile.At(geographic(t, u, v), zoom)
	return fmt.Sprintf("%s/%s/%d/%d/%d.png?path=a.tif%s", ds, route, at.Z, at.X, at.Y, extra)
}

// colorAt is the colour that a tile of a.tif has at a point of it.
func (c client) colorAt(t *testing.T, ds, route string, u, v float64, extra string) color.NRGBA {
	t.Helper()
	const zoom = 19
	m := decodePNG(t, c.get(t, tileAt(t, ds, route, u, v, zoom, extra)))
	fraction := maptile.Fraction(geographic(t, u, v), zoom)
	inTile := func(f float64) int { return int((f - float64(int(f))) * float64(m.Bounds().Dx())) }
	return color.NRGBAModel.Convert(m.At(inTile(fraction[0]), inTile(fraction[1]))).(color.NRGBA)
}
