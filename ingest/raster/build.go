package raster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/cairngeo/cairn"
)

// The files that a build leaves.
const (
	COGName        = "cog.tif"
	StatisticsName = "cog.tif.stats.json"
)

// Build makes a map of the GeoTIFF source: a local path or a GDAL path such as
// /vsis3/… (whose settings must come from the environment). It writes cog.tif
// and cog.tif.stats.json (see [Statistics]) into the existing folder dir, both or neither.
//
// The COG lies on the WebMercatorQuad grid as the package's documentation says.
// 8-bit grey, palette and RGB rasters become WebP, RGB the lossy one unless the
// options say otherwise, with an alpha band for what nodata, mask or alpha
// leaves out. All others keep their type and values, and their nodata if it is an
// ordinary number, else an alpha band. The blocks of a source that
// lies on the grid, in levels and a codec that are served, are taken as they are.
//
// progress, which may be nil, gets percents that grow from 0 to 100; it is called from
// several goroutines, one after the other. When ctx is done Build stops at
// once with its cause. A source that can't become a map is a *cairn.Error of
// code Invalid, its message written for whoever uploaded it.
func Build(ctx context.Context, source, dir string, o Options, progress func(percent float64)) (err error) {
	o = o.withDefaults()
	if err := readable(source); err != nil {
		return fmt.Errorf("build %s: %w", source, err)
	}
	ds, err := openTIFF(source)
	if err != nil {
		return cairn.Errorf(cairn.Invalid, "The file is no GeoTIFF that can be read: it is damaged, incomplete or of another format.").Because(err)
	}
	defer ds.Close()
	r, err := recipeFor(ds, o)
	if err != nil {
		return err
	}
	p, err := planFor(ds)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp(dir, ".cog-")
	if err != nil {
		return fmt.Errorf("build: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()

	percent := rising(progress)
	a, err := openAligned(ctx, source, work, ds, r)
	if err != nil {
		return fmt.Errorf("build: %w", err)
	}
	if a != nil {
		err = errors.Join(repack(ctx, a, work, o, part(percent, 0, 98)), a.file.Close())
	} else {
		err = construct(ctx, source, work, p, r, ds, o, part(percent, 0, 98))
	}
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := publish(work, dir); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	percent(100)
	return nil
}

// part maps 0 to 100 percent of a step to from to to percent of the whole.
func part(progress func(float64), from, to float64) func(float64) {
	return func(percent float64) { progress(from + (to-from)*percent/100) }
}

// decimal writes v so that reading it gives v again.
func decimal(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func errDamaged(cause error) error {
	return cairn.Errorf(cairn.Invalid, "The raster can't be decoded: the file is damaged or incomplete. Check it and upload it again.").Because(cause)
}

// publish moves the finished files from work to dir, so that after a crash
// either name holds a whole file or none.
func publish(work, dir string) (err error) {
	for _, name := range []string{StatisticsName, COGName} {
		if err = flush(filepath.Join(work, name)); err != nil {
			break
		}
		if err = os.Rename(filepath.Join(work, name), filepath.Join(dir, name)); err != nil {
			break
		}
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(filepath.Join(dir, StatisticsName)), os.RemoveAll(filepath.Join(dir, COGName)))
	}
	return flush(dir)
}

// flush makes a file or folder durable.
func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// rising passes on, one at a time, only percents that are higher than all before.
func rising(progress func(float64)) func(float64) {
	var mu sync.Mutex
	highest := -1.0
	return func(percent float64) {
		mu.Lock()
		defer mu.Unlock()
		if progress != nil && percent > highest {
			highest = percent
			progress(percent)
		}
	}
}
