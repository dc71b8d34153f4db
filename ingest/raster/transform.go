package raster

import (
	"math"
	"strconv"

	"github.com/airbusgeo/godal"
)

// projector finds where in a source the pixels of a plan's grid lie. It isn't
// for concurrent use.
type projector struct {
	transform *godal.Transform
	inverse   [6]float64 // geotransform from the source's coordinates to its pixels
	plan      plan
	turn      float64 // the source's units in a turn around the Earth; 0 unless it is geographic
}

func newProjector(ds *godal.Dataset, p plan) (pr *projector, err error) {
	gt, err := ds.GeoTransform(godal.SkipWarnings)
	if err != nil || !invertible(gt) {
		return nil, errNoGeotransform
	}
	source, err := godal.NewSpatialRefFromWKT(ds.Projection(), godal.SkipWarnings)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	target, err := targetCRS(p.lon0)
	if err != nil {
		return nil, err
	}
	defer target.Close()
	pr = &projector{inverse: inverted(gt), plan: p}
	if source.Geographic() {
		pr.turn = turnOf(source)
	}
	pr.transform, err = godal.NewTransform(target, source, godal.SkipWarnings)
	return pr, err
}

func (p *projector) close() { p.transform.Close() }

// targetCRS is Web Mercator around a meridian, in degrees.
func targetCRS(lon0 float64) (*godal.SpatialRef, error) {
	if lon0 == 0 {
		return godal.NewSpatialRefFromEPSG(3857)
	}
	return godal.NewSpatialRefFromProj4("+proj=webmerc +datum=WGS84 +units=m +lon_0=" + decimal(lon0))
}

// turnOf returns how many of its angular units a geographic CRS has in a circle.
func turnOf(crs *godal.SpatialRef) float64 {
	if text, ok := crs.AttrValue("GEOGCS|UNIT", 1); ok {
		if radians, err := strconv.ParseFloat(text, 64); err == nil && radians > 0 {
			return 2 * math.Pi / radians
		}
	}
	return 360
}

// inverted returns the geotransform that undoes gt.
func inverted(gt [6]float64) [6]float64 {
	d := gt[1]*gt[5] - gt[2]*gt[4]
	a, b, c, e := gt[5]/d, -gt[2]/d, -gt[4]/d, gt[1]/d
	return [6]float64{-a*gt[0] - b*gt[3], a, b, -c*gt[0] - e*gt[3], c, e}
}

// locate turns pixel positions on the grid's full resolution into pixel
// positions in the source, NaN where there is none. Those in a
// geographic source are continuous on the map, so they may be a number of
// turns away from the source's own.
func (p *projector) locate(x, y []float64) {
	left, top := p.plan.grid.origin(p.plan.zoom)
	res, shift := resolution(p.plan.zoom), meters(p.plan.lon0)
	lon := make([]float64, len(x)) // turns around the Earth
	for i := range x {
		easting := left + x[i]*res
		lon[i] = easting / (2 * halfWorld)
		x[i], y[i] = easting-shift, top-y[i]*res
	}
	successful := make([]bool, len(x))
	// Its error says no more than that some positions have no place in the source.
	_ = p.transform.TransformEx(x, y, make([]float64, len(x)), successful)
	for i := range x {
		if !successful[i] || math.IsInf(x[i], 0) || math.IsInf(y[i], 0) {
			x[i], y[i] = math.NaN(), math.NaN()
			continue
		}
		if p.turn != 0 {
			x[i] -= p.turn * math.Round(x[i]/p.turn-lon[i])
		}
		x[i], y[i] = apply(p.inverse, x[i], y[i])
	}
}

// turnInPixels is how far a turn around the Earth goes in the source.
func (p *projector) turnInPixels() (x, y float64) {
	return p.turn * p.inverse[1], p.turn * p.inverse[4]
}

// A mesh maps a rectangle of the grid to positions in a source. Its nodes are
// the centres of every step-th pixel; between them positions are interpolated.
type mesh struct {
	step, across, down int // down rows of across nodes, the last beyond the rectangle
	x, y               []float64
}

const (
	widestStep = 64
	// meshError is how far, in pixels of the source, an interpolated position
	// may be off: what the kernels' table of 256 phases can't show.
	meshError = 1. / 256
)

// mesh maps the w x h pixels from (x0, y0) of the grid. Where the map between
// the two bends too much for a coarse mesh it takes a finer one, down to every pixel.
func (p *projector) mesh(x0, y0, w, h int) mesh {
	for step := widestStep; ; step /= 4 {
		m := p.nodes(x0, y0, w, h, step)
		if step == 1 || p.straight(m, x0, y0) {
			return m
		}
	}
}

func (p *projector) nodes(x0, y0, w, h, step int) mesh {
	m := mesh{step: step, across: (w+step-1)/step + 1, down: (h+step-1)/step + 1}
	m.x, m.y = make([]float64, m.across*m.down), make([]float64, m.across*m.down)
	for i := range m.x {
		m.x[i] = float64(x0+i%m.across*step) + 0.5
		m.y[i] = float64(y0+i/m.across*step) + 0.5
	}
	p.locate(m.x, m.y)
	return m
}

