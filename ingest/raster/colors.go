package raster

import (
	"slices"

	"github.com/airbusgeo/godal"
)

// inStrict makes GDAL report what libjpeg merely warns of: a truncated picture
// would be grey from there on.
var inStrict = godal.ConfigOption("GDAL_ERROR_ON_LIBJPEG_WARNING=YES")

// A looks says how the samples of a picture's source are seen.
type looks struct {
	bands    []int       // to read: red, green and blue, or the only one; then alpha if there is
	table    *looksUp    // of the only one's values; nil where there are three
	void     *[3]byte    // the color that is nodata
	mask     *godal.Band // what is visible
	hasAlpha bool
}

// A looksUp has the color and the alpha of each value.
type looksUp struct {
	pixels [256]uint64
	alpha  [256]byte
}

func looksOf(s *source, r recipe) looks {
	l := looks{hasAlpha: r.sourceAlpha, mask: s.mask()}
	for _, b := range r.bands[:3] {
		if !slices.Contains(l.bands, b.source-1) {
			l.bands = append(l.bands, b.source-1)
		}
	}
	if len(l.bands) == 1 {
		l.table = tableOf(s.bands[0])
	} else {
		l.void = voidColor(s.bands, l.bands)
	}
	if l.hasAlpha {
		l.bands = append(l.bands, r.sources)
	}
	return l
}

// tableOf is what a grey or palette band looks like.
func tableOf(b godal.Band) *looksUp {
	t := &looksUp{}
	entries := b.ColorTable().Entries
	isPalette := b.ColorInterp() == godal.CIPalette
	for i := range 256 {
		switch {
		case !isPalette:
			t.pixels[i], t.alpha[i] = pack(byte(i), byte(i), byte(i)), 255
		case i < len(entries):
			e := entries[i]
			t.pixels[i], t.alpha[i] = pack(clip(e[0]), clip(e[1]), clip(e[2])), clip(e[3])
		}
	}
	if v, ok := byteNodata(b); ok {
		t.alpha[v] = 0
	}
	return t
}

func clip(v int16) byte { return byte(min(max(v, 0), 255)) }

// byteNodata returns the nodata of a band of bytes if a byte can be that.
func byteNodata(b godal.Band) (byte, bool) {
	nodata, ok := b.NoData()
	if !ok || !keepsAsNodata(godal.Byte, nodata) {
		return 0, false
	}
	return byte(nodata), true
}

// voidColor returns the color of which all bands are nodata. A pixel of a
// picture is void only where each of its bands is: black areas have zeros in
// all of them, but dark colors in some.
func voidColor(all []godal.Band, numbers []int) *[3]byte {
	color := &[3]byte{}
	for i, n := range numbers {
		v, ok := byteNodata(all[n])
		if !ok {
			return nil
		}
		color[i] = v
	}
	return color
}

// read reads a view of the source into v.colors.
func (v *visual) read(w view) error {
	c, columns, rows := &v.colors, w.columns(), w.rows()
	c.view = w
	c.pixels = resized(c.pixels, w.w*w.h)
	v.alpha = resized(v.alpha, w.w*w.h)
	opaque := true
	strip := min(rows, max(1, 1<<20/columns))
	v.raw = resized(v.raw, (len(v.looks.bands)+1)*strip*columns)
	for y := 0; y < rows; y += strip {
		n := min(strip, rows-y)
		if err := v.readStrip(w, y, n); err != nil {
			return err
		}
		for row := range n {
			at := (w.before[1]+y+row)*w.w + w.before[0]
			solid := v.unpack(c.pixels[at:][:columns], v.alpha[at:][:columns], row*columns, n*columns)
			opaque = opaque && solid
		}
	}
	repeatEdges(w, c.pixels)
	if c.alpha = nil; !opaque {
		repeatEdges(w, v.alpha)
		c.alpha = v.alpha
	}
	return nil
}

// readStrip reads n rows of a view, from row y on, into the planes of v.raw.
func (v *visual) readStrip(w view, y, n int) error {
	columns := w.columns()
	top, height := w.y0+y*w.fy, min(n*w.fy, w.y1-w.y0-y*w.fy)
	average := godal.Average
	if v.recipe.resampling == nearest {
		average = godal.Nearest
	}
	err := v.source.ds.Read(w.x0, top, v.raw, columns, n, godal.Bands(v.looks.bands...), godal.BandInterleaved(),
		godal.Window(w.x1-w.x0, height), godal.Resampling(average), inStrict, godal.SkipWarnings)
	if err != nil || v.looks.mask == nil {
		return err
	}
	return v.looks.mask.Read(w.x0, top, v.raw[len(v.looks.bands)*n*columns:], columns, n,
		godal.Window(w.x1-w.x0, height), godal.Resampling(godal.Nearest), inStrict, godal.SkipWarnings)
}

// unpack makes pixels and their alpha of a row of v.raw, which begins at an
// offset of planes of plane bytes, and tells whether all are opaque.
func (v *visual) unpack(pixels []uint64, alpha []byte, offset, plane int) (solid bool) {
	samples := func(i int) []byte { return v.raw[i*plane+offset:][:len(pixels)] }
	all := byte(255)
	if t := v.looks.table; t != nil {
		for i, s := range samples(0) {
			pixels[i], alpha[i] = t.pixels[s], t.alpha[s]
			all &= t.alpha[s]
		}
	} else {
		r, g, b := samples(0), samples(1), samples(2)
		for i := range pixels {
			pixels[i], alpha[i] = pack(r[i], g[i], b[i]), 255
		}
		if void := v.looks.void; void != nil {
			color := pack(void[0], void[1], void[2])
			for i, p := range pixels {
				if p == color {
					alpha[i], all = 0, 0
				}
			}
		}
	}
	next := len(v.looks.bands)
	if v.looks.hasAlpha {
		for i, a := range samples(next - 1) {
			alpha[i] = min(alpha[i], a)
			all &= a
		}
	}
	if v.looks.mask != nil {
		for i, a := range samples(next) {
			if a == 0 {
				alpha[i], all = 0, 0
			}
		}
	}
	return all == 255
}

// resized returns a slice of n elements in the memory of s, if that is enough.
func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
