package cog

import "io"

const maxXMP = 1 << 20 // bytes

// XMP returns the XMP packet of a TIFF file, nil if it has none or one that is
// too large to be sensible.
func XMP(r io.ReaderAt, size int64) ([]byte, error) {
	t, err := openTIFF(r, size)
	if err != nil {
		return nil, err
	}
	if t.next == 0 {
		return nil, nil
	}
	d, err := t.directory()
	if err != nil {
		return nil, err
	}
	f, ok := d[tagXMP]
	if n := f.count * f.valueSize(); !ok || n > maxXMP {
		return nil, nil
	}
	return t.read(uint64(f.at), f.count*f.valueSize())
}
