package httpapi

import (
	"context"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest"
)

func (s *server) moveObject(ctx context.Context, in *struct {
	DatasetInput
	Body struct {
		Source string `json:"source" doc:"What to move, a folder with everything below it" example:"flight1/DJI_0023.JPG"`
		Dest   string `json:"dest" doc:"Where to; nothing may be there" example:"best/cliff.jpg"`
	}
}) (*entryOutput, error) {
	d, err := s.writeDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	e, err := s.Ingest.Relocate(ctx, ingest.Location{Dataset: d, Path: in.Body.Source}, ingest.Location{Dataset: d, Path: in.Body.Dest}, catalog.Relocation{})
	return s.entryAnswer(ctx, e, err)
}

func (s *server) copyObject(ctx context.Context, in *struct {
	DatasetInput
	Body struct {
		Source    string `json:"source" doc:"What to copy, a folder with everything below it" example:"flight1/DJI_0023.JPG"`
		Dest      string `json:"dest" doc:"Where to" example:"best/cliff.jpg"`
		Overwrite bool   `json:"overwrite,omitempty" doc:"Replace files that are there; folders become one"`
	}
}) (*entryOutput, error) {
	d, err := s.writeDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	e, err := s.Ingest.Relocate(ctx, ingest.Location{Dataset: d, Path: in.Body.Source}, ingest.Location{Dataset: d, Path: in.Body.Dest},
		catalog.Relocation{Keep: true, Overwrite: in.Body.Overwrite})
	return s.entryAnswer(ctx, e, err)
}

func (s *server) transferObject(ctx context.Context, in *struct {
	DatasetInput
	Body struct {
		SourcePath  string `json:"sourcePath" doc:"What to transfer, a folder with everything below it" example:"flight1"`
		DestOrgSlug string `json:"destOrgSlug" example:"acme"`
		DestDsSlug  string `json:"destDsSlug" example:"site-b"`
		DestPath    string `json:"destPath,omitempty" doc:"The same path if absent" example:"flights/1"`
		Overwrite   bool   `json:"overwrite,omitempty" doc:"Replace files that are there; folders become one"`
		KeepSource  bool   `json:"keepSource,omitempty" doc:"Copy; reading the source is enough then"`
	}
}) (*struct{}, error) {
	access := s.writeDataset
	if in.Body.KeepSource {
		access = s.readDataset
	}
	source, err := access(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	dest, err := s.writeDataset(ctx, DatasetInput{in.Body.DestOrgSlug, in.Body.DestDsSlug})
	if err != nil {
		return nil, err
	}
	path := in.Body.DestPath
	if path == "" {
		path = in.Body.SourcePath
	}
	_, err = s.Ingest.Relocate(ctx, ingest.Location{Dataset: source, Path: in.Body.SourcePath}, ingest.Location{Dataset: dest, Path: path},
		catalog.Relocation{Keep: in.Body.KeepSource, Overwrite: in.Body.Overwrite})
	return nil, err
}
