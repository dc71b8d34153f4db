package catalog

import (
	"context"

	"github.com/cairngeo/cairn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"
)

const entryColumns = `path, hash, type, properties, mtime, size, point_geom, polygon_geom`

// impliedColumns are the columns of a folder that has content but no row of
// its own, named by folder; it is as old as the first entry in it.
const impliedColumns = `folder, '', 1::smallint, null::jsonb,
	(select mtime from entries where dataset_id = $1 and path >= (folder || '/') collate "C" order by path limit 1), 0::bigint, null::geometry, null::geometry`

func scanEntry(row pgx.CollectableRow) (Entry, error) {
	var e Entry
	var point, polygon geom.T
	err := row.Scan(&e.Path, &e.Hash, &e.Type, &e.Properties, &e.MTime, &e.Size, &point, &polygon)
	e.Point, _ = point.(*geom.Point)
	e.Polygon, _ = polygon.(*geom.Polygon)
	return e, err
}

// Depth is the number of folders above the entry.
func (e *Entry) Depth() int { return depth(e.Path) }

// Entry returns one entry of a dataset.
func (c *Catalog) Entry(ctx context.Context, d *Dataset, path string) (Entry, error) {
	type question struct {
		dataset uuid.UUID
		path    string
	}
	return recall(c.known, question{d.ID, path}, func() (Entry, error) { return entryAt(ctx, c.pool, d.ID, path) })
}

// entryAt returns the entry at the path, or the folder that what lies below it implies.
func entryAt(ctx context.Context, q querier, dataset uuid.UUID, path string) (Entry, error) {
	if path == "" {
		return Entry{}, errNoEntry(path)
	}
	from, to := below(path)
	return one(ctx, q, scanEntry, errNoEntry(path), `
		select `+entryColumns+` from entries where dataset_id = $1 and path = $2
		union all
		select `+impliedColumns+` from (select $2::text as folder) f
		where not exists (select from entries where dataset_id = $1 and path = $2) and exists (select from entries where dataset_id = $1 and path >= $3 and path < $4)`,
		dataset, path, from, to)
}

// EntryByHash returns an entry of the dataset that has the content.
func (c *Catalog) EntryByHash(ctx context.Context, d *Dataset, hash string) (Entry, error) {
	type question struct {
		dataset uuid.UUID
		hash    string
	}
	return recall(c.known, question{d.ID, hash}, func() (Entry, error) {
		return one(ctx, c.pool, scanEntry, cairn.Errorf(cairn.NotFound, "No entry of this dataset has the hash %q.", hash),
			`select `+entryColumns+` from entries where hash = $2 and dataset_id = $1 and hash <> '' order by path limit 1`, d.ID, hash)
	})
}

func errNoEntry(path string) error {
	return cairn.Errorf(cairn.NotFound, "There is no entry %q in this dataset.", path)
}
