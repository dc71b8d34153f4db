package tiling

import (
	"context"
	"math"

	"github.com/cairngeo/cairn"
)

// PointValue is what a pixel of the first band says.
type PointValue struct {
	Value   *float64 `json:"value" doc:"null: there is no data" example:"271.4"`
	Raw     *float64 `json:"rawValue" doc:"As it is stored" example:"271.4"`
	X       int      `json:"x" example:"120"`
	Y       int      `json:"y" example:"80"`
	Unit    string   `json:"unit" doc:"Empty if unknown" example:"m"`
	Thermal bool     `json:"isThermal"`
	HasGeo  bool     `json:"hasGeo" doc:"Whether the place of the pixel is known"`
	GeoX    *float64 `json:"geoX,omitempty" doc:"Of the pixel's middle, in metres of EPSG:3857" example:"-10244000.5"`
	GeoY    *float64 `json:"geoY,omitempty" doc:"Of the pixel's middle, in metres of EPSG:3857" example:"5914000.5"`
}

// PointValue reads the pixel x, y of the first band. The error is Invalid for
// one that there is not.
func (s *Server) PointValue(ctx context.Context, subject Subject, x, y int) (PointValue, error) {
	return glance(ctx, s, subject, func(c *scan) (PointValue, error) {
		if x < 0 || y < 0 || x >= c.width || y >= c.height {
			return PointValue{}, cairn.Errorf(cairn.Invalid, "There is no pixel %d, %d: columns go from 0 to %d, rows from 0 to %d.", x, y, c.width-1, c.height-1)
		}
		p := PointValue{X: x, Y: y, Unit: c.unit(), Thermal: c.camera != "", HasGeo: !c.Photo}
		at := []rect{{x, y, 1, 1}}
		if !c.Photo {
			middle := c.center(x, y)
			p.GeoX, p.GeoY = &middle[0], &middle[1]
			at = c.windows(x, y, x, y)
		}
		stored := math.NaN()
		if len(at) > 0 {
			one, err := c.read(ctx, at[0], make([]float64, 1))
			if err != nil {
				return PointValue{}, err
			}
			stored = one[0]
		}
		p.Value, p.Raw = number(c.value(stored)), number(stored)
		return p, nil
	})
}
