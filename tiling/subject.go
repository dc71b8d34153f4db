package tiling

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/tiling/cog"
	"github.com/cairngeo/cairn/tiling/thermal"
)

// Subject is what is looked into.
type Subject struct {
	Key         string    // of a COG, or of a photo as it was uploaded
	Photo       bool      // which of them
	Original    string    // key of the upload of a raster, whose metadata count too; "" without one
	Outline     orb.Bound // of a raster in degrees, longitudes continuous
	Make, Model string    // of the camera, if known
}

// scan is an open subject of which the values of one band are read.
type scan struct {
	Subject
	frame
	stored   stored
	bands    int      // that there are
	alone    bool     // the band is the only one but alpha
	band     int      // from 1
	units    []string // of each, as far as they are known
	dataType string   // GDAL's name
	scale    float64  // of what is stored
	offset   float64
	camera   string               // id of the thermal camera, "" if it is none
	warmth   *thermal.Calibration // makes temperatures of what is stored
}

// stored is the numbers of a band.
type stored interface {
	// read reads a part, NaN where there is nothing.
	read(ctx context.Context, part rect, into []float64) error
	Close() error
}

// bandOf is a band of a COG.
type bandOf struct {
	level
	band int
}

func (b bandOf) Close() error { b.src.release(); return nil }

func (b bandOf) read(ctx context.Context, part rect, into []float64) error {
	if err := readBand(ctx, b.level, b.band, part, into); err != nil {
		return err
	}
	visible, err := b.readAlpha(ctx, part)
	for i, v := range visible {
		if v == 0 {
			into[i] = math.NaN()
		}
	}
	return err
}

// openScan opens the band, from 1, of a subject; the caller closes it.
func (s *Server) openScan(ctx context.Context, subject Subject, band int) (*scan, error) {
	if subject.Photo {
		return s.openPhotoScan(ctx, subject)
	}
	src, err := s.sources.open(ctx, subject.Key)
	if err != nil {
		return nil, err
	}
	c, err := s.scanOf(ctx, src, subject, band)
	if err != nil {
		src.release()
		return nil, err
	}
	return c, nil
}

func (s *Server) scanOf(ctx context.Context, src *source, subject Subject, band int) (c *scan, err error) {
	x := src.index
	c = &scan{Subject: subject, bands: len(x.Bands), alone: src.dataBands() == 1, band: band, dataType: x.Levels[0].Type.String()}
	if c.frame, err = frameOf(x, subject.Outline); err != nil {
		return nil, err
	}
	if band < 1 || band > c.bands {
		return nil, cairn.Errorf(cairn.Invalid, "This raster has the bands 1 to %d, not %d.", c.bands, band)
	}
	c.stored = bandOf{s.level(src, 0), band}
	c.scale, c.offset = x.Bands[band-1].Scale, x.Bands[band-1].Offset
	if c.units, err = s.unitsOf(ctx, src, subject.Original); err != nil {
		return nil, err
	}
	var texts []string
	if subject.Original != "" {
		if texts, err = textsOf.Call(ctx, s.sandbox, s.store.Location(subject.Original), nil); err != nil {
			return nil, err
		}
	}
	packet, err := cog.XMP(src.object, src.object.Size())
	if err != nil {
		return nil, unreadable(err)
	}
	c.examine(thermal.Properties(packet), nil, append(slices.Clone(x.Texts), texts...))
	return c, nil
}

// unitsOf are the units of the bands of a COG, from what was uploaded if it says none.
func (s *Server) unitsOf(ctx context.Context, src *source, original string) ([]string, error) {
	units := make([]string, len(src.index.Bands))
	if known := src.index.Units(); known != nil || original == "" {
		copy(units, known)
		return units, nil
	}
	object, err := s.store.Open(ctx, original)
	if err != nil {
		return nil, err
	}
	defer object.Close()
	if index, err := cog.Parse(object, object.Size()); err == nil { // else it is no TIFF that says more
		copy(units, index.Units())
	}
	return units, nil
}

func (c *scan) Close() error { return c.stored.Close() }

// level is the scan of a level of a COG, 0 for the full resolution. It is closed
// with c.
func (c *scan) level(number int) *scan {
	l := *c
	full := c.stored.(bandOf)
	l.stored = bandOf{full.server.level(full.src, number), c.band}
	return &l
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// direct tells whether what is stored are the values themselves.
func (c *scan) direct() bool { return c.warmth == nil && c.scale == 1 && c.offset == 0 }

// value is what a stored number means; NaN for what is no number.
func (c *scan) value(stored float64) float64 {
	v := stored*c.scale + c.offset
	if c.warmth != nil {
		v = c.warmth.Celsius(stored)
	}
	if math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

// unit is what values are measured in. The shades of a picture and the raw
// numbers of a camera without a calibration have none.
func (c *scan) unit() string {
	number := c.band - 1
	switch float := strings.HasPrefix(c.dataType, "Float"); {
	case c.warmth != nil:
		return "°C"
	case number < len(c.units) && c.units[number] != "":
		return c.units[number]
	case c.camera != "" && c.dataType != byteType && (float || !c.Photo):
		return "°C"
	}
	return ""
}

// byteType is the type of the shades of a picture.
const byteType = "Byte"

// read reads what is stored in a part of the band, NaN where there is nothing.
func (c *scan) read(ctx context.Context, part rect, into []float64) ([]float64, error) {
	into = into[:part.width*part.height]
	return into, c.stored.read(ctx, part, into)
}

// scanSide is the side of the squares in which large parts are read, a multiple
// of the blocks of a COG.
const scanSide = 512

// each calls visit with the values that there are in parts of the band, square
// by square along the blocks of the file.
func (c *scan) each(ctx context.Context, parts []rect, visit func(values []float64)) error {
	buffer := make([]float64, scanSide*scanSide)
	for _, part := range parts {
		for y := part.y; y < part.y+part.height; y = nextSquare(y) {
			for x := part.x; x < part.x+part.width; x = nextSquare(x) {
				if err := ctx.Err(); err != nil {
					return err
				}
				square := rect{x, y, min(nextSquare(x), part.x+part.width) - x, min(nextSquare(y), part.y+part.height) - y}
				stored, err := c.read(ctx, square, buffer)
				if err != nil {
					return err
				}
				n := 0
				for _, v := range stored {
					if v = c.value(v); v == v {
						stored[n] = v
						n++
					}
				}
				visit(stored[:n])
			}
		}
	}
	return nil
}

func nextSquare(i int) int { return (i/scanSide + 1) * scanSide }
