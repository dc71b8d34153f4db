package tiling

import (
	"hash/maphash"
	"sync/atomic"

	"github.com/cairngeo/cairn/catalog/cache"
)

// popular keeps the stored tiles that are asked for again and again, to save
// their reads. A tile that was asked for only once lately costs nothing: it is
// read into a buffer that is used again, and leaves a mark.
type popular struct {
	tiles *cache.LRU[storedKey, Image]
	seed  maphash.Seed
	marks [1 << 16]atomic.Uint32 // of tiles that were read lately
}

// storedKey is where a stored tile is.
type storedKey struct {
	cog    string
	offset int64
}

func newPopular(bytes int64) *popular {
	return &popular{tiles: cache.NewLRU[storedKey, Image](bytes, cache.Unlimited, nil), seed: maphash.MakeSeed()}
}

// again marks a tile and tells whether it was marked already.
func (p *popular) again(key storedKey) bool {
	sum := maphash.Comparable(p.seed, key)
	print := uint32(sum>>32) | 1
	return p.marks[sum%uint64(len(p.marks))].Swap(print) == print
}

// keep takes a copy of a tile.
func (p *popular) keep(key storedKey, image Image) {
	image.Data, image.buffer = append([]byte(nil), image.Data...), nil
	p.tiles.Add(key, image, int64(len(image.Data)+len(key.cog)+192))
}
