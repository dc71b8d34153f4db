package ingest

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/tiling"
	"github.com/cairngeo/cairn/tiling/style"
	"github.com/google/uuid"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mosaicFixture is a dataset of eight overlapping rasters, built: r0.tif, the
// oldest, to r7.tif. They are drawn by GDAL around tile 1000/2000 of zoom 14.
type mosaicFixture struct {
	*fixture
	dir string
}

const makeMosaic = `
import sys, numpy as np
from osgeo import gdal, osr
gdal.UseExceptions()
half = np.pi*6378137
res = 2*half/2**14/256
ref = osr.SpatialReference(); ref.ImportFromEPSG(3857)
y, x = np.mgrid[0:400, 0:400]
for k in range(9):
    ds = gdal.GetDriverByName('GTiff').Create(f'{sys.argv[1]}/r{k}.tif', 400, 400, 3, gdal.GDT_Byte)
    ds.SetProjection(ref.ExportToWkt())
    ds.SetGeoTransform([(1000*256 + k%4*300)*res-half, res, 0, half-(2000*256 + k//4*300)*res, 0, -res])
    for b, v in enumerate([28*k + 0*x, 128 + 100*np.sin(x/40 + k), 128 + 100*np.cos(y/50 - k)]):
        ds.GetRasterBand(b+1).WriteArray(v.astype(np.uint8))
    ds = None
`

func newMosaicFixture(t *testing.T) *mosaicFixture {
	t.Helper()
	f := &mosaicFixture{newFixture(t), t.TempDir()}
	tiles := tiling.New(f.folder, tiling.Options{})
	t.Cleanup(tiles.Close)
	f.options.Tiles = tiles
	f.tools = newTools(f.Ingest)
	f.run(t, "/usr/bin/python3", "-c", makeMosaic, f.dir)
	f.work(t)
	for k := range 8 {
		f.add(t, k)
	}
	return f
}

