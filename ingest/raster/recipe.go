package raster

import (
	"math"

	"github.com/airbusgeo/godal"

	"github.com/cairngeo/cairn"
)

// codec is how the blocks of a COG are stored.
type codec int

const (
	lossyWebP    codec = iota // with alpha
	losslessWebP              // with alpha
	lossless                  // the source's own type, with predictor
)

const (
	maxBands       = 512
	maxBlockMemory = 1 << 30 // bytes that decoding one block of a source may take
)

// resampling is how pixels between those of a source are made.
type resampling int

const (
	cubic resampling = iota
	bilinear
	nearest // the value of a pixel stands for something
)

// A recipe says how the pixels of a source become the pixels of its COG.
type recipe struct {
	codec        codec
	quality      int    // of lossyWebP
	compression  string // of lossless
	resampling   resampling
	dataType     godal.DataType
	sources      int       // bands of the source but its alpha band
	sourceAlpha  bool      // whether it has one
	bands        []cogBand // of the COG, in order
	sourceNodata *float64  // of a source that keeps its values
	nodata       *float64  // kept in the COG; nil where an alpha band says what is valid
}

// cogBand is one band of the COG, made from a band of the source.
type cogBand struct {
	source int    // 1-based
	interp string // colour interpretation, GDAL's name
	// Of data rasters only:
	description   string
	scale, offset float64 // 1 and 0 when the values are as they are
}

// recipeFor decides how ds is stored: pictures for the eye (8-bit grey,
// palette, RGB) as WebP with alpha, everything else as the numbers it holds.
func recipeFor(ds *godal.Dataset, o Options) (recipe, error) {
	bands := ds.Bands()
	if err := checkBands(ds, bands); err != nil {
		return recipe{}, err
	}
	if len(bands) > 1 && isAlpha(bands[len(bands)-1]) {
		bands = bands[:len(bands)-1]
	}
	hasAlpha := len(bands) < len(ds.Bands())
	r := kindOf(bands, hasAlpha)
	r.sourceAlpha, r.quality, r.compression = hasAlpha, o.Quality, o.Compression
	if r.codec == lossyWebP && o.Lossless {
		r.codec = losslessWebP
	}
	return r, nil
}

// kindOf is the recipe for what bands, without alpha, hold.
func kindOf(bands []godal.Band, hasAlpha bool) recipe {
	if bands[0].Structure().DataType == godal.Byte {
		switch {
		case len(bands) == 1 && bands[0].ColorInterp() == godal.CIPalette:
			return palette()
		case len(bands) == 1:
			return grey()
		case len(bands) == 3 && !anyNamed(bands, "Alpha", "Cyan", "Hue", "YCbCr_Y"):
			return color(bands)
		}
	}
	return data(bands, hasAlpha)
}

func checkBands(ds *godal.Dataset, bands []godal.Band) error {
	if len(bands) > maxBands {
		return cairn.Errorf(cairn.Invalid, "The raster has %d bands; Cairn builds rasters of up to %d. Split it into several files.", len(bands), maxBands)
	}
	block := 0.0
	for _, b := range bands {
		s := b.Structure()
		switch s.DataType {
		case godal.CInt16, godal.CInt32, godal.CFloat32, godal.CFloat64:
			return cairn.Errorf(cairn.Invalid, "The raster holds complex numbers, which can't be drawn; save the amplitude or the phase instead.")
		}
		block += float64(s.BlockSizeX) * float64(s.BlockSizeY) * float64(productType(b).Size())
	}
	if ds.Metadata("COMPRESSION", godal.Domain("IMAGE_STRUCTURE")) == "JPEG" && bands[0].Metadata("NBITS", godal.Domain("IMAGE_STRUCTURE")) == "12" {
		// Few builds of libjpeg know 12 bits.
		if err := bands[0].Read(0, 0, make([]uint16, 1), 1, 1, godal.SkipWarnings); err != nil {
			return cairn.Errorf(cairn.Invalid, "The raster is compressed as JPEG of 12 bits, which can't be decoded here; save it with another compression, such as DEFLATE.").Because(err)
		}
	}
	if block > maxBlockMemory {
		return cairn.Errorf(cairn.Invalid,
			"The raster is stored in blocks too large to decode (%.0f MiB each); save it as a tiled GeoTIFF and upload it again.", block/(1<<20))
	}
	return nil
}

