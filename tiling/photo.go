package tiling

import (
	"context"

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
	c := &scan{Subject: subject}
	if err := c.choose(shown.ds, 1); err != nil {
		shown.Close()
		return nil, err
	}
	if int64(c.width)*int64(c.height) > s.maxPixels {
		c.Close()
		return nil, cairn.Errorf(cairn.TooLarge, "This picture of %dx%d pixels is too large to be looked into.", c.width, c.height)
	}
	c.examine(thermal.Properties(packet), flir, nil)
	return c, nil
}

func unreadablePhoto(cause error) error {
	return cairn.Errorf(cairn.Invalid, "This photo can't be read; it may be damaged or of an unknown format.").Because(cause)
}

// examine finds out whether the subject shows temperatures, and how they are
// computed. texts are metadata that lie elsewhere.
func (c *scan) examine(xmp map[string]string, flir []byte, texts []string) {
	raw, calibration := thermal.ParseFLIR(flir)
	e := thermal.Evidence{Make: c.Make, Model: c.Model, XMP: xmp, FLIR: raw != nil || calibration != nil}
	alone := c.bands == 1 || c.bands == 2 && c.ds.Bands()[1].ColorInterp() == godal.CIAlpha
	if !c.Photo && alone {
		e.Texts, e.Units = append((&raster{ds: c.ds}).texts(), texts...), c.units
	}
	if c.camera = thermal.Find(e); c.camera == "" {
		return
	}
	if raw != nil {
		c.raw, c.dataType, c.bands, c.masked, c.scale, c.offset = raw, godal.UInt16, 1, false, 1, 0
		c.width, c.height = raw.Width, raw.Height
	}
	if c.dataType == godal.Byte {
		return // the constants are meant for raw numbers, not for shades
	}
	if c.warmth = calibration; c.warmth == nil {
		c.warmth = thermal.FromXMP(xmp)
	}
}
