package raster

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// A spool takes the coded tiles of all levels in the order in which they come.
type spool struct {
	file *os.File
	end  atomic.Int64
}

// newSpool makes a spool in a file of dir that has no name: it goes with its process.
func newSpool(dir string) (*spool, error) {
	file, err := os.CreateTemp(dir, "spool-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, err
	}
	return &spool{file: file}, nil
}

// An extent is where a coded tile lies in a file: the spool, or the source. An empty one is a tile without data.
type extent struct {
	at   int64
	size uint32
}

func (s *spool) add(block []byte) (extent, error) {
	at := s.end.Add(int64(len(block))) - int64(len(block))
	if _, err := s.file.WriteAt(block, at); err != nil {
		return extent{}, fmt.Errorf("write a tile: %w", err)
	}
	return extent{at: at, size: uint32(len(block))}, nil
}

// read reads the tile from the file in which it lies, into buffer if that is large enough.
func (e extent) read(from io.ReaderAt, buffer []byte) ([]byte, error) {
	if cap(buffer) < int(e.size) {
		buffer = make([]byte, e.size, 2*e.size)
	}
	buffer = buffer[:e.size]
	if _, err := from.ReadAt(buffer, e.at); err != nil {
		return buffer, fmt.Errorf("read a tile again: %w", err)
	}
	return buffer, nil
}

func (s *spool) close() error { return s.file.Close() }

// A level is the index of a level's tiles. Only those that may hold data have
// an extent; the others of the grid are empty.
type level struct {
	across, down int // tiles of the grid
	tiles        tileRange
	planes       int
	extents      []extent
}

// levelsOf returns the empty index of each level of p, from the full resolution on.
func levelsOf(p plan, planes int) []*level {
	levels := make([]*level, p.levels)
	for k := range levels {
		l := &level{across: p.grid.width() >> k, down: p.grid.height() >> k, tiles: p.dataAt(k), planes: planes}
		l.extents = make([]extent, l.tiles.width()*l.tiles.height()*planes)
		levels[k] = l
	}
	return levels
}

// dataAt is the tiles of level k that may hold data, counted from the grid's corner.
func (p plan) dataAt(k int) tileRange {
	return tileRange{
		x0: (p.data.x0 - p.grid.x0) >> k, x1: (p.data.x1-p.grid.x0-1)>>k + 1,
		y0: (p.data.y0 - p.grid.y0) >> k, y1: (p.data.y1-p.grid.y0-1)>>k + 1,
	}
}

func (r tileRange) contains(x, y int) bool { return x >= r.x0 && x < r.x1 && y >= r.y0 && y < r.y1 }

// at returns the extent of a tile, nil for one that can't hold data.
func (l *level) at(plane, x, y int) *extent {
	if !l.tiles.contains(x, y) {
		return nil
	}
	return &l.extents[(plane*l.tiles.height()+y-l.tiles.y0)*l.tiles.width()+x-l.tiles.x0]
}

// each calls visit with all tiles of the level, in the order of a TIFF.
func (l *level) each(visit func(e extent) error) error {
	for plane := range l.planes {
		for y := range l.down {
			for x := range l.across {
				e := extent{}
				if found := l.at(plane, x, y); found != nil {
					e = *found
				}
				if err := visit(e); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
