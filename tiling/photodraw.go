package tiling

import (
	"fmt"
	"log/slog"
	"math"

	"github.com/airbusgeo/godal"

	"github.com/cairngeo/cairn"
)

// quietly makes GDAL's warnings (an odd tag, a missing profile) no errors.
var quietly = godal.ErrLogger(func(category godal.ErrorCategory, code int, message string) error {
	if category < godal.CE_Failure {
		slog.Debug("gdal", "code", code, "message", message)
		return nil
	}
	return fmt.Errorf("gdal error %d: %s", code, message)
})

// raster is an open photo, or the original of a raster, and what of it is drawn.
type raster struct {
	ds      *godal.Dataset
	bands   []godal.Band // the one or three that are drawn
	width   int
	height  int
	data    bool         // of more or fewer than 8 bits, so it needs stretching
	palette [][4]int16   // RGBA of each value, nil if the values are no indexes
	masks   []godal.Band // of which any makes a pixel visible; none if all are
	ranges  []valueRange // by drawn band, for data
	filter  godal.ResamplingAlg
}

// openRaster opens what lies at a location with one of the drivers. It never
// looks at sidecar files, nor at what other formats would make of the bytes.
func openRaster(location string, options ...godal.OpenOption) (*raster, error) {
	ds, err := godal.Open(location, append(options, godal.RasterOnly(), quietly)...)
	if err != nil {
		return nil, err
	}
	r := &raster{ds: ds, filter: godal.Average}
	if err := r.describe(); err != nil {
		ds.Close()
		return nil, err
	}
	return r, nil
}

func (r *raster) Close() error { return r.ds.Close() }

func (r *raster) describe() error {
	all := r.ds.Bands()
	if len(all) == 0 {
		return cairn.Errorf(cairn.Unsupported, "This file holds no picture.")
	}
	s := r.ds.Structure()
	r.width, r.height = s.SizeX, s.SizeY
	r.bands = all[:1]
	if len(r.dataBands()) >= 3 {
		r.bands = all[:3]
	}
	for _, b := range r.bands {
		r.data = r.data || !isByte(b)
	}
	if table := all[0].ColorTable(); all[0].Structure().DataType == godal.Byte && len(table.Entries) > 0 {
		r.bands, r.palette, r.filter, r.data = all[:1], table.Entries, godal.Nearest, false
	}
	r.masks = masksOf(r.bands)
	return nil
}

// dataBands are all bands but alpha, which comes last.
func (r *raster) dataBands() []godal.Band {
	all := r.ds.Bands()
	if n := len(all); n > 1 && all[n-1].ColorInterp() == godal.CIAlpha {
		return all[:n-1]
	}
	return all
}

// isByte tells whether values are from 0 to 255. Bytes may have fewer bits.
func isByte(b godal.Band) bool {
	return b.Structure().DataType == godal.Byte && b.Metadata("NBITS", godal.Domain("IMAGE_STRUCTURE")) == ""
}

const (
	maskAllValid = 1 // GMF_ALL_VALID
	maskNoData   = 8 // GMF_NODATA
)

// masksOf returns the masks of the drawn bands: one for all, or one for each
// where it is their nodata values that count.
func masksOf(bands []godal.Band) []godal.Band {
	var masks []godal.Band
	for _, b := range bands {
		flags := b.MaskFlags()
		if flags&maskAllValid != 0 {
			return nil
		}
		masks = append(masks, b.MaskBand())
		if flags&maskNoData == 0 {
			break
		}
	}
	return masks
}

// draw reads a window of the raster into a picture of the given size.
func (r *raster) draw(x, y, width, height, toW, toH int) (*picture, error) {
	p := newPicture(toW, toH)
	p.grey = len(r.bands) == 1 && r.palette == nil
	for i := 3; i < len(p.pixels); i += 4 {
		p.pixels[i] = 255
	}
	var err error
	if r.data {
		err = r.drawValues(p, x, y, width, height)
	} else {
		err = r.drawBytes(p, x, y, width, height)
	}
	if err != nil {
		return nil, err
	}
	return p, r.drawMasks(p, x, y, width, height)
}

func (r *raster) drawBytes(p *picture, x, y, width, height int) error {
	for c, b := range r.bands {
		err := b.Read(x, y, p.pixels[c:], p.width, p.height, godal.Window(width, height),
			godal.PixelSpacing(4), godal.LineSpacing(4*p.width), godal.Resampling(r.filter), quietly)
		if err != nil {
			return err
		}
	}
	if len(r.bands) > 1 {
		return nil
	}
	for i := 0; i < len(p.pixels); i += 4 {
		v := p.pixels[i]
		p.pixels[i+1], p.pixels[i+2] = v, v
		if r.palette == nil {
			continue
		}
		if int(v) >= len(r.palette) {
			p.pixels[i+3] = 0
			continue
		}
		for c, part := range r.palette[v] {
			p.pixels[i+c] = byte(between(0, int(part), 255))
		}
	}
	return nil
}

// drawValues stretches each band's range over 0 to 255, truncating. What is not
// a number in any band is transparent.
func (r *raster) drawValues(p *picture, x, y, width, height int) error {
	values := make([]float64, p.width*p.height)
	for c, b := range r.bands {
		err := b.Read(x, y, values, p.width, p.height, godal.Window(width, height), godal.Resampling(r.filter), quietly)
		if err != nil {
			return err
		}
		for i, v := range values {
			if math.IsNaN(v) {
				p.pixels[4*i+3] = 0
			}
			p.pixels[4*i+c] = r.ranges[c].scale(v)
		}
	}
	if len(r.bands) == 1 {
		for i := 0; i < len(p.pixels); i += 4 {
			p.pixels[i+1], p.pixels[i+2] = p.pixels[i], p.pixels[i]
		}
	}
	return nil
}

func (r *raster) drawMasks(p *picture, x, y, width, height int) error {
	if len(r.masks) == 0 {
		return nil
	}
	visible := make([]byte, p.width*p.height)
	one := make([]byte, p.width*p.height)
	for _, m := range r.masks {
		err := m.Read(x, y, one, p.width, p.height, godal.Window(width, height), godal.Resampling(r.filter), quietly)
		if err != nil {
			return err
		}
		for i, v := range one {
			visible[i] = max(visible[i], v)
		}
	}
	for i, v := range visible {
		p.pixels[4*i+3] = min(p.pixels[4*i+3], v)
	}
	return nil
}
