package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Remove deletes entries, folders with everything below them, and returns,
// sorted, those of the paths that were there.
func (tx Tx) Remove(ctx context.Context, dataset uuid.UUID, paths ...string) (removed []string, err error) {
	if err := tx.Lock(ctx, dataset); err != nil {
		return nil, err
	}
	removed, err = present(ctx, tx, dataset, paths)
	if err != nil || len(removed) == 0 {
		return removed, err
	}
	return removed, tx.removeTrees(ctx, dataset, outermost(removed))
}

// outermost leaves, of sorted paths, those that are not below another one.
func outermost(paths []string) []string {
	var kept []string
	below := map[string]bool{}
	for _, path := range paths {
		if !slices.ContainsFunc(parents(path), func(folder string) bool { return below[folder] }) {
			kept, below[path] = append(kept, path), true
		}
	}
	return kept
}

// removeTrees deletes what is at and below the paths, with its metadata. The
// ranges are looked up one by one ("offset 0" keeps them from being joined with
// the whole dataset), and only for what is no file.
func (tx Tx) removeTrees(ctx context.Context, dataset uuid.UUID, paths []string) error {
	const trees = `
		with given as (select p collate "C" as path from unnest($2::text[]) p),
		folders as (select path from given g where not exists (select from entries where dataset_id = $1 and path = g.path and type <> 1))
		delete from $table t where dataset_id = $1 and path = any(
			select path from given
			union all
			select inside.path from folders f, lateral (
				select path from $table where dataset_id = $1 and path >= (f.path || '/') collate "C" and path < (f.path || '0') collate "C" offset 0) inside)`
	for _, table := range []string{"metadata", "entries"} { // the rows of the files tell which have something below them
		if _, err := tx.Exec(ctx, strings.ReplaceAll(trees, "$table", table), dataset, paths); err != nil {
			return err
		}
	}
	return nil
}
