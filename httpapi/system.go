package httpapi

import (
	"io"
	"net/http"

	"github.com/cairngeo/cairn"
	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerSystem() {
	s.stream(huma.Operation{Method: http.MethodGet, Path: "/version", Summary: "Version of the server; 200 when it is ready", Tags: []string{"System"},
		Responses: map[string]*huma.Response{"200": {Description: "The version", Content: map[string]*huma.MediaType{"text/plain": {}}}}},
		"", func(w http.ResponseWriter, r *http.Request) error {
			if err := s.Catalog.Ping(r.Context()); err != nil {
				return err
			}
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, err := io.WriteString(w, cairn.Version)
			return ignoreGone(r, err)
		})
}
