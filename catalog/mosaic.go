package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
)

// Mosaic says which rasters are seen as one, and which of them lies on top.
type Mosaic struct {
	Datasets []uuid.UUID
	Order    string   // "newest", "oldest", "path" or "-path": what comes first lies on top; "" is newest
	Paths    []string // only these, the first on top; nil for all, in Order
	Search   Search
	COG      Product // kind and version of what tiles are drawn from
}

// Whole tells whether it is all rasters of one dataset, the newest on top.
func (m *Mosaic) Whole() bool {
	return len(m.Datasets) == 1 && (m.Order == "" || m.Order == "newest") && m.Paths == nil && m.Search.empty()
}

// CheckMosaicOrder returns an error for an order that there is not.
func CheckMosaicOrder(order string) error {
	if _, ok := mosaicOrders[order]; order == "" || ok {
		return nil
	}
	return cairn.Errorf(cairn.Invalid, "The order %q is unknown: it may be newest, oldest, path or -path.", order)
}

var mosaicOrders = map[string]string{
	"newest": takenSQL + ` desc, e.path, e.dataset_id`,
	"oldest": takenSQL + `, e.path, e.dataset_id`,
	"path":   `e.path, e.dataset_id`,
	"-path":  `e.path desc, e.dataset_id desc`,
}

// takenSQL is when the entry e was taken, else received, in Unix seconds.
const takenSQL = `(case when jsonb_typeof(e.properties->'captureTime') = 'number' and (e.properties->>'captureTime')::numeric > 0
	then (e.properties->>'captureTime')::numeric / 1000 else e.mtime end)`

// MosaicRaster is a raster whose COG is ready.
type MosaicRaster struct {
	Hash    string // of the upload
	Product string // key of the COG
}

// RastersAt returns up to limit rasters of a mosaic that lie where the tile is,
// from the top, as far as their COGs are ready.
func (c *Catalog) RastersAt(ctx context.Context, m Mosaic, t maptile.Tile, limit int) ([]MosaicRaster, error) {
	type question struct {
		mosaic [sha256.Size]byte
		tile   maptile.Tile
		limit  int
	}
	asked, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return recall(c.known, question{sha256.Sum256(asked), t, limit}, func() ([]MosaicRaster, error) {
		q := m.query()
		q.touching("e.polygon_geom", around(t))
		return many(ctx, c.pool, pgx.RowToStructByPos[MosaicRaster], q.sql(`e.hash, p.key`)+` limit `+q.arg(limit), q.args...)
	})
}

// around is where a tile is, with a margin for footprints whose edges are curved on the map.
func around(t maptile.Tile) orb.Bound {
	b := t.Bound()
	margin := (b.Max[0] - b.Min[0]) / 64
	return orb.Bound{Min: orb.Point{b.Min[0] - margin, b.Min[1] - margin}, Max: orb.Point{b.Max[0] + margin, b.Max[1] + margin}}
}

// rasterQuery is a query for rasters e and their ready products p.
type rasterQuery struct {
	args    []any
	product string // finds p
	where   []string
	order   string
}

// query finds the rasters of the mosaic, in its order.
func (m *Mosaic) query() *rasterQuery {
	q := &rasterQuery{}
	q.product = `select key from products where input = e.hash and kind = ` + q.arg(m.COG.Kind) + ` and state = 'ready'
		order by version = ` + q.arg(m.COG.Version) + ` desc, updated_at desc limit 1` // as ServedProduct
	q.where = []string{`e.type = 4`, `e.dataset_id = any(` + q.arg(m.Datasets) + `)`}
	if m.Paths != nil {
		paths := q.arg(m.Paths)
		q.where = append(q.where, `e.path = any(`+paths+`)`)
		q.order = `array_position(` + paths + `, e.path)`
	} else if q.order = mosaicOrders[m.Order]; q.order == "" {
		q.order = mosaicOrders["newest"]
	}
	m.Search.narrow(q)
	return q
}

// arg adds an argument and returns its place in the statement.
func (q *rasterQuery) arg(v any) string {
	q.args = append(q.args, v)
	place := fmt.Sprintf("$%d", len(q.args))
	switch v.(type) { // what the statement does not tell
	case string:
		return place + "::text"
	case []string:
		return place + "::text[]"
	case float64:
		return place + "::float8"
	case time.Time:
		return place + "::timestamptz"
	}
	return place
}

// touching keeps what overlaps a box, whichever turn around the Earth its
// longitudes count on.
func (q *rasterQuery) touching(column string, b orb.Bound) {
	var turns []string
	for _, turn := range []float64{-360, 0, 360} {
		turns = append(turns, fmt.Sprintf(`%s && st_makeenvelope(%s, %s, %s, %s, 4326)`, column,
			q.arg(b.Min[0]+turn), q.arg(b.Min[1]), q.arg(b.Max[0]+turn), q.arg(b.Max[1])))
	}
	q.where = append(q.where, `(`+strings.Join(turns, ` or `)+`)`)
}

func (q *rasterQuery) sql(columns string) string {
	return `select ` + columns + ` from entries e cross join lateral (` + q.product + `) p where ` + strings.Join(q.where, ` and `) + ` order by ` + q.order
}

// zoomSQL is the zoom whose pixels are as fine as those of the entry e, a tenth coarser being as good.
const zoomSQL = `ceil(log(2, greatest(1, case when jsonb_typeof(e.properties->'width') = 'number' then (e.properties->>'width')::numeric end
	* 360 / nullif(st_xmax(e.polygon_geom) - st_xmin(e.polygon_geom), 0)::numeric / 256 / 1.1)))`

// MosaicExtent is what a mosaic covers.
type MosaicExtent struct {
	Box  *orb.Bound // nil if it has no rasters
	Zoom int        // of its finest raster
}

// MosaicExtent returns what the rasters of a mosaic cover.
func (c *Catalog) MosaicExtent(ctx context.Context, m Mosaic) (MosaicExtent, error) {
	q := m.query()
	return one(ctx, c.pool, func(row pgx.CollectableRow) (x MosaicExtent, err error) {
		var west, south, east, north *float64
		err = row.Scan(&west, &south, &east, &north, &x.Zoom)
		if west != nil {
			x.Box = &orb.Bound{Min: orb.Point{*west, *south}, Max: orb.Point{*east, *north}}
		}
		return x, err
	}, nil, `select min(west), min(south), max(east), max(north), least(30, coalesce(max(zoom), 0))::int from (`+
		q.sql(`st_xmin(e.polygon_geom) west, st_ymin(e.polygon_geom) south, st_xmax(e.polygon_geom) east, st_ymax(e.polygon_geom) north, `+zoomSQL+` zoom`)+`) r`, q.args...)
}
