package httpapi

import (
	"context"
	"io"
	"net/http"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerSystem() {
	tags := []string{"System"}
	s.stream(huma.Operation{Method: http.MethodGet, Path: "/version", Summary: "Version of the server; 200 when it is ready", Tags: tags,
		Responses: map[string]*huma.Response{"200": {Description: "The version", Content: map[string]*huma.MediaType{"text/plain": {Schema: textSchema, Example: cairn.Version}}}}},
		"", s.plainVersion)
	register(s.api, needing(auth.BeSomebody, huma.Operation{Method: http.MethodGet, Path: "/sys/version", Summary: "Version of the server, as JSON", Tags: tags}), s.version)
	register(s.api, needing(auth.BeSomebody, huma.Operation{Method: http.MethodGet, Path: "/sys/processingNodes", Summary: "Machines that process imagery for this server", Tags: tags}), s.processingNodes)
}

// textSchema is the schema of text that is not JSON.
var textSchema = &huma.Schema{Type: huma.TypeString}

func (s *server) plainVersion(w http.ResponseWriter, r *http.Request) error {
	if err := s.Catalog.Ping(r.Context()); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := io.WriteString(w, cairn.Version)
	return ignoreGone(r, err)
}

type versionOutput struct {
	Body string `example:"0.1.0"`
}

func (s *server) version(ctx context.Context, _ *struct{}) (*versionOutput, error) {
	return &versionOutput{cairn.Version}, auth.Decide(callerFrom(ctx), auth.BeSomebody, auth.Facts{})
}

type processingNodesOutput struct{ Body []any }

// processingNodes lists none: this server has no use for nodes. The web client asks.
func (s *server) processingNodes(ctx context.Context, _ *struct{}) (*processingNodesOutput, error) {
	return &processingNodesOutput{}, auth.Decide(callerFrom(ctx), auth.BeSomebody, auth.Facts{})
}
