package tiling

import (
	"context"
	"fmt"
	"time"

	"github.com/airbusgeo/godal"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/sandbox"
	"github.com/cairngeo/cairn/tiling/style"
)

// StyledPhoto is Thumbnail of a photo in a style, always WebP.
func (s *Server) StyledPhoto(ctx context.Context, key string, orientation int, st style.Style, size int) (Image, error) {
	if st.Usual() {
		return s.Thumbnail(ctx, key, ThumbnailSource{Kind: Photo, Orientation: orientation}, size)
	}
	if st.Terrain != nil {
		return Image{}, cairn.Errorf(cairn.Invalid, "A photo has no heights.")
	}
	if _, err := s.store.Stat(ctx, key); err != nil {
		return Image{}, err
	}
	size = between(minThumbnail, size, maxThumbnail)
	return s.rendered(ctx, fmt.Sprintf("photo %s %d %d %q", key, orientation, size, st.Asked), WebP, func(ctx context.Context) ([]byte, error) {
		job := photoJob{Location: s.store.Location(key), Size: size, Orientation: orientation, MaxPixels: s.maxPixels}
		return styledPhoto.Call(ctx, s.sandbox, styledPhotoJob{job, st.Asked}, nil)
	})
}

// styledPhotoJob is the thumbnail of a photo in a style.
type styledPhotoJob struct {
	Photo photoJob
	Style style.Parameters
}

var styledPhoto = sandbox.Register("photo in a style", 2*time.Minute, func(_ context.Context, job styledPhotoJob, _ func(float64)) ([]byte, error) {
	registerDrivers()
	p, coding, err := job.draw()
	if err != nil {
		return nil, err
	}
	return p.upright(job.Photo.Orientation).encode(WebP, coding)
})

// draw runs in a sandbox.
func (j styledPhotoJob) draw() (*picture, quality, error) {
	st, err := style.Parse(j.Style)
	if err != nil {
		return nil, 0, err
	}
	r, w, h, err := j.Photo.open()
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	if r.palette != nil {
		return nil, 0, cairn.Errorf(cairn.Invalid, "The bands of a picture with a palette are no colours to make a style of.")
	}
	c, err := r.character()
	if err != nil {
		return nil, 0, broken(err)
	}
	reduced := r.reducedBy(w, h, st.Resampling)
	l, err := c.look(st, true, func(f *formula) (Statistics, error) {
		values, err := reduced.values(f)
		return statisticsOf(values), err
	})
	if err != nil {
		return nil, 0, err
	}
	if l.formula == nil {
		planes, err := reduced.patch(l.bands, false)
		return planes.paint(l.ranges, nil), thumbnailQuality, err
	}
	values, err := reduced.values(l.formula)
	return l.formula.paint(values, w, h), lossless, err
}

// character is what an open photo tells of itself.
func (r *raster) character() (*character, error) {
	data := r.dataBands()
	c := &character{data: len(data)}
	facts := style.Facts{Texts: r.texts()}
	for _, b := range r.ds.Bands() {
		kind := b.Structure().DataType
		one := bandCharacter{BandFacts: style.BandFacts{DataType: kind.String(), Interpretation: b.ColorInterp().Name(), Description: b.Description()},
			isByte: isByte(b), limits: limitsOf(typeNamed(kind.String()))}
		c.bands, facts.Bands = append(c.bands, one), append(facts.Bands, one.BandFacts)
	}
	c.detection = style.Detect(facts)
	var err error
	c.statistics, err = r.sample(data)
	return c, err
}

// reducedPhoto is an open photo of which pictures of one size are made.
type reducedPhoto struct {
	*raster
	w, h   int
	filter godal.ResamplingAlg
}

func (r *raster) reducedBy(w, h int, by style.Resampling) reducedPhoto {
	filter := godal.Average
	switch by {
	case style.Nearest:
		filter = godal.Nearest
	case style.Bilinear:
		filter = godal.Bilinear
	case style.Cubic:
		filter = godal.Cubic
	}
	return reducedPhoto{r, w, h, filter}
}

// values computes a formula, NaN where there is no value.
func (r reducedPhoto) values(f *formula) ([]float32, error) {
	read, err := r.patch(f.inputs, true)
	if err != nil {
		return nil, err
	}
	out := make([]float32, r.w*r.h)
	f.Evaluate(out, read.planes)
	for i, v := range read.visible {
		if v < 128 {
			out[i] = notANumber
		}
	}
	return out, nil
}

// patch reads bands, from 1; 0 stands for zeros. With all, only what has a value in
// every band of the photo is visible, else what has one in any of these.
func (r reducedPhoto) patch(bands []int, all bool) (patch[float32], error) {
	p := patch[float32]{width: r.w, height: r.h, planes: make([][]float32, len(bands))}
	var read []godal.Band
	for i, n := range bands {
		if n == 0 {
			continue
		}
		band := r.ds.Bands()[n-1]
		read = append(read, band)
		p.planes[i] = make([]float32, r.w*r.h)
		if err := band.Read(0, 0, p.planes[i], r.w, r.h, godal.Window(r.width, r.height), godal.Resampling(r.filter), quietly); err != nil {
			return p, broken(err)
		}
	}
	combined := func(a, b byte) byte { return max(a, b) }
	if all {
		read, combined = r.dataBands(), func(a, b byte) byte { return min(a, b) }
	}
	for i, mask := range masksOf(read) {
		one := make([]byte, r.w*r.h)
		if err := mask.Read(0, 0, one, r.w, r.h, godal.Window(r.width, r.height), godal.Resampling(r.filter), quietly); err != nil {
			return p, broken(err)
		}
		if i == 0 {
			p.visible = one
			continue
		}
		for k, v := range one {
			p.visible[k] = combined(p.visible[k], v)
		}
	}
	return p, nil
}
