package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/cairngeo/cairn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Record is one piece of metadata: a JSON value under a key, attached to an
// entry or to the dataset itself.
type Record struct {
	ID    string          `json:"id"` // a UUID, unless a client that pushed it chose something else
	Path  string          `json:"path"`
	Key   string          `json:"key"`
	Data  json.RawMessage `json:"data"`
	MTime int64           `json:"mtime"` // Unix seconds
}

// recordColumns select a Record. Its data is read as text, since what decodes
// JSON drops the white space around it, and clients get back what they pushed.
const recordColumns = `id, path, key, data::text, mtime`

// Metadata returns the records under a key of an entry, or of the dataset
// itself for the path "", oldest first. Of a singular key there is one. None
// is NotFound.
func (c *Catalog) Metadata(ctx context.Context, d *Dataset, path, key string) ([]Record, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	path, err := describedPath(ctx, c.pool, d.ID, path)
	if err != nil {
		return nil, err
	}
	records, err := many(ctx, c.pool, pgx.RowToStructByPos[Record], `select `+recordColumns+` from metadata
		where dataset_id = $1 and path = $2 and key = $3 order by mtime, id`, d.ID, path, key)
	switch {
	case err != nil:
		return nil, err
	case len(records) == 0:
		return nil, cairn.Errorf(cairn.NotFound, "There is no metadata %q here.", key)
	case !Plural(key):
		records = records[len(records)-1:]
	}
	return records, nil
}

// describedPath returns the path in the form of the catalog. There must be an
// entry, something below it, or metadata; "" is the dataset.
func describedPath(ctx context.Context, q querier, dataset uuid.UUID, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	clean, err := CleanPath(path)
	if err != nil {
		return "", err
	}
	from, to := below(clean)
	var exists bool
	err = q.QueryRow(ctx, `select exists (select from entries where dataset_id = $1 and path = $2)
		or exists (select from entries where dataset_id = $1 and path >= $3 and path < $4)
		or exists (select from metadata where dataset_id = $1 and path = $2)`, dataset, clean, from, to).Scan(&exists)
	if err == nil && !exists {
		err = cairn.Errorf(cairn.Invalid, "There is no entry %q in this dataset.", clean)
	}
	return clean, translate(err)
}

// AddMetadata adds a record to the list under a plural key. The text is JSON,
// or else becomes a JSON string.
func (c *Catalog) AddMetadata(ctx context.Context, d *Dataset, path, key, text string) (r Record, err error) {
	if err := checkKey(key); err != nil {
		return Record{}, err
	}
	if !Plural(key) {
		return Record{}, cairn.Errorf(cairn.Invalid, "%q is a singular key: set it, or add to a plural key such as %q.", key, key+"s")
	}
	value, err := parseValue(text)
	if err != nil {
		return Record{}, err
	}
	err = c.Update(ctx, func(tx Tx) error {
		at, err := tx.lockPath(ctx, d.ID, path)
		if err != nil {
			return err
		}
		r, err = tx.insertRecord(ctx, d.ID, at, key, value)
		return err
	})
	return r, err
}

// SetMetadata makes a record the only one under a singular key. A new value
// is a new record, unless it is a setting of the dataset.
func (c *Catalog) SetMetadata(ctx context.Context, d *Dataset, path, key, text string) (r Record, err error) {
	if err := checkKey(key); err != nil {
		return Record{}, err
	}
	if Plural(key) {
		return Record{}, cairn.Errorf(cairn.Invalid, "%q is a plural key: add to it, or set a singular key.", key)
	}
	if path == "" && slices.Contains(settings, key) {
		value, err := settingValue(key, text)
		if err != nil {
			return Record{}, err
		}
		err = c.Update(ctx, func(tx Tx) error {
			r, err = tx.setRecord(ctx, d.ID, key, value)
			return err
		})
		return r, err
	}
	value, err := parseValue(text)
	if err != nil {
		return Record{}, err
	}
	err = c.Update(ctx, func(tx Tx) error {
		at, err := tx.lockPath(ctx, d.ID, path)
		if err != nil {
			return err
		}
		if _, err := tx.removeKey(ctx, d.ID, at, key); err != nil {
			return err
		}
		r, err = tx.insertRecord(ctx, d.ID, at, key, value)
		return err
	})
	return r, err
}

// lockPath keeps others from changing the dataset's entries and metadata, and
// returns the path as describedPath does.
func (tx Tx) lockPath(ctx context.Context, dataset uuid.UUID, path string) (string, error) {
	if err := tx.Lock(ctx, dataset); err != nil {
		return "", err
	}
	return describedPath(ctx, tx, dataset, path)
}

// What may be attached to one path: it is all shown with the dataset.
const (
	maxRecords     = 10_000
	maxRecordBytes = 16 << 20
)

func errTooMuchMetadata() error {
	return cairn.Errorf(cairn.Invalid, "There is too much metadata in one place: at most %d records and %d MB. Put it into a file.", maxRecords, maxRecordBytes>>20)
}

