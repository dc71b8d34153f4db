package tiling

// picture is what is drawn: RGBA, 8 bits each, alpha not premultiplied, rows
// from the top. A new picture is transparent.
type picture struct {
	width, height int
	pixels        []byte // 4 * width * height
	grey          bool   // R, G and B are equal everywhere
	indexed       *indexed
}

// indexed is the same picture as numbers of colours, of which PNGs are small.
type indexed struct {
	pixels      []byte
	colors      *[256][3]byte
	transparent int // the number of what is not seen, negative if all is
}

func newPicture(width, height int) *picture {
	return &picture{width: width, height: height, pixels: make([]byte, 4*width*height)}
}

func (p *picture) opaque() bool {
	for i := 3; i < len(p.pixels); i += 4 {
		if p.pixels[i] != 255 {
			return false
		}
	}
	return true
}

// channels returns the pixels with only the first n of R, G, B, A, or with
// grey and alpha for 2.
func (p *picture) channels(n int) []byte {
	if n == 4 {
		return p.pixels
	}
	out := make([]byte, 0, n*p.width*p.height)
	for i := 0; i < len(p.pixels); i += 4 {
		switch n {
		case 1:
			out = append(out, p.pixels[i])
		case 2:
			out = append(out, p.pixels[i], p.pixels[i+3])
		case 3:
			out = append(out, p.pixels[i], p.pixels[i+1], p.pixels[i+2])
		}
	}
	return out
}

// overWhite returns the picture as it looks on white paper.
func (p *picture) overWhite() *picture {
	out := newPicture(p.width, p.height)
	out.grey = p.grey
	for i := 0; i < len(p.pixels); i += 4 {
		alpha := int(p.pixels[i+3])
		for c := range 3 {
			out.pixels[i+c] = byte((int(p.pixels[i+c])*alpha + 255*(255-alpha) + 127) / 255)
		}
		out.pixels[i+3] = 255
	}
	return out
}

// place copies from into p with its upper left corner at (x, y), where it fits.
func (p *picture) place(from *picture, x, y int) {
	p.grey = from.grey
	for row := range from.height {
		copy(p.pixels[4*((y+row)*p.width+x):], from.pixels[4*row*from.width:][:4*from.width])
	}
}

// upright returns the picture turned from its EXIF orientation (Exif 2.32,
// tag 0x0112: 1 upright, 2 mirrored, 3 upside down, 4 flipped, 5 to 8 lying on
// a side) to the upright one. Values out of 1 to 8 count as 1.
func (p *picture) upright(orientation int) *picture {
	if orientation < 2 || orientation > 8 {
		return p
	}
	w, h := p.width, p.height
	out := newPicture(w, h)
	if orientation >= 5 {
		out.width, out.height = h, w
	}
	out.grey = p.grey
	for y := range out.height {
		for x := range out.width {
			var fromX, fromY int
			switch orientation {
			case 2:
				fromX, fromY = w-1-x, y
			case 3:
				fromX, fromY = w-1-x, h-1-y
			case 4:
				fromX, fromY = x, h-1-y
			case 5:
				fromX, fromY = y, x
			case 6:
				fromX, fromY = y, h-1-x
			case 7:
				fromX, fromY = w-1-y, h-1-x
			case 8:
				fromX, fromY = w-1-y, x
			}
			copy(out.pixels[4*(y*out.width+x):][:4], p.pixels[4*(fromY*w+fromX):])
		}
	}
	return out
}
