package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"

	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// metadataRecord is a record where its path and key are known.
type metadataRecord struct {
	ID    string          `json:"id" example:"5b9c7b5e-2a4b-4c0e-9f3e-1f3f1a1f8d10"`
	Data  json.RawMessage `json:"data" doc:"Any JSON"`
	MTime int64           `json:"mtime" doc:"Unix seconds" example:"1768469460"`
}

func newMetadataRecord(r catalog.Record) metadataRecord { return metadataRecord{r.ID, r.Data, r.MTime} }

// dumpedRecord is a record as clients store and send it.
type dumpedRecord struct {
	ID    string `json:"id" example:"5b9c7b5e-2a4b-4c0e-9f3e-1f3f1a1f8d10"`
	Data  string `json:"data" doc:"JSON text" example:"\"Site A\""`
	MTime int64  `json:"mtime" doc:"Unix seconds" example:"1768469460"`
	Path  string `json:"path" doc:"Of the entry; empty for the dataset itself"`
	Key   string `json:"key" example:"name"`
}

func (s *server) registerMetadata() {
	const meta = "/orgs/{org}/ds/{ds}/meta"
	op := func(method, path, summary string) huma.Operation {
		return huma.Operation{Method: method, Path: meta + path, Summary: summary, Tags: []string{"Metadata"}}
	}
	// Values are any JSON; the catalog says what is wrong with one.
	value := func(method, path, summary string) huma.Operation {
		o := op(method, path, summary)
		o.SkipValidateBody = true
		return o
	}
	list := op(http.MethodGet, "/list", "Count the records by path and key")
	list.Responses = spooledAs[[]catalog.MetadataCount](s.api, "The counts, by path and key")
	register(s.api, list, s.listMetadata)
	dump := value(http.MethodPost, "/dump", "Get records whole, all or some")
	dump.Responses = spooledAs[[]dumpedRecord](s.api, "The records, by id")
	dump.MaxBodyBytes = 8 << 20 // 200,000 ids
	register(s.api, dump, s.dumpMetadata)
	register(s.api, op(http.MethodGet, "/{key}", "Get the record of a singular key, the list of a plural one"), s.getMetadata)
	register(s.api, op(http.MethodGet, "/get/{key}", "The same as GET …/meta/{key}"), s.getMetadata)

	register(s.api, value(http.MethodPost, "/{key}", "Add a record to a plural key"), s.addMetadata)
	register(s.api, value(http.MethodPost, "/add/{key}", "The same as POST …/meta/{key}"), s.addMetadata)
	register(s.api, value(http.MethodPost, "/add", "Add a record to a plural key"), s.addMetadataForm)
	register(s.api, value(http.MethodPost, "/{key}/set", "Set the record of a singular key"), s.setMetadata)
	register(s.api, value(http.MethodPost, "/set/{key}", "The same as POST …/meta/{key}/set"), s.setMetadata)
	register(s.api, value(http.MethodPost, "/set", "Set the record of a singular key"), s.setMetadataForm)

	register(s.api, op(http.MethodDelete, "/{key}", "Remove all records of a key, or the one with an id"), s.deleteMetadata)
	register(s.api, op(http.MethodDelete, "/unset/{key}", "Remove all records of a key"), s.unsetMetadata)
	register(s.api, op(http.MethodPost, "/unset", "Remove all records of a key"), s.unsetMetadataForm)
	register(s.api, op(http.MethodDelete, "/remove/{id}", "Remove one record"), s.removeMetadata)
	register(s.api, op(http.MethodPost, "/remove", "Remove one record"), s.removeMetadataForm)
}

func (s *server) listMetadata(ctx context.Context, in *struct {
	DatasetInput
	Path string `query:"path" doc:"Only of this entry; all paths, the dataset itself included, if absent"`
}) (*spooled, error) {
	d, err := s.readDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	return s.spool(func(out *spoolWriter) error {
		return out.list(func(add func(any) error) error {
			return s.Catalog.CountMetadata(ctx, d, in.Path, func(m catalog.MetadataCount) error { return add(m) })
		})
	})
}

