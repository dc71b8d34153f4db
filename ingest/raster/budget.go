package raster

import (
	"os"
	"strconv"

	"github.com/airbusgeo/godal"
)

const (
	// widestSpan makes metatiles of 8x8 tiles: larger ones gain nothing.
	widestSpan = 3
	// codingMemory is what goes through encoders, and the program itself.
	codingMemory = 168 << 20
	// pieceStrips is how many bytes of strips may lie beside a row of pieces.
	// It is no part of the options, because pieces decide the bytes of a COG.
	pieceStrips = 80 << 20
)

// A budget is how a build is cut, so that it stays within its memory. It
// changes nothing of what is built.
type budget struct {
	memory  int64 // of the workers
	workers int
	span    int  // metatiles have 2^span x 2^span tiles
	bands   int  // of a source, made in one pass
	byRow   bool // the source is stored in strips: its rows should be read once
}

// budgetFor cuts the build of ds.
func budgetFor(p plan, r recipe, ds *godal.Dataset, o Options) budget {
	cache := cacheBytes()
	b := budget{memory: o.Memory - cache - codingMemory, workers: o.Workers, span: min(widestSpan, p.levels-1), bands: r.sources}
	piece := pieceSpan(ds)
	s := stripsOf(ds)
	b.byRow = s.bytesOfRow > 0 && s.width > tileSize<<b.span
	for b.span > piece && (b.need(p, r) > b.memory || b.byRow && s.bytesBeside(b.span)*int64(b.workers) > cache*5/8) {
		b.span--
	}
	for b.workers > 1 && b.need(p, r) > b.memory {
		b.workers--
	}
	for r.planar() && b.bands > 1 && b.need(p, r) > b.memory {
		b.bands = (b.bands + 1) / 2
	}
	tiles := p.dataAt(b.span)
	b.workers = min(b.workers, tiles.width()*tiles.height())
	return b
}

// need estimates the bytes that the workers hold: each the levels of a metatile,
// the view of the source for a piece of it and a block, and all of them the tiles that wait to be joined.
func (b budget) need(p plan, r recipe) int64 {
	sample, read := r.dataType.Size()*(b.bands+1), r.dataType.Size()*(b.bands+1)
	if r.codec != lossless {
		sample, read = 4, 9
	}
	pixels := tileSize * tileSize << (2 * b.span)
	side := tileSize << min(b.span, widestPiece)
	tile := tileSize * tileSize * sample
	return int64(b.workers)*int64(pixels*sample*4/3+viewLimit(side, side)*read+2*tile) + int64(3*(p.levels-b.span)*tile)
}

// widestPiece makes pieces of 4x4 tiles.
const widestPiece = 2

// pieceSpan returns the size of the pieces in which metatiles are drawn: 2^span
// x 2^span tiles. It is decided by the source alone: each piece has a mesh of
// its own, so another size could give other bytes.
func pieceSpan(ds *godal.Dataset) int {
	span, s := widestPiece, stripsOf(ds)
	for span > 0 && s.bytesBeside(span) > pieceStrips {
		span--
	}
	return span
}

// strips are how a source is stored that has no tiles.
type strips struct {
	width, height int   // of a strip
	bytesOfRow    int64 // of all bands; 0 for a source of tiles
}

func stripsOf(ds *godal.Dataset) strips {
	first := ds.Bands()[0]
	s := first.Structure()
	if s.BlockSizeX != s.SizeX {
		return strips{}
	}
	return strips{width: s.SizeX, height: s.BlockSizeY, bytesOfRow: int64(s.SizeX) * int64(len(ds.Bands())*productType(first).Size())}
}

// bytesBeside returns the bytes of the strips that a row of squares of 2^span tiles lies in.
func (s strips) bytesBeside(span int) int64 {
	return int64(tileSize<<span*5/4+s.height) * s.bytesOfRow
}

// cacheBytes is what GDAL's cache of blocks may take.
func cacheBytes() int64 {
	setUpGDAL()
	n, err := strconv.ParseInt(os.Getenv("GDAL_CACHEMAX"), 10, 64)
	switch {
	case err != nil: // a share of the machine
		return cacheMegabytes << 20
	case n < 100_000: // GDAL takes it as megabytes
		return n << 20
	}
	return n
}
