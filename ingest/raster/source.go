package raster

import "github.com/airbusgeo/godal"

// A source is a worker's own handle of what is built.
type source struct {
	ds            *godal.Dataset
	bands         []godal.Band
	width, height int
	piece         int // the side of what is drawn at once, in pixels
	projector     *projector
}

func openSource(location string, p plan) (*source, error) {
	ds, err := openTIFF(location)
	if err != nil {
		return nil, errDamaged(err)
	}
	projector, err := newProjector(ds, p)
	if err != nil {
		ds.Close()
		return nil, err
	}
	size := ds.Structure()
	return &source{ds: ds, bands: ds.Bands(), width: size.SizeX, height: size.SizeY, piece: tileSize << pieceSpan(ds), projector: projector}, nil
}

func (s *source) close() {
	s.projector.close()
	s.ds.Close() // it was only read: nothing can be lost
}

// mask returns the band that says what of the source is visible, nil if it
// has none beside alpha and nodata.
func (s *source) mask() *godal.Band {
	const perDataset, alpha, nodata = 2, 4, 8 // flags of GDAL's masks
	if flags := s.bands[0].MaskFlags(); flags&perDataset == 0 || flags&(alpha|nodata) != 0 {
		return nil
	}
	mask := s.bands[0].MaskBand()
	return &mask
}

// views returns what m shows of the source: mostly one view, but a raster may
// show again every turn around the Earth. With coarse they have limit pixels
// at most, whatever the source.
func (s *source) views(m mesh, coarse bool, limit int) (views []view, largest int) {
	dx, dy := s.projector.turnInPixels()
	for turn := -2; turn <= 2; turn++ {
		if turn != 0 && dx == 0 && dy == 0 {
			continue
		}
		fx, fy := m.density()
		v, ok := viewOf(m, float64(turn)*dx, float64(turn)*dy, s.width, s.height, max(1, int(fx)), max(1, int(fy)))
		for n := 2; ok && coarse && v.w*v.h > limit; n *= 2 {
			v, ok = viewOf(m, float64(turn)*dx, float64(turn)*dy, s.width, s.height, n*max(1, int(fx)), n*max(1, int(fy)))
		}
		if ok {
			views = append(views, v)
			largest = max(largest, v.w*v.h)
		}
	}
	return views, largest
}

// viewLimit is how many pixels of a source may be read at once to draw w x h
// pixels: somewhat more than these, because a source may be turned and finer.
func viewLimit(w, h int) int { return 2*w*h + 1<<17 }

// inViews calls draw with the views of what a source shows at the w x h pixels
// from (x, y) of the grid: piece by piece, each (dx, dy) from there.
func (s *source) inViews(x, y, w, h int, draw func(m mesh, v view, dx, dy, w, h int) error) error {
	for top := y; top < y+h; {
		bottom := min((top/s.piece+1)*s.piece, y+h)
		for left := x; left < x+w; {
			right := min((left/s.piece+1)*s.piece, x+w)
			err := s.inParts(left, top, right-left, bottom-top, viewLimit(right-left, bottom-top), func(m mesh, v view, dx, dy, w, h int) error {
				return draw(m, v, left-x+dx, top-y+dy, w, h)
			})
			if err != nil {
				return err
			}
			left = right
		}
		top = bottom
	}
	return nil
}

// inParts calls draw with the views of a piece; part by part, where that
// would be more than limit pixels to hold.
func (s *source) inParts(x, y, w, h, limit int, draw func(m mesh, v view, dx, dy, w, h int) error) error {
	m := s.projector.mesh(x, y, w, h)
	whole := max(w, h) <= tileSize
	views, largest := s.views(m, whole, limit)
	if largest > limit && !whole {
		right, lower := halfOf(w), halfOf(h)
		for _, part := range [4][4]int{{0, 0, right, lower}, {right, 0, w - right, lower}, {0, lower, right, h - lower}, {right, lower, w - right, h - lower}} {
			if part[2] <= 0 || part[3] <= 0 {
				continue
			}
			err := s.inParts(x+part[0], y+part[1], part[2], part[3], limit, func(m mesh, v view, dx, dy, w, h int) error {
				return draw(m, v, part[0]+dx, part[1]+dy, w, h)
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	for _, v := range views {
		if err := draw(m, v, 0, 0, w, h); err != nil {
			return err
		}
	}
	return nil
}

// halfOf is half a side, in whole tiles, rounded up.
func halfOf(side int) int { return (side/tileSize + 1) / 2 * tileSize }
