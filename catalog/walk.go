package catalog

import "context"

// walkPage is how many entries Walk holds at once.
const walkPage = 1000

// Walk visits the entries at and below the paths in the order of their paths,
// all entries for no paths, a page at a time, so that memory does not grow with
// the dataset. An unknown path is NotFound. What changes meanwhile is seen as it then is.
func (c *Catalog) Walk(ctx context.Context, d *Dataset, paths []string, visit func(Entry) error) error {
	if err := c.checkPaths(ctx, d, paths); err != nil {
		return err
	}
	// Every path gives its part of the page by itself, each a short range of the index.
	query := `select ` + entryColumns + ` from entries where dataset_id = $1 and path > $2 and cardinality($3::text[]) = 0 order by path limit $4`
	if len(paths) > 0 {
		query = `select distinct on (path) ` + entryColumns + ` from unnest($3::text[]) p, lateral (
			select * from entries where dataset_id = $1 and path = p collate "C" and path > $2
			union all
			(select * from entries where dataset_id = $1 and path >= (p || '/') collate "C" and path < (p || '0') collate "C" and path > $2 order by path limit $4)
		) e order by path limit $4`
	}
	for last := ""; ; {
		page, err := many(ctx, c.pool, scanEntry, query, d.ID, last, nonNil(paths), walkPage)
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := visit(e); err != nil {
				return err
			}
			last = e.Path
		}
		if len(page) < walkPage {
			return nil
		}
	}
}