func anyNamed(bands []godal.Band, names ...string) bool {
	for _, b := range bands {
		for _, name := range names {
			if b.ColorInterp().Name() == name {
				return true
			}
		}
	}
	return false
}

func palette() recipe {
	r := recipe{codec: losslessWebP, resampling: nearest, dataType: godal.Byte, sources: 1}
	for _, name := range []string{"Red", "Green", "Blue"} {
		r.bands = append(r.bands, cogBand{source: 1, interp: name, scale: 1})
	}
	return r.withAlpha()
}

// grey is repeated into RGB, because WebP knows no grey.
func grey() recipe {
	r := recipe{codec: losslessWebP, resampling: cubic, dataType: godal.Byte, sources: 1}
	for _, name := range []string{"Red", "Green", "Blue"} {
		r.bands = append(r.bands, cogBand{source: 1, interp: name, scale: 1})
	}
	return r.withAlpha()
}

// color puts bands that are called red, green and blue in this order, and
// takes others in the order they have.
func color(bands []godal.Band) recipe {
	r := recipe{codec: lossyWebP, resampling: cubic, dataType: godal.Byte, sources: 3}
	number := map[string]int{}
	for i, b := range bands {
		number[b.ColorInterp().Name()] = i + 1
	}
	named := number["Red"] > 0 && number["Green"] > 0 && number["Blue"] > 0
	for i, name := range []string{"Red", "Green", "Blue"} {
		source := i + 1
		if named {
			source = number[name]
		}
		r.bands = append(r.bands, cogBand{source: source, interp: name, scale: 1})
	}
	return r.withAlpha()
}

// data keeps every band in its own type. What is invalid stays nodata if
// nodata is an ordinary number, and is said by an alpha band otherwise. Values
// of a palette or of classes are not mixed.
func data(bands []godal.Band, hasAlpha bool) recipe {
	t := productType(bands[0])
	r := recipe{codec: lossless, resampling: bilinear, dataType: t, sources: len(bands)}
	if bands[0].ColorInterp() == godal.CIPalette {
		r.resampling = nearest
	}
	for i, b := range bands {
		s := b.Structure()
		r.bands = append(r.bands, cogBand{source: i + 1, interp: b.ColorInterp().Name(), description: b.Description(), scale: s.Scale, offset: s.Offset})
	}
	if nodata, ok := bands[0].NoData(); ok {
		r.sourceNodata = &nodata
		if !hasAlpha && keepsAsNodata(t, nodata) {
			r.nodata = &nodata
			return r
		}
	}
	return r.withAlpha()
}

// productType is the type that a band has in a COG: its own, if that is one of TIFF 6.0's.
func productType(b godal.Band) godal.DataType {
	t := b.Structure().DataType
	switch t.String() {
	case "Int64", "UInt64": // of GDAL's own: every other reader lacks them
		return godal.Float64
	case "Int8":
		return godal.Int16
	}
	return t
}

// planar tells whether each band has tiles of its own: few of many bands are
// read at a time, but all of few.
func (r recipe) planar() bool { return r.codec == lossless && len(r.bands) > 4 }

// keepsAsNodata tells whether nodata is an ordinary value of type t. Beyond
// 1e30 a decimal text doesn't find the same float again.
func keepsAsNodata(t godal.DataType, nodata float64) bool {
	within := func(low, high float64) bool { return nodata >= low && nodata <= high && nodata == math.Trunc(nodata) }
	switch t {
	case godal.Byte:
		return within(0, math.MaxUint8)
	case godal.UInt16:
		return within(0, math.MaxUint16)
	case godal.Int16:
		return within(math.MinInt16, math.MaxInt16)
	case godal.UInt32:
		return within(0, math.MaxUint32)
	case godal.Int32:
		return within(math.MinInt32, math.MaxInt32)
	}
	return math.Abs(nodata) < 1e30 // false for NaN
}

func (r recipe) withAlpha() recipe {
	r.bands = append(r.bands, cogBand{source: r.sources + 1, interp: alphaInterp, scale: 1})
	return r
}
