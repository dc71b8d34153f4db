package httpapi

import (
	"context"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest"
	"github.com/danielgtaylor/huma/v2"
)

type build struct {
	JobID           string     `json:"jobId"`
	Hash            string     `json:"hash"`
	Path            string     `json:"path"`
	CurrentState    string     `json:"currentState" enum:"Created,Enqueued,Scheduled,Processing,Succeeded,Failed,Deleted"`
	CreatedAt       time.Time  `json:"createdAt"`
	ProcessingAt    *time.Time `json:"processingAt"`
	SucceededAt     *time.Time `json:"succeededAt"`
	FailedAt        *time.Time `json:"failedAt"`
	DeletedAt       *time.Time `json:"deletedAt"`
	ProgressPercent *int       `json:"progressPercent"`
	ErrorMessage    *string    `json:"errorMessage"`
}

func newBuild(t catalog.Task) build {
	b := build{
		JobID: taskID(t.ID), Path: *t.Path, CurrentState: t.State, CreatedAt: t.CreatedAt.UTC(),
		ProcessingAt: utc(t.StartedAt), SucceededAt: utc(t.SucceededAt), FailedAt: utc(t.FailedAt), DeletedAt: utc(t.DeletedAt),
		ProgressPercent: t.Percent, ErrorMessage: t.Error,
	}
	if t.Hash != nil {
		b.Hash = *t.Hash
	}
	return b
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

func (s *server) registerBuilds() {
	tags := []string{"Builds"}
	const ds = "/orgs/{org}/ds/{ds}"
	register(s.api, huma.Operation{Method: http.MethodPost, Path: ds + "/build", Summary: "Build what an entry needs", Tags: tags, DefaultStatus: http.StatusOK}, s.startBuild)
	register(s.api, huma.Operation{Method: http.MethodGet, Path: ds + "/builds", Summary: "List build jobs, newest first", Tags: tags}, s.listBuilds)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: ds + "/builds/clear", Summary: "Forget finished build jobs", Tags: tags}, s.clearBuilds)
	s.stream(huma.Operation{Method: http.MethodGet, Path: ds + "/build/{hash}/{path}", Summary: "File of a product, such as cog/cog.tif; ranges work", Tags: tags,
		Responses: map[string]*huma.Response{"200": {Description: "The file", Content: anyBytes}, "206": {Description: "A range of it", Content: anyBytes}}},
		ds+"/build/{hash}/*", s.buildFile, s.acceptBasic)
}

func (s *server) startBuild(ctx context.Context, in *struct {
	DatasetInput
	Body struct {
		Path  string `json:"path"`
		Force bool   `json:"force,omitempty" doc:"Build again what is there"`
	}
}) (*struct{}, error) {
	d, err := s.writeDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	return nil, s.Ingest.Build(ctx, d, in.Body.Path, in.Body.Force)
}

type buildsOutput struct{ Body []build }

func (s *server) listBuilds(ctx context.Context, in *struct {
	DatasetInput
	Page     int `query:"page" default:"1" maximum:"1000000000"`
	PageSize int `query:"pageSize" default:"50" doc:"At most 200"`
}) (*buildsOutput, error) {
	d, err := s.readDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	builds, err := s.Catalog.Builds(ctx, d, max(in.Page, 1), min(max(in.PageSize, 1), 200))
	if err != nil {
		return nil, err
	}
	out := &buildsOutput{}
	for _, b := range builds {
		out.Body = append(out.Body, newBuild(b))
	}
	return out, nil
}

type clearedOutput struct {
	Body struct {
		DeletedCount int64 `json:"deletedCount"`
	}
}

func (s *server) clearBuilds(ctx context.Context, in *DatasetInput) (*clearedOutput, error) {
	d, err := s.writeDataset(ctx, *in)
	if err != nil {
		return nil, err
	}
	out := &clearedOutput{}
	out.Body.DeletedCount, err = s.Catalog.ClearBuilds(ctx, d)
	return out, err
}

// buildFile sends a file of the product of a present entry of this very dataset.
func (s *server) buildFile(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := s.readDataset(ctx, datasetOf(r))
	if err != nil {
		return err
	}
	e, err := s.Catalog.EntryByHash(ctx, d, param(r, "hash"))
	if err != nil {
		return err
	}
	name, err := catalog.CleanPath(param(r, "*"))
	if err != nil {
		return err
	}
	absent := cairn.Errorf(cairn.NotFound, "There is no build file %q for this entry.", name)
	p, ok := s.Ingest.Product(e)
	if !ok || !strings.HasPrefix(name, p.Kind+"/") {
		return absent
	}
	return s.sendProductFile(w, r, d, p, name, absent)
}

// buildArtifact sends the main file of an entry's product as an attachment named after the entry.
func (s *server) buildArtifact(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := s.readDataset(ctx, datasetOf(r))
	if err != nil {
		return err
	}
	e, err := s.entryOf(ctx, r, d)
	if err != nil {
		return err
	}
	absent := cairn.Errorf(cairn.NotFound, "Nothing is built of %q.", e.Path)
	p, ok := s.Ingest.Product(e)
	if !ok {
		return absent
	}
	name := ingest.MainFile(p)
	base := path.Base(e.Path)
	w.Header().Set("Content-Disposition", attachment(strings.TrimSuffix(base, path.Ext(base))+path.Ext(name)))
	return s.sendProductFile(w, r, d, p, name, absent)
}

// sendProductFile sends a file of a product that is ready; absent says that it isn't there.
func (s *server) sendProductFile(w http.ResponseWriter, r *http.Request, d *catalog.Dataset, p catalog.Product, name string, absent error) error {
	ctx := r.Context()
	served, err := s.Catalog.ServedProduct(ctx, p)
	if err != nil {
		return err
	}
	if served.State != catalog.ProductReady {
		return absent
	}
	file, err := s.Store.Open(ctx, served.File(name))
	if cairn.CodeOf(err) == cairn.NotFound {
		return absent
	}
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := s.Store.Stat(ctx, served.File(name))
	if err != nil {
		return err
	}
	w.Header().Set("ETag", `"`+served.Key[:32]+"-"+strconv.FormatInt(info.ModTime.UnixNano(), 36)+`"`) // a forced build may better the file
	w.Header().Set("Cache-Control", cacheControl(d, 3600))
	w.Header().Set("Content-Type", mediaType(name))
	serveContent(w, r, path.Base(name), info.ModTime, io.NewSectionReader(file, 0, file.Size()))
	return nil
}
