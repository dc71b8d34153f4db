// Package tiling turns rasters into what a map shows: tiles and thumbnails.
//
// The usual tile costs nothing but a read: the products of Cairn's builds are
// COGs whose blocks are the tiles of WebMercatorQuad in WebP, so the answer is
// found in the parsed index of the file and read with one pread, or in memory
// if it is asked for again and again. Everything else (another format, 512 pixels, zooms that the file does not have, data
// rasters, thumbnails) is rendered from decoded blocks by a bounded number of
// workers, once for all who ask at the same time, and kept in an LRU cache, as
// are the blocks. No C code but libwebp touches a COG; GDAL reads photos and the
// metadata of originals.
package tiling

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/airbusgeo/godal"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/catalog/cache"
	"github.com/cairngeo/cairn/sandbox"
	"github.com/cairngeo/cairn/tiling/cog"
)

// Format is the coding of a tile.
type Format string

// The formats; the value is the media type.
const (
	WebP Format = "image/webp"
	PNG  Format = "image/png"
	JPEG Format = "image/jpeg" // over white, since it has no transparency
)

// Image is an encoded picture. Data is shared with the cache: never write to it.
type Image struct {
	Data      []byte
	MediaType string
	ETag      string // strong, in quotes, changes with the bytes
	Partial   bool   // there was no time to draw all of it: ask again

	buffer *[]byte // the memory of Data if Release may reuse it
}

// Options limit what a Server may use. Zero values mean the defaults.
type Options struct {
	CacheBytes int64 // of pictures kept, a quarter of it for stored tiles; default 256 MiB
	IndexBytes int64 // of parsed COG indexes kept; default 64 MiB
	BlockBytes int64 // of decoded blocks of COGs kept; default 128 MiB
	OpenFiles  int   // COGs kept open; default 256
	Workers    int   // pictures rendered at a time; default the number of CPUs

	Queue int           // pictures that wait for a worker, beyond which requests are sent away; default 128 a worker
	Wait  time.Duration // for a worker; default 15 seconds

	// MaxPixels is the largest picture that is decoded whole, for want of
	// overviews or reduced scales in the file; default 400 million.
	MaxPixels int64

	// Rendered, if not nil, hears how long each picture took, by its kind: tile,
	// thumbnail or mosaic.
	Rendered func(kind string, took time.Duration)

	// Sandbox is where GDAL reads what people sent; this process if nil.
	Sandbox *sandbox.Pool
}

func (o *Options) setDefaults() {
	o.CacheBytes = positive(o.CacheBytes, 256<<20)
	o.IndexBytes = positive(o.IndexBytes, 64<<20)
	o.BlockBytes = positive(o.BlockBytes, 128<<20)
	o.OpenFiles = positive(o.OpenFiles, 256)
	o.Workers = positive(o.Workers, runtime.NumCPU())
	o.Queue = positive(o.Queue, 128*o.Workers)
	o.Wait = positive(o.Wait, 15*time.Second)
	if o.Rendered == nil {
		o.Rendered = func(string, time.Duration) {}
	}
	o.MaxPixels = positive(o.MaxPixels, 400_000_000)
}

func positive[N int | int64 | time.Duration](n, otherwise N) N {
	if n > 0 {
		return n
	}
	return otherwise
}

// Server makes tiles and thumbnails of the objects of a store. Its methods may
// be called by many goroutines at once.
type Server struct {
	store     blob.Store
	sources   *sources
	blocks    *cache.LRU[blockKey, *cog.Block]
	decoding  cache.Flights[*cog.Block]
	images    *cache.LRU[string, Image]
	popular   *popular
	refusals  *cache.LRU[string, refusal]
	flights   cache.Flights[Image]
	samples   *cache.LRU[string, Sample]
	sampling  cache.Flights[Sample]
	workers   *queue
	studies   *queue // of what reads large parts of rasters
	maxPixels int64
	sandbox   *sandbox.Pool
	observe   func(kind string, took time.Duration)
}

