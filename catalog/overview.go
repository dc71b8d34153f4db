package catalog

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
)

// An overview is one picture of all rasters of a dataset, the newest on top. It
// has a row as soon as somebody looked whether one is needed.

// OverviewTool is the tool whose tasks make overviews.
const OverviewTool = "mosaic-overview"

// OverviewDataset is a dataset whose overview is not that of its rasters now.
type OverviewDataset struct {
	Dataset  uuid.UUID
	Revision int64
}

// StaleOverviews returns datasets that changed since their overview was asked
// for, and not in the time given, whose rasters are all built or failed, and for
// whose overview no task is under way. Those with less than so many rasters need none.
func (c *Catalog) StaleOverviews(ctx context.Context, settled time.Duration, fewest int) ([]OverviewDataset, error) {
	const stale = `datasets d left join overviews o on o.dataset_id = d.id
		where d.revision is distinct from o.revision and d.changed_at <= now() - $1::interval`
	const enough = `(select count(*) from (select from entries where dataset_id = d.id and type = 4 limit $2) e) = $2`
	err := c.Update(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `insert into overviews (dataset_id, revision) select d.id, d.revision from `+stale+` and not `+enough+`
			on conflict (dataset_id) do update set revision = excluded.revision, key = null`, settled, fewest)
		return err
	})
	if err != nil {
		return nil, err
	}
	return many(ctx, c.pool, pgx.RowToStructByPos[OverviewDataset], `select d.id, d.revision from `+stale+` and `+enough+`
		and not exists (select from tasks where dataset_id = d.id and tool = '`+OverviewTool+`' and `+active+`)
		and not exists (select from entries e join products p on p.input = e.hash and p.state = 'pending' where e.dataset_id = d.id and e.type = 4)
		limit 100`, settled, fewest)
}

// AskedForOverview notes the revision of the dataset for which an overview is asked.
func (tx Tx) AskedForOverview(ctx context.Context, d OverviewDataset) error {
	_, err := tx.Exec(ctx, `insert into overviews (dataset_id, revision) values ($1, $2) on conflict (dataset_id) do update set revision = excluded.revision`, d.Dataset, d.Revision)
	return err
}

// OverviewInput is a raster that an overview shows.
type OverviewInput struct {
	MosaicRaster
	Taken string // when, in Unix seconds; decides which lies on top
	Box   orb.Bound
}

// OverviewInputs returns the rasters of a dataset that are ready, the newest
// first, and the zoom of the finest.
func (c *Catalog) OverviewInputs(ctx context.Context, dataset uuid.UUID, cog Product) (inputs []OverviewInput, zoom int, err error) {
	m := Mosaic{Datasets: []uuid.UUID{dataset}, COG: cog}
	q := m.query()
	q.where = append(q.where, `e.polygon_geom is not null`)
	inputs, err = many(ctx, c.pool, func(row pgx.CollectableRow) (i OverviewInput, err error) {
		var own *int
		err = row.Scan(&i.Hash, &i.Product, &i.Taken, &i.Box.Min[0], &i.Box.Min[1], &i.Box.Max[0], &i.Box.Max[1], &own)
		if own != nil {
			zoom = max(zoom, min(*own, 30))
		}
		return i, err
	}, q.sql(`e.hash, p.key, `+takenSQL+`::text, st_xmin(e.polygon_geom), st_ymin(e.polygon_geom), st_xmax(e.polygon_geom), st_ymax(e.polygon_geom), (`+zoomSQL+`)::int`), q.args...)
	return inputs, zoom, err
}

// Overview is a picture of all rasters of a dataset.
type Overview struct {
	Key  string
	Zoom int // of its full resolution
}

// SetOverview makes a picture the overview of a dataset, an empty key for none.
// stored tells whether the picture is in the store, while nobody may collect it;
// without it nothing is changed.
func (c *Catalog) SetOverview(ctx context.Context, dataset uuid.UUID, o Overview, inputs []OverviewInput, stored func() (bool, error)) (set bool, err error) {
	n := len(inputs)
	hashes, taken := make([]string, n), make([]string, n)
	west, south, east, north := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i, in := range inputs {
		hashes[i], taken[i] = in.Hash, in.Taken
		west[i], south[i], east[i], north[i] = in.Box.Min[0], in.Box.Min[1], in.Box.Max[0], in.Box.Max[1]
	}
	err = c.Update(ctx, func(tx Tx) error {
		if err := tx.lockOverview(ctx, o.Key); err != nil {
			return err
		}
		if set, err = stored(); err != nil || !set {
			return err
		}
		tag, err := tx.Exec(ctx, `update overviews set key = nullif($2, ''), zoom = $3, made_at = now() where dataset_id = $1`, dataset, o.Key, o.Zoom)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from overview_rasters where dataset_id = $1`, dataset); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into overview_rasters (dataset_id, hash, taken, area)
			select $1, hash, taken::numeric, st_force3d(st_makeenvelope(west, south, east, north, 4326))
			from unnest($2::text[], $3::text[], $4::float8[], $5::float8[], $6::float8[], $7::float8[]) r(hash, taken, west, south, east, north)`,
			dataset, hashes, taken, west, south, east, north)
		return err
	})
	return set, err
}

