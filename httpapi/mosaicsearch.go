package httpapi

import (
	"context"
	"net/http"
	"net/url"

	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
)

// SearchInput is what a STAC search asks for, in the query.
type SearchInput struct {
	Collections string `query:"collections" doc:"Ids of collections, separated by commas" example:"acme/site-a"`
	BBox        string `query:"bbox" doc:"West, south, east, north in degrees; west is greater than east across the 180th meridian" example:"-92.1,46.8,-92.0,46.9"`
	Datetime    string `query:"datetime" doc:"A time, or an interval whose ends may be .." example:"2024-05-01T00:00:00Z/.."`
	IDs         string `query:"ids" doc:"Ids of items, separated by commas" example:"b3J0aG8udGlm"`
}

// parameters are those that are given.
func (in SearchInput) parameters() url.Values {
	values := url.Values{}
	for name, value := range map[string]string{"collections": in.Collections, "bbox": in.BBox, "datetime": in.Datetime, "ids": in.IDs} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values
}

func (s *server) registerSearchMosaic() {
	tags := []string{"STAC"}
	parameters := []*huma.Param{
		textParameter("collections", "Ids of collections, separated by commas"),
		textParameter("bbox", "West, south, east, north in degrees"),
		textParameter("datetime", "A time, or an interval whose ends may be .."),
		textParameter("ids", "Ids of items, separated by commas"),
	}
	s.stream(huma.Operation{Method: http.MethodGet, Path: "/stac/search/mosaic/{z}/{x}/{tile}", Tags: tags, Responses: pictures,
		Summary:    "Map tile of the rasters that a STAC search finds, the newest on top",
		Parameters: append(parameters, styleParameters...)}, "", s.searchTile)
	register(s.api, huma.Operation{Method: http.MethodGet, Path: "/stac/search/mosaic/tilejson", Tags: tags,
		Summary: "TileJSON of the rasters that a STAC search finds"}, s.searchTileJSON)
}

// searched is the mosaic of what a search of the caller finds.
func (s *server) searched(ctx context.Context, in SearchInput) (m catalog.Mosaic, err error) {
	if m.Datasets, err = s.Catalog.Searched(ctx, callerFrom(ctx), in.Collections); err != nil {
		return m, err
	}
	m.Search, err = catalog.ParseSearch(in.BBox, in.Datetime, in.IDs)
	return m, err
}

func (s *server) searchTile(w http.ResponseWriter, r *http.Request) error {
	m, err := s.searched(r.Context(), SearchInput{Collections: query(r, "collections"), BBox: query(r, "bbox"), Datetime: query(r, "datetime"), IDs: query(r, "ids")})
	if err != nil {
		return err
	}
	return s.writeMosaicTile(w, r, m, "private, max-age=60") // others find something else
}

func (s *server) searchTileJSON(ctx context.Context, in *struct {
	SearchInput
	StyleInput
}) (*tileJSONOutput, error) {
	m, err := s.searched(ctx, in.SearchInput)
	if err != nil {
		return nil, err
	}
	return s.mosaicDocument(ctx, m, "STAC search", "/stac/search/mosaic", in.parameters(), in.StyleInput)
}