var registerDrivers = sync.OnceFunc(godal.RegisterAll)

// New makes a Server on a store. Close releases its open files.
func New(store blob.Store, opts Options) *Server {
	opts.setDefaults()
	registerDrivers()
	return &Server{
		store:     store,
		sources:   newSources(store, opts.OpenFiles, opts.IndexBytes),
		blocks:    cache.NewLRU[blockKey, *cog.Block](opts.BlockBytes, cache.Unlimited, nil),
		images:    cache.NewLRU[string, Image](opts.CacheBytes-opts.CacheBytes/4, cache.Unlimited, nil),
		popular:   newPopular(opts.CacheBytes / 4),
		refusals:  cache.NewLRU[string, refusal](cache.Unlimited, 10_000, nil),
		samples:   cache.NewLRU[string, Sample](maxSamples, cache.Unlimited, nil),
		workers:   newQueue(opts.Workers, opts.Queue, opts.Wait),
		studies:   newQueue(max(1, opts.Workers/2), opts.Queue, 4*opts.Wait),
		maxPixels: opts.MaxPixels,
		sandbox:   opts.Sandbox,
		observe:   opts.Rendered,
	}
}

// Close closes the files that are kept open. Requests under way finish.
func (s *Server) Close() { s.sources.purge() }

// Stats are those of the caches of a Server.
type Stats struct {
	Indexes cache.Stats // of COGs that are open
	Blocks  cache.Stats // decoded
	Images  cache.Stats // rendered and encoded
	Stored  cache.Stats // tiles that stand in COGs as they are sent
	Workers QueueStats  // who render pictures
	Studies QueueStats  // who read large parts of rasters
}

// Stats returns what the caches hold and how often they helped.
func (s *Server) Stats() Stats {
	return Stats{Indexes: s.sources.cache.Stats(), Blocks: s.blocks.Stats(), Images: s.images.Stats(), Stored: s.popular.tiles.Stats(),
		Workers: s.workers.stats(), Studies: s.studies.stats()}
}

// rendered returns the picture kept under the key, which begins with its kind, or makes it: once for all
// who ask meanwhile, when a worker is free, unless all of them have gone.
func (s *Server) rendered(ctx context.Context, key string, f Format, render func(context.Context) ([]byte, error)) (Image, error) {
	if image, ok := s.images.Get(key); ok {
		return image, nil
	}
	if refused, ok := s.refusals.Get(key); ok && time.Now().Before(refused.until) {
		return Image{}, refused.err
	}
	return s.flights.Do(ctx, key, func(ctx context.Context) (Image, error) {
		if err := s.workers.enter(ctx); err != nil {
			return Image{}, err
		}
		defer s.workers.leave()
		began := time.Now()
		data, err := render(ctx)
		kind, _, _ := strings.Cut(key, " ")
		s.observe(kind, time.Since(began))
		if err != nil {
			s.rememberRefusal(key, err)
			return Image{}, err
		}
		image := newImage(data, f)
		s.images.Add(key, image, int64(len(data)+len(key)+128))
		return image, nil
	})
}

// refusal is that a picture can't be made, which need not be found out again
// and again.
type refusal struct {
	err   error
	until time.Time
}

// refusedFor is how long. It is short: memory or files may have been lacking.
const refusedFor = time.Minute

// rememberRefusal keeps an error that lies in the picture itself.
func (s *Server) rememberRefusal(key string, err error) {
	switch cairn.CodeOf(err) {
	case cairn.Invalid, cairn.Unsupported, cairn.TooLarge:
		s.refusals.Add(key, refusal{err, time.Now().Add(refusedFor)}, 1)
	}
}

func newImage(data []byte, f Format) Image {
	return Image{Data: data, MediaType: string(f), ETag: tag(data)}
}

// tag makes a strong ETag of whatever determines the bytes.
func tag(identity []byte) string {
	sum := sha256.Sum256(identity)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}
