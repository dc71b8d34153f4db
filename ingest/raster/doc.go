// Package raster understands georeferenced rasters and builds them into maps.
//
// [Describe] reads what the catalog keeps of a GeoTIFF; [Build] lays it on the
// WebMercatorQuad grid as a Cloud Optimized GeoTIFF (COG) of which every block,
// at every level, is one map tile, so that serving a tile is copying bytes.
//
// # Levels
//
// The full resolution of a COG is one zoom level z of WebMercatorQuad: the
// coarsest one that loses nothing of the source. Level k of the file (0 is the
// full resolution, then the overviews from large to small) is zoom z-k. There
// are just enough levels for the data to fit in 2x2 tiles at the last one, or
// as many as lead to zoom 0.
//
// The file's upper-left corner is the corner of a tile whose column and row can
// be halved once per overview, and its width and height are such multiples too.
// So each level is a whole number of whole tiles, half as many as the level
// before, and none of the levels is off the grid. With (col, row) the tile of
// the file's corner at zoom z, block (bx, by) of level k is the tile
//
//	zoom z-k, column ((col>>k) + bx) mod 2^(z-k), row (row>>k) + by
//
// The tiles added around the data to get there are sparse: 12 bytes of index,
// no bytes of image.
//
// # The antimeridian
//
// A raster that crosses the 180th meridian would be torn into two halves at
// both ends of the world, and a file spanning it all has 2^z columns. Instead
// the grid simply goes on eastwards: columns 2^z, 2^z+1, … are columns 0, 1, …
// of the next turn around the Earth, x coordinates exceed
// +20037508.34 m (which GDAL and web maps read as the place they are meant to
// be), and a reader takes a tile's column modulo 2^z, as above. Because 2^z can be halved
// down to zoom 1, all levels stay aligned, and they end at zoom 1 instead of 0, where
// both sides would be the same tile. To get there the raster is warped to a
// Web Mercator centred on its own longitude and the result is moved east.
//
// A raster wider than half the Earth fills the plain world grid instead.
package raster
