package tiling

import (
	"context"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/tiling/moments"
)

// AreaStats describe the values of the first band in a rectangle of pixels.
type AreaStats struct {
	Min     *float64 `json:"min" doc:"null: there are no values" example:"12.5"`
	Max     *float64 `json:"max" example:"98.25"`
	Mean    *float64 `json:"mean" example:"51.2"`
	StdDev  *float64 `json:"stddev" doc:"Of the population" example:"7.1"`
	Median  *float64 `json:"median" doc:"Of areas of more than 64 million pixels that of an overview" example:"50.9"`
	Count   int64    `json:"pixelCount" doc:"Pixels that have a value" example:"6400"`
	Bounds  Corners  `json:"bounds" doc:"The rectangle within the raster"`
	Unit    string   `json:"unit" doc:"Empty if unknown" example:"m"`
	Thermal bool     `json:"isThermal"`
}

// Corners are two corners of a rectangle of pixels, both in it.
type Corners struct {
	X0 int `json:"x0" example:"0"`
	Y0 int `json:"y0" example:"0"`
	X1 int `json:"x1" example:"79"`
	Y1 int `json:"y1" example:"79"`
}

// exactMedian is of how many pixels the median is that of all of them. It takes
// several passes where all else takes one.
const exactMedian = 64 << 20

// AreaStats describes the pixels between two corners, in any order, as far as
// they lie in the subject. The error is Invalid if none does.
func (s *Server) AreaStats(ctx context.Context, subject Subject, area Corners) (AreaStats, error) {
	return study(ctx, s, subject, 1, func(c *scan) (AreaStats, error) {
		area, ok := area.within(c.width, c.height)
		if !ok {
			return AreaStats{}, cairn.Errorf(cairn.Invalid, "This area lies outside: columns go from 0 to %d, rows from 0 to %d.", c.width-1, c.height-1)
		}
		parts := []rect{{area.X0, area.Y0, area.X1 - area.X0 + 1, area.Y1 - area.Y0 + 1}}
		if !c.Photo {
			parts = c.windows(area.X0, area.Y0, area.X1, area.Y1)
		}
		a := AreaStats{Bounds: area, Unit: c.unit(), Thermal: c.camera != ""}
		var all, medians moments.Moments
		if err := c.each(ctx, parts, all.Add); err != nil || all.Count == 0 {
			return a, err
		}
		pass := func(visit func([]float64)) error { return c.eachAbout(ctx, exactMedian, parts, visit) }
		if medians = all; c.levelFor(exactMedian, parts) > 0 {
			medians = moments.Moments{}
			if err := pass(medians.Add); err != nil {
				return a, err
			}
		}
		middle, err := median(medians.Count, pass)
		a.Min, a.Max, a.Mean, a.StdDev, a.Median, a.Count = &all.Min, &all.Max, &all.Mean, number(all.Std()), number(middle), all.Count
		return a, err
	})
}

// within orders the corners and cuts off what lies outside.
func (c Corners) within(width, height int) (Corners, bool) {
	c = Corners{min(c.X0, c.X1), min(c.Y0, c.Y1), max(c.X0, c.X1), max(c.Y0, c.Y1)}
	if c.X1 < 0 || c.Y1 < 0 || c.X0 >= width || c.Y0 >= height {
		return c, false
	}
	return Corners{max(c.X0, 0), max(c.Y0, 0), min(c.X1, width-1), min(c.Y1, height-1)}, true
}
