package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/tiling"
	"github.com/danielgtaylor/huma/v2"
	"github.com/paulmach/orb"
)

func (s *server) registerRasterProfile() {
	register(s.api, huma.Operation{Method: http.MethodPost, Path: datasetPath + "/raster-profile", DefaultStatus: http.StatusOK, Tags: []string{"Raster analysis"},
		Summary:     "Read the values along a line",
		Description: "Of the first band, at points that are equally far apart on the ground, both ends included, bilinear between the middles of pixels. Where there is no data the value is null."}, s.rasterProfile)
}

type profileOutput struct{ Body tiling.Profile }

func (s *server) rasterProfile(ctx context.Context, in *struct {
	DatasetInput
	Body struct {
		Path       string `json:"path" doc:"Path of the raster" example:"dsm.tif"`
		LineString string `json:"lineString" doc:"A GeoJSON LineString as text, longitude first" example:"{\"type\":\"LineString\",\"coordinates\":[[-92,46.84],[-91.99,46.84]]}"`
		Samples    *int   `json:"samples,omitempty" doc:"Number of points; 256 if absent or below 2, at most 4096" example:"256"`
	}
}) (*profileOutput, error) {
	subject, err := s.readSubject(ctx, in.DatasetInput, in.Body.Path)
	if err != nil {
		return nil, err
	}
	line, err := lineString(in.Body.LineString)
	if err != nil {
		return nil, err
	}
	samples := 0
	if in.Body.Samples != nil {
		samples = *in.Body.Samples
	}
	profile, err := s.Tiles.Profile(ctx, subject, line, samples)
	return &profileOutput{profile}, err
}

// lineString reads GeoJSON. Heights are ignored.
func lineString(text string) (orb.LineString, error) {
	wrong := cairn.Errorf(cairn.Invalid, "lineString is not the text of a GeoJSON LineString.")
	var g struct {
		Type        string      `json:"type"`
		Coordinates [][]float64 `json:"coordinates"`
	}
	if err := json.Unmarshal([]byte(text), &g); err != nil || g.Type != "LineString" {
		return nil, wrong
	}
	line := make(orb.LineString, len(g.Coordinates))
	for i, position := range g.Coordinates {
		if len(position) < 2 {
			return nil, wrong
		}
		line[i] = orb.Point(position[:2])
	}
	return line, nil
}
