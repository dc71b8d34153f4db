package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// BuildSearch is what the last search for builds that nobody asked for found.
type BuildSearch struct {
	Began    time.Time
	Duration time.Duration
	Datasets int64 // in all
	Checked  int64 // of those, that have anything to build
	Found    int   // entries without a product
	Enqueued int
	Errors   int
}

const buildSearchKey = "build-search"

// LastBuildSearch returns nil before the first search.
func (c *Catalog) LastBuildSearch(ctx context.Context) (*BuildSearch, error) {
	var text string
	err := c.pool.QueryRow(ctx, `select value from settings where key = $1`, buildSearchKey).Scan(&text)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, translate(err)
	}
	var b BuildSearch
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return nil, fmt.Errorf("last build search: %w", err)
	}
	return &b, nil
}

// NoteBuildSearch keeps it for every node to tell.
func (c *Catalog) NoteBuildSearch(ctx context.Context, b BuildSearch) error {
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	_, err = c.pool.Exec(ctx, `insert into settings (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value`, buildSearchKey, string(text))
	return translate(err)
}

// Buildable is a type of entry and the product that is built from it now.
type Buildable struct {
	Type          EntryType
	Kind, Version string
}

// CountBuildable returns the number of datasets, and of those that have
// entries of the types.
func (c *Catalog) CountBuildable(ctx context.Context, types []EntryType) (datasets, with int64, err error) {
	err = c.pool.QueryRow(ctx, `select (select count(*) from datasets), (select count(distinct dataset_id) from entries where type = any($1::smallint[]))`, types).Scan(&datasets, &with)
	return datasets, with, translate(err)
}

// Unbuilt returns, by their dataset, up to limit entries whose product nobody
// asked for, in the version that is built now.
func (c *Catalog) Unbuilt(ctx context.Context, b Buildable, limit int) (map[uuid.UUID][]Entry, error) {
	return c.entriesByDataset(ctx, `where type = $1 and type in (4, 5, 11, 14, 15, 16) and not exists (
		select from products where input = e.hash and kind = $2 and version = $3) order by dataset_id, path limit $4`, b.Type, b.Kind, b.Version, limit)
}

// WithContent returns, by their dataset, up to limit entries that have the content.
func (c *Catalog) WithContent(ctx context.Context, hash string, limit int) (map[uuid.UUID][]Entry, error) {
	return c.entriesByDataset(ctx, `where hash = $1 order by dataset_id, path limit $2`, hash, limit)
}

func (c *Catalog) entriesByDataset(ctx context.Context, where string, args ...any) (map[uuid.UUID][]Entry, error) {
	found := map[uuid.UUID][]Entry{}
	_, err := many(ctx, c.pool, func(row pgx.CollectableRow) (struct{}, error) {
		var dataset uuid.UUID
		e, err := scanEntry(rowAfter{row, &dataset})
		found[dataset] = append(found[dataset], e)
		return struct{}{}, err
	}, `select dataset_id, `+entryColumns+` from entries e `+where, args...)
	return found, err
}

// rowAfter is the rest of a row after its first column.
type rowAfter struct {
	pgx.CollectableRow
	first any
}

func (r rowAfter) Scan(into ...any) error {
	return r.CollectableRow.Scan(append([]any{r.first}, into...)...)
}
