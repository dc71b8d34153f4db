package catalog

import (
	"strings"
	"testing"

	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var testCOG = Product{Kind: "cog", Version: "9"}

// putRaster adds a raster, built unless state says otherwise.
func (f *fixture) putRaster(t *testing.T, path, properties string, mtime int64, state string, b orb.Bound) {
	t.Helper()
	f.exec(t, `insert into entries (dataset_id, path, hash, type, properties, mtime, depth, polygon_geom)
		values ($1, $2, $2, 4, $3::jsonb, $4, 0, st_force3d(st_makeenvelope($5, $6, $7, $8, 4326)))`,
		f.dataset.ID, path, properties, mtime, b.Min[0], b.Min[1], b.Max[0], b.Max[1])
	p := testCOG
	p.Inputs = []string{path}
	f.exec(t, `insert into products (key, kind, version, input, state) values ($1, 'cog', $2, $3, $4)`, p.Key(), p.Version, path, state)
}

func (f *fixture) mosaic() Mosaic {
	return Mosaic{Datasets: []uuid.UUID{f.dataset.ID}, COG: testCOG}
}

func (f *fixture) rastersAt(t *testing.T, m Mosaic, at maptile.Tile) string {
	t.Helper()
	found, err := f.RastersAt(t.Context(), m, at, 10)
	require.NoError(t, err)
	var paths []string
	for _, r := range found {
		paths = append(paths, r.Hash)
	}
	return strings.Join(paths, " ")
}

func square(lon, lat float64) orb.Bound {
	return orb.Bound{Min: orb.Point{lon, lat}, Max: orb.Point{lon + 1, lat + 1}}
}

func TestRastersOfATile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.putRaster(t, "a", `{"captureTime": 5000000}`, 9000, "ready", square(10, 45))
	f.putRaster(t, "b", `{"captureTime": "soon"}`, 7000, "ready", square(10.5, 45))
	f.putRaster(t, "c", `{}`, 6000, "ready", square(10.2, 45.2))
	f.putRaster(t, "d", `{}`, 6000, "pending", square(10, 45))
	f.putRaster(t, "e", `{}`, 8000, "ready", square(100, -20))
	world := maptile.New(0, 0, 0)
	m := f.mosaic()
	assert.Equal(t, "e b c a", f.rastersAt(t, m, world), "the newest on top, and only what is built")
	m.Order = "oldest"
	assert.Equal(t, "a c b e", f.rastersAt(t, m, world))
	m.Order = "path"
	assert.Equal(t, "a b c e", f.rastersAt(t, m, world))
	m.Order = "-path"
	assert.Equal(t, "e c b a", f.rastersAt(t, m, world))
	m.Paths = []string{"c", "a"}
	assert.Equal(t, "c a", f.rastersAt(t, m, world))
	assert.Error(t, CheckMosaicOrder("largest"))

	m = f.mosaic()
	assert.Equal(t, "b", f.rastersAt(t, m, maptile.At(orb.Point{11.4, 45.1}, 12)))
	assert.Empty(t, f.rastersAt(t, m, maptile.At(orb.Point{-50, 45}, 5)))

	extent, err := f.MosaicExtent(t.Context(), m)
	require.NoError(t, err)
	assert.Equal(t, orb.Bound{Min: orb.Point{10, -20}, Max: orb.Point{101, 46.2}}, *extent.Box)
}

func TestRastersAcrossTheMeridian(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.putRaster(t, "fiji", `{}`, 1, "ready", square(179.5, -17))
	for _, lon := range []float64{179.9, -179.9} {
		assert.Equal(t, "fiji", f.rastersAt(t, f.mosaic(), maptile.At(orb.Point{lon, -16.5}, 12)), lon)
	}
	assert.Empty(t, f.rastersAt(t, f.mosaic(), maptile.At(orb.Point{-178, -16.5}, 12)))
}

func TestMosaicOfASearch(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.putRaster(t, "old", `{}`, 1_000_000, "ready", square(10, 45))
	f.putRaster(t, "new", `{}`, 1_700_000_000, "ready", square(20, 45))
	f.putRaster(t, "fiji", `{}`, 1_600_000_000, "ready", square(179.5, -17))
	world := maptile.New(0, 0, 0)
	for _, c := range []struct{ bbox, datetime, ids, found string }{
		{"", "", "", "new fiji old"},
		{"9,44,12,46", "", "", "old"},
		{"9,44,0,12,46,9000", "", "", "old"},
		{"170,-20,-170,-10", "", "", "fiji"},
		{"", "2000-01-01T00:00:00Z/..", "", "new fiji"},
		{"", "../2000-01-01T00:00:00Z", "", "old"},
		{"", "1970-01-12T13:46:40Z", "", "old"},
		{"", "", ItemID("fiji") + ",b2xk", "fiji old"},
		{"", "", "none", ""},
	} {
		m := f.mosaic()
		var err error
		m.Search, err = ParseSearch(c.bbox, c.datetime, c.ids)
		require.NoError(t, err)
		assert.Equal(t, c.found, f.rastersAt(t, m, world), "%+v", c)
	}
	for _, c := range [][2]string{{"1,2,3", ""}, {"a,b,c,d", ""}, {"0,10,1,5", ""}, {"NaN,0,1,1", ""}, {"0,0,1,1e99", ""}, {"", "yesterday"}, {"", "/"}, {"", "2024-01-01T00:00:00Z/2023-01-01T00:00:00Z"}} {
		_, err := ParseSearch(c[0], c[1], "")
		assert.Error(t, err, c)
	}
}

func TestSearchGoesThroughWhatIsListed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	all, err := f.Searched(t.Context(), f.admin, "")
	require.NoError(t, err)
	assert.Contains(t, all, f.dataset.ID)
	own, err := f.Searched(t.Context(), f.admin, "admin/site")
	require.NoError(t, err)
	assert.Equal(t, []uuid.UUID{f.dataset.ID}, own)
	strangers, err := f.Searched(t.Context(), auth.Caller{}, "admin/site")
	require.NoError(t, err)
	assert.Empty(t, strangers, "a private dataset")
}

func TestRastersAreFoundBySpatialIndex(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(t, `insert into entries (dataset_id, path, hash, type, mtime, depth, polygon_geom)
		select $1, 'r' || i, 'r' || i, 4, i, 0, st_force3d(st_makeenvelope(i % 360 - 180, i / 360 - 60, i % 360 - 179, i / 360 - 59, 4326)) from generate_series(0, 20000) i`, f.dataset.ID)
	f.exec(t, `analyze entries`)
	m := f.mosaic()
	q := m.query()
	q.touching("e.polygon_geom", around(maptile.At(orb.Point{10.5, -30.5}, 10)))
	rows, err := f.pool.Query(t.Context(), "explain "+q.sql("e.hash, p.key"), q.args...)
	require.NoError(t, err)
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var line string
		require.NoError(t, rows.Scan(&line))
		plan.WriteString(line + "\n")
	}
	require.NoError(t, rows.Err())
	assert.Contains(t, plan.String(), "entries_rasters")
	assert.NotContains(t, plan.String(), "Seq Scan on entries")
}
