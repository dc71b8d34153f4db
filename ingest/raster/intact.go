package raster

import (
	"context"
	"errors"
	"os"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/cairngeo/cairn/tiling/cog"
)

// checkBlocks decodes every block of every level of a TIFF as it will be served,
// rows of blocks at a time on several cores. Statistics look at the full
// resolution alone, and a broken overview would be found by whoever zooms out.
func checkBlocks(ctx context.Context, path string) (err error) {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	index, err := cog.Parse(file, info.Size())
	if err != nil {
		return errDamaged(err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for k := range index.Levels {
		l := &index.Levels[k]
		for plane := range l.Planes {
			for row := range l.TilesDown {
				group.Go(func() error {
					for column := range l.TilesAcross {
						if ctx.Err() != nil {
							return context.Cause(ctx)
						}
						if _, err := l.Decode(file, column, row, plane); err != nil {
							return errDamaged(err)
						}
					}
					return nil
				})
			}
		}
	}
	return group.Wait()
}
