package httpapi

import (
	"context"
	"iter"
	"net/http"

	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerObjects() {
	tags := []string{"Objects"}
	const ds = "/orgs/{org}/ds/{ds}"
	register(s.api, huma.Operation{Method: http.MethodGet, Path: ds + "/list", Summary: "List a folder", Tags: tags, Responses: spooledAs[[]entry](s.api, "The entries")}, s.list)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: ds + "/list", Summary: "List a folder", Tags: tags, Responses: spooledAs[[]entry](s.api, "The entries")}, s.postList)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: ds + "/search", Summary: "Search entries by name", Tags: tags, Responses: spooledAs[[]entry](s.api, "The entries")}, s.search)
	register(s.api, huma.Operation{Method: http.MethodGet, Path: ds + "/obj", Summary: "Get an entry", Tags: tags}, s.getObject)
	register(s.api, huma.Operation{Method: http.MethodPut, Path: ds + "/obj", Summary: "Move or rename an entry", Tags: tags}, s.moveObject)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: ds + "/obj/copy", Summary: "Copy an entry within the dataset", Tags: tags}, s.copyObject)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: ds + "/transfer", Summary: "Move or copy an entry to another dataset", Tags: tags}, s.transferObject)
	register(s.api, huma.Operation{Method: http.MethodDelete, Path: ds + "/obj", Summary: "Delete an entry", Tags: tags}, s.deleteObject)
	register(s.api, huma.Operation{Method: http.MethodDelete, Path: ds + "/obj/batch", Summary: "Delete several entries", Tags: tags, MaxBodyBytes: maxBatchBody}, s.deleteObjects)
	s.stream(huma.Operation{Method: http.MethodPost, Path: ds + "/obj", Summary: "Upload a file, or create a folder", Tags: tags,
		RequestBody: uploadBody([]string{"path"}, map[string]string{"path": "Where to put it"}, "file", "The file; a folder is created without it"),
		Responses:   map[string]*huma.Response{"201": s.answer(entry{}, "The entry")}}, "", s.upload)
}

// readDataset returns the dataset that the caller wants to read.
func (s *server) readDataset(ctx context.Context, in DatasetInput) (*catalog.Dataset, error) {
	return s.Catalog.Dataset(ctx, callerFrom(ctx), in.Org, in.DS, auth.ReadDataset)
}

// writeDataset returns the dataset that the caller wants to change.
func (s *server) writeDataset(ctx context.Context, in DatasetInput) (*catalog.Dataset, error) {
	return s.Catalog.Dataset(ctx, callerFrom(ctx), in.Org, in.DS, auth.WriteDataset)
}

type entryTypes struct{}

func (entryTypes) names() []string {
	names := make([]string, catalog.Tiles3D+1)
	for t := range names {
		names[t] = catalog.EntryType(t).String()
	}
	return names
}

type entryType = enum[entryTypes, catalog.EntryType]

// only is the filter that a type parameter asks for.
func only(t *entryType) *catalog.EntryType {
	if t == nil || !t.Given {
		return nil
	}
	return &t.Value
}

func (s *server) list(ctx context.Context, in *struct {
	DatasetInput
	Path string    `query:"path" doc:"Folder, the root if absent"`
	Type entryType `query:"type" doc:"Only entries of this type"`
}) (*spooled, error) {
	d, err := s.readDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	return s.sendEntries(ctx, func(now catalog.Snapshot) iter.Seq2[[]catalog.Entry, error] {
		return now.List(ctx, d, in.Path, only(&in.Type))
	})
}

func (s *server) postList(ctx context.Context, in *struct {
	DatasetInput
	Body *struct {
		Path string     `json:"path,omitempty" doc:"Folder, the root if absent"`
		Type *entryType `json:"type,omitempty" doc:"Only entries of this type"`
	} `required:"false"`
}) (*spooled, error) {
	d, err := s.readDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	var path string
	var filter *catalog.EntryType
	if in.Body != nil {
		path, filter = in.Body.Path, only(in.Body.Type)
	}
	return s.sendEntries(ctx, func(now catalog.Snapshot) iter.Seq2[[]catalog.Entry, error] {
		return now.List(ctx, d, path, filter)
	})
}

func (s *server) search(ctx context.Context, in *struct {
	DatasetInput
	Body *struct {
		Query     string     `json:"query,omitempty" maxLength:"1000" doc:"Name with * and ?, ignoring case; everything if absent" example:"*.jpg"`
		Path      string     `json:"path,omitempty" doc:"Folder to begin in"`
		Recursive *bool      `json:"recursive,omitempty" doc:"true if absent"`
		Type      *entryType `json:"type,omitempty" doc:"Only entries of this type"`
	} `required:"false"`
}) (*spooled, error) {
	d, err := s.readDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	pattern, folder, recursive, filter := "*", "", true, (*catalog.EntryType)(nil)
	if b := in.Body; b != nil {
		if b.Query != "" {
			pattern = b.Query
		}
		recursive = b.Recursive == nil || *b.Recursive
		folder, filter = b.Path, only(b.Type)
	}
	return s.sendEntries(ctx, func(now catalog.Snapshot) iter.Seq2[[]catalog.Entry, error] {
		return now.Search(ctx, d, folder, pattern, recursive, filter)
	})
}

func (s *server) entryAnswer(ctx context.Context, e catalog.Entry, err error) (*entryOutput, error) {
	if err != nil {
		return nil, err
	}
	list, err := s.newEntries(ctx, s.Catalog, []catalog.Entry{e})
	if err != nil {
		return nil, err
	}
	return &entryOutput{list[0]}, nil
}

func (s *server) getObject(ctx context.Context, in *struct {
	DatasetInput
	Path string `query:"path" required:"true"`
}) (*entryOutput, error) {
	d, err := s.readDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	path, err := catalog.CleanPath(in.Path)
	if err != nil {
		return nil, err
	}
	e, err := s.Catalog.Entry(ctx, d, path)
	return s.entryAnswer(ctx, e, err)
}
