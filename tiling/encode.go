package tiling

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync/atomic"

	"github.com/airbusgeo/godal"

	"github.com/cairngeo/cairn/tiling/png"
)

// quality of a lossy coding, 1 to 100, as libwebp and libjpeg count it.
type quality int

const (
	lossless         quality = 0 // JPEG takes its best instead
	tileQuality      quality = 80
	thumbnailQuality quality = 95
)

// webPMethod is libwebp's effort: for photos 1 has the fidelity of 4, at a
// third of its time and 7 % more bytes.
const webPMethod = 1

func (p *picture) encode(f Format, q quality) ([]byte, error) {
	switch f {
	case PNG:
		return p.encodePNG()
	case JPEG:
		if q == lossless {
			q = 100
		}
		return p.overWhite().encodeGDAL("JPEG", 3, "QUALITY="+strconv.Itoa(int(q)))
	}
	options := []string{"METHOD=" + strconv.Itoa(webPMethod), "QUALITY=" + strconv.Itoa(int(q))}
	if q == lossless {
		// The least effort: somebody waits for it. It takes 0.4 of the default
		// effort's time for a formula in colours, with 1.3 of its bytes.
		options = []string{"LOSSLESS=YES", "METHOD=0", "QUALITY=0"}
	}
	channels := 4
	if p.opaque() {
		channels = 3
	}
	return p.encodeGDAL("WEBP", channels, options...)
}

// encodePNG writes as few channels as show the picture.
func (p *picture) encodePNG() ([]byte, error) {
	channels := 4
	if p.grey {
		channels = 2
	}
	if p.opaque() {
		channels--
	}
	return png.Encode(p.channels(channels), p.width, p.height, channels)
}

var vsimem atomic.Uint64 // numbers the files in memory

// encodeGDAL codes the picture with one of GDAL's drivers.
func (p *picture) encodeGDAL(driver string, channels int, options ...string) (data []byte, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("coding a picture of %dx%d as %s: %w", p.width, p.height, driver, err)
		}
	}()
	memory, err := godal.Create(godal.Memory, "", channels, godal.Byte, p.width, p.height, quietly)
	if err != nil {
		return nil, err
	}
	defer memory.Close()
	err = memory.Write(0, 0, p.pixels, p.width, p.height, godal.PixelSpacing(4), godal.LineSpacing(4*p.width), godal.BandSpacing(1), quietly)
	if err != nil {
		return nil, err
	}
	if channels == 4 {
		if err := memory.Bands()[3].SetColorInterp(godal.CIAlpha); err != nil {
			return nil, err
		}
	}
	name := fmt.Sprintf("/vsimem/cairn-tiling-%d", vsimem.Add(1))
	coded, err := memory.Translate(name, []string{"-of", driver}, godal.CreationOption(options...), godal.ConfigOption("GDAL_PAM_ENABLED=NO"), quietly)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, godal.VSIUnlink(name, quietly)) }()
	if err := coded.Close(); err != nil {
		return nil, err
	}
	file, err := godal.VSIOpen(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}
