package raster

import (
	"math"

	"github.com/airbusgeo/godal"

	"github.com/cairngeo/cairn"
)

// codec is how the blocks of a COG are stored.
type codec int

const (
	lossyWebP    codec = iota // quality 80, with alpha
	losslessWebP              // with alpha
	deflate                   // the source's own type, with predictor
)

const (
	maxBands       = 512
	maxBlockMemory = 1 << 30 // bytes that decoding one block of a source may take
)

// A recipe says how the pixels of a source become the pixels of its COG.
type recipe struct {
	codec      codec
	resampling string // of the warp, as gdalwarp spells it
	overviews  string // resampling of the overviews, as the COG driver spells it
	dataType   string
	sources    int       // bands of the source but its alpha band
	bands      []cogBand // of the COG, in order
	nodata     *float64  // kept in the COG; nil where an alpha band says what is valid
}

// cogBand is one band of the COG, made from a band of the warped source, whose
// alpha band comes last.
type cogBand struct {
	source    int    // 1-based
	component int    // 1..4: this column of the source's colour table; 0: the value itself
	interp    string // colour interpretation, GDAL's name
	// Of data rasters only:
	description   string
	scale, offset float64 // 1 and 0 when the values are as they are
}

// recipeFor decides how ds is stored: pictures for the eye (8-bit grey,
// palette, RGB) as WebP with alpha, everything else as the numbers it holds.
func recipeFor(ds *godal.Dataset) (recipe, error) {
	bands := ds.Bands()
	if err := checkBands(ds, bands); err != nil {
		return recipe{}, err
	}
	if len(bands) > 1 && isAlpha(bands[len(bands)-1]) {
		bands = bands[:len(bands)-1]
	}
	hasAlpha := len(bands) < len(ds.Bands())
	structure := bands[0].Structure()

	if structure.DataType == godal.Byte {
		switch {
		case len(bands) == 1 && bands[0].ColorInterp() == godal.CIPalette:
			return palette(), nil
		case len(bands) == 1:
			return grey(), nil
		case len(bands) == 3 && !anyNamed(bands, "Alpha", "Cyan", "Hue", "YCbCr_Y"):
			return color(bands), nil
		}
	}
	return numbers(bands, hasAlpha), nil
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
		block += float64(s.BlockSizeX) * float64(s.BlockSizeY) * float64(s.DataType.Size())
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
	r := recipe{codec: losslessWebP, resampling: "near", overviews: "NEAREST", dataType: "Byte", sources: 1}
	for i, name := range []string{"Red", "Green", "Blue"} {
		r.bands = append(r.bands, cogBand{source: 1, component: i + 1, interp: name, scale: 1})
	}
	return r.withAlpha()
}

// grey is repeated into RGB, because WebP knows no grey.
func grey() recipe {
	r := recipe{codec: losslessWebP, resampling: "cubic", overviews: "AVERAGE", dataType: "Byte", sources: 1}
	for _, name := range []string{"Red", "Green", "Blue"} {
		r.bands = append(r.bands, cogBand{source: 1, interp: name, scale: 1})
	}
	return r.withAlpha()
}

// color puts bands that are called red, green and blue in this order, and
// takes others in the order they have.
func color(bands []godal.Band) recipe {
	r := recipe{codec: lossyWebP, resampling: "cubic", overviews: "AVERAGE", dataType: "Byte", sources: 3}
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

// numbers keeps every band in its own type. What is invalid stays nodata if
// nodata is an ordinary number, and is said by an alpha band otherwise.
func numbers(bands []godal.Band, hasAlpha bool) recipe {
	t := bands[0].Structure().DataType
	r := recipe{codec: deflate, resampling: "bilinear", overviews: "AVERAGE", dataType: t.String(), sources: len(bands)}
	for i, b := range bands {
		s := b.Structure()
		r.bands = append(r.bands, cogBand{source: i + 1, interp: b.ColorInterp().Name(), description: b.Description(), scale: s.Scale, offset: s.Offset})
	}
	if nodata, ok := bands[0].NoData(); ok && !hasAlpha && keepsAsNodata(t, nodata) {
		r.nodata = &nodata
		return r
	}
	r = r.withAlpha()
	if !averagesAlpha(t, len(r.bands)) {
		r.overviews = "NEAREST"
	}
	return r
}

// averagesAlpha tells whether GDAL leaves out the pixels that an alpha band
// hides when it averages; elsewhere void would darken the values along the edges.
func averagesAlpha(t godal.DataType, bands int) bool {
	return (t == godal.Byte || t == godal.UInt16) && (bands == 2 || bands == 4)
}

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
