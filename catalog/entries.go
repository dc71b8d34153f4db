package catalog

import (
	"context"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/cairngeo/cairn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"
)

const entryColumns = `path, hash, type, properties, mtime, size, point_geom, polygon_geom`

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
	return recall(c.known, question{d.ID, path}, func() (Entry, error) {
		return one(ctx, c.pool, scanEntry, errNoEntry(path),
			`select `+entryColumns+` from entries where dataset_id = $1 and path = $2 and path <> ''`, d.ID, path)
	})
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

// List returns the children of a folder in the order of their paths, or, for
// the path of a file, that file alone. A folder that isn't there has none. With
// a type, only entries of that type.
func (c *Catalog) List(ctx context.Context, d *Dataset, path string, only *EntryType) ([]Entry, error) {
	path = strings.TrimSuffix(path, "/")
	from, to := below(path)
	level := 0
	if path != "" {
		level = depth(path) + 1
	}
	return many(ctx, c.pool, scanEntry, `
		select `+entryColumns+` from entries where dataset_id = $1 and depth = $2 and path >= $3 and path < $4 and path <> '' and ($6::smallint is null or type = $6)
		union all
		select `+entryColumns+` from entries where dataset_id = $1 and path = $5 and path <> '' and type <> 1 and ($6::smallint is null or type = $6)
		order by path`, d.ID, level, from, to, path, only)
}

// Search returns the entries below a folder whose name (the last segment of
// the path) matches the pattern: * is any text, ? any character, case is
// ignored in every script. Without recursive only direct children.
func (c *Catalog) Search(ctx context.Context, d *Dataset, folder, pattern string, recursive bool, only *EntryType) ([]Entry, error) {
	folder = strings.TrimSuffix(folder, "/")
	from, to := below(folder)
	level := 0
	if folder != "" {
		level = depth(folder) + 1
	}
	return many(ctx, c.pool, scanEntry, `select `+entryColumns+` from entries
		where dataset_id = $1 and path >= $2 and path < $3 and path <> '' and ($4 or depth = $5)
			and substring(path from '[^/]*$') collate "und-x-icu" ~* $6 and ($7::smallint is null or type = $7)
		order by path`, d.ID, from, to, recursive, level, wildcard(pattern), only)
}

// wildcard turns a pattern with * and ? into a regular expression.
func wildcard(pattern string) string {
	quoted := regexp.QuoteMeta(pattern)
	quoted = strings.ReplaceAll(quoted, `\*`, `.*`)
	return "^" + strings.ReplaceAll(quoted, `\?`, `.`) + "$"
}

// Tree returns the entries at and below the paths, in the order of their
// paths; all entries for no paths. Every path must exist: an unknown one is NotFound.
func (c *Catalog) Tree(ctx context.Context, d *Dataset, paths ...string) ([]Entry, error) {
	if len(paths) == 0 {
		return many(ctx, c.pool, scanEntry, `select `+entryColumns+` from entries where dataset_id = $1 and path <> '' order by path`, d.ID)
	}
	if err := c.checkPaths(ctx, d, paths); err != nil {
		return nil, err
	}
	return many(ctx, c.pool, scanEntry, `select distinct on (path) `+entryColumns+` from entries e, unnest($2::text[]) p
		where dataset_id = $1 and (path = p collate "C" or path >= (p || '/') collate "C" and path < (p || '0') collate "C") order by path`, d.ID, paths)
}

// checkPaths is NotFound for the first of the paths that does not exist.
func (c *Catalog) checkPaths(ctx context.Context, d *Dataset, paths []string) error {
	missing, err := many(ctx, c.pool, pgx.RowTo[string], `select p from unnest($2::text[]) p
		where not exists (select from entries where dataset_id = $1 and path = p collate "C") limit 1`, d.ID, paths)
	if err == nil && len(missing) > 0 {
		return errNoEntry(missing[0])
	}
	return err
}

// lock makes the writers of a dataset's entries take turns until they commit.
// They would anyway, at the running totals; from the beginning on it keeps one
// from removing the folder that another one fills.
func (tx Tx) lock(ctx context.Context, dataset uuid.UUID) error {
	_, err := tx.Exec(ctx, `select from datasets where id = $1 for no key update`, dataset)
	return err
}

// Put adds a file or replaces the one at its path, and adds the folders above
// it that are missing. Its bytes, if they are there now, stay.
func (tx Tx) Put(ctx context.Context, dataset uuid.UUID, e Entry) error {
	if err := tx.lock(ctx, dataset); err != nil {
		return err
	}
	if err := tx.refer(ctx, e.Hash); err != nil {
		return err
	}
	if err := tx.makeFolders(ctx, dataset, parents(e.Path), e.MTime); err != nil {
		return err
	}
	var point, polygon geom.T
	if e.Point != nil {
		point = e.Point
	}
	if e.Polygon != nil {
		polygon = e.Polygon
	}
	tag, err := tx.Exec(ctx, `
		insert into entries (dataset_id, path, hash, type, properties, mtime, size, depth, point_geom, polygon_geom)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		on conflict (dataset_id, path) do update set hash = excluded.hash, type = excluded.type, properties = excluded.properties,
			mtime = excluded.mtime, size = excluded.size, point_geom = excluded.point_geom, polygon_geom = excluded.polygon_geom
		where entries.type <> 1`,
		dataset, e.Path, e.Hash, e.Type, e.Properties, e.MTime, e.Size, depth(e.Path), point, polygon)
	if err == nil && tag.RowsAffected() == 0 {
		return cairn.Errorf(cairn.Invalid, "%q is a folder. Choose another name for the file.", e.Path)
	}
	return err
}

