package catalog

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Contents sums up entries of a dataset.
type Contents struct {
	Entries   int64
	Bytes     int64
	PathBytes int64  // of all paths together
	Digest    string // the same as long as paths, contents and times are
}

// Contents sums up the entries at and below the paths, all entries for no
// paths, without reading them into memory. Every path must exist: an unknown one is NotFound.
func (c *Catalog) Contents(ctx context.Context, d *Dataset, paths ...string) (Contents, error) {
	if err := c.checkPaths(ctx, d, paths); err != nil {
		return Contents{}, err
	}
	chosen := `select path, size, ` + entrySum + ` sum from entries e where dataset_id = $1 and path <> '' and $2::text[] is not null`
	if len(paths) > 0 {
		chosen = `select distinct on (path) path, size, ` + entrySum + ` sum from entries e, unnest($2::text[]) p
			where dataset_id = $1 and (path = p collate "C" or path >= (p || '/') collate "C" and path < (p || '0') collate "C") order by path`
	}
	// Rows may come in any order, so their digests are added up rather than chained.
	return one(ctx, c.pool, pgx.RowToStructByPos[Contents], nil, `
		select count(*), coalesce(sum(size), 0)::bigint, coalesce(sum(octet_length(path)), 0)::bigint,
			concat_ws(':', count(*), sum(('x' || left(sum, 16))::bit(64)::bigint), sum(('x' || right(sum, 16))::bit(64)::bigint))
		from (`+chosen+`) chosen`, d.ID, nonNil(paths))
}

// entrySum changes with everything that an archive shows of an entry.
const entrySum = `md5(concat_ws(E'\n', path, hash, type, mtime))`

func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
