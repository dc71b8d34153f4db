package main

import (
	"encoding/xml"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb"
	"github.com/stretchr/testify/require"
)

// GDAL reads the tiles of a raster as one raster of the whole world, and its pixels are those of the COG, at
// the full resolution and at a lower one.
func TestGDALReadsTiles(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.raster(t, "gdal-tiles", geotiff(t, rasterSize))
	cog := filepath.Join(t.TempDir(), "cog.tif")
	var e entry
	c.get(t, ds+"/obj?path=a.tif").json(t, 200, &e)
	require.NoError(t, os.WriteFile(cog, c.get(t, ds+"/build/"+*e.Hash+"/cog/cog.tif").body, 0o600))
	stored, err := godal.Open(cog)
	require.NoError(t, err)
	defer stored.Close()
	grid, err := stored.GeoTransform()
	require.NoError(t, err)
	const world = 2 * math.Pi * orb.EarthRadius
	zoom := int(math.Round(math.Log2(world / 256 / grid[1])))
	column, row := int(math.Round((grid[0]+world/2)/grid[1])), int(math.Round((world/2-grid[3])/grid[1]))

	for _, tiles := range []struct {
		name       string
		zoom, side int // pixels of a tile
	}{{"{y}", zoom, 256}, {"{y}@2x", zoom - 1, 512}} {
		t.Run(tiles.name, func(t *testing.T) {
			read := c.openTiles(t, ds+"/tiles/${z}/${x}/$"+tiles.name+".png?path=a.tif", tiles.zoom, tiles.side)
			// Across the corners of four tiles, and over the edge of the data.
			for _, shrunk := range []int{1, 2} {
				const x, y, side = 192, 128, 512
				want, got := make([]byte, 4*side/shrunk*side/shrunk), make([]byte, 4*side/shrunk*side/shrunk)
				require.NoError(t, stored.Read(x, y, want, side/shrunk, side/shrunk, godal.Window(side, side)))
				require.NoError(t, read.Read(column+x, row+y, got, side/shrunk, side/shrunk, godal.Window(side, side)))
				require.Contains(t, string(want), "\xff")
				require.True(t, string(want) == string(got), "pixels differ when 1/%d of them is read", shrunk)
			}
		})
	}
}

// GDAL reads a style as it reads any tiles.
func TestGDALReadsNDVI(t *testing.T) {
	t.Parallel()
	c := server(t)
	raster := vegetation(t)
	const native = 18
	read := c.openTiles(t, c.raster(t, "gdal-ndvi", raster)+"/tiles-ex/${z}/${x}/${y}.png?path=a.tif"+ndviStyle, native, 256)
	v := viewAt(geographic(t, 0.75, 0.2), native)
	drawn, err := read.Translate("", append([]string{"-of", "MEM", "-projwin"}, v.corners()...))
	require.NoError(t, err)
	defer drawn.Close()
	requireAlike(t, onPaper(v.ndvi(t, raster)), onPaper(colors(t, drawn)), 45, 1)
}

// openTiles opens the tiles of an address with GDAL; zoom is that of the full resolution.
func (c client) openTiles(t *testing.T, address string, zoom, side int) *godal.Dataset {
	t.Helper()
	var escaped strings.Builder
	require.NoError(t, xml.EscapeText(&escaped, []byte(c.base+address)))
	tiles, err := godal.Open(fmt.Sprintf(`<GDAL_WMS>
		<Service name="TMS"><ServerUrl>%s</ServerUrl></Service>
		<DataWindow>
			<UpperLeftX>%[2]f</UpperLeftX><UpperLeftY>%[3]f</UpperLeftY><LowerRightX>%[3]f</LowerRightX><LowerRightY>%[2]f</LowerRightY>
			<TileLevel>%[4]d</TileLevel><TileCountX>1</TileCountX><TileCountY>1</TileCountY><YOrigin>top</YOrigin>
		</DataWindow>
		<Projection>EPSG:3857</Projection><BlockSizeX>%[5]d</BlockSizeX><BlockSizeY>%[5]d</BlockSizeY><BandsCount>4</BandsCount>
	</GDAL_WMS>`, escaped.String(), -math.Pi*orb.EarthRadius, math.Pi*orb.EarthRadius, zoom, side))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tiles.Close()) })
	return tiles
}
