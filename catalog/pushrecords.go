package catalog

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cairngeo/cairn"
)

// recordBatchBytes bounds the values that are in memory at once.
const recordBatchBytes = 4 << 20

// DeliverRecords notes the records that were sent for a push, one after the
// other until next returns io.EOF. Those that it does not need are passed over.
func (tx Tx) DeliverRecords(ctx context.Context, p *Push, next func() (Record, error)) error {
	for more := true; more; {
		var ids, paths, keys, data []string
		var times []int64
		for size := 0; len(ids) < batch && size < recordBatchBytes; {
			r, err := next()
			if err == io.EOF {
				more = false
				break
			}
			if err == nil {
				err = checkPushed(r)
			}
			if err != nil {
				return err
			}
			ids, paths, keys, data, times = append(ids, r.ID), append(paths, r.Path), append(keys, r.Key), append(data, string(r.Data)), append(times, r.MTime)
			size += len(r.Data)
		}
		_, err := tx.Exec(ctx, `update push_records r set path = s.path, key = s.key, data = s.data::json, mtime = s.mtime
			from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[]) s (id, path, key, data, mtime)
			where r.push = $1 and r.id = s.id and r.needed`, p.Token, ids, paths, keys, data, times)
		if err != nil {
			return err
		}
	}
	return nil
}

// maxKey is the longest key of a pushed record, in bytes. Other clients have
// other ideas of keys than checkKey; what they have is kept.
const maxKey = 128

// checkPushed returns an error if a record can't be kept as it is.
func checkPushed(r Record) error {
	switch {
	case r.Key == "" || len(r.Key) > maxKey || !utf8.ValidString(r.Key) || strings.ContainsFunc(r.Key, unicode.IsControl):
		return cairn.Errorf(cairn.Invalid, "The key of the metadata %.50q is empty, longer than %d bytes, or no plain text.", r.ID, maxKey)
	case !json.Valid(r.Data):
		return cairn.Errorf(cairn.Invalid, "The data of the metadata %.50q is not JSON.", r.ID)
	}
	if _, err := parseValue(string(r.Data)); err != nil {
		return err
	}
	if r.Path == "" {
		return nil
	}
	clean, err := CleanPath(r.Path)
	if err == nil && clean != r.Path {
		err = cairn.Errorf(cairn.Invalid, "The path %q of a metadata record ends with a slash.", r.Path)
	}
	return err
}
