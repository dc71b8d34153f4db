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
	narrow := make([]float32, width*plane.Height)
	for y := range plane.Height {
		row := plane.Samples[y*plane.Stride:][:plane.Width]
		for i, first := range across.first {
			sum := float32(0)
			for k, w := range across.weights[i*across.n:][:across.n] {
				sum += w * float32(row[between(0, first+k, plane.Width-1)]) // beyond the edges w is next to 0
			}
			narrow[y*width+i] = sum
		}
	}
	out := make([]float32, width*height)
	for j, first := range down.first {
		to := out[j*width:][:width]
		for k, w := range down.weights[j*down.n:][:down.n] {
			if w == 0 {
				continue
			}
			for i, v := range narrow[between(0, first+k, plane.Height-1)*width:][:width] {
				to[i] += w * v
			}
		}
	}
	return out
}
