package webp

/*
#include <webp/decode.h>
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// Decode decodes a file to pixels of 3 (RGB) or 4 (RGBA, straight alpha) bytes.
// It is an error if the picture has another size than width x height, or is
// damaged.
func Decode(data []byte, width, height, channels int) ([]byte, error) {
	if len(data) == 0 || width < 1 || height < 1 || width > MaxSide || height > MaxSide {
		return nil, fmt.Errorf("webp: no picture of %dx%d pixels in %d bytes", width, height, len(data))
	}
	var w, h C.int
	in, n := (*C.uint8_t)(unsafe.Pointer(&data[0])), C.size_t(len(data))
	if C.WebPGetInfo(in, n, &w, &h) == 0 || int(w) != width || int(h) != height {
		return nil, fmt.Errorf("webp: the data are no picture of %dx%d pixels", width, height)
	}
	pixels := make([]byte, width*height*channels)
	out, size, stride := (*C.uint8_t)(unsafe.Pointer(&pixels[0])), C.size_t(len(pixels)), C.int(width*channels)
	var done *C.uint8_t
	switch channels {
	case 3:
		done = C.WebPDecodeRGBInto(in, n, out, size, stride)
	case 4:
		done = C.WebPDecodeRGBAInto(in, n, out, size, stride)
	default:
		return nil, fmt.Errorf("webp: no pixels of %d channels", channels)
	}
	if done == nil {
		return nil, fmt.Errorf("webp: the picture of %dx%d pixels is damaged", width, height)
	}
	return pixels, nil
}
