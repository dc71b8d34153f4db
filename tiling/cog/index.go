// Package cog reads the index of a Cloud Optimized GeoTIFF: its levels, where
// they lie on the map, and where in the file each of their tiles is; and it
// decodes these tiles. The format is TIFF 6.0 and BigTIFF with the tags of OGC
// GeoTIFF 1.1 and of GDAL.
//
// Files are hostile until parsed: every count and offset is held against the
// size of the file, and memory is bounded whatever they say.
package cog

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
)

// CompressionWebP is the value of the TIFF tag Compression for WebP blocks.
const CompressionWebP = 50001

// maxTable is how many bytes of a level's offsets (or byte counts) are kept in
// memory; larger tables, of more than half a million tiles, are read tile by
// tile from the file.
const maxTable = 4 << 20

const maxSide = math.MaxInt32 // pixels, what GDAL can address

// Index is the parsed header of one file. It is immutable and keeps no
// reference to the file.
type Index struct {
	Levels    []Level // from full resolution to the coarsest overview
	EPSG      int     // of the projected coordinate system, 0 if it has no code
	OriginX   float64 // of the upper left corner, in units of the coordinate system
	OriginY   float64
	PixelSize float64  // of the full resolution, the same in x and y; 0 if not north-up and square
	NoData    string   // as written, empty if there is none
	Masked    bool     // it has mask directories beside the images
	Bands     []Band   // of the full resolution
	Texts     []string // GDAL's metadata of the raster and its bands, as key=value

	heightUnit string // of the vertical coordinate system, "" if unknown
}

// Level is one resolution of the raster.
type Level struct {
	Width, Height          int // pixels
	TileWidth, TileHeight  int // pixels, 0 if the level is stored in strips
	TilesAcross, TilesDown int
	Compression            int // the TIFF tag's value
	Samples, BitsPerSample int
	Planes                 int // 1 if the samples are interleaved by pixel, else Samples
	Type                   Type
	Predictor              int // the TIFF tag's value, 1 for none
	Order                  binary.ByteOrder
	offsets, counts        table
}

// Bytes is about the memory that the index takes.
func (x *Index) Bytes() int64 {
	n := int64(512)
	for _, text := range x.Texts {
		n += int64(len(text)) + 16
	}
	for _, b := range x.Bands {
		n += int64(len(b.Interpretation)+len(b.Description)+len(b.Unit)) + 64
	}
	for _, l := range x.Levels {
		n += int64(len(l.offsets.raw)+len(l.counts.raw)) + 256
	}
	return n
}

// Parse reads the index of the file of size bytes behind r.
func Parse(r io.ReaderAt, size int64) (*Index, error) {
	x, err := parse(r, size)
	if err != nil {
		return nil, fmt.Errorf("reading the index of a COG: %w", err)
	}
	return x, nil
}

func parse(r io.ReaderAt, size int64) (*Index, error) {
	t, err := openTIFF(r, size)
	if err != nil {
		return nil, err
	}
	directories, err := t.directories()
	if err != nil {
		return nil, err
	}
	x := &Index{}
	if err := t.georeference(directories[0], x); err != nil {
		return nil, err
	}
	if x.Bands, x.Texts, err = t.bands(directories[0]); err != nil {
		return nil, err
	}
	for i, d := range directories {
		kind, err := t.integer(d, tagNewSubfileType, 0)
		if err != nil {
			return nil, err
		}
		if kind&4 != 0 {
			x.Masked = true
			continue
		}
		if i > 0 && kind&1 == 0 {
			continue // a further page, not a level of this raster
		}
		level, err := t.level(d)
		if err != nil {
			return nil, err
		}
		x.Levels = append(x.Levels, level)
	}
	if len(x.Levels) == 0 {
		return nil, damaged("it holds no image")
	}
	slices.SortStableFunc(x.Levels[1:], func(a, b Level) int { return cmp.Compare(b.Width, a.Width) })
	return x, nil
}

