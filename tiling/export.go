package tiling

import (
	"context"
	"fmt"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb"

	"github.com/cairngeo/cairn/tiling/style"
)

// export is a picture of a whole raster that is written to a file.
type export struct {
	level
	look     *look
	part     rect // of the COG
	frame    frame
	channels int // of the file, the last one alpha
}

// ExportSize is how many bytes an export has before it is compressed. The error
// is Invalid for a style that names bands which the raster lacks.
func (s *Server) ExportSize(ctx context.Context, raster Raster, outline orb.Bound, st style.Style) (size int64, err error) {
	err = s.withExport(ctx, raster, outline, st, func(e *export) error {
		size = int64(e.part.width) * int64(e.part.height) * int64(e.channels)
		return nil
	})
	return size, err
}

// Export writes a raster in a style to a GeoTIFF: 8 bits, with alpha, in Web
// Mercator, without the padding of the COG, tiled and with overviews.
func (s *Server) Export(ctx context.Context, raster Raster, outline orb.Bound, st style.Style, file string, progress func(percent float64)) error {
	if err := s.studies.await(ctx); err != nil {
		return err
	}
	defer s.studies.leave()
	return s.withExport(ctx, raster, outline, st, func(e *export) error { return e.write(ctx, file, progress) })
}

func (s *Server) withExport(ctx context.Context, raster Raster, outline orb.Bound, st style.Style, use func(*export) error) error {
	src, err := s.sources.open(ctx, raster.COG)
	if err != nil {
		return err
	}
	defer src.release()
	f, err := frameOf(src.index, outline)
	if err != nil {
		return err
	}
	l, err := s.lookOf(ctx, src, raster, st, true)
	if err != nil {
		return err
	}
	full := s.level(src, 0)
	e := &export{level: full, look: l, frame: f, part: rect{0, 0, full.Width, full.Height}, channels: 4}
	if parts := f.windows(0, 0, f.width-1, f.height-1); len(parts) == 1 {
		e.part = parts[0]
	}
	if l.formula == nil && len(l.bands) == 1 {
		e.channels = 2
	}
	return use(e)
}

func (e *export) write(ctx context.Context, file string, progress func(percent float64)) (err error) {
	photometric := "PHOTOMETRIC=RGB"
	if e.channels == 2 {
		photometric = "PHOTOMETRIC=MINISBLACK"
	}
	out, err := godal.Create(godal.GTiff, file, e.channels, godal.Byte, e.part.width, e.part.height, quietly,
		godal.CreationOption("TILED=YES", "COMPRESS=DEFLATE", "PREDICTOR=2", "BIGTIFF=IF_SAFER", "ALPHA=YES", photometric))
	if err != nil {
		return fmt.Errorf("creating an export: %w", err)
	}
	defer func() {
		if closed := out.Close(); err == nil {
			err = closed
		}
	}()
	if err := e.place(out); err != nil {
		return err
	}
	for y := 0; y < e.part.height; y += scanSide {
		for x := 0; x < e.part.width; x += scanSide {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := e.copy(ctx, out, x, y, min(scanSide, e.part.width-x), min(scanSide, e.part.height-y)); err != nil {
				return err
			}
		}
		progress(80 * float64(y) / float64(e.part.height))
	}
	filter := e.overviewFilter()
	for factor := 2; max(e.part.width, e.part.height) > 128*factor; factor *= 2 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := out.BuildOverviews(godal.Levels(factor), godal.Resampling(filter), godal.ConfigOption("COMPRESS_OVERVIEW=DEFLATE", "GDAL_TIFF_OVR_BLOCKSIZE=256"), quietly); err != nil {
			return fmt.Errorf("overviews of an export: %w", err)
		}
	}
	progress(100)
	return nil
}

// overviewFilter is how overviews are made of the file's pixels, which are those of
// the full resolution.
func (e *export) overviewFilter() godal.ResamplingAlg {
	switch r := e.look.resampling; {
	case e.look.encodes():
		return godal.Nearest
	case r == style.Bilinear:
		return godal.Bilinear
	case r == style.Cubic:
		return godal.Cubic
	case r == style.Nearest || e.look.formula != nil:
		return godal.Nearest
	}
	return godal.Average
}

// place says where the file lies.
func (e *export) place(out *godal.Dataset) error {
	mercator, err := godal.NewSpatialRefFromEPSG(3857)
	if err != nil {
		return err
	}
	defer mercator.Close()
	if err := out.SetSpatialRef(mercator); err != nil {
		return err
	}
	x := e.frame.cog
	return out.SetGeoTransform([6]float64{x.OriginX + float64(e.part.x)*x.PixelSize, x.PixelSize, 0, x.OriginY - float64(e.part.y)*x.PixelSize, 0, -x.PixelSize})
}

// copy draws a square of the file.
func (e *export) copy(ctx context.Context, out *godal.Dataset, x, y, width, height int) error {
	p, err := e.look.draw(ctx, e.level, rect{e.part.x + x, e.part.y + y, width, height}.mapTo(width, height))
	if err != nil {
		return err
	}
	p.fillVoid(e.look.terrain())
	pixels := p.pixels
	if e.channels == 2 {
		pixels = make([]byte, 0, 2*width*height)
		for i := 0; i < len(p.pixels); i += 4 {
			pixels = append(pixels, p.pixels[i], p.pixels[i+3])
		}
	}
	if err := out.Write(x, y, pixels, width, height, quietly); err != nil {
		return fmt.Errorf("writing an export: %w", err)
	}
	return nil
}
