package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
)

// pathReadings are the ways in which a path in a query may be meant, best
// first: clients differ in what they escape. (a) the ordinary decoded value,
// (b) the raw rest of the query, (c) percent-decoded with + kept.
func pathReadings(r *http.Request) []string {
	readings := []string{query(r, "path")}
	if _, raw, ok := strings.Cut("&"+r.URL.RawQuery, "&path="); ok && raw != readings[0] {
		readings = append(readings, raw)
		value, _, _ := strings.Cut(raw, "&")
		if kept, err := url.PathUnescape(value); err == nil && kept != readings[0] {
			readings = append(readings, kept)
		}
	}
	return readings
}

// entryOf returns the entry that the query's path names. A leading slash is dropped.
func (s *server) entryOf(ctx context.Context, r *http.Request, d *catalog.Dataset) (catalog.Entry, error) {
	var first error
	for _, reading := range pathReadings(r) {
		path, err := catalog.CleanPath(strings.TrimPrefix(reading, "/"))
		if err == nil {
			var e catalog.Entry
			if e, err = s.Catalog.Entry(ctx, d, path); err == nil {
				return e, nil
			}
		}
		if first == nil {
			first = err
		}
		if code := cairn.CodeOf(err); code != cairn.NotFound && code != cairn.Invalid {
			return catalog.Entry{}, err
		}
	}
	return catalog.Entry{}, first
}
