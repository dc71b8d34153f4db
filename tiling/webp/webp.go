// Package webp codes pictures as WebP with libwebp, at the efforts that pay
// for map tiles.
package webp

/*
#cgo pkg-config: libwebp
#include <stdlib.h>
#include <webp/encode.h>

// encode returns libwebp's error code, 0 for success. What the writer holds is
// the caller's to clear, whatever the outcome.
static int encode(const uint8_t *rgba, int width, int height, int stride, int opaque,
                  float quality, int method, int lossless, WebPMemoryWriter *writer) {
	WebPConfig config;
	WebPPicture picture;
	WebPMemoryWriterInit(writer);
	if (!WebPConfigInit(&config) || !WebPPictureInit(&picture)) {
		return VP8_ENC_ERROR_INVALID_CONFIGURATION;
	}
	if (lossless) {
		WebPConfigLosslessPreset(&config, 0);
	} else {
		config.quality = quality;
		config.method = method;
		config.alpha_filtering = 0;
	}
	picture.use_argb = lossless;
	picture.width = width;
	picture.height = height;
	picture.writer = WebPMemoryWrite;
	picture.custom_ptr = writer;
	int ok = opaque ? WebPPictureImportRGBX(&picture, rgba, stride) : WebPPictureImportRGBA(&picture, rgba, stride);
	ok = ok && WebPEncode(&config, &picture);
	int code = ok ? VP8_ENC_OK : picture.error_code ? picture.error_code : VP8_ENC_ERROR_OUT_OF_MEMORY;
	WebPPictureFree(&picture);
	return code;
}
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// Lossless, in place of a quality, keeps every visible pixel as it is.
const Lossless = 0

// method is libwebp's effort: for photos 1 has the fidelity of 4, at half of
// its time and 7 % more bytes. Lossless coding has a scale of its own, of which
// the lowest step takes as long.
const method = 1

// MaxSide is the largest width and height that WebP has room for.
const MaxSide = 16383

// Append codes a picture of width x height RGBA pixels (straight alpha), whose
// rows begin stride bytes apart, and appends the file to data. Quality is 1 to
// 100, or Lossless. With opaque the alpha channel isn't looked at.
func Append(data, rgba []byte, width, height, stride int, opaque bool, quality int) ([]byte, error) {
	if width < 1 || height < 1 || width > MaxSide || height > MaxSide || stride < 4*width || len(rgba) < stride*(height-1)+4*width {
		return data, fmt.Errorf("webp: no picture of %dx%d pixels in %d bytes, %d a row", width, height, len(rgba), stride)
	}
	var writer C.WebPMemoryWriter
	code := C.encode((*C.uint8_t)(unsafe.Pointer(&rgba[0])), C.int(width), C.int(height), C.int(stride), flag(opaque),
		C.float(quality), method, flag(quality == Lossless), &writer)
	defer C.WebPMemoryWriterClear(&writer)
	if code != 0 {
		return data, fmt.Errorf("webp: libwebp reports error %d on a picture of %dx%d", int(code), width, height)
	}
	return append(data, unsafe.Slice((*byte)(unsafe.Pointer(writer.mem)), int(writer.size))...), nil
}

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}
