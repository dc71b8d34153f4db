package tiling

import (
	"image/color"
	"io"

	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/tiling/jpeg"
	"github.com/cairngeo/cairn/tiling/style"
)

// maxShrunk is the largest file that is read into memory to be shrunk.
const maxShrunk = 64 << 20

// shrinkPhoto draws a JPEG whose longer side becomes size pixels, if it is one that
// can be read in reduced size; else it returns nil, and others have to look
// what it is and what is wrong with it.
func shrinkPhoto(object blob.Object, size int) (*picture, error) {
	var magic [3]byte
	if n, err := object.ReadAt(magic[:], 0); n < 3 || string(magic[:]) != "\xff\xd8\xff" || object.Size() > maxShrunk {
		if err == io.EOF {
			err = nil
		}
		return nil, err
	}
	data := make([]byte, object.Size())
	if _, err := object.ReadAt(data, 0); err != nil && err != io.EOF {
		return nil, err
	}
	return shrinkJPEG(data, size), nil
}

// shrinkJPEG returns nil for what jpeg.Picture.Shrink doesn't read.
func shrinkJPEG(data []byte, size int) *picture {
	photo, err := jpeg.Read(data)
	if err != nil {
		return nil
	}
	w, h := fit(photo.Width, photo.Height, size)
	planes, err := photo.Shrink(w, h)
	if err != nil {
		return nil
	}
	return joined(planes, w, h)
}

// joined brings the planes to one size and makes their colours.
func joined(planes jpeg.Planes, width, height int) *picture {
	p := newPicture(width, height)
	p.grey = len(planes) == 1
	channels := make([][]float32, len(planes))
	for i, plane := range planes {
		channels[i] = average(plane, width, height)
	}
	for i := range width * height {
		out := p.pixels[4*i : 4*i+4 : 4*i+4]
		y := byte(channels[0][i] + 0.5)
		out[0], out[1], out[2], out[3] = y, y, y, 255
		if !p.grey {
			out[0], out[1], out[2] = color.YCbCrToRGB(y, byte(channels[1][i]+0.5), byte(channels[2][i]+0.5))
		}
	}
	return p
}

// average makes a plane smaller; every sample counts by its area.
func average(plane jpeg.Plane, width, height int) []float32 {
	m := rect{0, 0, plane.Width, plane.Height}.mapTo(width, height)
	across, down := along(style.Average, m.x, m.stepX, width), along(style.Average, m.y, m.stepY, height)
	var part rect
	part.x, part.width = across.span()
	part.y, part.height = down.span()
	values := make([]float32, 0, part.width*part.height) // taps may reach beyond the edges
	for y := range part.height {
		row := plane.Samples[between(0, part.y+y, plane.Height-1)*plane.Stride:]
		for x := range part.width {
			values = append(values, float32(row[between(0, part.x+x, plane.Width-1)]))
		}
	}
	s := &scaler[float32]{across: across, down: down, part: part}
	return s.convolve(values)
}
