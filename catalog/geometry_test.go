package catalog

import (
	"encoding/json"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/planar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twpayne/go-geom"
)

func polygon(z float64, lonlat ...[2]float64) *geom.Polygon {
	ring := make([]geom.Coord, len(lonlat))
	for i, p := range lonlat {
		ring[i] = geom.Coord{p[0], p[1], z}
	}
	return geom.NewPolygon(geom.XYZ).MustSetCoords([][]geom.Coord{ring}).SetSRID(SRID)
}

func box(west, south, east, north float64) *geom.Polygon {
	return polygon(0, [2]float64{west, south}, [2]float64{east, south}, [2]float64{east, north}, [2]float64{west, north}, [2]float64{west, south})
}

// Decisions 66 and 67: what a reader of GeoJSON gets.
func TestGeoJSON(t *testing.T) {
	t.Parallel()
	point := func(x, y, z float64) Entry {
		return Entry{Description: Description{Point: geom.NewPointFlat(geom.XYZ, []float64{x, y, z}).SetSRID(SRID)}}
	}
	footprint := func(p *geom.Polygon) Entry { return Entry{Description: Description{Polygon: p}} }
	for name, c := range map[string]struct {
		entry Entry
		bbox  []float64
		kind  string
		area  float64 // square degrees
		parts int
	}{
		"point":           {point(9, 45, 0), []float64{9, 45, 9, 45}, "Point", 0, 0},
		"point in space":  {point(9, 45, 120), []float64{9, 45, 120, 9, 45, 120}, "Point", 0, 0},
		"null island":     {point(0, 0, 0), []float64{0, 0, 0, 0}, "Point", 0, 0},
		"box":             {footprint(box(9, 45, 10, 47)), []float64{9, 45, 10, 47}, "Polygon", 2, 0},
		"to the meridian": {footprint(box(170, -1, 180, 1)), []float64{170, -1, 180, 1}, "Polygon", 20, 0},
		"across, east":    {footprint(box(179, -18, 182, -17)), []float64{179, -18, -178, -17}, "MultiPolygon", 3, 2},
		"across, west":    {footprint(box(-182, -18, -179, -17)), []float64{178, -18, -179, -17}, "MultiPolygon", 3, 2},
		"behind it":       {footprint(box(181, 0, 183, 1)), []float64{-179, 0, -177, 1}, "MultiPolygon", 2, 1},
		"begins on it":    {footprint(box(180, 0, 183, 1)), []float64{180, 0, -177, 1}, "MultiPolygon", 3, 1},
		"all around":      {footprint(box(-190, -10, 190, 10)), []float64{-180, -10, 180, 10}, "MultiPolygon", 380 * 20, 3},
	} {
		geometry, bbox := geoJSON(c.entry)
		assert.Equal(t, c.bbox, bbox, name)
		encoded, err := json.Marshal(geometry)
		require.NoError(t, err)
		read, err := geojson.UnmarshalGeometry(encoded)
		require.NoError(t, err, name)
		assert.Equal(t, c.kind, read.Type, name)
		assert.InDelta(t, c.area, planar.Area(read.Geometry()), 1e-9, name)
		world := orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}
		assert.True(t, world.Contains(read.Geometry().Bound().Min) && world.Contains(read.Geometry().Bound().Max), name)
		if parts, ok := read.Geometry().(orb.MultiPolygon); ok {
			assert.Len(t, parts, c.parts, name)
			for _, part := range parts {
				require.Len(t, part, 1, "one ring")
				assert.True(t, part[0].Closed(), name)
				assert.Positive(t, planar.Area(part), "no slivers: %s", name)
			}
		}
	}
	geometry, bbox := geoJSON(Entry{})
	assert.Nil(t, geometry)
	assert.Nil(t, bbox)
}

// What PostGIS keeps is what was put in.
func TestGeometriesSurviveTheDatabase(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := file("photo.jpg", 1)
	e.Type = GeoImage
	e.Properties = map[string]any{"width": 4000.0, "nested": map[string]any{"é": []any{"x", nil, true}}}
	e.Point = geom.NewPointFlat(geom.XYZ, []float64{179.5, -17, 120.25}).SetSRID(SRID)
	e.Polygon = polygon(3, [2]float64{179, -18}, [2]float64{182, -18}, [2]float64{182, -17}, [2]float64{179, -18})
	require.NoError(t, f.tryPut(t, e))
	got, err := f.Entry(t.Context(), f.dataset, "photo.jpg")
	require.NoError(t, err)
	assert.Equal(t, e, got)

	extent, err := f.Extent(t.Context(), f.dataset)
	require.NoError(t, err)
	west, east := wrap(extent.Box[0], extent.Box[2])
	assert.Equal(t, []float64{179, -18, -178, -17}, []float64{west, extent.Box[1], east, extent.Box[3]})
	items, err := f.Items(t.Context(), f.dataset, "", 0, 10)
	require.NoError(t, err)
	assert.Equal(t, []Entry{e}, items)
}

// Decision 68: the projection extension's own order of numbers.
func TestItemOfARaster(t *testing.T) {
	t.Parallel()
	e := file("dir/ortho é.tif", 1)
	e.Type, e.MTime = GeoRaster, 1_700_000_000
	e.Polygon = box(9, 45, 10, 47)
	e.Properties = map[string]any{"width": 100.0, "height": 50.0, "geotransform": []any{500000.0, 0.1, 0.0, 5000000.0, 0.0, -0.2},
		"projection": `PROJCS["x",GEOGCS["y",AUTHORITY["EPSG","4326"]],AUTHORITY["EPSG","32632"]]`}
	s := STAC{Base: "https://example.com", MediaType: func(string) string { return "image/tiff" }}
	d := &Dataset{Organization: "acme", Slug: "site"}
	encoded, err := json.Marshal(s.Item(d, e, "hash"))
	require.NoError(t, err)
	var item struct {
		ID         string         `json:"id"`
		Collection string         `json:"collection"`
		Bbox       []float64      `json:"bbox"`
		Properties map[string]any `json:"properties"`
		Extensions []string       `json:"stac_extensions"`
		Assets     map[string]struct{ Href string }
	}
	require.NoError(t, json.Unmarshal(encoded, &item))
	assert.Equal(t, []float64{9, 45, 10, 47}, item.Bbox)
	assert.Equal(t, "acme/site", item.Collection)
	assert.Equal(t, "2023-11-14T22:13:20Z", item.Properties["datetime"])
	assert.Equal(t, 32632.0, item.Properties["proj:epsg"])
	assert.Equal(t, "EPSG:32632", item.Properties["proj:code"])
	assert.Equal(t, []any{0.1, 0.0, 500000.0, 0.0, -0.2, 5000000.0}, item.Properties["proj:transform"])
	assert.Equal(t, []any{50.0, 100.0}, item.Properties["proj:shape"])
	assert.Contains(t, item.Extensions, "https://stac-extensions.github.io/projection/v1.2.0/schema.json")
	assert.Equal(t, "https://example.com/orgs/acme/ds/site/build/hash/cog/cog.tif", item.Assets["cog"].Href)
	path, err := ItemPath(item.ID)
	require.NoError(t, err)
	assert.Equal(t, e.Path, path)
}
