package catalog

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// FilesAtRoot returns, for each of the datasets, the path of the file at its
// root that has the first of the names that there is, ignoring case. Names are
// lower-case; a dataset without such a file is left out.
func (c *Catalog) FilesAtRoot(ctx context.Context, datasets []uuid.UUID, names []string) (map[uuid.UUID]string, error) {
	found := map[uuid.UUID]string{}
	_, err := many(ctx, c.pool, func(row pgx.CollectableRow) (struct{}, error) {
		var id uuid.UUID
		var path string
		err := row.Scan(&id, &path)
		found[id] = path
		return struct{}{}, err
	}, `select distinct on (dataset_id) dataset_id, path from entries
		where dataset_id = any($1) and depth = 0 and lower(path) = any($2) and type <> 1
		order by dataset_id, array_position($2::text[], lower(path)::text), path`, datasets, names)
	return found, err
}
