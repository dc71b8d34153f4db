package raster

import (
	"cmp"
	"fmt"
	"runtime"
)

// version is the version of what [Build] makes: raise it when the same source
// and options give a different COG.
const version = "4"

// How blocks of rasters that keep their values are compressed.
const (
	ZSTD    = "zstd"    // smaller, and faster to read
	Deflate = "deflate" // known to every reader of TIFFs
)

// Options say how a COG is built. What is zero has the usual value. They are
// plain data, for builds run in processes of their own.
type Options struct {
	Memory  int64 // bytes that one build may take; 1 GiB
	Workers int   // threads of one build; as many as processors

	Quality     int    // of pictures as lossy WebP, 1 to 100; 80
	Lossless    bool   // pictures keep every pixel
	Compression string // of values: [ZSTD] or [Deflate]; ZSTD
}

const usualQuality = 80

func (o Options) withDefaults() Options {
	return Options{
		Memory:      cmp.Or(o.Memory, 1<<30),
		Workers:     cmp.Or(o.Workers, runtime.GOMAXPROCS(0)),
		Quality:     cmp.Or(o.Quality, usualQuality),
		Lossless:    o.Lossless,
		Compression: cmp.Or(o.Compression, ZSTD),
	}
}

// Version names what is made with these options. It is part of a product's
// key, so that other options make other products. Memory and
// workers change no byte and have no part in it.
func (o Options) Version() string {
	o = o.withDefaults()
	v := version
	switch {
	case o.Lossless:
		v += " lossless"
	case o.Quality != usualQuality:
		v += fmt.Sprint(" quality ", o.Quality)
	}
	if o.Compression != ZSTD {
		v += " " + o.Compression
	}
	return v
}
