package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
)

var reflectDownloads = reflect.TypeFor[downloadsBody]()

// anyBytes is the content of an answer whose type is that of the file.
var anyBytes = map[string]*huma.MediaType{"*/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}

// oneOrMany is a text or a list of texts.
type oneOrMany []string

// UnmarshalJSON reads either.
func (m *oneOrMany) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*m = oneOrMany{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(m))
}

// Schema describes both.
func (oneOrMany) Schema(huma.Registry) *huma.Schema {
	text := &huma.Schema{Type: huma.TypeString}
	return &huma.Schema{OneOf: []*huma.Schema{text, {Type: huma.TypeArray, Items: text}}}
}

// selection returns the paths that the query of a request names: none for
// everything. Clients escape them in different ways.
func (s *server) selection(ctx context.Context, r *http.Request, d *catalog.Dataset) ([]string, error) {
	var given []string
	for name, value := range pairs(r.URL.RawQuery) {
		if value != "" && sameName(name, "path") {
			given = append(given, value)
		}
	}
	if len(given) == 1 && !strings.HasPrefix(given[0], "/") {
		if e, err := s.entryOf(ctx, r, d); err == nil {
			return []string{e.Path}, nil
		} else if code := cairn.CodeOf(err); code != cairn.NotFound && code != cairn.Invalid {
			return nil, err
		}
	}
	return s.choose(ctx, d, given)
}

// maxPieces bounds the paths that one request may name.
const maxPieces = 100_000

// choose returns the paths that were given. Several are literal; a single one
// is tried whole and then cut at commas.
func (s *server) choose(ctx context.Context, d *catalog.Dataset, given []string) ([]string, error) {
	if len(given) == 0 {
		return nil, nil
	}
	if len(given) == 1 {
		clean, err := catalog.CleanPath(given[0])
		if err == nil {
			if _, err = s.Catalog.Entry(ctx, d, clean); err == nil {
				return []string{clean}, nil
			}
		}
		if !strings.Contains(given[0], ",") {
			return nil, err
		}
		pieces := strings.Split(given[0], ",")
		if len(pieces) > maxPieces {
			return nil, errTooMany()
		}
		return s.Catalog.Cut(ctx, d, pieces)
	}
	if len(given) > maxPieces {
		return nil, errTooMany()
	}
	clean := make([]string, len(given))
	for i, value := range given {
		var err error
		if clean[i], err = catalog.CleanPath(value); err != nil {
			return nil, err
		}
	}
	known, err := s.Catalog.Existing(ctx, d, clean)
	if err != nil {
		return nil, err
	}
	for _, name := range clean {
		if !known[name] { // among several a bad request, not a missing thing
			return nil, cairn.Errorf(cairn.Invalid, "There is no entry %q in this dataset.", name)
		}
	}
	return clean, nil
}

func errTooMany() error {
	return cairn.Errorf(cairn.Invalid, "More than %d paths at once; ask for their folder instead.", maxPieces)
}
