package tiling

import (
	"context"
	"fmt"
	"math"

	"github.com/airbusgeo/godal"
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
	ds         *godal.Dataset
	bands      int      // that there are
	units      []string // of each, as far as they are known
	band       godal.Band
	bandNumber int // from 1
	dataType   godal.DataType
	mask       godal.Band
	masked     bool
	raw        *thermal.Raw // what a camera recorded, in place of the band
	scale      float64      // of what is stored
	offset     float64
	camera     string               // id of the thermal camera, "" if it is none
	warmth     *thermal.Calibration // makes temperatures of what is stored
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
	defer src.release()
	c := &scan{Subject: subject, units: src.index.Units}
	if c.frame, err = frameOf(src.index, subject.Outline); err != nil {
		return nil, err
	}
	if err := c.open(s.store.Location(subject.Key), band, 0); err != nil {
		return nil, err
	}
	texts, err := s.askOriginal(ctx, c)
	if err != nil {
		c.Close()
		return nil, err
	}
	packet, err := cog.XMP(src.object, src.object.Size())
	if err != nil {
		c.Close()
		return nil, unreadable(err)
	}
	c.examine(thermal.Properties(packet), nil, texts)
	return c, nil
}

// askOriginal takes the units from what was uploaded if the COG has none, and
// returns what its metadata say.
func (s *Server) askOriginal(ctx context.Context, c *scan) (texts []string, err error) {
	if c.Original == "" {
		return nil, nil
	}
	object, err := s.store.Open(ctx, c.Original)
	if err != nil {
		return nil, err
	}
	defer object.Close()
	if index, err := cog.Parse(object, object.Size()); err == nil && len(c.units) == 0 {
		c.units = index.Units
	}
	original, err := openRaster(s.store.Location(c.Original), godal.Drivers("GTiff"))
	if err != nil {
		return nil, cairn.Errorf(cairn.Internal, "The original of this raster can't be read. Upload it again.").Because(err)
	}
	texts = original.texts()
	return texts, original.Close()
}

func (c *scan) Close() error { return c.ds.Close() }

// level opens one level of a COG, 0 for the full resolution; closing it leaves
// c open.
func (s *Server) level(c *scan, band, level int) (*scan, error) {
	l := *c
	return &l, l.open(s.store.Location(c.Key), band, level)
}

func (c *scan) open(location string, band, level int) error {
	options := []godal.OpenOption{godal.Drivers("GTiff"), godal.RasterOnly(), quietly}
	if level > 0 {
		options = append(options, godal.DriverOpenOption(fmt.Sprintf("OVERVIEW_LEVEL=%d", level-1)))
	}
	ds, err := godal.Open(location, options...)
	if err != nil {
		return unreadable(err)
	}
	if err := c.choose(ds, band); err != nil {
		ds.Close()
		return err
	}
	return nil
}

// choose takes the band of a dataset.
func (c *scan) choose(ds *godal.Dataset, band int) error {
	all := ds.Bands()
	if band < 1 || band > len(all) {
		return cairn.Errorf(cairn.Invalid, "This raster has the bands 1 to %d, not %d.", len(all), band)
	}
	c.ds, c.bands, c.band, c.bandNumber = ds, len(all), all[band-1], band
	c.masked = c.band.MaskFlags()&maskAllValid == 0
	c.mask = c.band.MaskBand()
	structure := c.band.Structure()
	c.dataType = structure.DataType
	if c.scale, c.offset = structure.Scale, structure.Offset; c.scale == 0 || !finite(c.scale) || !finite(c.offset) {
		c.scale, c.offset = 1, 0
	}
	if s := ds.Structure(); c.Photo {
		c.frame = frame{width: s.SizeX, height: s.SizeY}
	}
	return nil
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
	number := c.bandNumber - 1
	switch float := c.dataType == godal.Float32 || c.dataType == godal.Float64; {
	case c.warmth != nil:
		return "°C"
	case number < len(c.units) && c.units[number] != "":
		return c.units[number]
	case c.camera != "" && c.dataType != godal.Byte && (float || !c.Photo):
		return "°C"
	}
	return ""
}

// read reads what is stored in a part of the band, NaN where there is nothing.
func (c *scan) read(part rect, into []float64) ([]float64, error) {
	into = into[:part.width*part.height]
	if c.raw != nil {
		for i := range into {
			into[i] = float64(c.raw.Values[(part.y+i/part.width)*c.raw.Width+part.x+i%part.width])
		}
		return into, nil
	}
	if err := c.band.Read(part.x, part.y, into, part.width, part.height, quietly); err != nil {
		return nil, c.damaged(err)
	}
	if !c.masked {
		return into, nil
	}
	valid := make([]byte, len(into))
	if err := c.mask.Read(part.x, part.y, valid, part.width, part.height, quietly); err != nil {
		return nil, c.damaged(err)
	}
	for i, v := range valid {
		if v == 0 {
			into[i] = math.NaN()
		}
	}
	return into, nil
}

func (c *scan) damaged(cause error) error {
	if c.Photo {
		return unreadablePhoto(cause)
	}
	return unreadable(cause)
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
				stored, err := c.read(square, buffer)
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
