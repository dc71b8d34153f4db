package tiling

import (
	"context"
	"math"

	"github.com/cairngeo/cairn/tiling/moments"
	"github.com/cairngeo/cairn/tiling/thermal"
)

// ValueInfo describes the values of a subject's first band.
type ValueInfo struct {
	Width       int                  `json:"width" doc:"Pixels, which the other routes count" example:"4000"`
	Height      int                  `json:"height" doc:"Pixels" example:"3000"`
	Bands       int                  `json:"bandCount" example:"1"`
	DataType    string               `json:"dataType" doc:"Byte, UInt16, Int16, UInt32, Int32, Float32 or Float64" example:"Float32"`
	Min         *float64             `json:"valueMin" doc:"null: there are no values" example:"12.5"`
	Max         *float64             `json:"valueMax" doc:"null: there are no values" example:"98.25"`
	Unit        string               `json:"unit" doc:"Empty if unknown" example:"m"`
	Thermal     bool                 `json:"isThermal" doc:"Whether it shows temperatures"`
	Direct      bool                 `json:"isDirectValue" doc:"Whether the values are stored as they are, neither scaled nor raw numbers of a camera"`
	Sensor      string               `json:"sensorId" doc:"Id of the thermal camera, thermal if it is not known, empty if there is none" example:"dji-h20t"`
	Calibration *thermal.Calibration `json:"calibration,omitempty" doc:"Of a thermal camera, if the file has it"`
}

// ValueInfo describes the values of the first band.
func (s *Server) ValueInfo(ctx context.Context, subject Subject) (ValueInfo, error) {
	return glance(ctx, s, subject, func(c *scan) (ValueInfo, error) {
		low, high, err := s.extremes(ctx, c)
		return ValueInfo{Width: c.width, Height: c.height, Bands: c.bands, DataType: c.dataType, Min: number(low), Max: number(high),
			Unit: c.unit(), Thermal: c.camera != "", Direct: c.direct(), Sensor: c.camera, Calibration: c.warmth}, err
	})
}

// number is null in JSON for what is no number.
func number(v float64) *float64 {
	if !finite(v) {
		return nil
	}
	return &v
}

// glance opens the first band of a subject, when a worker is free, and returns
// what is found.
func glance[T any](ctx context.Context, s *Server, subject Subject, find func(*scan) (T, error)) (found T, err error) {
	if err := s.workers.enter(ctx); err != nil {
		return found, err
	}
	defer s.workers.leave()
	c, err := s.openScan(ctx, subject, 1)
	if err != nil {
		return found, err
	}
	defer c.Close()
	return find(c)
}

// study is glance for what takes long: it leaves workers for tiles.
func study[T any](ctx context.Context, s *Server, subject Subject, band int, find func(*scan) (T, error)) (found T, err error) {
	if err := s.studies.enter(ctx); err != nil {
		return found, err
	}
	defer s.studies.leave()
	c, err := s.openScan(ctx, subject, band)
	if err != nil {
		return found, err
	}
	defer c.Close()
	return find(c)
}

// extremes are the least and the greatest value of the band, infinite if there
// are none: those that the builder found, else those of at most 4 million
// pixels spread over the raster.
func (s *Server) extremes(ctx context.Context, c *scan) (low, high float64, err error) {
	if !c.Photo {
		known, err := s.recorded(ctx, c.Key, c.band)
		if err != nil {
			return 0, 0, err
		}
		if known != nil {
			band := known[c.band-1]
			low, high = c.value(band.Min), c.value(band.Max)
			return math.Min(low, high), math.Max(low, high), nil
		}
	}
	var m moments.Moments
	err = c.eachAbout(ctx, 4<<20, c.whole(), m.Add)
	if m.Count == 0 {
		m.Min, m.Max = math.Inf(1), math.Inf(-1)
	}
	return m.Min, m.Max, err
}

// whole is all of the subject.
func (c *scan) whole() []rect {
	if c.Photo {
		return []rect{{0, 0, c.width, c.height}}
	}
	return c.windows(0, 0, c.width-1, c.height-1)
}

// eachAbout is scan.each on the finest level of a COG on which the parts have
// at most so many pixels; a photo is read whole.
func (c *scan) eachAbout(ctx context.Context, pixels int64, parts []rect, visit func([]float64)) error {
	k := c.levelFor(pixels, parts)
	if k == 0 {
		return c.each(ctx, parts, visit)
	}
	reduced := make([]rect, len(parts))
	for i, part := range parts {
		reduced[i] = c.reduce(part, k)
	}
	return c.level(k).each(ctx, reduced, visit)
}

// levelFor is the finest level on which the parts have at most so many pixels,
// else the coarsest.
func (c *scan) levelFor(pixels int64, parts []rect) int {
	if c.Photo {
		return 0
	}
	for k := range c.cog.Levels {
		sum := int64(0)
		for _, part := range parts {
			r := c.reduce(part, k)
			sum += int64(r.width) * int64(r.height)
		}
		if sum <= pixels {
			return k
		}
	}
	return len(c.cog.Levels) - 1
}

// reduce is the part on a level of the COG, at least one pixel.
func (c *scan) reduce(part rect, level int) rect {
	full, l := c.cog.Levels[0], c.cog.Levels[level]
	side := func(from, n, whole, reduced int) (int, int) {
		scale := float64(reduced) / float64(whole)
		first := min(int(math.Round(float64(from)*scale)), reduced-1)
		last := min(int(math.Round(float64(from+n)*scale)), reduced)
		return first, max(1, last-first)
	}
	var r rect
	r.x, r.width = side(part.x, part.width, full.Width, l.Width)
	r.y, r.height = side(part.y, part.height, full.Height, l.Height)
	return r
}
