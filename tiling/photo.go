package tiling

import (
	"context"

	"github.com/airbusgeo/godal"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/sandbox"
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
	location := s.store.Location(subject.Key)
	facts, err := factsOfPhoto.Call(ctx, s.sandbox, location, nil)
	if err != nil {
		return nil, err
	}
	c := &scan{
		Subject: subject, frame: frame{width: facts.Width, height: facts.Height}, bands: facts.Bands, band: 1, dataType: facts.DataType,
		stored: photoBand{s.sandbox, location}, scale: facts.Scale, offset: facts.Offset,
	}
	if c.scale == 0 || !finite(c.scale) || !finite(c.offset) {
		c.scale, c.offset = 1, 0
	}
	if int64(c.width)*int64(c.height) > s.maxPixels {
		return nil, cairn.Errorf(cairn.TooLarge, "This picture of %dx%d pixels is too large to be looked into.", c.width, c.height)
	}
	c.examine(thermal.Properties(packet), flir, nil)
	return c, nil
}

// photoBand is the first band of a photo, read in a sandbox.
type photoBand struct {
	sandbox  *sandbox.Pool
	location string
}

func (photoBand) Close() error { return nil }

func (b photoBand) read(ctx context.Context, part rect, into []float64) error {
	values, err := partOfPhoto.Call(ctx, b.sandbox, photoPart{b.location, part.x, part.y, part.width, part.height}, nil)
	copy(into, values)
	return err
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
