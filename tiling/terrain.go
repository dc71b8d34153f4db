package tiling

import (
	"context"
	"math"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/tiling/style"
)

// terrain is what is made of the heights of one raster.
type terrain struct {
	style.Terrain
	metres float64 // of one unit of the heights
}

// terrainLook makes a style of heights concrete: those of a band, or what a
// formula makes of bands, in metres.
func (s *Server) terrainLook(ctx context.Context, src *source, c *character, st style.Style) (*look, error) {
	if src.index.EPSG != 3857 || src.index.PixelSize == 0 {
		return nil, errNotOnMap()
	}
	t := &terrain{Terrain: *st.Terrain, metres: 1}
	f := &formula{}
	var err error
	if st.Formula != nil {
		f, err = c.formula(st)
	} else {
		band := append(st.Bands, 1)[0]
		if band > c.data {
			return nil, noBand(band, c.data)
		}
		t.metres = metresIn(c.units[band-1])
		f, err = bandFormula(band)
	}
	if err != nil {
		return nil, err
	}
	f.terrain, f.colormap = t, st.Colormap
	if !t.Encodes() {
		f.scale, err = f.scaleIn(st, t.Range(), func(f *formula) (Statistics, error) {
			sample, err := s.sampleOf(ctx, src, f)
			return sample.Statistics, err
		})
	}
	return &look{formula: f, resampling: st.Resampling}, err
}

// metresIn is how long a unit is; what is unknown is taken for a metre.
func metresIn(unit string) float64 {
	switch strings.ToLower(strings.TrimSpace(unit)) {
	case "ft", "foot", "feet", "international foot":
		return 0.3048
	case "us-ft", "ftus", "us survey foot", "us survey feet", "foot_us", "us foot":
		return 1200.0 / 3937
	case "km", "kilometre", "kilometer":
		return 1000
	case "dm", "decimetre", "decimeter":
		return 0.1
	case "cm", "centimetre", "centimeter":
		return 0.01
	case "mm", "millimetre", "millimeter":
		return 0.001
	}
	return 1
}

// heights computes the heights of a part of a level, in metres, NaN where there
// are none.
func (f *formula) heights(ctx context.Context, from level, m mapping, kernel style.Resampling) ([]float32, error) {
	values, err := f.evaluated(ctx, from, m, kernel)
	if err == nil && f.terrain.metres != 1 {
		for i, v := range values {
			values[i] = float32(float64(v) * f.terrain.metres)
		}
	}
	return values, err
}

// shades computes what the algorithm makes of a part of a level. The ground is
// looked at in the pixels of the level, whatever becomes of them: between them
// its inclination, not its height, is interpolated, which is exact at any zoom.
func (f *formula) shades(ctx context.Context, from level, m mapping, kernel style.Resampling) ([]float32, error) {
	ground, err := resampled(reading{mapping: m, kernel: kernel, bands: []int{1, 2}}, func(part rect) (patch[float32], error) {
		around := rect{part.x - 1, part.y - 1, part.width + 2, part.height + 2}
		heights, err := f.heights(ctx, from, around.mapTo(around.width, around.height), style.Nearest)
		if err != nil {
			return patch[float32]{}, err
		}
		return inclination(heights, part, from), nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]float32, m.width*m.height)
	shade := f.terrain.shader()
	for i := range out {
		out[i] = notANumber
		if ground.visible == nil || ground.visible[i] >= 128 {
			east, north := float64(ground.planes[0][i]), float64(ground.planes[1][i])
			out[i] = float32(shade(east*f.terrain.ZFactor, north*f.terrain.ZFactor))
		}
	}
	return out, nil
}

// inclination is how much a part of a level rises eastwards and northwards, by
// Horn's formula, from its heights with a margin of one pixel around it.
func inclination(heights []float32, part rect, of level) patch[float32] {
	p := patch[float32]{width: part.width, height: part.height, planes: [][]float32{make([]float32, part.width*part.height), make([]float32, part.width*part.height)}}
	pixel := pixelSize(of.src.index, of.number)
	for y := range part.height {
		// Web Mercator draws the ground larger the farther it is from the equator.
		north := of.src.index.OriginY - (float64(part.y+y)+0.5)*pixel
		metres := pixel / math.Cosh(north/(halfWorld/math.Pi))
		for x := range part.width {
			i := y*part.width + x
			east, north := rise(heights[y*(part.width+2)+x:], part.width+2)
			p.planes[0][i], p.planes[1][i] = float32(east/metres), float32(north/metres)
		}
	}
	p.showAny()
	return p
}