// MakeFolder adds a folder where nothing is yet, and the missing ones above it.
func (tx Tx) MakeFolder(ctx context.Context, dataset uuid.UUID, path string, mtime int64) error {
	if err := tx.lock(ctx, dataset); err != nil {
		return err
	}
	if err := tx.makeFolders(ctx, dataset, parents(path), mtime); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `insert into entries (dataset_id, path, type, mtime, depth) values ($1, $2, 1, $3, $4) on conflict do nothing`,
		dataset, path, mtime, depth(path))
	if err == nil && tag.RowsAffected() == 0 {
		return cairn.Errorf(cairn.Invalid, "Cannot create a folder on another entry: %q exists.", path)
	}
	return err
}

// makeFolders adds the folders that are missing; a file in the place of one is an error.
func (tx Tx) makeFolders(ctx context.Context, dataset uuid.UUID, folders []string, mtime int64) error {
	for _, folder := range folders {
		_, err := tx.Exec(ctx, `insert into entries (dataset_id, path, type, mtime, depth) values ($1, $2, 1, $3, $4) on conflict do nothing`,
			dataset, folder, mtime, depth(folder))
		if err != nil {
			return err
		}
	}
	files, err := many(ctx, tx, pgx.RowTo[string], `select path from entries where dataset_id = $1 and path = any($2) and type <> 1`, dataset, folders)
	if err != nil {
		return err
	}
	if len(files) > 0 {
		return cairn.Errorf(cairn.Invalid, "%q is a file; nothing can be put below it.", files[0])
	}
	return nil
}

// Remove deletes an entry, a folder with everything below it.
func (tx Tx) Remove(ctx context.Context, dataset uuid.UUID, path string) error {
	if err := tx.lock(ctx, dataset); err != nil {
		return err
	}
	from, to := below(path)
	tag, err := tx.Exec(ctx, `delete from entries where dataset_id = $1 and (path = $2 or path >= $3 and path < $4)`, dataset, path, from, to)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return errNoEntry(path)
	}
	_, err = tx.Exec(ctx, `delete from metadata where dataset_id = $1 and (path = $2 or path >= $3 and path < $4)`, dataset, path, from, to)
	return err
}

// Move renames an entry, a folder with everything below it, and returns it as
// it then is. Content, times and metadata stay; the destination must be free.
func (tx Tx) Move(ctx context.Context, dataset uuid.UUID, source, dest string) (moved Entry, err error) {
	if dest == source || strings.HasPrefix(dest, source+"/") {
		return Entry{}, cairn.Errorf(cairn.Invalid, "%q can't be moved into itself.", source)
	}
	if err := tx.lock(ctx, dataset); err != nil {
		return Entry{}, err
	}
	moved, err = one(ctx, tx, scanEntry, errNoEntry(source), `select `+entryColumns+` from entries where dataset_id = $1 and path = $2`, dataset, source)
	if err != nil {
		return Entry{}, err
	}
	if err := tx.checkDestination(ctx, dataset, source, dest); err != nil {
		return Entry{}, err
	}
	if err := tx.makeFolders(ctx, dataset, parents(dest), moved.MTime); err != nil {
		return Entry{}, err
	}
	from, to := below(source)
	tail := utf8.RuneCountInString(source) + 1 // where the part that stays begins
	_, err = tx.Exec(ctx, `update entries set path = $5 || substr(path, $6), depth = depth + $7
		where dataset_id = $1 and (path = $2 or path >= $3 and path < $4)`, dataset, source, from, to, dest, tail, depth(dest)-depth(source))
	if err != nil {
		return Entry{}, err
	}
	_, err = tx.Exec(ctx, `update metadata set path = $5 || substr(path, $6)
		where dataset_id = $1 and (path = $2 or path >= $3 and path < $4)`, dataset, source, from, to, dest, tail)
	moved.Path = dest
	return moved, err
}

// checkDestination returns an error if something is at dest, or if what lies
// below the source would have too long a path there.
func (tx Tx) checkDestination(ctx context.Context, dataset uuid.UUID, source, dest string) error {
	from, to := below(source)
	var taken bool
	var longest int
	err := tx.QueryRow(ctx, `select exists (select from entries where dataset_id = $1 and path = $2),
		coalesce((select max(octet_length(path)) from entries where dataset_id = $1 and path >= $3 and path < $4), 0)`,
		dataset, dest, from, to).Scan(&taken, &longest)
	switch {
	case err != nil:
		return err
	case taken:
		return cairn.Errorf(cairn.Conflict, "%q exists already. Choose another name.", dest)
	case longest+len(dest)-len(source) > maxPath:
		return cairn.Errorf(cairn.Invalid, "%q can't be moved there: paths below it would have more than %d bytes.", source, maxPath)
	}
	return nil
}
