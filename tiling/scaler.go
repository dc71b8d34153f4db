package tiling

import (
	"math"

	"github.com/cairngeo/cairn/tiling/style"
)

// scaler makes the planes of a patch larger or smaller. What is not visible, or
// no number, has no part in what is made: so edges don't get darker.
type scaler[F float] struct {
	from         patch[F]
	across, down taps
	part         rect // of the level that from is
	crisp        bool // it makes larger: pixels are visible if the nearest is
}

// plane makes a plane.
func (s *scaler[F]) plane(values []F, kernel style.Resampling) []F {
	if kernel == style.Nearest {
		return nearest(s, values)
	}
	if s.from.visible == nil && !hasNaN(values) {
		return s.convolve(values)
	}
	counting := make([]F, len(values))
	weight := make([]F, len(values))
	for i, v := range values {
		if v != v {
			continue
		}
		w := F(1)
		if s.from.visible != nil {
			w = F(s.from.visible[i]) / 255
		}
		counting[i], weight[i] = v*w, w
	}
	out, sum := s.convolve(counting), s.convolve(weight)
	near := nearest(s, values)
	for i, w := range sum {
		switch {
		case s.crisp && near[i] != near[i]:
			out[i] = near[i]
		case w >= leastWeight:
			out[i] /= w
		default:
			out[i] = near[i]
		}
	}
	return out
}

// leastWeight of what counts, below which a mean says nothing: the lobes of a
// cubic kernel cancel each other out.
const leastWeight = 1e-3

// coverage makes what is visible; nil if everything is.
func (s *scaler[F]) coverage(kernel style.Resampling) []byte {
	if s.from.visible == nil {
		return nil
	}
	if kernel == style.Nearest || s.crisp {
		return nearest(s, s.from.visible)
	}
	part := make([]F, len(s.from.visible))
	for i, v := range s.from.visible {
		part[i] = F(v)
	}
	out := make([]byte, len(s.down.first)*len(s.across.first))
	for i, v := range s.convolve(part) {
		out[i] = byte(math.Max(0, math.Min(float64(v)+0.5, 255)))
	}
	return out
}

// nearest takes the pixel in whose area the middle of each lies.
func nearest[F float, T any](s *scaler[F], values []T) []T {
	out := make([]T, 0, len(s.down.first)*len(s.across.first))
	for _, y := range s.down.nearest {
		row := values[(y-s.part.y)*s.part.width:][:s.part.width]
		for _, x := range s.across.nearest {
			out = append(out, row[x-s.part.x])
		}
	}
	return out
}

// convolve is the weighted sum along rows, then along columns.
func (s *scaler[F]) convolve(values []F) []F {
	width, height := len(s.across.first), len(s.down.first)
	narrow := make([]F, width*s.part.height)
	for y := range s.part.height {
		row := values[y*s.part.width:][:s.part.width]
		out := narrow[y*width:][:width]
		for i := range out {
			from := row[s.across.first[i]-s.part.x:]
			sum := F(0)
			for k, w := range s.across.weights[i*s.across.n:][:s.across.n] {
				sum += F(w) * from[k]
			}
			out[i] = sum
		}
	}
	out := make([]F, width*height)
	for j := range height {
		row := out[j*width:][:width]
		for k, w := range s.down.weights[j*s.down.n:][:s.down.n] {
			if w == 0 {
				continue
			}
			from := narrow[(s.down.first[j]-s.part.y+k)*width:][:width]
			for i := range row {
				row[i] += F(w) * from[i]
			}
		}
	}
	return out
}
