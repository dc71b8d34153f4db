package demo

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// scene is the ground and what stands on it, lower things first.
type scene struct {
	objects []object
	light   groundLight
}

func newScene() *scene {
	objects := plantTrees()
	for _, h := range houses {
		objects = append(objects, h)
	}
	slices.SortStableFunc(objects, func(a, b object) int { return cmp.Compare(a.height(), b.height()) })
	return &scene{objects, newGroundLight()}
}

// raster holds red, green, blue of each pixel, the northernmost row first.
type raster struct {
	width, height int
	rgb           []uint8
}

func newRaster(width, height int) *raster {
	return &raster{width, height, make([]uint8, width*height*3)}
}

func (r *raster) pixel(column, row int) []uint8 {
	return r.rgb[(row*r.width+column)*3:][:3]
}

func (r *raster) set(column, row int, c colour) {
	pixel := r.pixel(column, row)
	for i := range pixel {
		pixel[i] = uint8(min(max(c[i]+0.5, 0), 255))
	}
}

// centre is the middle of a pixel of the orthophoto in the scene.
func centre(column, row int) point {
	return point{(float64(column) + 0.5) * resolution, extent - (float64(row)+0.5)*resolution}
}

// paint draws the orthophoto in bands of rows, one a processor.
func (s *scene) paint(ctx context.Context) (*raster, error) {
	const band = 100 // rows
	picture := newRaster(pixels, pixels)
	painters, ctx := errgroup.WithContext(ctx)
	painters.SetLimit(runtime.GOMAXPROCS(0))
	for from := 0; from < pixels; from += band {
		painters.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.paintRows(picture, from, from+band)
			return nil
		})
	}
	return picture, painters.Wait()
}

func (s *scene) paintRows(picture *raster, from, to int) {
	shade := make([]float64, (to-from)*pixels) // 0 in the sun, 1 in full shadow
	for _, o := range s.objects {
		castShadow(o, shade, from, to)
	}
	for row := from; row < to; row++ {
		for column := range pixels {
			p := centre(column, row)
			light := mix(1, s.light.at(p), 0.55) * (1 - 0.55*shade[(row-from)*pixels+column])
			grain := 3 * (hash(column, row, 301) - 0.5)
			c := cover(survey(p)).lit(light)
			picture.set(column, row, colour{c[0] + grain, c[1] + grain, c[2] + grain})
		}
	}
	for _, o := range s.objects {
		middle, radius := o.bounds()
		eachPixel(middle, radius, from, to, func(column, row int, p point) {
			if o.top(p) > 0 {
				picture.set(column, row, o.colour(p))
			}
		})
	}
}

// castShadow marks the ground from which some point on the way to the sun lies
// inside the object.
func castShadow(o object, shade []float64, from, to int) {
	middle, radius := o.bounds()
	reach := o.height() * shadowReach
	halfway := middle.minus(toSun.times(reach / 2))
	eachPixel(halfway, radius+reach/2, from, to, func(column, row int, p point) {
		index := (row-from)*pixels + column
		if shade[index] == 1 || distanceToSegment(p, middle, middle.minus(toSun.times(reach))) > radius {
			return
		}
		const stride = 0.5 // m along the ray
		for t := stride / 2; t < reach+radius; t += stride {
			if o.top(point{p.x + t*toSun.x, p.y + t*toSun.y}) > t/shadowReach {
				shade[index] = 1
				return
			}
		}
	})
}

func distanceToSegment(p, a, b point) float64 {
	ab, ap := b.minus(a), p.minus(a)
	t := clamp((ab.x*ap.x + ab.y*ap.y) / (ab.x*ab.x + ab.y*ab.y))
	return ap.minus(ab.times(t)).length()
}

// eachPixel visits the pixels of the rows from <= row < to in the square around
// the circle.
func eachPixel(middle point, radius float64, from, to int, visit func(column, row int, p point)) {
	index := func(metres float64) int { return int(math.Floor(metres / resolution)) }
	firstRow, lastRow := max(from, index(extent-middle.y-radius)), min(to-1, index(extent-middle.y+radius))
	firstColumn, lastColumn := max(0, index(middle.x-radius)), min(pixels-1, index(middle.x+radius))
	for row := firstRow; row <= lastRow; row++ {
		for column := firstColumn; column <= lastColumn; column++ {
			visit(column, row, centre(column, row))
		}
	}
}

// surface samples the elevation of ground, trees and roofs (m above sea level)
// on a grid of the given cell size, the northernmost row first.
func (s *scene) surface(cell float64) []float32 {
	n := int(extent / cell)
	middle := func(column, row int) point {
		return point{(float64(column) + 0.5) * cell, extent - (float64(row)+0.5)*cell}
	}
	height := make([]float32, n*n)
	for i := range height {
		height[i] = float32(ground(middle(i%n, i/n)))
	}
	for _, o := range s.objects { // the highest last
		at, radius := o.bounds()
		for row := max(0, int((extent-at.y-radius)/cell)); row < min(n, int((extent-at.y+radius)/cell)+1); row++ {
			for column := max(0, int((at.x-radius)/cell)); column < min(n, int((at.x+radius)/cell)+1); column++ {
				p := middle(column, row)
				height[row*n+column] = max(height[row*n+column], float32(ground(p)+o.top(p)))
			}
		}
	}
	return height
}
