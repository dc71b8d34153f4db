package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest/raster"
	"github.com/paulmach/orb/maptile"
	"github.com/riverqueue/river"
)

// mosaicOverview makes one picture of all rasters of a dataset, for zooms at
// which a tile shows so many that nobody would wait for it.
type mosaicOverview struct{ *Ingest }

var aboutOverview = About{ID: catalog.OverviewTool, Version: "1", Title: "Overview of all rasters", Access: auth.WriteDataset, Params: struct{}{}}

func (o *mosaicOverview) About() About { return aboutOverview }

func (o *mosaicOverview) Plan(ctx context.Context, r Request) (Plan, error) {
	revision, err := o.catalog.Revision(ctx, r.Dataset)
	return planOverview(revision.Number), err
}

// planOverview is the overview of what a dataset holds at a revision.
func planOverview(revision int64) Plan {
	return Plan{Params: struct{}{}, Inputs: strconv.FormatInt(revision, 10)}
}

// fewestForOverview is how many rasters a dataset must have: fewer are drawn as fast.
const fewestForOverview = 4

// Run makes the picture, unless the same was made before, and puts it in place.
func (o *mosaicOverview) Run(ctx context.Context, run *Run) error {
	inputs, finest, err := o.catalog.OverviewInputs(ctx, run.Task.Dataset, o.mosaicCOG())
	if err != nil {
		return err
	}
	if len(inputs) < fewestForOverview {
		run.Log("%d rasters need no overview", len(inputs))
		_, err := o.catalog.SetOverview(ctx, run.Task.Dataset, catalog.Overview{}, nil, func() (bool, error) { return true, nil })
		return err
	}
	area := areaOf(inputs, finest)
	overview := catalog.Overview{Key: overviewKey(inputs, area), Zoom: area.Zoom}
	stored := func() (bool, error) {
		_, err := o.store.Stat(ctx, OverviewFile(overview.Key))
		if cairn.CodeOf(err) == cairn.NotFound {
			return false, nil
		}
		return err == nil, err
	}
	set, err := o.catalog.SetOverview(ctx, run.Task.Dataset, overview, inputs, stored)
	if err != nil || set {
		return err
	}
	run.Log("Drawing %d rasters at zoom %d", len(inputs), area.Zoom)
	file := filepath.Join(run.Dir, "mosaic.tif")
	tiles := byTile(inputs, area.Zoom)
	draw := func(ctx context.Context, column, row int) ([]byte, error) {
		t := maptile.New(uint32(column), uint32(row), maptile.Zoom(area.Zoom))
		if len(tiles[t]) == 0 {
			return nil, nil
		}
		return o.options.Tiles.MosaicPixels(ctx, mosaicFiles(tiles[t]), t)
	}
	if err := raster.BuildDrawn(ctx, file, area, draw, func(percent float64) { run.Progress(percent, "drawing") }); err != nil {
		return err
	}
	if err := o.store.Replace(ctx, OverviewFile(overview.Key), file); err != nil {
		return err
	}
	if set, err = o.catalog.SetOverview(ctx, run.Task.Dataset, overview, inputs, stored); err == nil && !set {
		return fmt.Errorf("the overview %s was collected before it was used", overview.Key)
	}
	return err
}

// OverviewFile is where the store has the overview with a key.
func OverviewFile(key string) string { return "mosaics/" + key[:2] + "/" + key + "/mosaic.tif" }

// overviewKey is equal for pictures that are equal.
func overviewKey(inputs []catalog.OverviewInput, area raster.Area) string {
	sum := sha256.New()
	fmt.Fprintln(sum, "mosaic", aboutOverview.Version, raster.DrawnVersion, area)
	for _, i := range inputs {
		fmt.Fprintln(sum, i.Product, i.Box)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// OverviewSearchEvery is how often datasets are looked for whose overview is out of date.
const OverviewSearchEvery = 15 * time.Second

// overviewSettled is how long a dataset must have been left alone.
const overviewSettled = 20 * time.Second

// overviewSearchArgs is the job that asks for the overviews that are out of date.
type overviewSearchArgs struct{}

func (overviewSearchArgs) Kind() string { return "search-overviews" }

func (overviewSearchArgs) InsertOpts() river.InsertOpts { return onceAtATime }

type overviewSearchWorker struct {
	river.WorkerDefaults[overviewSearchArgs]
	*Ingest
}

func (w *overviewSearchWorker) Work(ctx context.Context, _ *river.Job[overviewSearchArgs]) error {
	return w.askForOverviews(ctx, overviewSettled)
}

// askForOverviews asks for the overviews of datasets that changed, but not in the time given.
func (in *Ingest) askForOverviews(ctx context.Context, settled time.Duration) error {
	if in.options.Tiles == nil {
		return nil
	}
	stale, err := in.catalog.StaleOverviews(ctx, settled, fewestForOverview)
	if err != nil {
		return err
	}
	for _, d := range stale {
		err := in.catalog.Update(ctx, func(tx catalog.Tx) error {
			if err := tx.AskedForOverview(ctx, d); err != nil {
				return err
			}
			_, err := in.addTasks(ctx, tx, catalog.NewTasks{Dataset: d.Dataset, Tool: aboutOverview.ID, Version: aboutOverview.Version}, planOverview(d.Revision))
			return err
		})
		if err != nil { // the dataset may be gone; the others have a right to theirs
			slog.WarnContext(ctx, "an overview was not asked for", "dataset", d.Dataset, "error", err)
		}
	}
	return nil
}
