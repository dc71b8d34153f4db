package catalog

import (
	"context"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/cairngeo/cairn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Place is where an entry is, or is to be.
type Place struct {
	Dataset uuid.UUID
	Path    string
}

// holds tells whether the other place is this one or below it.
func (p Place) holds(other Place) bool {
	return p.Dataset == other.Dataset && (p.Path == other.Path || strings.HasPrefix(other.Path, p.Path+"/"))
}

// Relocation says what becomes of the two places of a relocated entry.
type Relocation struct {
	Keep      bool // a copy: the source stays
	Overwrite bool // files in the way are replaced, and folders become one; without it the destination must be free
}

// Relocate moves or copies an entry, a folder with everything below it, and
// returns it as it then is. Content, times and metadata go along; no bytes move.
func (tx Tx) Relocate(ctx context.Context, source, dest Place, how Relocation) (Entry, error) {
	if source.holds(dest) {
		return Entry{}, cairn.Errorf(cairn.Invalid, "%q can't be put onto or into itself.", source.Path)
	}
	if err := tx.Lock(ctx, source.Dataset, dest.Dataset); err != nil {
		return Entry{}, err
	}
	moved, err := entryAt(ctx, tx, source.Dataset, source.Path)
	if err != nil {
		return Entry{}, err
	}
	r := relocation{tx, source, dest}
	if err := r.checkLengths(ctx); err != nil {
		return Entry{}, err
	}
	if err := r.clear(ctx, moved, how.Overwrite); err != nil {
		return Entry{}, err
	}
	if err := tx.makeFolders(ctx, dest.Dataset, parents(dest.Path), moved.MTime); err != nil {
		return Entry{}, err
	}
	if err := r.copyEntries(ctx); err != nil {
		return Entry{}, err
	}
	if how.Keep {
		err = r.copyMetadata(ctx)
	} else if err = r.moveMetadata(ctx); err == nil {
		err = tx.removeTrees(ctx, source.Dataset, []string{source.Path})
	}
	moved.Path = dest.Path
	return moved, err
}

// relocation is one that is under way.
type relocation struct {
	Tx
	source, dest Place
}

// run runs a statement in which $1 and $2 are the datasets of the source and of
// the destination, $3 and $4 their paths, $5 where the part of a path begins
// that stays; source is a condition on path, and target the path that it gets.
func (r relocation) run(ctx context.Context, sql string) (int64, error) {
	tag, err := r.Exec(ctx, r.sql(sql), r.args()...)
	return tag.RowsAffected(), err
}

func (r relocation) args() []any {
	return []any{r.source.Dataset, r.dest.Dataset, r.source.Path, r.dest.Path, utf8.RuneCountInString(r.source.Path) + 1}
}

// parameters makes every statement use every parameter.
const parameters = `with p as (select $1::uuid, $2::uuid, $3::text, $4::text, $5::integer) `

func (r relocation) sql(sql string) string {
	return parameters + strings.NewReplacer(
		"{source s}", `s.dataset_id = $1 and (s.path = $3 or s.path >= ($3 || '/') collate "C" and s.path < ($3 || '0') collate "C")`,
		"{target s}", `($4 || substr(s.path, $5))`,
	).Replace(sql)
}

// checkLengths returns an error if what lies below the source would have too long a path.
func (r relocation) checkLengths(ctx context.Context) error {
	var longest int
	err := r.QueryRow(ctx, r.sql(`select coalesce(max(octet_length(s.path)), 0) from entries s where {source s}`), r.args()...).Scan(&longest)
	if err == nil && longest+len(r.dest.Path)-len(r.source.Path) > maxPath {
		return cairn.Errorf(cairn.Invalid, "%q can't be put there: paths below it would have more than %d bytes.", r.source.Path, maxPath)
	}
	return err
}

// clear makes the destination ready for the entry.
func (r relocation) clear(ctx context.Context, moved Entry, overwrite bool) error {
	there, err := entryAt(ctx, r, r.dest.Dataset, r.dest.Path)
	switch {
	case cairn.CodeOf(err) == cairn.NotFound:
		return nil
	case err != nil:
		return err
	case (there.Type == Directory) != (moved.Type == Directory):
		return cairn.Errorf(cairn.Invalid, "%q is a %s and can't be put onto a %s. Choose another name.", r.source.Path, kindOf(moved), kindOf(there))
	case !overwrite:
		return cairn.Errorf(cairn.Conflict, "%q exists already. Choose another name, or overwrite it.", r.dest.Path)
	case r.dest.holds(r.source):
		return cairn.Errorf(cairn.Invalid, "%q can't replace the folder that it is in.", r.source.Path)
	}
	if err := r.checkKinds(ctx); err != nil {
		return err
	}
	_, err = r.run(ctx, `delete from metadata m using entries s where {source s} and s.type <> 1 and m.dataset_id = $2 and m.path = {target s}`)
	return err
}

func kindOf(e Entry) string {
	if e.Type == Directory {
		return "folder"
	}
	return "file"
}

// checkKinds returns an error if a file would replace a folder or a folder a file, at any depth.
func (r relocation) checkKinds(ctx context.Context) error {
	clashes, err := many(ctx, r, pgx.RowTo[string], r.sql(`
		(select t.path from entries s join entries t on t.dataset_id = $2 and t.path = {target s} where {source s} and (s.type = 1) <> (t.type = 1) limit 1)
		union all
		(select {target s} from entries s where {source s} and s.type <> 1 and exists (
			select from entries t where t.dataset_id = $2 and t.path >= ({target s} || '/') collate "C" and t.path < ({target s} || '0') collate "C") limit 1)
		union all
		(select t.path from entries t where t.dataset_id = $2 and t.path >= ($4 || '/') collate "C" and t.path < ($4 || '0') collate "C" and t.type <> 1 and exists (
			select from entries s where s.dataset_id = $1
				and s.path >= ($3 || substr(t.path, length($4) + 1) || '/') collate "C" and s.path < ($3 || substr(t.path, length($4) + 1) || '0') collate "C") limit 1)`), r.args()...)
	if err == nil && len(clashes) > 0 {
		return cairn.Errorf(cairn.Invalid, "%q is a folder in one place and a file in the other. Rename one of them.", clashes[0])
	}
	return err
}

func (r relocation) copyEntries(ctx context.Context) error {
	_, err := r.run(ctx, `
		insert into entries (dataset_id, path, hash, type, properties, mtime, size, depth, point_geom, polygon_geom)
		select $2, path, hash, type, properties, mtime, size, length(path) - length(replace(path, '/', '')), point_geom, polygon_geom
		from (select {target s} as path, hash, type, properties, mtime, size, point_geom, polygon_geom from entries s where {source s}) moved
		on conflict (dataset_id, path) do update set hash = excluded.hash, type = excluded.type, properties = excluded.properties,
			mtime = excluded.mtime, size = excluded.size, point_geom = excluded.point_geom, polygon_geom = excluded.polygon_geom
		where entries.type <> 1`)
	return err
}

// A folder that was there before keeps its own metadata where both have some.
const unlessThere = ` and not exists (select from metadata t where t.dataset_id = $2 and t.path = {target s} and t.key = s.key)`

func (r relocation) copyMetadata(ctx context.Context) error {
	_, err := r.run(ctx, `insert into metadata (dataset_id, path, key, data, mtime, made_by_server)
		select $2, {target s}, key, data, mtime, made_by_server from metadata s where {source s}`+unlessThere)
	return err
}

// moveMetadata keeps the ids of the records, unless the destination has a copy of one.
func (r relocation) moveMetadata(ctx context.Context) error {
	_, err := r.run(ctx, `update metadata s set dataset_id = $2, path = {target s},
			id = case when $1 <> $2 and exists (select from metadata t where t.dataset_id = $2 and t.id = s.id) then gen_random_uuid()::text else s.id end
		where {source s}`+unlessThere)
	return err
}

// OfTypes yields, in batches, the entries of the types at and below the place.
func (tx Tx) OfTypes(ctx context.Context, p Place, types []EntryType) iter.Seq2[[]Entry, error] {
	from, to := below(p.Path)
	return Snapshot{tx.Tx}.entries(ctx, `select `+entryColumns+` from entries
		where dataset_id = $1 and (path = $2 or path >= $3 and path < $4) and type = any($5) order by path`, p.Dataset, p.Path, from, to, types)
}
