package raster

import "github.com/airbusgeo/godal"

const (
	// widestSpan makes metatiles of 8x8 tiles: larger ones gain nothing.
	widestSpan = 3
	// workMemory bounds, in bytes, what the workers of a build hold at a time.
	// With GDAL's cache, and what goes through encoders, a build stays under 1 GiB.
	workMemory = 600 << 20
	// stripMemory is the part of GDAL's cache that the strips of a row of metatiles may fill.
	stripMemory = 160 << 20
)

// A budget is how a build is cut, so that it stays within its memory.
type budget struct {
	workers int
	span    int  // metatiles have 2^span x 2^span tiles
	bands   int  // of a source, made in one pass
	byRow   bool // the source is stored in strips: its rows should be read once
}

// budgetFor cuts the build of ds for a machine of some cores.
func budgetFor(p plan, r recipe, ds *godal.Dataset, cores int) budget {
	b := budget{workers: cores, span: min(widestSpan, p.levels-1), bands: r.sources}
	first := ds.Bands()[0]
	s := first.Structure()
	b.byRow = s.BlockSizeX == s.SizeX && s.SizeX > tileSize<<b.span
	for b.span > 0 && (b.need(p, r) > workMemory || b.byRow && b.strips(s, len(r.bands)*productType(first).Size()) > stripMemory) {
		b.span--
	}
	for b.workers > 1 && b.need(p, r) > workMemory {
		b.workers--
	}
	for r.planar() && b.bands > 1 && b.need(p, r) > workMemory {
		b.bands = (b.bands + 1) / 2
	}
	tiles := p.dataAt(b.span)
	b.workers = min(b.workers, tiles.width()*tiles.height())
	return b
}

// need estimates the bytes that the workers hold: each the levels of a metatile,
// the view of the source for it and a block, and all of them the tiles that wait to be joined.
func (b budget) need(p plan, r recipe) int {
	sample, read := r.dataType.Size()*(b.bands+1), r.dataType.Size()*(b.bands+1)
	if r.codec != lossless {
		sample, read = 4, 9
	}
	pixels := tileSize * tileSize << (2 * b.span)
	view := viewLimit(tileSize<<b.span, tileSize<<b.span)
	tile := tileSize * tileSize * sample
	return b.workers*(pixels*sample*4/3+view*read+2*tile) + 3*(p.levels-b.span)*tile
}

// strips returns the bytes of the strips that a row of metatiles lies in.
func (b budget) strips(s godal.BandStructure, pixel int) int {
	rows := tileSize<<b.span*5/4 + s.BlockSizeY
	return rows * s.SizeX * pixel * b.workers
}
