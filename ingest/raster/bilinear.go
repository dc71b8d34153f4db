package raster

// A samples is a view of a source's bands.
type samples[T sample] struct {
	view  view
	bands [][]T
	alpha []T // nil if all of it is visible
	nan   *T  // what a band without value becomes in a pixel that others may show
}

// drawBilinear draws a band at the positions of a row into dst. A pixel is void
// if the nearest one of the source is, else the void ones around it don't count.
func (s *samples[T]) drawBilinear(to *values[T], band int, dst []T, xs, ys []int32) {
	stride, plane := s.view.w, s.bands[band]
	careful := s.alpha != nil || to.nodata != nil || isFloat[T]()
	for i, px := range xs {
		if px == void {
			continue
		}
		py := ys[i]
		at := int(py>>16)*stride + int(px>>16)
		upper, lower := plane[at:][:2], plane[at+stride:][:2]
		a, b, c, d := upper[0], upper[1], lower[0], lower[1]
		fx, fy := float64(px&0xffff)/(1<<16), float64(py&0xffff)/(1<<16)
		if careful && (to.isVoid(a) || to.isVoid(b) || to.isVoid(c) || to.isVoid(d) ||
			s.alpha != nil && (s.alpha[at] == 0 || s.alpha[at+1] == 0 || s.alpha[at+stride] == 0 || s.alpha[at+stride+1] == 0)) {
			s.drawAround(to, plane, dst, i, at, fx, fy)
			continue
		}
		u := float64(a) + (float64(b)-float64(a))*fx
		v := float64(c) + (float64(d)-float64(c))*fx
		dst[i] = to.rounded(u + (v-u)*fy)
	}
}

// drawAround draws a pixel that has void neighbors.
func (s *samples[T]) drawAround(to *values[T], plane, dst []T, i, at int, fx, fy float64) {
	nearest := nearestAt(at, s.view.w, fx, fy)
	if s.isVoid(to, plane, nearest) {
		s.markVoid(to, plane, dst, i, nearest)
		return
	}
	around := [4]int{at, at + 1, at + s.view.w, at + s.view.w + 1}
	weights := [4]float64{(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy}
	sum, total := 0.0, 0.0
	for k, n := range around {
		if !s.isVoid(to, plane, n) {
			sum += weights[k] * float64(plane[n])
			total += weights[k]
		}
	}
	dst[i] = to.rounded(sum / total)
}

// isVoid tells whether the pixel at an offset of a band holds no value.
func (s *samples[T]) isVoid(to *values[T], plane []T, at int) bool {
	return to.isVoid(plane[at]) || s.alpha != nil && s.alpha[at] == 0
}

// markVoid draws a pixel whose nearest one is void, at an offset.
func (s *samples[T]) markVoid(to *values[T], plane, dst []T, i, at int) {
	if s.nan != nil && to.isVoid(plane[at]) {
		dst[i] = *s.nan
	}
}

// nearestAt returns the offset of the pixel nearest to a position that lies (fx, fy) behind the one at an offset.
func nearestAt(at, stride int, fx, fy float64) int {
	if fx >= 0.5 {
		at++
	}
	if fy >= 0.5 {
		at += stride
	}
	return at
}

// drawAlpha makes those pixels of a row visible where the source is and where
// one of its bands holds a value.
func (s *samples[T]) drawAlpha(to *values[T], dst []T, xs, ys []int32, visible T) {
	for i, px := range xs {
		if px == void {
			continue
		}
		at := (int(ys[i])+1<<15)>>16*s.view.w + (int(px)+1<<15)>>16
		alpha := visible
		if s.alpha != nil {
			alpha = s.alpha[at]
		}
		for _, band := range s.bands {
			if !to.isVoid(band[at]) {
				dst[i] = alpha
				break
			}
		}
	}
}

// toNearest moves the positions of a row to the centres of the nearest pixels.
func toNearest(xs, ys []int32) {
	for i, px := range xs {
		if px != void {
			xs[i], ys[i] = (px+1<<15)&^0xffff, (ys[i]+1<<15)&^0xffff
		}
	}
}
