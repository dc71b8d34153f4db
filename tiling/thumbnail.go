package tiling

import (
	"context"
	"fmt"
	"math"

	"github.com/airbusgeo/godal"

	"github.com/cairngeo/cairn"
)

// The longer side of a thumbnail, in pixels; other sizes are brought into range.
const (
	minThumbnail = 16
	maxThumbnail = 4096
)

// ThumbnailKind says what a thumbnail is made of.
type ThumbnailKind int

const (
	// Photo is a picture as uploaded, in any of photoDrivers.
	Photo ThumbnailKind = iota
	// COG is a product of the builder: its padding is cut off, and a file of
	// statistics lies beside it.
	COG
)

// ThumbnailSource is what a thumbnail is made of.
type ThumbnailSource struct {
	Kind        ThumbnailKind
	Orientation int // EXIF's, 1 to 8; anything else counts as upright
}

// photoDrivers are the formats that a picture may have. Others, such as VRT,
// could make GDAL read other files or URLs, whatever the name of the upload.
var photoDrivers = godal.Drivers("JPEG", "PNG", "GTiff", "WEBP", "GIF", "BMP", "JP2OpenJPEG", "HEIF")

// Thumbnail returns a WebP of the picture under the key whose longer side has
// exactly size pixels, turned upright. Pictures that are not 8-bit are
// stretched from their 2nd to their 98th percentile.
//
// The error is NotFound if there is no such object, Unsupported if it is no
// picture that can be read, and TooLarge if it could only be decoded whole and
// is too large for that.
func (s *Server) Thumbnail(ctx context.Context, key string, src ThumbnailSource, size int) (Image, error) {
	size = between(minThumbnail, size, maxThumbnail)
	cacheKey := fmt.Sprintf("thumbnail %s %d %d %d", key, src.Kind, src.Orientation, size)
	return s.rendered(ctx, cacheKey, WebP, func(ctx context.Context) ([]byte, error) {
		if src.Kind == Photo {
			return s.photoThumbnail(ctx, key, src.Orientation, size)
		}
		p, err := s.drawCOG(ctx, key, nil, size)
		if err != nil {
			return nil, err
		}
		return p.upright(src.Orientation).encode(WebP, thumbnailQuality)
	})
}

// fit scales a size so that its longer side becomes longest.
func fit(width, height, longest int) (w, h int) {
	scale := func(side, longer int) int {
		return max(1, int(int64(longest)*int64(side)/int64(longer)))
	}
	if width > height {
		return longest, scale(height, width)
	}
	return scale(width, height), longest
}

// photoThumbnail needs no sandbox for most photos, whose decoder is in Go.
func (s *Server) photoThumbnail(ctx context.Context, key string, orientation, size int) ([]byte, error) {
	object, err := s.store.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer object.Close()
	if p, err := shrinkPhoto(object, size); err != nil {
		return nil, err
	} else if p != nil {
		return p.upright(orientation).encode(WebP, thumbnailQuality)
	}
	job := photoJob{Location: s.store.Location(key), Size: size, Orientation: orientation, MaxPixels: s.maxPixels}
	return thumbnailOfPhoto.Call(ctx, s.sandbox, job, nil)
}

// draw runs in a sandbox.
func (j photoJob) draw() (*picture, error) {
	r, w, h, err := j.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if r.data {
		statistics, err := r.sample(r.bands)
		if err != nil {
			return nil, broken(err)
		}
		for _, of := range statistics {
			r.ranges = append(r.ranges, of.usable())
		}
	}
	p, err := r.draw(0, 0, r.width, r.height, w, h)
	if err != nil {
		return nil, broken(err)
	}
	return p, nil
}

// open opens the resolution of the photo that is large enough for a thumbnail of w
// by h pixels.
func (j photoJob) open() (r *raster, w, h int, err error) {
	whole, err := openRaster(j.Location, photoDrivers)
	if err != nil {
		return nil, 0, 0, unknown(err)
	}
	defer whole.Close()
	w, h = fit(whole.width, whole.height, j.Size)
	level := whole.levelFor(w, h)
	if err := whole.affordable(level, j.MaxPixels); err != nil {
		return nil, 0, 0, err
	}
	if r, err = openRaster(j.Location, photoDrivers, level.option()); err != nil {
		return nil, 0, 0, unknown(err)
	}
	return r, w, h, nil
}

// reduced is a picture's full resolution (overview -1) or one of its overviews
// or reduced scales.
type reduced struct {
	overview, width, height int
}

// option makes GDAL open that resolution and no other.
func (l reduced) option() godal.OpenOption {
	if l.overview < 0 {
		return godal.DriverOpenOption("OVERVIEW_LEVEL=NONE")
	}
	return godal.DriverOpenOption(fmt.Sprintf("OVERVIEW_LEVEL=%donly", l.overview))
}

// levelFor returns the smallest resolution with at least w by h pixels. It
// passes over those of another shape: GDAL also counts the thumbnail that a
// camera puts into its JPEGs, which may have black bars.
func (r *raster) levelFor(w, h int) reduced {
	best := reduced{-1, r.width, r.height}
	for i, o := range r.bands[0].Overviews() {
		s := o.Structure()
		shape := math.Abs(float64(s.SizeX)*float64(r.height) - float64(s.SizeY)*float64(r.width))
		if s.SizeX >= w && s.SizeY >= h && s.SizeX < best.width && shape <= float64(r.width+r.height) {
			best = reduced{i, s.SizeX, s.SizeY}
		}
	}
	return best
}

func unknown(cause error) error {
	return cairn.Errorf(cairn.Unsupported, "This file can't be read as a picture; it may be damaged or of an unknown format.").Because(cause)
}

func broken(cause error) error {
	return cairn.Errorf(cairn.Unsupported, "This picture is damaged: a part of it can't be decoded. Upload it again.").Because(cause)
}

const maxBlockBytes = 512 << 20 // of a file's strip or tile, decoded

// affordable refuses what could only be shown by decoding too much at once.
func (r *raster) affordable(level reduced, maxPixels int64) error {
	s := r.bands[0].Structure()
	if int64(s.BlockSizeX)*int64(s.BlockSizeY)*int64(s.DataType.Size())*int64(len(r.ds.Bands())) > maxBlockBytes {
		return cairn.Errorf(cairn.TooLarge, "This picture is stored in tiles of %dx%d pixels, which is too large. Save it with smaller tiles.", s.BlockSizeX, s.BlockSizeY)
	}
	if int64(level.width)*int64(level.height) > maxPixels {
		return cairn.Errorf(cairn.TooLarge, "This picture of %dx%d pixels is too large to be shown. Add overviews to it, for instance with gdaladdo.", r.width, r.height)
	}
	return nil
}
