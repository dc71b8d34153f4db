package raster

import "math"

// A spread says how much wider than a pixel of the source a pixel of the grid
// is, along each of its axes: the kernel is stretched by it, so that no pixel
// of the source is passed over. 1 is a kernel as it is.
type spread struct{ x, y float64 }

const (
	// sharp is the spread up to which a kernel stays as it is: GDAL's own limit, 0.95 pixels of the grid to one of the source.
	sharp = 1 / 0.95
	// widestSpread is what a stretched kernel of 4 x 4 pixels covers. Views of
	// sources that are finer still are read with fewer pixels.
	widestSpread = 2
)

func (s spread) isSharp() bool { return s.x == 1 && s.y == 1 }

// spreadAt returns the spread within the tile at (x, y) of the mesh, (fx, fy)
// pixels of the source being read as one. It depends on the tile's corners
// alone, so it is the same however the grid is cut.
func (m mesh) spreadAt(x, y, fx, fy int) spread {
	n := tileSize / m.step
	a := y/m.step*m.across + x/m.step
	b, c := a+n, a+n*m.across
	along := func(nodes []float64, f int) float64 {
		d := math.Hypot(nodes[b]-nodes[a], nodes[c]-nodes[a]) / float64(tileSize*f)
		if !(d > sharp) { // NaN, too
			return 1
		}
		return min(d, widestSpread)
	}
	return spread{along(m.x, fx), along(m.y, fy)}
}

// tapsOf are the weights of the four pixels from first on around a position
// that lies f behind the second of them. Those outside [low, high), which
// repeat the raster's edge, have none.
func tapsOf(f, spread float64, first, low, high int) (w [4]float64) {
	sum := 0.0
	for k := range w {
		if at := first + k; at >= low && at < high {
			w[k] = max(0, spread-math.Abs(float64(k-1)-f))
			sum += w[k]
		}
	}
	for k := range w {
		w[k] /= sum
	}
	return w
}

// drawWide is drawBilinear with a kernel of a spread.
func (s *samples[T]) drawWide(to *values[T], band int, dst []T, xs, ys []int32, spread spread) {
	stride, plane := s.view.w, s.bands[band]
	careful := s.alpha != nil || to.nodata != nil || isFloat[T]()
	left, top := s.view.before[0], s.view.before[1]
	right, bottom := left+s.view.columns(), top+s.view.rows()
	for i, px := range xs {
		if px == void {
			continue
		}
		py := ys[i]
		fx, fy := float64(px&0xffff)/(1<<16), float64(py&0xffff)/(1<<16)
		x, y := int(px>>16), int(py>>16)
		wx, wy := tapsOf(fx, spread.x, x-1, left, right), tapsOf(fy, spread.y, y-1, top, bottom)
		at := (y-1)*stride + x - 1
		if careful && s.anyVoid(to, plane, at) {
			s.drawWideAround(to, plane, dst, i, at, nearestAt(y*stride+x, stride, fx, fy), wx, wy)
			continue
		}
		sum := 0.0
		for k, w := range wy {
			four := plane[at+k*stride:][:4]
			sum += w * (wx[0]*float64(four[0]) + wx[1]*float64(four[1]) + wx[2]*float64(four[2]) + wx[3]*float64(four[3]))
		}
		dst[i] = to.rounded(sum)
	}
}

// anyVoid tells whether any of the 4 x 4 pixels from an offset on is void.
func (s *samples[T]) anyVoid(to *values[T], plane []T, at int) bool {
	for k := range 4 {
		from := at + k*s.view.w
		for _, v := range plane[from:][:4] {
			if to.isVoid(v) {
				return true
			}
		}
		if s.alpha != nil {
			if a := s.alpha[from:][:4]; a[0] == 0 || a[1] == 0 || a[2] == 0 || a[3] == 0 {
				return true
			}
		}
	}
	return false
}

// drawWideAround draws a pixel that has void neighbors, like drawAround.
func (s *samples[T]) drawWideAround(to *values[T], plane, dst []T, i, at, nearest int, wx, wy [4]float64) {
	if s.isVoid(to, plane, nearest) {
		s.markVoid(to, plane, dst, i, nearest)
		return
	}
	sum, total := 0.0, 0.0
	for k := range 16 {
		if n := at + k>>2*s.view.w + k&3; !s.isVoid(to, plane, n) {
			w := wx[k&3] * wy[k>>2]
			sum += w * float64(plane[n])
			total += w
		}
	}
	dst[i] = to.rounded(sum / total)
}