// rise is how much the ground rises per pixel in the middle of three rows of
// three heights.
func rise(z []float32, stride int) (east, north float64) {
	w := [9]float64{
		float64(z[0]), float64(z[1]), float64(z[2]),
		float64(z[stride]), float64(z[stride+1]), float64(z[stride+2]),
		float64(z[2*stride]), float64(z[2*stride+1]), float64(z[2*stride+2]),
	}
	if sum := w[0] + w[1] + w[2] + w[3] + w[4] + w[5] + w[6] + w[7] + w[8]; math.IsNaN(sum) || math.IsInf(sum, 0) {
		complete(&w)
	}
	east = (w[2] + 2*w[5] + w[8] - w[0] - 2*w[3] - w[6]) / 8
	north = (w[0] + 2*w[1] + w[2] - w[6] - 2*w[7] - w[8]) / 8
	return east, north
}

// complete goes on evenly where heights around the middle are missing, at edges
// and holes, so that these are no cliffs.
func complete(w *[9]float64) {
	known := *w
	for i, v := range known {
		if !finite(v) {
			known[i], w[i] = math.NaN(), math.NaN()
		}
	}
	fill := func(i int, ways ...[2]int) { // from the second over the first
		for _, way := range ways {
			if v := 2*known[way[0]] - known[way[1]]; math.IsNaN(w[i]) {
				w[i] = v
			}
		}
		if math.IsNaN(w[i]) {
			w[i] = known[4]
		}
	}
	fill(1, [2]int{4, 7})
	fill(7, [2]int{4, 1})
	fill(3, [2]int{4, 5})
	fill(5, [2]int{4, 3})
	fill(0, [2]int{1, 2}, [2]int{3, 6}, [2]int{4, 8})
	fill(2, [2]int{1, 0}, [2]int{5, 8}, [2]int{4, 6})
	fill(6, [2]int{7, 8}, [2]int{3, 0}, [2]int{4, 2})
	fill(8, [2]int{7, 6}, [2]int{5, 2}, [2]int{4, 0})
}

const degree = math.Pi / 180

// shader is what the algorithm makes of ground that rises so much eastwards and
// northwards, NaN if nothing.
func (t *terrain) shader() func(east, north float64) float64 {
	switch t.Algorithm {
	case style.Slope:
		return func(east, north float64) float64 { return math.Atan(math.Sqrt(east*east+north*north)) / degree }
	case style.Aspect:
		return func(east, north float64) float64 {
			if east == 0 && north == 0 {
				return math.NaN()
			}
			return math.Mod(math.Atan2(-east, -north)/degree+360, 360)
		}
	}
	sin, cos := math.Sincos(t.Azimuth * degree)
	up, level := math.Sincos(t.Altitude * degree)
	return func(east, north float64) float64 {
		light := (up - level*(east*sin+north*cos)) / math.Sqrt(1+east*east+north*north)
		return math.Round(1 + 254*math.Max(0, light)) // NaN stays
	}
}

// encode writes heights into the bytes of pixels.
func (t *terrain) encode(heights []float32, width, height int) *picture {
	p := newPicture(width, height)
	for i, h := range heights {
		if v := float64(h); finite(v) {
			code := t.Code(v)
			copy(p.pixels[4*i:], code[:])
		}
	}
	return p
}

// encodes tells whether pixels are numbers.
func (l *look) encodes() bool { return l.terrain().Encodes() }

// terrain is what the look makes of heights, nil if values are no heights.
func (l *look) terrain() *style.Terrain {
	if l == nil || l.formula == nil || l.formula.terrain == nil {
		return nil
	}
	return &l.formula.terrain.Terrain
}

// checkCoding refuses one that would change the numbers in pixels.
func checkCoding(st style.Style, f Format) error {
	if st.Terrain.Encodes() && f == JPEG {
		return cairn.Errorf(cairn.Invalid, "JPEG would change the heights. Ask for .png or .webp.")
	}
	return nil
}

// fillVoid gives the pixels without a height the one that is asked for.
func (p *picture) fillVoid(t *style.Terrain) {
	if !t.Fills() {
		return
	}
	void := t.Code(*t.Void)
	p.grey = false
	for i := 0; i < len(p.pixels); i += 4 {
		if p.pixels[i+3] == 0 {
			copy(p.pixels[i:], void[:])
		}
	}
}
