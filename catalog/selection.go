package catalog

import (
	"context"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/jackc/pgx/v5"
)

// longestRun is how many pieces of a list are tried as one path: a name has a
// few commas at most.
const longestRun = 16

// Cut returns the paths in a list whose pieces were separated by commas. A
// path with commas in it is the longest run of pieces that names an entry. A
// piece that belongs to no entry is Invalid.
func (c *Catalog) Cut(ctx context.Context, d *Dataset, pieces []string) ([]string, error) {
	clean := make([]string, len(pieces)) // "" for what no entry can be called
	for i, piece := range pieces {
		clean[i], _ = CleanPath(piece)
	}
	// Only a piece that begins the name of some entry before a comma can begin a run.
	begins, err := c.among(ctx, `select p from unnest($2::text[]) p where p <> '' and exists (select from entries
		where dataset_id = $1 and path >= (p || ',') collate "C" and path < (p || '-') collate "C")`, d, clean) // "-" is the byte after ","
	if err != nil {
		return nil, err
	}
	var candidates []string
	for i, piece := range clean {
		candidates = append(candidates, piece)
		for end := i + 2; begins[piece] && end <= min(len(pieces), i+longestRun); end++ {
			if run, err := CleanPath(strings.Join(pieces[i:end], ",")); err == nil {
				candidates = append(candidates, run)
			}
		}
	}
	known, err := c.Existing(ctx, d, candidates)
	if err != nil {
		return nil, err
	}
	var paths []string
	for start := 0; start < len(pieces); {
		run := 0
		for n := min(len(pieces)-start, longestRun); n > 0 && run == 0; n-- {
			if n > 1 && !begins[clean[start]] {
				continue
			}
			if path, err := CleanPath(strings.Join(pieces[start:start+n], ",")); err == nil && known[path] {
				paths, run = append(paths, path), n
			}
		}
		if run == 0 {
			return nil, cairn.Errorf(cairn.Invalid, "There is no entry %q in this dataset.", pieces[start])
		}
		start += run
	}
	return paths, nil
}

// Existing returns those of the paths that name entries.
func (c *Catalog) Existing(ctx context.Context, d *Dataset, paths []string) (map[string]bool, error) {
	return c.among(ctx, `select path from entries where dataset_id = $1 and path = any($2) and path <> ''`, d, paths)
}

func (c *Catalog) among(ctx context.Context, sql string, d *Dataset, texts []string) (map[string]bool, error) {
	list, err := many(ctx, c.pool, pgx.RowTo[string], sql, d.ID, texts)
	found := make(map[string]bool, len(list))
	for _, text := range list {
		found[text] = true
	}
	return found, err
}