func (t *file) level(d directory) (Level, error) {
	l := Level{Order: t.order}
	var format int
	for _, part := range []struct {
		tag       uint16
		into      *int
		otherwise uint64
		max       uint64
	}{
		{tagImageWidth, &l.Width, 0, maxSide},
		{tagImageLength, &l.Height, 0, maxSide},
		{tagTileWidth, &l.TileWidth, 0, maxSide},
		{tagTileLength, &l.TileHeight, 0, maxSide},
		{tagCompression, &l.Compression, 1, math.MaxUint16},
		{tagSamplesPerPixel, &l.Samples, 1, math.MaxUint16},
		{tagBitsPerSample, &l.BitsPerSample, 1, math.MaxUint16},
		{tagPlanarConfig, &l.Planes, 1, 2},
		{tagPredictor, &l.Predictor, 1, math.MaxUint16},
		{tagSampleFormat, &format, 1, math.MaxUint16},
	} {
		v, err := t.integer(d, part.tag, part.otherwise)
		if err != nil {
			return l, err
		}
		if v > part.max {
			return l, damaged("tag %d has the value %d", part.tag, v)
		}
		*part.into = int(v)
	}
	if l.Width == 0 || l.Height == 0 || l.Samples == 0 {
		return l, damaged("an image has no pixels")
	}
	l.Type = typeOf(format, l.BitsPerSample)
	if l.Planes == 2 {
		l.Planes = l.Samples
	} else {
		l.Planes = 1
	}
	if l.TileWidth == 0 || l.TileHeight == 0 {
		l.TileWidth, l.TileHeight = 0, 0
		return l, nil
	}
	l.TilesAcross = (l.Width-1)/l.TileWidth + 1
	l.TilesDown = (l.Height-1)/l.TileHeight + 1
	tiles := uint64(l.TilesAcross) * uint64(l.TilesDown)
	if tiles > math.MaxInt64/math.MaxUint16 {
		return l, damaged("it would have %d tiles", tiles)
	}
	var err error
	if l.offsets, err = t.table(d[tagTileOffsets], tiles*uint64(l.Planes)); err != nil {
		return l, err
	}
	l.counts, err = t.table(d[tagTileByteCounts], tiles*uint64(l.Planes))
	return l, err
}

// georeference reads where the raster lies, from the directory of its full
// resolution. Rasters that are rotated or have oblong pixels get no PixelSize.
func (t *file) georeference(d directory, x *Index) error {
	nodata, err := t.raw(d, tagGDALNoData)
	if err != nil {
		return err
	}
	x.NoData = text(nodata)
	scale, err := t.doubles(d, tagModelPixelScale)
	if err != nil {
		return err
	}
	tie, err := t.doubles(d, tagModelTiepoint)
	if err != nil {
		return err
	}
	keys, err := t.integers(d, tagGeoKeyDirectory)
	if err != nil {
		return err
	}
	x.EPSG = int(geoKey(keys, 3072)) // ProjectedCRSGeoKey
	x.heightUnit = heightUnit(keys)
	if len(scale) < 2 || len(tie) != 6 || !(scale[0] > 0) || math.Abs(scale[0]-scale[1]) > 1e-9*scale[0] {
		return nil
	}
	originX, originY := tie[3]-tie[0]*scale[0], tie[4]+tie[1]*scale[1]
	if finite(originX) && finite(originY) && finite(scale[0]) {
		x.OriginX, x.OriginY, x.PixelSize = originX, originY, scale[0]
	}
	return nil
}

// heightUnit is that of the vertical coordinate system, from VerticalUnitsGeoKey or
// the code in VerticalGeoKey of those that heights mostly come in.
func heightUnit(keys []uint64) string {
	switch geoKey(keys, 4099) {
	case 9001:
		return "m"
	case 9002:
		return "ft"
	case 9003:
		return "us-ft"
	}
	switch geoKey(keys, 4096) {
	case 3855, 5701, 5703, 5621, 5730, 5773, 5783: // EGM2008, ODN, NAVD88, EVRF2007, EVRF2000, EGM96, DHHN92
		return "m"
	case 8228, 6130, 6132: // NAVD88, GCVD54, CBVD61
		return "ft"
	case 5702, 6360: // NGVD29, NAVD88
		return "us-ft"
	}
	return ""
}

func finite(v float64) bool { return !math.IsInf(v, 0) && !math.IsNaN(v) }

// geoKey finds the code that a key has among GeoTIFF's keys, which come in fours:
// key, location (0: the value is here), count, value. It is 0 if there is none.
func geoKey(keys []uint64, key uint64) uint64 {
	for i := 4; i+4 <= len(keys); i += 4 {
		if keys[i] == key && keys[i+1] == 0 && keys[i+3] < 32767 {
			return keys[i+3]
		}
	}
	return 0
}

func text(b []byte) string {
	if end := slices.Index(b, 0); end >= 0 {
		b = b[:end]
	}
	return string(b)
}
