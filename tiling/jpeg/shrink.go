package jpeg

import "errors"

// ErrUnsupported is the error for what is not read here, though it may be a good JPEG.
var ErrUnsupported = errors.New("jpeg: not grey or YCbCr in a single sequential scan of 8 bits, or not to be shrunk so little")

// A Plane is one component of a picture.
type Plane struct {
	Width, Height int // in samples
	Stride        int
	Samples       []byte
}

// Planes is a picture in reduced size: Y, or Y, Cb and Cr (JFIF 1.02, BT.601 of
// full range), each of which covers the whole picture with samples of its own.
type Planes []Plane

// Shrink decodes the picture in one of the scales 1/8, 1/4 and 1/2, so that at
// least width x height pixels can be made of it by averaging. It reads as many of the frequencies as
// that scale shows and skips the others, which takes a fraction of the time
// (ITU-T T.81; a block of 8x8 cosines, of which the lowest NxN are kept, is a
// block of NxN pixels).
//
// The error is ErrUnsupported if the half isn't large enough; any other means
// damage.
func (p *Picture) Shrink(width, height int) (Planes, error) {
	if p.Width < 2*width-1 || p.Height < 2*height-1 {
		return nil, ErrUnsupported
	}
	for i := range p.components {
		c := &p.components[i]
		wanted := 1.4 // fewer would be unlike the mean of all pixels
		if c.h < p.maxH || c.v < p.maxV {
			wanted = 0.75 // colours that the camera has averaged already
		}
		for c.side = 1; c.side < 4; c.side *= 2 {
			if plane := p.plane(c); float64(plane.Width) >= wanted*float64(width) && float64(plane.Height) >= wanted*float64(height) {
				break
			}
		}
	}
	return p.decode()
}

// plane is that of a component, without its samples.
func (p *Picture) plane(c *component) Plane {
	return Plane{Width: ceilDiv(p.Width*c.h*c.side, 8*p.maxH), Height: ceilDiv(p.Height*c.v*c.side, 8*p.maxV)}
}

// decode reads the scan.
func (p *Picture) decode() (Planes, error) {
	across, down := ceilDiv(p.Width, 8*p.maxH), ceilDiv(p.Height, 8*p.maxV) // MCUs
	planes := make(Planes, len(p.components))
	for i := range p.components {
		c := &p.components[i]
		if blocks := across * c.h * down * c.v; blocks > 4*len(p.scan) { // of at least 2 bits each
			return nil, damaged("end")
		}
		planes[i] = p.plane(c)
		planes[i].Stride = across * c.h * c.side
		planes[i].Samples = make([]byte, planes[i].Stride*down*c.v*c.side)
	}
	in := bits{data: p.scan}
	before := make([]int32, len(planes)) // the last DC coefficient of each
	for mcu := range across * down {
		if p.restart > 0 && mcu > 0 && mcu%p.restart == 0 {
			if err := in.skipRestart(); err != nil {
				return nil, err
			}
			clear(before)
		}
		x, y := mcu%across, mcu/across
		for i := range p.components {
			c, plane := &p.components[i], &planes[i]
			for v := range c.v {
				for h := range c.h {
					out := plane.Samples[((y*c.v+v)*plane.Stride+x*c.h+h)*c.side:]
					if err := c.block(&in, &before[i], out, plane.Stride); err != nil {
						return nil, err
					}
				}
			}
		}
	}
	return planes, nil
}

// block decodes a block into rows of out.
func (c *component) block(in *bits, dc *int32, out []byte, stride int) error {
	var kept [16]float32
	if err := c.coefficients(in, dc, &kept); err != nil {
		return err
	}
	switch c.side {
	case 1:
		out[0] = sample(kept[0] / 8)
	case 2:
		even, odd, left, right := kept[0]+kept[2], kept[0]-kept[2], kept[1]+kept[3], kept[1]-kept[3]
		out[0], out[1] = sample((even+left)/8), sample((even-left)/8)
		out[stride], out[stride+1] = sample((odd+right)/8), sample((odd-right)/8)
	default:
		for u := range 4 { // columns, then rows
			kept[u], kept[4+u], kept[8+u], kept[12+u] = cosines(kept[u], kept[4+u], kept[8+u], kept[12+u])
		}
		for y := range 4 {
			r := kept[4*y : 4*y+4 : 4*y+4]
			a, b, c, d := cosines(r[0], r[1], r[2], r[3])
			row := out[y*stride : y*stride+4 : y*stride+4]
			row[0], row[1], row[2], row[3] = sample(a/2), sample(b/2), sample(c/2), sample(d/2)
		}
	}
	return nil
}

// cosines is the inverse discrete cosine transform of 4 points, orthonormal.
func cosines(a, b, c, d float32) (w, x, y, z float32) {
	const long, short = 0.6532814824381883, 0.27059805007309849 // cos and sin of pi/8, by sqrt(1/2)
	even, odd := (a+c)/2, (a-c)/2
	outer, inner := long*b+short*d, short*b-long*d
	return even + outer, odd + inner, odd - inner, even - outer
}

// sample rounds a value around 0 to one from 0 to 255.
func sample(v float32) byte {
	return byte(max(0, min(255, int32(v+128.5))))
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
