package raster

import (
	"context"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/airbusgeo/godal"
	"github.com/cairngeo/cairn/tiling/cog"
)

// repack makes a COG of the blocks of an aligned source as they are. Each of
// them is decoded once, like for serving, before anything is written: that
// finds what is damaged, at every level, and what is empty, and gives the statistics.
func repack(ctx context.Context, a *aligned, work string, o Options, progress func(float64)) error {
	levels := levelsOf(a.plan, a.format.planes)
	workers := a.workers(o)
	bands, err := a.inspect(ctx, levels, workers, part(progress, 0, 80))
	if err != nil {
		return err
	}
	return assemble(ctx, work, &cogWriter{plan: a.plan, format: a.format, levels: levels, blocks: a.file}, bands, workers, part(progress, 80, 100))
}

// workers is how many blocks are looked at at a time.
func (a *aligned) workers(o Options) int {
	l := &a.index.Levels[0]
	pixel := 3*l.Samples/l.Planes*l.Type.Size() + 16 // compressed, raw, decoded, and as numbers
	return max(1, min(o.Workers, int(o.Memory/2)/(tileSize*tileSize*pixel)))
}

// inspect decodes all blocks, notes in levels where those are that hold
// something, and returns what is known of the values of each band.
func (a *aligned) inspect(ctx context.Context, levels []*level, workers int, progress func(float64)) ([]tally, error) {
	type row struct{ level, y int }
	rows := make(chan row)
	group, ctx := errgroup.WithContext(ctx)
	total := 0
	for _, l := range levels {
		total += l.down * l.across
	}
	group.Go(func() error {
		defer close(rows)
		for k, l := range levels {
			for y := range l.down {
				select {
				case rows <- row{k, y}:
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}
		}
		return nil
	})
	var seen atomic.Int64
	inspectors := make([]*inspector, workers)
	for i := range inspectors {
		inspectors[i] = newInspector(a, levels)
		group.Go(func() error {
			for r := range rows {
				for x := range levels[r.level].across {
					if ctx.Err() != nil {
						return context.Cause(ctx)
					}
					if err := inspectors[i].tile(r.level, x, r.y); err != nil {
						return errDamaged(err)
					}
				}
				progress(100 * float64(seen.Add(int64(levels[r.level].across))) / float64(total))
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	bands := inspectors[0].bands
	for _, other := range inspectors[1:] {
		for k := range bands {
			bands[k].merge(&other.bands[k])
		}
	}
	return bands, nil
}

// An inspector is one worker of inspect.
type inspector struct {
	*aligned
	levels        []*level
	bands         []tally
	values, cover []float64
}

func newInspector(a *aligned, levels []*level) *inspector {
	i := &inspector{aligned: a, levels: levels, values: make([]float64, tileSize*tileSize), cover: make([]float64, tileSize*tileSize)}
	for range a.format.bands {
		i.bands = append(i.bands, tallyOf(a.kind, a.samples <= maxCounted))
	}
	return i
}

// tallyOf is the tally of a type; 16-bit values are counted one by one if there are few bands.
func tallyOf(kind godal.DataType, few bool) tally {
	switch {
	case kind == godal.Byte:
		return countTally(8, false)
	case few && (kind == godal.UInt16 || kind == godal.Int16):
		return countTally(16, kind == godal.Int16)
	}
	return tally{}
}

// tile decodes the blocks of a tile, one or one for each band.
func (i *inspector) tile(k, x, y int) error {
	l := &i.index.Levels[k]
	var alpha []float64
	if i.alpha && l.Planes > 1 {
		b, err := l.Decode(i.file, x, y, l.Planes-1)
		if err != nil || b == nil {
			return err
		}
		alpha = numbersOf(b, 0, i.cover)
	}
	for plane := range l.Planes {
		b, err := l.Decode(i.file, x, y, plane)
		if err != nil {
			return err
		}
		if b == nil || !i.look(b, plane, alpha, k == 0) {
			continue
		}
		e, err := l.Extent(i.file, x, y, plane)
		if err != nil {
			return err
		}
		*i.levels[k].at(plane, x, y) = extent{at: e.Offset, size: uint32(e.Length)}
	}
	return nil
}

// look counts the values of a block of the full resolution, and tells whether
// a block holds any. alpha is that of the tile if it isn't in the block.
func (i *inspector) look(b *cog.Block, band int, alpha []float64, count bool) (any bool) {
	if alpha == nil && i.alpha {
		alpha = numbersOf(b, b.Samples-1, i.cover)
	}
	if alpha != nil {
		if any = slices.ContainsFunc(alpha, func(v float64) bool { return v != 0 }); !any {
			return false
		}
	}
	for sample := range b.Samples {
		values := numbersOf(b, sample, i.values)
		any = any || slices.ContainsFunc(values, func(v float64) bool { return v == v && v != i.nodata })
		if count {
			i.bands[band+sample].add(valid(values, alpha, i.nodata))
		}
	}
	if count && len(i.bands) > i.samples { // all of it is opaque, as the product's alpha will say
		i.bands[i.samples].counts[255] += tileSize * tileSize
	}
	return any
}

// numbersOf reads a sample of a block's pixels.
func numbersOf(b *cog.Block, sample int, into []float64) []float64 {
	for y := range b.Height {
		cog.Values(b, into[y*b.Width:][:b.Width], sample, 0, y, nil)
	}
	return into
}