func (tx Tx) lockOverview(ctx context.Context, key string) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('cairn:overview:' || $1, 0))`, key)
	return err
}

// OverviewAt is what there is of the overview for a tile.
type OverviewAt struct {
	Key   string         // "" if it can't be used here
	Newer []MosaicRaster // came since, to be laid over it
}

// OverviewAt returns the overview of a dataset's rasters if it shows nothing in
// the tile that is there no more, and up to limit rasters that came since.
func (c *Catalog) OverviewAt(ctx context.Context, dataset uuid.UUID, cog Product, t maptile.Tile, limit int) (OverviewAt, error) {
	type question struct {
		overview uuid.UUID
		cog      string
		tile     maptile.Tile
	}
	return recall(c.known, question{dataset, cog.Kind + " " + cog.Version, t}, func() (OverviewAt, error) {
		keys, err := many(ctx, c.pool, pgx.RowTo[string], `select key from overviews where dataset_id = $1 and key is not null and zoom >= $2`, dataset, int(t.Z))
		if err != nil || len(keys) == 0 {
			return OverviewAt{}, err
		}
		at := OverviewAt{Key: keys[0]}
		if gone, err := c.goneSince(ctx, dataset, t); err != nil || gone {
			return OverviewAt{}, err
		}
		m := Mosaic{Datasets: []uuid.UUID{dataset}, COG: cog}
		q := m.query()
		q.touching("e.polygon_geom", around(t))
		q.where = append(q.where, `not exists (select from overview_rasters r where r.dataset_id = e.dataset_id and r.hash = e.hash and r.taken = `+takenSQL+`)`)
		at.Newer, err = many(ctx, c.pool, pgx.RowToStructByPos[MosaicRaster], q.sql(`e.hash, p.key`)+` limit `+q.arg(limit), q.args...)
		return at, err
	})
}

// goneSince tells whether a raster that the overview shows in a tile is there no more, or is elsewhere in the order.
func (c *Catalog) goneSince(ctx context.Context, id uuid.UUID, t maptile.Tile) (bool, error) {
	q := &rasterQuery{}
	dataset := q.arg(id)
	q.touching("r.area", around(t))
	return one(ctx, c.pool, pgx.RowTo[bool], nil, `select exists (select from overview_rasters r where r.dataset_id = `+dataset+` and `+q.where[0]+`
		and not exists (select from entries e where e.dataset_id = `+dataset+` and e.type = 4 and e.hash = r.hash and `+takenSQL+` = r.taken))`, q.args...)
}

// outdateOverviews makes the overviews of datasets be asked for anew that have a
// raster from which the product is made.
func (tx Tx) outdateOverviews(ctx context.Context, product string) error {
	_, err := tx.Exec(ctx, `update overviews set revision = -1 where dataset_id in (
		select e.dataset_id from products p join entries e on e.hash = p.input and e.hash <> '' where p.key = $1 and e.type = 4)`, product)
	return err
}

// UnneededOverviews returns those of the keys that no dataset has as its overview.
func (c *Catalog) UnneededOverviews(ctx context.Context, keys []string) ([]string, error) {
	return many(ctx, c.pool, pgx.RowTo[string], `select k from unnest($1::text[]) k where not exists (select from overviews where key = k)`, keys)
}

// DiscardOverview calls remove unless a dataset has the picture as its overview.
func (c *Catalog) DiscardOverview(ctx context.Context, key string, remove func() error) error {
	return c.Update(ctx, func(tx Tx) error {
		if err := tx.lockOverview(ctx, key); err != nil {
			return err
		}
		needed, err := one(ctx, tx, pgx.RowTo[bool], nil, `select exists (select from overviews where key = $1)`, key)
		if err != nil || needed {
			return err
		}
		return remove()
	})
}
