package tiling

import (
	"context"
	"errors"
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/simplify"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/tiling/contour"
)

// ContourOptions say which contours are wanted. Either Interval or Count must
// be given; Interval wins.
type ContourOptions struct {
	Interval *float64
	Count    *int     // of intervals between the least and the greatest value
	Base     float64  // a value that one of them would have
	Min, Max *float64 // of their values
	Simplify float64  // metres on the ground
	Band     int      // from 1
}

// Contours are lines of equal value in degrees, those that cross the 180th
// meridian beyond it.
type Contours struct {
	Lines                []contour.Line
	Interval, Base       float64
	Min, Max             float64 // between which they were looked for
	RasterMin, RasterMax float64
	Unit                 string
}

// Limits of contours.
const (
	maxContourCount  = 1000
	maxContourLevels = 10_000
	maxContourLines  = 100_000
	maxContourPieces = 2 << 20
	contourPixels    = 16 << 20 // of a larger raster an overview is traced
)

func (o ContourOptions) check() error {
	positive := func(v float64) bool { return v > 0 && finite(v) }
	switch {
	case o.Interval == nil && o.Count == nil:
		return cairn.Errorf(cairn.Invalid, "Say how far the contours are apart (interval) or how many there are (count).")
	case o.Interval != nil && !positive(*o.Interval):
		return cairn.Errorf(cairn.Invalid, "The interval must be positive.")
	case o.Interval == nil && *o.Count <= 0:
		return cairn.Errorf(cairn.Invalid, "The count must be positive.")
	case o.Min != nil && o.Max != nil && !(*o.Min < *o.Max):
		return cairn.Errorf(cairn.Invalid, "minElev must be less than maxElev.")
	case !finite(o.Base):
		return cairn.Errorf(cairn.Invalid, "baseOffset must be a number.")
	case !(o.Simplify >= 0 && finite(o.Simplify)):
		return cairn.Errorf(cairn.Invalid, "simplifyTolerance must not be negative.")
	}
	return nil
}

// Contours traces a band of a raster.
func (s *Server) Contours(ctx context.Context, subject Subject, o ContourOptions) (Contours, error) {
	if err := o.check(); err != nil {
		return Contours{}, err
	}
	if subject.Photo {
		return Contours{}, cairn.Errorf(cairn.Invalid, "A photo has no contours: only a raster lies on the map.")
	}
	return study(ctx, s, subject, o.Band, func(c *scan) (Contours, error) {
		out := Contours{Base: o.Base, Unit: c.unit()}
		var err error
		if out.RasterMin, out.RasterMax, err = s.extremes(ctx, c); err != nil {
			return out, err
		}
		if !(out.RasterMin <= out.RasterMax) {
			return out, cairn.Errorf(cairn.Invalid, "This band has no values.")
		}
		levels, err := o.levels(&out)
		if err != nil || !(levels.Min < levels.Max) {
			return out, err
		}
		grid, place, err := c.contourGrid(ctx)
		if err != nil {
			return out, err
		}
		lines, err := contour.Trace(ctx, grid, levels, maxContourPieces)
		if errors.Is(err, contour.ErrTooMany) || len(lines) > maxContourLines {
			return out, tooManyContours()
		}
		for _, l := range lines {
			out.Lines = append(out.Lines, contour.Line{Value: l.Value, Points: place.onMap(l.Points, o.Simplify)})
		}
		return out, err
	})
}

func tooManyContours() error {
	return cairn.Errorf(cairn.Invalid, "These are too many contours: ask for a larger interval, or for fewer of them with minElev and maxElev.")
}

// levels finds out which values the contours have.
func (o ContourOptions) levels(out *Contours) (contour.Levels, error) {
	if out.Min, out.Max = out.RasterMin, out.RasterMax; o.Min != nil {
		out.Min = *o.Min
	}
	if o.Max != nil {
		out.Max = *o.Max
	}
	if o.Interval != nil {
		out.Interval = *o.Interval
	} else {
		out.Interval = math.Max(0, (out.Max-out.Min)/float64(min(*o.Count, maxContourCount)))
	}
	l := contour.Levels{Base: o.Base, Interval: out.Interval, Min: math.Max(out.Min, out.RasterMin), Max: math.Min(out.Max, out.RasterMax)}
	if !(l.Min < l.Max) {
		return l, nil
	}
	const exact = 1 << 52 // multiples of the interval that a number can tell apart
	if l.Count() > maxContourLevels || !(math.Abs(l.Min-l.Base)+math.Abs(l.Max-l.Base) < exact*l.Interval) {
		return l, tooManyContours()
	}
	return l, nil
}

