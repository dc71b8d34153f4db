package tiling

import (
	"context"
	"math"

	"github.com/cairngeo/cairn/tiling/style"
)

// mapping says where in a level the middles of a picture's pixels are: that of
// the pixel (i, j) at (x + (i+0.5)*stepX, y + (j+0.5)*stepY).
type mapping struct {
	x, y, stepX, stepY float64
	width, height      int // of the picture
}

// mapTo is the mapping of a part of a level to a picture.
func (r rect) mapTo(width, height int) mapping {
	return mapping{float64(r.x), float64(r.y), float64(r.width) / float64(width), float64(r.height) / float64(height), width, height}
}

// rows is the mapping of some rows of the picture.
func (m mapping) rows(from, n int) mapping {
	m.y += float64(from) * m.stepY
	m.height = n
	return m
}

// taps are the pixels of a level, along one axis, that a picture's pixels are
// made of: those of the i-th begin at first[i] and count by weights[i*n:].
type taps struct {
	first   []int
	weights []float32
	n       int
	nearest []int // the pixel in whose area the middle lies
}

// along returns the taps of one axis. Kernels grow with the step, so that every
// pixel of the level counts when a picture is made smaller.
func along(kernel style.Resampling, origin, step float64, size int) taps {
	wide := math.Max(1, step)
	var radius float64
	switch kernel {
	case style.Average:
		radius = step / 2
	case style.Bilinear:
		radius = wide
	case style.Cubic:
		radius = 2 * wide
	}
	t := taps{first: make([]int, size), nearest: make([]int, size), n: 1}
	if kernel != style.Nearest {
		t.n = int(math.Ceil(2*radius)) + 1
	}
	t.weights = make([]float32, size*t.n)
	for i := range size {
		middle := origin + (float64(i)+0.5)*step
		t.nearest[i] = int(math.Floor(middle))
		if kernel == style.Nearest {
			t.first[i], t.weights[i] = t.nearest[i], 1
			continue
		}
		t.first[i] = int(math.Floor(middle - radius))
		sum := 0.0
		weights := make([]float64, t.n)
		for k := range weights {
			pixel := float64(t.first[i] + k)
			if kernel == style.Average {
				weights[k] = math.Max(0, math.Min(pixel+1, middle+radius)-math.Max(pixel, middle-radius))
			} else {
				weights[k] = curve(kernel, (pixel+0.5-middle)/wide)
			}
			sum += weights[k]
		}
		for k, w := range weights {
			t.weights[i*t.n+k] = float32(w / sum)
		}
	}
	return t
}

// curve is the weight of what lies at a distance.
func curve(kernel style.Resampling, d float64) float64 {
	d = math.Abs(d)
	switch {
	case kernel == style.Bilinear:
		return math.Max(0, 1-d)
	case d < 1:
		return (1.5*d-2.5)*d*d + 1
	case d < 2:
		return ((-0.5*d+2.5)*d-4)*d + 2
	}
	return 0
}

// span is the first pixel of all taps, and how many there are from it on.
func (t taps) span() (first, n int) {
	first = t.first[0]
	return first, t.first[len(t.first)-1] + t.n - first
}

// maxPart is how many pixels of a level are looked at in one piece.
const maxPart = 2 << 20

// reading is how a picture is read from a level.
type reading struct {
	mapping
	kernel style.Resampling
	bands  []int // from 1; 0: zeros
	all    bool  // see readPatch
}

// read reads a patch as large as the mapping's picture, some rows after the other
// so that memory is bounded by the width of a level.
func read[F float](ctx context.Context, l level, r reading) (patch[F], error) {
	return resampled(r, func(part rect) (patch[F], error) { return readPatch[F](ctx, l, r.bands, part, r.all) })
}

// resampled makes a patch of what pixels gives for parts of a level.
func resampled[F float](r reading, pixels func(part rect) (patch[F], error)) (patch[F], error) {
	if r.width == 0 || r.height == 0 {
		return patch[F]{planes: make([][]F, len(r.bands))}, nil
	}
	across := along(r.kernel, r.x, r.stepX, r.width)
	_, wide := across.span()
	rows := max(1, int(maxPart/float64(wide)/math.Max(r.stepY, 1e-3)))
	if rows >= r.height {
		return resampledRows(r, across, pixels)
	}
	whole := patch[F]{width: r.width, height: r.height, planes: make([][]F, len(r.bands)), visible: make([]byte, 0, r.width*r.height)}
	for from := 0; from < r.height; from += rows {
		part := r
		part.mapping = r.rows(from, min(rows, r.height-from))
		some, err := resampledRows(part, across, pixels)
		if err != nil {
			return whole, err
		}
		for i, plane := range some.planes {
			whole.planes[i] = append(whole.planes[i], plane...)
		}
		if some.visible == nil {
			some.visible = make([]byte, some.width*some.height)
			fill(some.visible, 255)
		}
		whole.visible = append(whole.visible, some.visible...)
	}
	return whole, nil
}

func resampledRows[F float](r reading, across taps, pixels func(part rect) (patch[F], error)) (patch[F], error) {
	down := along(r.kernel, r.y, r.stepY, r.height)
	var part rect
	part.x, part.width = across.span()
	part.y, part.height = down.span()
	from, err := pixels(part)
	if err != nil || r.kernel == style.Nearest && part.width == r.width && part.height == r.height && r.stepX == 1 && r.stepY == 1 {
		return from, err
	}
	to := patch[F]{width: r.width, height: r.height, planes: make([][]F, len(from.planes))}
	s := &scaler[F]{from: from, across: across, down: down, part: part, crisp: r.stepX < 1}
	done := map[int]int{} // planes of a band that comes twice are one
	for i, b := range r.bands {
		if first, ok := done[b]; ok {
			to.planes[i] = to.planes[first]
		} else if from.planes[i] != nil {
			to.planes[i], done[b] = s.plane(from.planes[i], r.kernel), i
		}
	}
	to.visible = s.coverage(r.kernel)
	return to, nil
}
