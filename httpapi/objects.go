package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerObjects() {
	tags := []string{"Objects"}
	const ds = "/orgs/{org}/ds/{ds}"
	register(s.api, huma.Operation{Method: http.MethodGet, Path: ds + "/list", Summary: "List a folder", Tags: tags}, s.list)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: ds + "/list", Summary: "List a folder", Tags: tags}, s.postList)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: ds + "/search", Summary: "Search entries by name", Tags: tags}, s.search)
	register(s.api, huma.Operation{Method: http.MethodGet, Path: ds + "/obj", Summary: "Get an entry", Tags: tags}, s.getObject)
	register(s.api, huma.Operation{Method: http.MethodPut, Path: ds + "/obj", Summary: "Move or rename an entry", Tags: tags}, s.moveObject)
	register(s.api, huma.Operation{Method: http.MethodDelete, Path: ds + "/obj", Summary: "Delete an entry", Tags: tags}, s.deleteObject)
	register(s.api, huma.Operation{Method: http.MethodDelete, Path: ds + "/obj/batch", Summary: "Delete several entries", Tags: tags}, s.deleteObjects)
	s.stream(huma.Operation{Method: http.MethodPost, Path: ds + "/obj", Summary: "Upload a file, or create a folder", Tags: tags,
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
			Type: huma.TypeObject, Required: []string{"path"}, Properties: map[string]*huma.Schema{
				"path": {Type: huma.TypeString, Description: "Where to put it"},
				"file": {Type: huma.TypeString, Format: "binary", Description: "The file; a folder is created without it"},
			}}}}},
		Responses: map[string]*huma.Response{"201": {Description: "The entry"}}}, "", s.upload)
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

func (s *server) entriesAnswer(ctx context.Context, entries []catalog.Entry, err error) (*entriesOutput, error) {
	if err != nil {
		return nil, err
	}
	list, err := s.newEntries(ctx, entries)
	return &entriesOutput{list}, err
}

func (s *server) list(ctx context.Context, in *struct {
	DatasetInput
	Path string    `query:"path" doc:"Folder, the root if absent"`
	Type entryType `query:"type" doc:"Only entries of this type"`
}) (*entriesOutput, error) {
	d, err := s.readDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	entries, err := s.Catalog.List(ctx, d, in.Path, only(&in.Type))
	return s.entriesAnswer(ctx, entries, err)
}

func (s *server) postList(ctx context.Context, in *struct {
	DatasetInput
	Body *struct {
		Path string     `json:"path,omitempty" doc:"Folder, the root if absent"`
		Type *entryType `json:"type,omitempty" doc:"Only entries of this type"`
	} `required:"false"`
}) (*entriesOutput, error) {
	d, err := s.readDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	var path string
	var filter *catalog.EntryType
	if in.Body != nil {
		path, filter = in.Body.Path, only(in.Body.Type)
	}
	entries, err := s.Catalog.List(ctx, d, path, filter)
	return s.entriesAnswer(ctx, entries, err)
}

func (s *server) search(ctx context.Context, in *struct {
	DatasetInput
	Body *struct {
		Query     string     `json:"query,omitempty" doc:"Name with * and ?, ignoring case; everything if absent" example:"*.jpg"`
		Path      string     `json:"path,omitempty" doc:"Folder to begin in"`
		Recursive *bool      `json:"recursive,omitempty" doc:"true if absent"`
		Type      *entryType `json:"type,omitempty" doc:"Only entries of this type"`
	} `required:"false"`
}) (*entriesOutput, error) {
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
	entries, err := s.Catalog.Search(ctx, d, folder, pattern, recursive, filter)
	return s.entriesAnswer(ctx, entries, err)
}