// straight tells whether the middles of the cells lie where their corners make
// believe. A cell without any place in the source has nothing to tell.
func (p *projector) straight(m mesh, x0, y0 int) bool {
	cells := (m.across - 1) * (m.down - 1)
	x, y := make([]float64, cells), make([]float64, cells)
	for i := range x {
		x[i] = float64(x0) + (float64(i%(m.across-1))+0.5)*float64(m.step) + 0.5
		y[i] = float64(y0) + (float64(i/(m.across-1))+0.5)*float64(m.step) + 0.5
	}
	p.locate(x, y)
	for i := range x {
		n := i/(m.across-1)*m.across + i%(m.across-1)
		a, b, c, d := n, n+1, n+m.across, n+m.across+1
		failed := 0
		for _, v := range []float64{m.x[a], m.x[b], m.x[c], m.x[d], x[i]} {
			if math.IsNaN(v) {
				failed++
			}
		}
		if failed == 5 {
			continue
		}
		dx, dy := (m.x[a]+m.x[b]+m.x[c]+m.x[d])/4-x[i], (m.y[a]+m.y[b]+m.y[c]+m.y[d])/4-y[i]
		if !(math.Abs(dx) <= meshError && math.Abs(dy) <= meshError) {
			return false
		}
	}
	return true
}

// box returns the box around the mesh's positions moved by (dx, dy), within a
// raster of w x h pixels, and whether there is anything in it.
func (m mesh) box(dx, dy float64, w, h int) (x0, y0, x1, y1 int, ok bool) {
	left, top, right, bottom := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i := range m.x {
		if !math.IsNaN(m.x[i]) {
			left, right = min(left, m.x[i]+dx), max(right, m.x[i]+dx)
			top, bottom = min(top, m.y[i]+dy), max(bottom, m.y[i]+dy)
		}
	}
	if !(right >= 0 && bottom >= 0 && left < float64(w) && top < float64(h)) {
		return 0, 0, 0, 0, false
	}
	x0, y0 = int(math.Floor(max(left, 0))), int(math.Floor(max(top, 0)))
	x1, y1 = int(math.Floor(min(right, float64(w-1))))+1, int(math.Floor(min(bottom, float64(h-1))))+1
	return x0, y0, x1, y1, true
}

// density returns how many pixels of the source, along its x and its y axis,
// a pixel of the grid spans on average.
func (m mesh) density() (x, y float64) {
	n := 0.0
	for i := range len(m.x) - m.across {
		if i%m.across == m.across-1 {
			continue
		}
		a, b, c := i, i+1, i+m.across
		dx, dy := math.Hypot(m.x[b]-m.x[a], m.x[c]-m.x[a]), math.Hypot(m.y[b]-m.y[a], m.y[c]-m.y[a])
		if !math.IsNaN(dx + dy) {
			x, y, n = x+dx, y+dy, n+float64(m.step)
		}
	}
	if n == 0 {
		return 0, 0
	}
	return x / n, y / n
}

// A frame says how positions in a source become positions in a window of it:
// moved, divided, and counted from the centre of the window's first pixel in
// fractions of 1/65536.
type frame struct {
	dx, dy         float64
	scaleX, scaleY float64
	// The positions that lie in the raster.
	left, top, right, bottom int64
}

const void = -1 // the position of a pixel that has none in the raster

// row writes the positions in the window of the pixels of row y, void for
// those that lie outside the raster, and tells whether any is inside.
func (m mesh) row(f frame, y int, xs, ys []int32) (any bool) {
	j, t := y/m.step, float64(y%m.step)/float64(m.step)
	at := func(nodes []float64, i int, move, scale float64) float64 {
		v := nodes[j*m.across+i]
		if t != 0 {
			v += (nodes[(j+1)*m.across+i] - v) * t
		}
		return (v+move)*scale - 0.5
	}
	for i, first := 0, 0; first < len(xs); i, first = i+1, first+m.step {
		n := min(m.step, len(xs)-first)
		ax, ay := at(m.x, i, f.dx, f.scaleX), at(m.y, i, f.dy, f.scaleY)
		bx, by := ax, ay
		if m.step > 1 {
			bx, by = at(m.x, i+1, f.dx, f.scaleX), at(m.y, i+1, f.dy, f.scaleY)
		}
		if math.IsNaN(ax+ay+bx+by) || math.Abs(ax)+math.Abs(ay)+math.Abs(bx)+math.Abs(by) > 1<<30 {
			for k := range n {
				xs[first+k] = void
			}
			continue
		}
		const one = 1 << 32 // an int64 of 32 fractional bits
		px, py := int64(ax*one), int64(ay*one)
		stepX, stepY := int64((bx-ax)*one/float64(m.step)), int64((by-ay)*one/float64(m.step))
		for k := range n {
			u, v := (px+int64(k)*stepX)>>16, (py+int64(k)*stepY)>>16
			if u < f.left || u >= f.right || v < f.top || v >= f.bottom {
				xs[first+k] = void
				continue
			}
			xs[first+k], ys[first+k] = int32(u), int32(v)
			any = true
		}
	}
	return any
}
