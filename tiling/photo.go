package tiling

import (
	"context"
	"math"

	"github.com/airbusgeo/godal"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/tiling/cog"
	"github.com/cairngeo/cairn/tiling/thermal"
)

// openPhotoScan opens a photo: what the camera recorded if it is a radiometric
// JPEG of FLIR's, else the first band of what it shows.
func (s *Server) openPhotoScan(ctx context.Context, subject Subject) (*scan, error) {
	object, err := s.store.Open(ctx, subject.Key)
	if err != nil {
		return nil, err
	}
	defer object.Close()
	packet, flir := thermal.ReadJPEG(object)
	if packet == nil { // not in a JPEG; what is no TIFF has none
		packet, _ = cog.XMP(object, object.Size())
	}
	shown, err := openRaster(s.store.Location(subject.Key), photoDrivers)
	if err != nil {
		return nil, unreadablePhoto(err)
	}
	c := scanOfPhoto(subject, shown.ds)
	if int64(c.width)*int64(c.height) > s.maxPixels {
		c.Close()
		return nil, cairn.Errorf(cairn.TooLarge, "This picture of %dx%d pixels is too large to be looked into.", c.width, c.height)
	}
	c.examine(thermal.Properties(packet), flir, nil)
	return c, nil
}

// photoBand is the first band of a photo.
type photoBand struct {
	*godal.Dataset
	band, mask godal.Band
	masked     bool
}

func (b photoBand) Close() error { return b.Dataset.Close() }

func (b photoBand) read(_ context.Context, part rect, into []float64) error {
	if err := b.band.Read(part.x, part.y, into, part.width, part.height, quietly); err != nil {
		return unreadablePhoto(err)
	}
	if !b.masked {
		return nil
	}
	valid := make([]byte, len(into))
	if err := b.mask.Read(part.x, part.y, valid, part.width, part.height, quietly); err != nil {
		return unreadablePhoto(err)
	}
	for i, v := range valid {
		if v == 0 {
			into[i] = math.NaN()
		}
	}
	return nil
}

// rawPicture is what a thermal camera recorded, in the photo that is open.
type rawPicture struct {
	*thermal.Raw
	stored
}

func (r rawPicture) read(_ context.Context, part rect, into []float64) error {
	for i := range into {
		into[i] = float64(r.Values[(part.y+i/part.width)*r.Width+part.x+i%part.width])
	}
	return nil
}

func scanOfPhoto(subject Subject, ds *godal.Dataset) *scan {
	all, size := ds.Bands(), ds.Structure()
	structure := all[0].Structure()
	c := &scan{
		Subject: subject, frame: frame{width: size.SizeX, height: size.SizeY}, bands: len(all), band: 1, dataType: structure.DataType.String(),
		stored: photoBand{ds, all[0], all[0].MaskBand(), all[0].MaskFlags()&maskAllValid == 0},
		scale:  structure.Scale, offset: structure.Offset,
	}
	if c.scale == 0 || !finite(c.scale) || !finite(c.offset) {
		c.scale, c.offset = 1, 0
	}
	return c
}

func unreadablePhoto(cause error) error {
	return cairn.Errorf(cairn.Invalid, "This photo can't be read; it may be damaged or of an unknown format.").Because(cause)
}

// examine finds out whether the subject shows temperatures, and how they are
// computed. texts are the metadata of a raster.
func (c *scan) examine(xmp map[string]string, flir []byte, texts []string) {
	raw, calibration := thermal.ParseFLIR(flir)
	e := thermal.Evidence{Make: c.Make, Model: c.Model, XMP: xmp, FLIR: raw != nil || calibration != nil}
	if !c.Photo && c.alone {
		e.Texts, e.Units = texts, c.units
	}
	if c.camera = thermal.Find(e); c.camera == "" {
		return
	}
	if raw != nil {
		c.stored, c.dataType, c.bands, c.scale, c.offset = rawPicture{raw, c.stored}, godal.UInt16.String(), 1, 1, 0
		c.width, c.height = raw.Width, raw.Height
	}
	if c.dataType == byteType {
		return // the constants are meant for raw numbers, not for shades
	}
	if c.warmth = calibration; c.warmth == nil {
		c.warmth = thermal.FromXMP(xmp)
	}
}
