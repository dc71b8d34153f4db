package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/cairngeo/cairn"
	"github.com/google/uuid"
)

// Record is one piece of metadata: a JSON value under a key.
type Record struct {
	ID    string          `json:"id"` // a UUID, unless a client that pushed it chose something else
	Key   string          `json:"key"`
	Data  json.RawMessage `json:"data"`
	MTime int64           `json:"mtime"` // Unix seconds
}

// Plural tells whether a key holds a list of records rather than one.
func Plural(key string) bool { return strings.HasSuffix(key, "s") }

// Set gives a setting of the dataset itself (name, visibility, tagline, …) a
// new value. The record keeps its id, so that a changed setting never looks
// like changed content to somebody who has a copy of the dataset.
func (tx Tx) Set(ctx context.Context, dataset uuid.UUID, key string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("setting %s: %w", key, err)
	}
	if err := tx.lock(ctx, dataset); err != nil { // two that set it for the first time make one record
		return err
	}
	tag, err := tx.Exec(ctx, `update metadata set data = $3, mtime = extract(epoch from now())::bigint
		where dataset_id = $1 and path = '' and key = $2`, dataset, key, data)
	if err != nil || tag.RowsAffected() > 0 {
		return err
	}
	_, err = tx.Exec(ctx, `insert into metadata (dataset_id, key, data, mtime, made_by_server)
		values ($1, $2, $3, extract(epoch from now())::bigint, true)`, dataset, key, data)
	return err
}

func checkTagline(tagline string) error {
	if utf8.RuneCountInString(tagline) > 256 {
		return cairn.Errorf(cairn.Invalid, "The tagline has more than 256 characters.")
	}
	return nil
}