func (tx Tx) insertRecord(ctx context.Context, dataset uuid.UUID, path, key string, value json.RawMessage) (Record, error) {
	var records, size int64
	err := tx.QueryRow(ctx, `select count(*), coalesce(sum(octet_length(data::text)), 0) from metadata where dataset_id = $1 and path = $2`,
		dataset, path).Scan(&records, &size)
	if err != nil {
		return Record{}, err
	}
	if records >= maxRecords || size+int64(len(value)) > maxRecordBytes {
		return Record{}, errTooMuchMetadata()
	}
	return one(ctx, tx, pgx.RowToStructByPos[Record], nil, `insert into metadata (dataset_id, path, key, data, mtime)
		values ($1, $2, $3, $4, extract(epoch from now())::bigint) returning `+recordColumns, dataset, path, key, value)
}

// Set gives a setting of the dataset itself (name, visibility, tagline, …) a
// new value. The record keeps its id, so that a changed setting never looks
// like changed content to somebody who has a copy of the dataset.
func (tx Tx) Set(ctx context.Context, dataset uuid.UUID, key string, value any) error {
	_, err := tx.setRecord(ctx, dataset, key, value)
	return err
}

func (tx Tx) setRecord(ctx context.Context, dataset uuid.UUID, key string, value any) (Record, error) {
	data, err := json.Marshal(value)
	if raw, ok := value.(json.RawMessage); ok {
		data, err = raw, nil // as it was written
	}
	if err != nil {
		return Record{}, fmt.Errorf("setting %s: %w", key, err)
	}
	if err := tx.Lock(ctx, dataset); err != nil { // two that set it for the first time make one record
		return Record{}, err
	}
	if key == "visibility" { // the older key says the same to those who look at it
		_, err := tx.Exec(ctx, `update metadata set data = case when $2 in ('1', '2') then '1' else '0' end::json, mtime = extract(epoch from now())::bigint
			where dataset_id = $1 and path = '' and key = 'public'`, dataset, string(data))
		if err != nil {
			return Record{}, err
		}
	}
	updated, err := many(ctx, tx, pgx.RowToStructByPos[Record], `update metadata set data = $3, mtime = extract(epoch from now())::bigint
		where dataset_id = $1 and path = '' and key = $2 returning `+recordColumns, dataset, key, json.RawMessage(data))
	if err != nil || len(updated) > 0 {
		return append(updated, Record{})[0], err
	}
	return one(ctx, tx, pgx.RowToStructByPos[Record], nil, `insert into metadata (dataset_id, key, data, mtime, made_by_server)
		values ($1, $2, $3, extract(epoch from now())::bigint, true) returning `+recordColumns, dataset, key, json.RawMessage(data))
}

// UnsetMetadata removes all records under a key and tells how many there were.
func (c *Catalog) UnsetMetadata(ctx context.Context, d *Dataset, path, key string) (removed int64, err error) {
	if err := checkKey(key); err != nil {
		return 0, err
	}
	if path, err = describedPath(ctx, c.pool, d.ID, path); err != nil {
		return 0, err
	}
	err = c.Update(ctx, func(tx Tx) error {
		removed, err = tx.removeKey(ctx, d.ID, path, key)
		return err
	})
	return removed, err
}

func (tx Tx) removeKey(ctx context.Context, dataset uuid.UUID, path, key string) (int64, error) {
	tag, err := tx.Exec(ctx, `delete from metadata where dataset_id = $1 and path = $2 and key = $3`, dataset, path, key)
	return tag.RowsAffected(), err
}

// RemoveMetadata removes the record with the id and tells how many that were.
func (c *Catalog) RemoveMetadata(ctx context.Context, d *Dataset, id string) (removed int64, err error) {
	if id == "" {
		return 0, cairn.Errorf(cairn.Invalid, "The id of the metadata is missing.")
	}
	err = c.Update(ctx, func(tx Tx) error {
		tag, err := tx.Exec(ctx, `delete from metadata where dataset_id = $1 and id = $2`, d.ID, id)
		removed = tag.RowsAffected()
		return err
	})
	return removed, err
}

// MetadataCount is how many records a path has under a key.
type MetadataCount struct {
	Count int64  `json:"count" example:"1"`
	Key   string `json:"key" example:"name"`
	Path  string `json:"path" doc:"Of the entry; empty for the dataset itself"`
}

// CountMetadata calls each with the counts by path and key, in this order: of
// one path, or of all for "".
func (c *Catalog) CountMetadata(ctx context.Context, d *Dataset, path string, each func(MetadataCount) error) error {
	path, err := describedPath(ctx, c.pool, d.ID, path)
	if err != nil {
		return err
	}
	var m MetadataCount
	return eachRow(ctx, c.pool, []any{&m.Count, &m.Key, &m.Path}, func() error { return each(m) },
		`select count(*), key, path from metadata where dataset_id = $1 and ($2 = '' or path = $2) group by path, key order by path, key`, d.ID, path)
}

// DumpMetadata calls each with the records of all paths by id: those with the
// ids, or all for none. An unknown id is skipped.
func (c *Catalog) DumpMetadata(ctx context.Context, d *Dataset, ids []string, each func(Record) error) error {
	if len(ids) == 0 {
		ids = nil
	}
	return eachRecord(ctx, c.pool, d, ids, each)
}

func eachRecord(ctx context.Context, q querier, d *Dataset, ids []string, each func(Record) error) error {
	var r Record
	return eachRow(ctx, q, []any{&r.ID, &r.Path, &r.Key, &r.Data, &r.MTime}, func() error { return each(r) },
		`select `+recordColumns+` from metadata where dataset_id = $1 and ($2::text[] is null or id = any($2)) order by id`, d.ID, ids)
}
