package httpapi

import (
	"context"
	"net/http"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/ingest"
	"github.com/cairngeo/cairn/tiling"
	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerRasterValues() {
	tags := []string{"Raster analysis"}
	const frame = "Pixels are counted from 0 over the bounding rectangle of the entry's polygon in Web Mercator, in width and height of raster-value-info; those of a photo are its own."
	register(s.api, huma.Operation{Method: http.MethodGet, Path: datasetPath + "/raster-value-info", Tags: tags, Summary: "Describe the values of a raster or photo",
		Description: "Of the first band. A thermal photo with the raw picture of the camera (R-JPEG) has its temperatures."}, s.rasterValueInfo)
	register(s.api, huma.Operation{Method: http.MethodGet, Path: datasetPath + "/raster-point-value", Tags: tags, Summary: "Read the value of a pixel", Description: frame}, s.rasterPointValue)
	register(s.api, huma.Operation{Method: http.MethodGet, Path: datasetPath + "/raster-area-stats", Tags: tags, Summary: "Describe the values in a rectangle",
		Description: frame + " The corners may come in any order and lie outside as long as the rectangle does not."}, s.rasterAreaStats)
}

// subject returns what is read of the entry at the path.
func (s *server) subject(ctx context.Context, d *catalog.Dataset, path string) (tiling.Subject, error) {
	path, err := catalog.CleanPath(path)
	if err != nil {
		return tiling.Subject{}, err
	}
	e, err := s.Catalog.Entry(ctx, d, path)
	if err != nil {
		return tiling.Subject{}, err
	}
	switch e.Type {
	case catalog.GeoRaster:
		raster, err := s.rasterOf(ctx, e)
		return tiling.Subject{Key: raster.COG, Original: raster.Original, Outline: ingest.Outline(e)}, err
	case catalog.Image, catalog.GeoImage, catalog.Panorama, catalog.GeoPanorama:
		subject := tiling.Subject{Key: blob.Key(e.Hash), Photo: true}
		subject.Make, _ = e.Properties["make"].(string)
		subject.Model, _ = e.Properties["model"].(string)
		return subject, nil
	}
	return tiling.Subject{}, cairn.Errorf(cairn.Invalid, "%q is neither a raster nor a photo.", e.Path)
}

// RasterInput is embedded in the inputs of operations that read a raster by a path in the query.
type RasterInput struct {
	DatasetInput
	Path string `query:"path" required:"true" doc:"Path of the entry" example:"dsm.tif"`
}

// readSubject returns the entry that the caller wants to look into.
func (s *server) readSubject(ctx context.Context, in DatasetInput, path string) (tiling.Subject, error) {
	d, err := s.readDataset(ctx, in)
	if err != nil {
		return tiling.Subject{}, err
	}
	return s.subject(ctx, d, path)
}

type valueInfoOutput struct{ Body tiling.ValueInfo }

func (s *server) rasterValueInfo(ctx context.Context, in *RasterInput) (*valueInfoOutput, error) {
	subject, err := s.readSubject(ctx, in.DatasetInput, in.Path)
	if err != nil {
		return nil, err
	}
	info, err := s.Tiles.ValueInfo(ctx, subject)
	return &valueInfoOutput{info}, err
}

type pointValueOutput struct{ Body tiling.PointValue }

func (s *server) rasterPointValue(ctx context.Context, in *struct {
	RasterInput
	X int `query:"x" required:"true" doc:"Column" example:"120"`
	Y int `query:"y" required:"true" doc:"Row" example:"80"`
}) (*pointValueOutput, error) {
	subject, err := s.readSubject(ctx, in.DatasetInput, in.Path)
	if err != nil {
		return nil, err
	}
	value, err := s.Tiles.PointValue(ctx, subject, in.X, in.Y)
	return &pointValueOutput{value}, err
}

type areaStatsOutput struct{ Body tiling.AreaStats }

func (s *server) rasterAreaStats(ctx context.Context, in *struct {
	RasterInput
	X0 int `query:"x0" required:"true" doc:"Column of a corner" example:"0"`
	Y0 int `query:"y0" required:"true" doc:"Row of a corner" example:"0"`
	X1 int `query:"x1" required:"true" doc:"Column of the corner across" example:"79"`
	Y1 int `query:"y1" required:"true" doc:"Row of the corner across" example:"79"`
}) (*areaStatsOutput, error) {
	subject, err := s.readSubject(ctx, in.DatasetInput, in.Path)
	if err != nil {
		return nil, err
	}
	stats, err := s.Tiles.AreaStats(ctx, subject, tiling.Corners{X0: in.X0, Y0: in.Y0, X1: in.X1, Y1: in.Y1})
	return &areaStatsOutput{stats}, err
}
