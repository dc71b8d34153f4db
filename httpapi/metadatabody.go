package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
)

var recordType = reflect.TypeFor[metadataRecord]()

// valueText is a value as text. JSON text is that text, like a form field;
// other JSON is written out.
type valueText string

// UnmarshalJSON reads any JSON.
func (v *valueText) UnmarshalJSON(data []byte) error {
	if data[0] != '"' {
		*v = valueText(data)
		return nil
	}
	return json.Unmarshal(data, (*string)(v))
}

// Schema describes any JSON.
func (valueText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Description: "Any JSON. Text is taken for JSON if it is, else for a string; a string of digits is given as \"\\\"6644\\\"\"", Examples: []any{map[string]any{"text": "check"}}}
}

// valueBody is what a record is made of where the address has the key: a form
// or an object with data and perhaps path, or else the value itself.
type valueBody struct {
	Data valueText `json:"data"`
	Path string    `json:"path,omitempty" doc:"Of the entry; the dataset itself if absent"`
}

// UnmarshalJSON reads any JSON.
func (b *valueBody) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if json.Unmarshal(data, &members) == nil {
		var read valueBody
		given := 0
		for sent, member := range members {
			switch {
			case strings.EqualFold(sent, "data"):
				given++
				if err := read.Data.UnmarshalJSON(member); err != nil {
					return err
				}
			case strings.EqualFold(sent, "path") && json.Unmarshal(member, &read.Path) == nil:
				given++
			}
		}
		if read.Data != "" && given == len(members) {
			*b = read
			return nil
		}
	}
	return b.Data.UnmarshalJSON(data)
}

// Schema describes any JSON.
func (valueBody) Schema(registry huma.Registry) *huma.Schema {
	text := valueText("").Schema(registry)
	return &huma.Schema{Description: "The value, any JSON; or an object with nothing but the value as data and the entry's path", AnyOf: []*huma.Schema{
		{Type: huma.TypeObject, Required: []string{"data"}, Properties: map[string]*huma.Schema{"data": text, "path": {Type: huma.TypeString}}}, text}}
}

// idsBody is {"ids": […]} or the array alone; in a form ids is its JSON text.
type idsBody struct {
	IDs []string `json:"ids,omitempty"`
}

// UnmarshalJSON reads both.
func (b *idsBody) UnmarshalJSON(data []byte) error {
	if data[0] == '[' {
		return json.Unmarshal(data, &b.IDs)
	}
	var object struct{ IDs json.RawMessage }
	if err := json.Unmarshal(data, &object); err != nil || len(object.IDs) == 0 {
		return err
	}
	var text string
	if json.Unmarshal(object.IDs, &text) == nil {
		object.IDs = json.RawMessage(text)
	}
	if len(object.IDs) == 0 {
		return nil
	}
	return json.Unmarshal(object.IDs, &b.IDs)
}

// Schema describes both.
func (idsBody) Schema(huma.Registry) *huma.Schema {
	ids := &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}, Description: "Ids of records; all records if absent or empty"}
	return &huma.Schema{AnyOf: []*huma.Schema{ids, {Type: huma.TypeObject, Properties: map[string]*huma.Schema{"ids": ids}}}}
}

// KeyQuery is embedded in the inputs of operations whose form may leave key and path to the query.
type KeyQuery struct {
	Key  string `query:"key" doc:"If it is not in the body" example:"tagline"`
	Path string `query:"path" doc:"If it is not in the body" example:"flight1/DJI_0023.JPG"`
}

func (q KeyQuery) or(key, path string) (string, string) {
	return cmp.Or(key, q.Key), cmp.Or(path, q.Path)
}

type recordOutput struct{ Body metadataRecord }

// recorded changes a dataset's metadata and answers the record.
func (s *server) recorded(ctx context.Context, in DatasetInput, change func(context.Context, *catalog.Dataset, string, string, string) (catalog.Record, error), path, key string, data valueText) (*recordOutput, error) {
	d, err := s.writeDataset(ctx, in)
	if err != nil {
		return nil, err
	}
	r, err := change(ctx, d, path, key, string(data))
	if err != nil {
		return nil, err
	}
	return &recordOutput{newMetadataRecord(r)}, nil
}

type valueInput struct {
	MetadataInput
	Body valueBody
}

func (s *server) addMetadata(ctx context.Context, in *valueInput) (*recordOutput, error) {
	return s.recorded(ctx, in.DatasetInput, s.Catalog.AddMetadata, cmp.Or(in.Body.Path, in.Path), in.Key, in.Body.Data)
}

func (s *server) setMetadata(ctx context.Context, in *valueInput) (*recordOutput, error) {
	return s.recorded(ctx, in.DatasetInput, s.Catalog.SetMetadata, cmp.Or(in.Body.Path, in.Path), in.Key, in.Body.Data)
}

type keyedValueInput struct {
	DatasetInput
	KeyQuery
	Body struct {
		Key  string    `json:"key,omitempty" doc:"Lower-case word; one that ends in s holds a list" example:"license"`
		Data valueText `json:"data"`
		Path string    `json:"path,omitempty" doc:"Of the entry; the dataset itself if absent or empty"`
	}
}

func (s *server) addMetadataForm(ctx context.Context, in *keyedValueInput) (*recordOutput, error) {
	key, path := in.KeyQuery.or(in.Body.Key, in.Body.Path)
	return s.recorded(ctx, in.DatasetInput, s.Catalog.AddMetadata, path, key, in.Body.Data)
}

func (s *server) setMetadataForm(ctx context.Context, in *keyedValueInput) (*recordOutput, error) {
	key, path := in.KeyQuery.or(in.Body.Key, in.Body.Path)
	return s.recorded(ctx, in.DatasetInput, s.Catalog.SetMetadata, path, key, in.Body.Data)
}
