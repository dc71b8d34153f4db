package ingest

import (
	"math"
	"slices"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest/raster"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
)

const (
	// overviewTiles is how many tiles the full resolution of an overview may
	// have where there are rasters (4096 x 4096 pixels in one piece). Where there
	// are more rasters than that it may have a tile for each, so that the tiles
	// of the next zoom show few rasters.
	overviewTiles = 256
	// overviewGrid bounds the index: rasters may lie far apart.
	overviewGrid = 1 << 18
)

// areaOf is the finest area in which the rasters have few tiles.
func areaOf(inputs []catalog.OverviewInput, finest int) raster.Area {
	most := max(overviewTiles, len(inputs))
	west, east := longitudesOf(inputs)
	south, north := math.Inf(1), math.Inf(-1)
	for _, i := range inputs {
		south, north = min(south, i.Box.Min[1]), max(north, i.Box.Max[1])
	}
	for zoom := finest; ; zoom-- {
		a := raster.Area{Zoom: zoom}
		first, last := cornerTile(west, north, zoom), cornerTile(min(east, 180), south, zoom)
		a.West, a.North, a.East, a.South = int(first.X), int(first.Y), int(last.X)+1, int(last.Y)+1
		if east > 180 {
			a.East = 1<<zoom + int(cornerTile(east-360, south, zoom).X) + 1
		}
		if zoom == 0 || (a.East-a.West)*(a.South-a.North) <= overviewGrid && touches(inputs, zoom, most) <= most {
			if a.East-a.West > 1<<zoom {
				a.West, a.East = 0, 1<<zoom
			}
			return a
		}
	}
}

// longitudesOf is the shortest arc that has all rasters: from -180 to 180, and
// beyond that in the east if it crosses the meridian; the whole Earth if it is
// more than half of it.
func longitudesOf(inputs []catalog.OverviewInput) (west, east float64) {
	type arc struct{ west, east float64 }
	arcs := make([]arc, len(inputs))
	for i, in := range inputs {
		turn := 360 * math.Floor((in.Box.Min[0]+180)/360)
		arcs[i] = arc{in.Box.Min[0] - turn, in.Box.Max[0] - turn}
	}
	slices.SortFunc(arcs, func(a, b arc) int {
		switch {
		case a.west < b.west:
			return -1
		case a.west > b.west:
			return 1
		}
		return 0
	})
	reached := -540.0 // how far east everything before goes, the turn before included
	for _, a := range arcs {
		reached = max(reached, a.east-360)
	}
	widest := math.Inf(-1)
	for _, a := range arcs {
		if gap := a.west - reached; gap > widest {
			widest, west, east = gap, a.west, reached+360
		}
		reached = max(reached, a.east)
	}
	if east-west > 180 && east > 180 {
		return -180, 180
	}
	return west, east
}

// touches counts the tiles of a zoom that show rasters, no further than beyond most.
func touches(inputs []catalog.OverviewInput, zoom, most int) int {
	seen := map[maptile.Tile]bool{}
	for _, i := range inputs {
		eachTile(i.Box, zoom, func(t maptile.Tile) bool {
			seen[t] = true
			return len(seen) <= most
		})
		if len(seen) > most {
			break
		}
	}
	return len(seen)
}

// byTile are the rasters that each tile of a zoom shows, in their order.
func byTile(inputs []catalog.OverviewInput, zoom int) map[maptile.Tile][]catalog.MosaicRaster {
	tiles := map[maptile.Tile][]catalog.MosaicRaster{}
	for _, i := range inputs {
		eachTile(i.Box, zoom, func(t maptile.Tile) bool {
			tiles[t] = append(tiles[t], i.MosaicRaster)
			return true
		})
	}
	return tiles
}

// eachTile calls visit with the tiles that a box touches, with a margin for
// edges that are curved on the map, until it returns false.
func eachTile(b orb.Bound, zoom int, visit func(maptile.Tile) bool) {
	margin := 360 / math.Exp2(float64(zoom)) / 64
	b = orb.Bound{Min: orb.Point{b.Min[0] - margin, b.Min[1] - margin}, Max: orb.Point{b.Max[0] + margin, b.Max[1] + margin}}
	world := 1 << zoom
	column := func(lon float64) int { return int(math.Floor((lon + 180) / 360 * float64(world))) }
	first, last := column(b.Min[0]), min(column(b.Max[0]), column(b.Min[0])+world-1)
	top, bottom := cornerTile(0, b.Max[1], zoom).Y, cornerTile(0, b.Min[1], zoom).Y
	for y := top; y <= bottom; y++ {
		for x := first; x <= last; x++ {
			if !visit(maptile.New(uint32(x&(world-1)), y, maptile.Zoom(zoom))) {
				return
			}
		}
	}
}

// cornerTile is the tile that has a corner of a box, held within the grid.
func cornerTile(lon, lat float64, zoom int) maptile.Tile {
	const north = 85.0511287
	return maptile.At(orb.Point{max(-180, min(lon, 180-1e-9)), max(-north, min(lat, north))}, maptile.Zoom(zoom))
}