// gridPlace is where a grid of pixels' middles lies.
type gridPlace struct {
	x, y float64 // of the first middle, in metres of Web Mercator
	step [2]float64
}

// contourGrid reads the band, on a coarser level if the raster is large.
func (c *scan) contourGrid(ctx context.Context) (contour.Grid, gridPlace, error) {
	parts := c.windows(0, 0, c.width-1, c.height-1)
	if len(parts) == 0 {
		return contour.Grid{}, gridPlace{}, nil
	}
	whole := parts[0]
	k := c.levelFor(contourPixels, parts[:1])
	full, reduced := c.cog.Levels[0], c.cog.Levels[k]
	part := c.reduce(whole, k)
	var place gridPlace
	place.step[0] = c.cog.PixelSize * float64(full.Width) / float64(reduced.Width)
	place.step[1] = c.cog.PixelSize * float64(full.Height) / float64(reduced.Height)
	place.x = c.cog.OriginX + (float64(part.x)+0.5)*place.step[0]
	place.y = c.cog.OriginY - (float64(part.y)+0.5)*place.step[1]
	if turns := math.Round((place.x + float64(part.width)/2*place.step[0] - c.west - float64(c.width)/2*c.pixelX) / (2 * halfWorld)); turns != 0 {
		place.x -= turns * 2 * halfWorld
	}
	grid, err := c.level(k).grid(ctx, part)
	return grid, place, err
}

// grid reads a part of the band row by row.
func (c *scan) grid(ctx context.Context, part rect) (contour.Grid, error) {
	g := contour.Grid{Width: part.width, Height: part.height, Values: make([]float32, part.width*part.height)}
	buffer := make([]float64, part.width*scanSide)
	for y := part.y; y < part.y+part.height; y = nextSquare(y) {
		if err := ctx.Err(); err != nil {
			return g, err
		}
		rows := min(nextSquare(y), part.y+part.height) - y
		stored, err := c.read(ctx, rect{part.x, y, part.width, rows}, buffer)
		if err != nil {
			return g, err
		}
		into := g.Values[(y-part.y)*part.width:]
		for i, v := range stored {
			into[i] = float32(c.value(v))
		}
	}
	return g, nil
}

// onMap turns a line in a grid's steps into degrees, simplified by at most a
// tolerance in metres on the ground.
func (p gridPlace) onMap(line orb.LineString, tolerance float64) orb.LineString {
	for i, at := range line {
		line[i] = orb.Point{p.x + at[0]*p.step[0], p.y - at[1]*p.step[1]}
	}
	if tolerance > 0 {
		local := math.Cos(degrees(line[0])[1] * math.Pi / 180) // metres on the ground in one of Web Mercator
		line = simplified(line, tolerance/local)
	}
	for i, at := range line {
		const digits = 1e8 // a millimetre
		at = degrees(at)
		line[i] = orb.Point{math.Round(at[0]*digits) / digits, math.Round(at[1]*digits) / digits}
	}
	return line
}

// simplifyPiece bounds what simplifying costs, which is up to the square of a
// line's length: longer lines are simplified piece by piece.
const simplifyPiece = 10_000

func simplified(line orb.LineString, tolerance float64) orb.LineString {
	by := simplify.DouglasPeucker(tolerance)
	if line[0] == line[len(line)-1] && len(line) > 3 { // a ring has no two ends to begin with
		half := len(line) / 2
		return append(simplifyOpen(by, line[:half+1]), simplifyOpen(by, line[half:])[1:]...)
	}
	return simplifyOpen(by, line)
}

func simplifyOpen(by *simplify.DouglasPeuckerSimplifier, line orb.LineString) orb.LineString {
	var out orb.LineString
	for from := 0; from < len(line)-1; from += simplifyPiece {
		piece := by.LineString(line[from:min(from+simplifyPiece+1, len(line))].Clone())
		if from > 0 {
			piece = piece[1:]
		}
		out = append(out, piece...)
	}
	return out
}