func (s *server) entryAnswer(ctx context.Context, e catalog.Entry, err error) (*entryOutput, error) {
	if err != nil {
		return nil, err
	}
	list, err := s.newEntries(ctx, []catalog.Entry{e})
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

func (s *server) moveObject(ctx context.Context, in *struct {
	DatasetInput
	Body struct {
		Source string `json:"source"`
		Dest   string `json:"dest"`
	}
}) (*entryOutput, error) {
	d, err := s.writeDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	e, err := s.Ingest.Move(ctx, d, in.Body.Source, in.Body.Dest)
	return s.entryAnswer(ctx, e, err)
}

func (s *server) deleteObject(ctx context.Context, in *struct {
	DatasetInput
	Path string `query:"path"`
	Body *struct {
		Path string `json:"path,omitempty"`
	} `required:"false"`
}) (*struct{}, error) {
	d, err := s.writeDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	path := in.Path
	if path == "" && in.Body != nil {
		path = in.Body.Path
	}
	if path == "" {
		return nil, cairn.Errorf(cairn.Invalid, "Say which path to delete.")
	}
	return nil, s.Ingest.Remove(ctx, d, path)
}

type deletedOutput struct {
	Body struct {
		Deleted []string          `json:"deleted"`
		Failed  map[string]string `json:"failed" doc:"What went wrong, by path"`
	}
}

func (s *server) deleteObjects(ctx context.Context, in *struct {
	DatasetInput
	Body *struct {
		Paths []string `json:"paths,omitempty"`
	} `required:"false"`
}) (*deletedOutput, error) {
	d, err := s.writeDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	if in.Body == nil || len(in.Body.Paths) == 0 {
		return nil, cairn.Errorf(cairn.Invalid, "No paths provided")
	}
	out := &deletedOutput{}
	out.Body.Failed = map[string]string{}
	for _, path := range in.Body.Paths {
		if err := s.Ingest.Remove(ctx, d, path); err != nil {
			refused, ok := errors.AsType[*cairn.Error](err)
			if !ok {
				return nil, err
			}
			out.Body.Failed[path] = refused.Message
			continue
		}
		out.Body.Deleted = append(out.Body.Deleted, path)
	}
	return out, nil
}

// maxField bounds a text field of an upload.
const maxField = 64 << 10

// upload streams the file of a multipart body into the store. The fields may
// come in any order: bytes that come before the path are kept until it is known.
func (s *server) upload(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := s.writeDataset(ctx, DatasetInput{param(r, "org"), param(r, "ds")})
	if err != nil {
		return err
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		return cairn.Errorf(cairn.Unsupported, "Send the upload as multipart/form-data with the fields path and file.")
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return cairn.Errorf(cairn.Invalid, "The multipart body is not understood.").Because(err)
	}
	path := query(r, "path")
	received := false
	var content catalog.Content
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return cairn.Errorf(cairn.Invalid, "The upload ended before it was complete. Send it again.").Because(err)
		}
		switch name := part.FormName(); {
		case sameName(name, "path"):
			text, err := io.ReadAll(io.LimitReader(part, maxField))
			if err != nil {
				return cairn.Errorf(cairn.Invalid, "The upload ended before it was complete. Send it again.").Because(err)
			}
			path = string(text)
		case sameName(name, "file") && !received:
			if content, err = s.Ingest.Receive(ctx, part, -1); err != nil {
				return err
			}
			received = true
		}
	}
	if path == "" {
		return cairn.Errorf(cairn.Invalid, "Say in the field path where to put the file.")
	}
	var e catalog.Entry
	if received {
		e, err = s.Ingest.Put(ctx, d, path, content)
	} else {
		e, err = s.Ingest.MakeFolder(ctx, d, path)
	}
	if err != nil {
		return err
	}
	list, err := s.newEntries(ctx, []catalog.Entry{e})
	if err != nil {
		return err
	}
	w.Header().Set("Location", s.datasetURL(r, d)+"/list?path="+url.QueryEscape(e.Path))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	return ignoreGone(r, json.NewEncoder(w).Encode(list[0]))
}

// datasetURL is the address of the dataset in the API.
func (s *server) datasetURL(r *http.Request, d *catalog.Dataset) string {
	return strings.Join([]string{baseURL(r), "orgs", d.Organization, "ds", d.Slug}, "/")
}
