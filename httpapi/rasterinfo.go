package httpapi

import (
	"context"
	"net/http"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest"
	"github.com/cairngeo/cairn/tiling"
	"github.com/cairngeo/cairn/tiling/style"
	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerRasterInfo() {
	tags := []string{"Visualization"}
	register(s.api, huma.Operation{Method: http.MethodGet, Path: datasetPath + "/raster-info", Tags: tags,
		Summary: "Describe a raster: its bands, its sensor and the sensor's presets"}, s.rasterInfo)
	register(s.api, huma.Operation{Method: http.MethodGet, Path: datasetPath + "/raster-metadata", Tags: tags,
		Summary: "Statistics of a raster or of a formula, and the formulas and colour maps there are for it"}, s.rasterMetadata)
}

// rasterAt returns the raster at a path of a dataset that the caller may read.
func (s *server) rasterAt(ctx context.Context, in DatasetInput, path string) (catalog.Entry, tiling.Raster, error) {
	d, err := s.readDataset(ctx, in)
	if err != nil {
		return catalog.Entry{}, tiling.Raster{}, err
	}
	if path, err = catalog.CleanPath(path); err != nil {
		return catalog.Entry{}, tiling.Raster{}, err
	}
	e, err := s.Catalog.Entry(ctx, d, path)
	if err != nil {
		return catalog.Entry{}, tiling.Raster{}, err
	}
	raster, err := s.rasterOf(ctx, e)
	return e, raster, err
}

type rasterInfoOutput struct{ Body tiling.Description }

func (s *server) rasterInfo(ctx context.Context, in *RasterInput) (*rasterInfoOutput, error) {
	e, raster, err := s.rasterAt(ctx, in.DatasetInput, in.Path)
	if err != nil {
		return nil, err
	}
	description, err := s.Tiles.Describe(ctx, raster, ingest.Outline(e))
	return &rasterInfoOutput{description}, err
}

type rasterMetadataOutput struct{ Body tiling.Catalogue }

func (s *server) rasterMetadata(ctx context.Context, in *struct {
	RasterInput
	Formula    string `query:"formula" doc:"Id of a formula or an expression whose statistics are asked for" example:"NDVI"`
	BandFilter string `query:"bandFilter" doc:"Letters of the bands in the order of the file; found out if absent" example:"BGRReN"`
}) (*rasterMetadataOutput, error) {
	_, raster, err := s.rasterAt(ctx, in.DatasetInput, in.Path)
	if err != nil {
		return nil, err
	}
	st, err := style.Parse(style.Parameters{Formula: in.Formula, BandFilter: in.BandFilter})
	if err != nil {
		return nil, err
	}
	catalogue, err := s.Tiles.Catalogue(ctx, raster, st)
	return &rasterMetadataOutput{catalogue}, err
}
