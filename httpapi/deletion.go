package httpapi

import (
	"context"

	"github.com/cairngeo/cairn"
)

func (s *server) deleteObject(ctx context.Context, in *struct {
	DatasetInput
	Path string `query:"path" doc:"What to delete, a folder with everything below it" example:"flight1/DJI_0023.JPG"`
	Body *struct {
		Path string `json:"path,omitempty" doc:"The same, if not in the query"`
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

// maxBatchBody holds 10,000 paths of 255 bytes in whatever way they are encoded.
const maxBatchBody = 8 << 20

type deletedOutput struct {
	Body struct {
		Deleted []string          `json:"deleted" doc:"The paths that are gone now, as they were sent"`
		Failed  map[string]string `json:"failed" doc:"What went wrong, by path"`
	}
}

func (s *server) deleteObjects(ctx context.Context, in *struct {
	DatasetInput
	Body *struct {
		Paths []string `json:"paths,omitempty" doc:"What to delete, folders with everything below them" example:"[\"a.jpg\",\"flight1\"]"`
	} `required:"false"`
}) (*deletedOutput, error) {
	d, err := s.writeDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	if in.Body == nil || len(in.Body.Paths) == 0 {
		return nil, cairn.Errorf(cairn.Invalid, "No paths provided")
	}
	deleted, failed, err := s.Ingest.RemoveAll(ctx, d, in.Body.Paths)
	if err != nil {
		return nil, err
	}
	out := &deletedOutput{}
	out.Body.Deleted, out.Body.Failed = deleted, map[string]string{}
	for path, err := range failed {
		out.Body.Failed[path] = answerTo(ctx, err).Message
	}
	return out, nil
}