func (f *mosaicFixture) run(t *testing.T, program string, args ...string) {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// add uploads a raster and waits for its COG.
func (f *mosaicFixture) add(t *testing.T, k int) {
	t.Helper()
	name := fmt.Sprintf("r%d.tif", k)
	content, err := os.ReadFile(filepath.Join(f.dir, name))
	require.NoError(t, err)
	f.upload(t, name, string(content))
	f.await(t, f.newestBuild(t, name).ID, catalog.TaskSucceeded)
	_, err = f.pool.Exec(t.Context(), `update entries set mtime = $2 where path = $1`, name, 1000+k)
	require.NoError(t, err)
	f.entries.Forget()
}

// overview makes the overview of what there is, as the search for stale ones would.
func (f *mosaicFixture) overview(t *testing.T) (key string) {
	t.Helper()
	require.NoError(t, f.askForOverviews(t.Context(), 0))
	require.Eventually(t, func() bool {
		return f.count(t, `select count(*) from tasks where tool = $1 and state <> 'Succeeded'`, catalog.OverviewTool) == 0
	}, time.Minute, 20*time.Millisecond)
	require.NoError(t, f.pool.QueryRow(t.Context(), `select coalesce(key, '') from overviews where dataset_id = $1`, f.dataset.ID).Scan(&key))
	f.entries.Forget()
	return key
}

func (f *mosaicFixture) rasters(t *testing.T, at maptile.Tile) []tiling.Raster {
	t.Helper()
	rasters, err := f.MosaicRasters(t.Context(), catalog.Mosaic{Datasets: []uuid.UUID{f.dataset.ID}}, true, at)
	require.NoError(t, err)
	return rasters
}

func (f *mosaicFixture) tile(t *testing.T, at maptile.Tile) *image.NRGBA {
	t.Helper()
	got, err := f.options.Tiles.MosaicTile(t.Context(), f.rasters(t, at), style.Style{}, at, 256, tiling.PNG)
	require.NoError(t, err)
	return decoded(t, got.Data)
}

func decoded(t *testing.T, data []byte) *image.NRGBA {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	out := image.NewNRGBA(m.Bounds())
	draw.Draw(out, out.Bounds(), m, image.Point{}, draw.Src)
	return out
}

// reference is the tile as GDAL draws it from the uploaded files, the last on top.
func (f *mosaicFixture) reference(t *testing.T, at maptile.Tile, files ...int) *image.NRGBA {
	t.Helper()
	dir := t.TempDir()
	args := []string{"-q", "-addalpha", filepath.Join(dir, "all.vrt")}
	for _, k := range files {
		args = append(args, filepath.Join(f.dir, fmt.Sprintf("r%d.tif", k)))
	}
	f.run(t, "gdalbuildvrt", args...)
	side := 2 * math.Pi * 6378137 / math.Exp2(float64(at.Z))
	west, north := float64(at.X)*side-math.Pi*6378137, math.Pi*6378137-float64(at.Y)*side
	f.run(t, "gdalwarp", "-q", "-overwrite", "-dstalpha", "-r", "average", "-ts", "256", "256", "-te",
		fmt.Sprint(west), fmt.Sprint(north-side), fmt.Sprint(west+side), fmt.Sprint(north), filepath.Join(dir, "all.vrt"), filepath.Join(dir, "tile.tif"))
	f.run(t, "gdal_translate", "-q", "-of", "PNG", filepath.Join(dir, "tile.tif"), filepath.Join(dir, "tile.png"))
	data, err := os.ReadFile(filepath.Join(dir, "tile.png"))
	require.NoError(t, err)
	return decoded(t, data)
}

// similar wants two pictures to differ by no more than a lossy coding does.
func similar(t *testing.T, want, got *image.NRGBA, what any) {
	t.Helper()
	sum, n, covered := 0.0, 0, 0
	for i := 0; i < len(want.Pix); i += 4 {
		if (want.Pix[i+3] > 127) != (got.Pix[i+3] > 127) {
			covered++
		}
		if want.Pix[i+3] == 255 && got.Pix[i+3] == 255 {
			for c := range 3 {
				d := float64(want.Pix[i+c]) - float64(got.Pix[i+c])
				sum, n = sum+d*d, n+1
			}
		}
	}
	require.Positive(t, n, "%v", what)
	assert.LessOrEqual(t, covered, n/3/20, "%v: cover", what)
	assert.Greater(t, 10*math.Log10(255*255*float64(n)/(sum+1e-9)), 28.0, "%v", what)
}

func TestOverviewOfADataset(t *testing.T) {
	t.Parallel()
	f := newMosaicFixture(t)
	ctx := t.Context()
	all := []int{0, 1, 2, 3, 4, 5, 6, 7}
	at := func(zoom uint32) maptile.Tile {
		return maptile.New(1000>>(14-zoom), 2000>>(14-zoom), maptile.Zoom(zoom))
	}
	assert.Len(t, f.rasters(t, at(10)), 8, "the rasters themselves, as long as there is none")

	first := f.overview(t)
	require.NotEmpty(t, first)
	for _, zoom := range []uint32{14, 13, 12, 10} {
		require.Equal(t, []tiling.Raster{{COG: OverviewFile(first)}}, f.rasters(t, at(zoom)), zoom)
		similar(t, f.reference(t, at(zoom), all...), f.tile(t, at(zoom)), zoom)
	}
	f.run(t, "gdalinfo", "-checksum", f.folder.Location(OverviewFile(first))) // a TIFF that others read

	require.NoError(t, f.askForOverviews(ctx, 0))
	assert.Equal(t, 1, f.count(t, `select count(*) from tasks where tool = $1`, catalog.OverviewTool), "nothing changed")

	f.add(t, 8)
	assert.Len(t, f.rasters(t, at(10)), 2, "the new one over the overview")
	similar(t, f.reference(t, at(10), append(all, 8)...), f.tile(t, at(10)), "added")

	require.NoError(t, f.Remove(ctx, f.dataset, "r0.tif"))
	assert.Len(t, f.rasters(t, at(10)), 8, "nothing that was removed")
	assert.NotContains(t, f.rasters(t, at(14)), tiling.Raster{COG: OverviewFile(first)}, "where it was")
	elsewhere := maptile.New(1004, 2001, 14)
	assert.Equal(t, []tiling.Raster{{COG: OverviewFile(first)}}, f.rasters(t, elsewhere), "nothing changed there")

	second := f.overview(t)
	assert.NotEqual(t, first, second)
	assert.Equal(t, []tiling.Raster{{COG: OverviewFile(second)}}, f.rasters(t, at(10)))
	similar(t, f.reference(t, at(10), 1, 2, 3, 4, 5, 6, 7, 8), f.tile(t, at(10)), "removed")

	require.NoError(t, (&collectWorker{Ingest: f.Ingest, grace: 0}).Work(ctx, nil))
	_, err := f.folder.Stat(ctx, OverviewFile(first))
	require.Error(t, err, "collected")
	_, err = f.folder.Stat(ctx, OverviewFile(second))
	require.NoError(t, err)

	for _, k := range []int{1, 2, 3, 4, 5} {
		require.NoError(t, f.Remove(ctx, f.dataset, fmt.Sprintf("r%d.tif", k)))
	}
	assert.Empty(t, f.overview(t), "so few need none")
}

// Equal rasters cost nothing, wherever they are.
func TestEqualOverviewsAreOne(t *testing.T) {
	t.Parallel()
	f := newMosaicFixture(t)
	key := f.overview(t)
	_, err := f.pool.Exec(t.Context(), `with d as (insert into datasets (organization_id, slug) select organization_id, 'copy' from datasets where id = $1 returning id)
		insert into entries select d.id, e.path, e.hash, e.type, e.properties, e.mtime, e.size, e.depth, e.point_geom, e.polygon_geom from entries e, d where e.dataset_id = $1`, f.dataset.ID)
	require.NoError(t, err)
	info, err := f.folder.Stat(t.Context(), OverviewFile(key))
	require.NoError(t, err)
	f.overview(t)
	assert.Equal(t, 2, f.count(t, `select count(*) from overviews where key = $1`, key))
	after, err := f.folder.Stat(t.Context(), OverviewFile(key))
	require.NoError(t, err)
	assert.Equal(t, info.ModTime, after.ModTime, "not made again")
}

// A task that was broken off leaves nothing, and goes on to its end afterwards.
func TestOverviewThatWasBrokenOff(t *testing.T) {
	t.Parallel()
	f := newMosaicFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	run := &Run{Task: catalog.Task{Dataset: f.dataset.ID}, Dir: t.TempDir(), report: &reporter{}}
	require.Error(t, (&mosaicOverview{f.Ingest}).Run(ctx, run))
	none := 0
	require.NoError(t, f.folder.Walk(t.Context(), "mosaics/", func(blob.Info) error { none++; return nil }))
	assert.Zero(t, none)
	assert.NotEmpty(t, f.overview(t))
}

func TestAreaOfOverviews(t *testing.T) {
	t.Parallel()
	box := func(west, south, side float64) catalog.OverviewInput {
		return catalog.OverviewInput{Box: orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{west + side, south + side}}}
	}
	var many []catalog.OverviewInput
	for i := range 20_000 {
		many = append(many, box(10+float64(i%200)*0.01, 45+float64(i/200)*0.01, 0.01))
	}
	for name, c := range map[string]struct {
		inputs  []catalog.OverviewInput
		crosses bool
	}{
		"one place":             {[]catalog.OverviewInput{box(10, 45, 0.1), box(10.1, 45, 0.1)}, false},
		"far apart":             {[]catalog.OverviewInput{box(-120, 45, 0.1), box(40, -30, 0.1)}, false},
		"across the meridian":   {[]catalog.OverviewInput{box(179.9, -17, 0.2), box(179, -17, 0.2)}, true},
		"on both sides of it":   {[]catalog.OverviewInput{box(179.5, -17, 0.2), box(-179.8, -17, 0.2)}, true},
		"counted from the east": {[]catalog.OverviewInput{box(-180.1, -17, 0.2), box(-179.8, -17, 0.2)}, true},
		"the whole Earth":       {[]catalog.OverviewInput{box(-180, -85, 360), box(5, 5, 1)}, false},
		"twenty thousand":       {many, false},
	} {
		a := areaOf(c.inputs, 20)
		most := max(overviewTiles, len(c.inputs))
		assert.LessOrEqual(t, touches(c.inputs, a.Zoom, most), most, name)
		assert.LessOrEqual(t, (a.East-a.West)*(a.South-a.North), overviewGrid, name)
		assert.Equal(t, c.crosses, a.East > 1<<a.Zoom, name)
		for _, i := range c.inputs[:1] {
			eachTile(i.Box, a.Zoom, func(tile maptile.Tile) bool {
				middle := maptile.At(i.Box.Center(), maptile.Zoom(a.Zoom))
				if tile != middle {
					return true
				}
				inside := func(column int) bool { return column >= a.West && column < a.East }
				assert.True(t, inside(int(tile.X)) || inside(int(tile.X)+1<<a.Zoom), name)
				return false
			})
		}
	}
	assert.Greater(t, areaOf(many, 20).Zoom, 11, "a tile for each, so that the next zoom shows few")
}
