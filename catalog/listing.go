package catalog

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Snapshot is the catalog at one moment, for lists that are read piece by piece.
type Snapshot struct{ tx pgx.Tx }

// moment is a transaction all of whose queries see the same.
var moment = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

// Snapshot calls read, which may use it until it returns.
func (c *Catalog) Snapshot(ctx context.Context, read func(Snapshot) error) error {
	return translate(pgx.BeginTxFunc(ctx, c.pool, moment, func(tx pgx.Tx) error { return read(Snapshot{tx}) }))
}

// batch is how many entries are in memory at once.
const batch = 1000

// entries runs a query for entries and yields them in batches.
func (s Snapshot) entries(ctx context.Context, sql string, args ...any) iter.Seq2[[]Entry, error] {
	return func(yield func([]Entry, error) bool) {
		_, err := s.tx.Exec(ctx, `declare listing no scroll cursor for `+sql, args...)
		wanted := true
		for more := true; err == nil && more && wanted; {
			var entries []Entry
			entries, err = many(ctx, s.tx, scanEntry, fmt.Sprintf(`fetch %d from listing`, batch))
			if more = len(entries) == batch; len(entries) > 0 {
				wanted = yield(entries, nil)
			}
		}
		if err == nil {
			_, err = s.tx.Exec(ctx, `close listing`)
		}
		if err != nil && wanted { // else the end of the transaction tells
			yield(nil, translate(err))
		}
	}
}

// List yields, in batches, the children of a folder in the order of their
// paths, or, for the path of a file, that file alone. A folder that isn't there
// has none. With a type, only entries of that type.
func (s Snapshot) List(ctx context.Context, d *Dataset, path string, only *EntryType) iter.Seq2[[]Entry, error] {
	path = strings.TrimSuffix(path, "/")
	from, to := below(path)
	level := 0
	if path != "" {
		level = depth(path) + 1
	}
	return s.entries(ctx, `
		select `+entryColumns+` from entries where dataset_id = $1 and depth = $2 and path >= $3 and path < $4 and path <> '' and ($6::smallint is null or type = $6)
		union all
		select `+entryColumns+` from entries where dataset_id = $1 and path = $5 and path <> '' and type <> 1 and ($6::smallint is null or type = $6)
		union all
		select `+impliedColumns+` from (select distinct folder from implied_folders($1, $5, false) folder) f where $6::smallint is null or $6 = 1
		order by path`, d.ID, level, from, to, path, only)
}

// Search yields, in batches, the entries below a folder whose name (the last
// segment of the path) matches the pattern: * is any text, ? any character,
// case is ignored in every script. Without recursive only direct children.
func (s Snapshot) Search(ctx context.Context, d *Dataset, folder, pattern string, recursive bool, only *EntryType) iter.Seq2[[]Entry, error] {
	folder = strings.TrimSuffix(folder, "/")
	from, to := below(folder)
	level := 0
	if folder != "" {
		level = depth(folder) + 1
	}
	const matches = ` and substring(path from '[^/]*$') collate "und-x-icu" ~* $6`
	return s.entries(ctx, `
		select `+entryColumns+` from entries
		where dataset_id = $1 and path >= $2 and path < $3 and path <> '' and ($4 or depth = $5) and ($7::smallint is null or type = $7)`+matches+`
		union all
		select `+impliedColumns+` from (select distinct path as folder from implied_folders($1, $8, $4) path where ($7::smallint is null or $7 = 1)`+matches+`) f
		order by path`, d.ID, from, to, recursive, level, wildcard(pattern), only, folder)
}

var stars = regexp.MustCompile(`(\\\*)+`)

// wildcard turns a pattern with * and ? into a regular expression. Several *
// become one: the database takes seconds to understand many in a row.
func wildcard(pattern string) string {
	quoted := stars.ReplaceAllString(regexp.QuoteMeta(pattern), ".*")
	return "^" + strings.ReplaceAll(quoted, `\?`, `.`) + "$"
}

// Search is Snapshot.Search for patterns that few entries match.
func (c *Catalog) Search(ctx context.Context, d *Dataset, folder, pattern string, recursive bool, only *EntryType) (found []Entry, err error) {
	err = c.Snapshot(ctx, func(s Snapshot) error {
		for entries, err := range s.Search(ctx, d, folder, pattern, recursive, only) {
			if err != nil {
				return err
			}
			found = append(found, entries...)
		}
		return nil
	})
	return found, err
}

// checkPaths is NotFound for the first of the paths that does not exist.
func (c *Catalog) checkPaths(ctx context.Context, d *Dataset, paths []string) error {
	existing, err := present(ctx, c.pool, d.ID, paths)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if _, found := slices.BinarySearch(existing, path); !found {
			return errNoEntry(path)
		}
	}
	return nil
}

// present returns, sorted, those of the paths at or below which something is.
func present(ctx context.Context, q querier, dataset uuid.UUID, paths []string) ([]string, error) {
	return many(ctx, q, pgx.RowTo[string], `select distinct p collate "C" from unnest($2::text[]) p
		where exists (select from entries where dataset_id = $1 and path = p collate "C")
			or exists (select from entries where dataset_id = $1 and path >= (p || '/') collate "C" and path < (p || '0') collate "C")
		order by 1`, dataset, paths)
}