func (s *server) dumpMetadata(ctx context.Context, in *struct {
	DatasetInput
	Body *idsBody `required:"false"`
}) (*spooled, error) {
	d, err := s.readDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	var ids []string
	if in.Body != nil {
		ids = in.Body.IDs
	}
	return s.spool(func(out *spoolWriter) error {
		return out.list(func(add func(any) error) error {
			return s.Catalog.DumpMetadata(ctx, d, ids, func(r catalog.Record) error {
				return add(dumpedRecord{r.ID, string(r.Data), r.MTime, r.Path, r.Key})
			})
		})
	})
}

// MetadataInput is embedded in the inputs of operations on one key.
type MetadataInput struct {
	DatasetInput
	Key  string `path:"key" doc:"Lower-case word; one that ends in s holds a list" example:"annotations"`
	Path string `query:"path" doc:"Of the entry; the dataset itself if absent" example:"flight1/DJI_0023.JPG"`
}

// recordOrList is the record of a singular key, or the list of a plural one.
type recordOrList struct {
	records []metadataRecord
	list    bool
}

// MarshalJSONTo writes what there is.
func (r recordOrList) MarshalJSONTo(out *jsontext.Encoder) error {
	if r.list {
		return jsonv2.MarshalEncode(out, r.records)
	}
	return jsonv2.MarshalEncode(out, r.records[0])
}

// Schema describes both.
func (recordOrList) Schema(registry huma.Registry) *huma.Schema {
	record := registry.Schema(recordType, true, "")
	return &huma.Schema{OneOf: []*huma.Schema{record, {Type: huma.TypeArray, Items: record}}}
}

func (s *server) getMetadata(ctx context.Context, in *MetadataInput) (*struct{ Body recordOrList }, error) {
	d, err := s.readDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	records, err := s.Catalog.Metadata(ctx, d, in.Path, in.Key)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body recordOrList }{recordOrList{list: catalog.Plural(in.Key)}}
	for _, r := range records {
		out.Body.records = append(out.Body.records, newMetadataRecord(r))
	}
	return out, nil
}

// idForm is what the id of a record looks like where it might be a key.
var idForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

type removedOutput struct {
	Body struct {
		Removed int64 `json:"removed" doc:"Number of records; 0 if there was none" example:"1"`
	}
}

func removed(n int64, err error) (*removedOutput, error) {
	out := &removedOutput{}
	out.Body.Removed = n
	return out, err
}

func (s *server) deleteMetadata(ctx context.Context, in *MetadataInput) (*removedOutput, error) {
	if idForm.MatchString(in.Key) {
		return s.remove(ctx, in.DatasetInput, in.Key)
	}
	return s.unsetMetadata(ctx, in)
}

func (s *server) unsetMetadata(ctx context.Context, in *MetadataInput) (*removedOutput, error) {
	d, err := s.writeDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	return removed(s.Catalog.UnsetMetadata(ctx, d, in.Path, in.Key))
}

func (s *server) unsetMetadataForm(ctx context.Context, in *struct {
	DatasetInput
	KeyQuery
	Body *struct {
		Key  string `json:"key,omitempty" example:"tagline"`
		Path string `json:"path,omitempty" doc:"Of the entry; the dataset itself if absent"`
	} `required:"false"`
}) (*removedOutput, error) {
	key, path := in.Key, in.Path
	if in.Body != nil {
		key, path = in.KeyQuery.or(in.Body.Key, in.Body.Path)
	}
	return s.unsetMetadata(ctx, &MetadataInput{in.DatasetInput, key, path})
}

func (s *server) removeMetadata(ctx context.Context, in *struct {
	DatasetInput
	ID string `path:"id" example:"5b9c7b5e-2a4b-4c0e-9f3e-1f3f1a1f8d10"`
}) (*removedOutput, error) {
	return s.remove(ctx, in.DatasetInput, in.ID)
}

func (s *server) removeMetadataForm(ctx context.Context, in *struct {
	DatasetInput
	Body struct {
		ID string `json:"id" example:"5b9c7b5e-2a4b-4c0e-9f3e-1f3f1a1f8d10"`
	}
}) (*removedOutput, error) {
	return s.remove(ctx, in.DatasetInput, in.Body.ID)
}

func (s *server) remove(ctx context.Context, in DatasetInput, id string) (*removedOutput, error) {
	d, err := s.writeDataset(ctx, in)
	if err != nil {
		return nil, err
	}
	return removed(s.Catalog.RemoveMetadata(ctx, d, id))
}
