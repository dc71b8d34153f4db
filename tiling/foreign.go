package tiling

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/airbusgeo/godal"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/sandbox"
)

// What GDAL reads in files that people sent, it reads in sandboxes: these are
// the functions for which they can be asked.
var (
	thumbnailOfPhoto = sandbox.Register("thumbnail", 2*time.Minute, func(_ context.Context, job photoJob, _ func(float64)) ([]byte, error) {
		registerDrivers()
		p, err := job.draw()
		if err != nil {
			return nil, err
		}
		return p.upright(job.Orientation).encode(WebP, thumbnailQuality)
	})

	// textsOf are all metadata of a GeoTIFF.
	textsOf = sandbox.Register("metadata", time.Minute, func(_ context.Context, location string, _ func(float64)) ([]string, error) {
		registerDrivers()
		original, err := openRaster(location, godal.Drivers("GTiff"))
		if err != nil {
			return nil, cairn.Errorf(cairn.Internal, "The original of this raster can't be read. Upload it again.").Because(err)
		}
		return original.texts(), original.Close()
	})

	factsOfPhoto = sandbox.Register("photo", time.Minute, func(_ context.Context, location string, _ func(float64)) (facts photoFacts, err error) {
		err = lastPhoto.use(location, func(photo *raster) error {
			band := photo.ds.Bands()[0].Structure()
			facts = photoFacts{photo.width, photo.height, len(photo.ds.Bands()), band.DataType.String(), band.Scale, band.Offset}
			return nil
		})
		return facts, err
	})

	partOfPhoto = sandbox.Register("part of a photo", time.Minute, func(_ context.Context, part photoPart, _ func(float64)) (values []float64, err error) {
		err = lastPhoto.use(part.Location, func(photo *raster) error {
			values, err = part.read(photo.ds.Bands()[0])
			return err
		})
		return values, err
	})
)

// photoJob is the thumbnail of a photo.
type photoJob struct {
	Location          string
	Size, Orientation int
	MaxPixels         int64
}

// photoFacts are what is known of a photo and its first band.
type photoFacts struct {
	Width, Height, Bands int
	DataType             string
	Scale, Offset        float64
}

// photoPart is a part of a photo's first band.
type photoPart struct {
	Location            string
	X, Y, Width, Height int
}

// read returns the values, NaN where there are none.
func (p photoPart) read(band godal.Band) ([]float64, error) {
	values := make([]float64, p.Width*p.Height)
	if err := band.Read(p.X, p.Y, values, p.Width, p.Height, quietly); err != nil {
		return nil, unreadablePhoto(err)
	}
	if band.MaskFlags()&maskAllValid != 0 {
		return values, nil
	}
	valid := make([]byte, len(values))
	if err := band.MaskBand().Read(p.X, p.Y, valid, p.Width, p.Height, quietly); err != nil {
		return nil, unreadablePhoto(err)
	}
	for i, v := range valid {
		if v == 0 {
			values[i] = math.NaN()
		}
	}
	return values, nil
}

// lastPhoto is the photo that this process read last: it is read part by part,
// and a JPEG that is opened anew is decoded from its beginning.
var lastPhoto openPhoto

type openPhoto struct {
	mu       sync.Mutex
	location string
	photo    *raster
}

func (o *openPhoto) use(location string, use func(*raster) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.location != location {
		if err := o.open(location); err != nil {
			return err
		}
	}
	return use(o.photo)
}

func (o *openPhoto) open(location string) (err error) {
	if o.photo != nil {
		err = o.photo.Close()
	}
	o.photo, o.location = nil, ""
	registerDrivers()
	photo, opened := openRaster(location, photoDrivers)
	if err = errors.Join(err, opened); err != nil {
		return unreadablePhoto(err)
	}
	o.photo, o.location = photo, location
	return nil
}
