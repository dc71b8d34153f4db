package httpapi

import (
	"context"
	"net/http"

	"github.com/cairngeo/cairn/tiling"
	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerContours() {
	register(s.api, huma.Operation{Method: http.MethodPost, Path: datasetPath + "/contours", DefaultStatus: http.StatusOK, Tags: []string{"Raster analysis"},
		Summary:     "Draw contours of a raster",
		Description: "Lines of equal value between the middles of pixels, at most 100,000 of them. Of a raster with more than 16 million pixels an overview is traced.",
		Responses:   spooledAs[contourCollection](s.api, "A GeoJSON FeatureCollection")}, s.contours)
}

// contourCollection is a GeoJSON FeatureCollection with what was asked for and found.
type contourCollection struct {
	Type     string           `json:"type" enum:"FeatureCollection"`
	Interval float64          `json:"interval" example:"5"`
	Base     float64          `json:"baseOffset" example:"0"`
	Min      float64          `json:"min" doc:"Contours were looked for from here" example:"250"`
	Max      float64          `json:"max" doc:"to here" example:"300"`
	Count    int              `json:"featureCount" example:"1"`
	Unit     string           `json:"unit" doc:"Empty if unknown" example:"m"`
	RasterLo float64          `json:"rasterMin" doc:"Least value of the raster" example:"250"`
	RasterHi float64          `json:"rasterMax" doc:"Greatest value of the raster" example:"300"`
	Features []contourFeature `json:"features"`
}

type contourFeature struct {
	Type       string            `json:"type" enum:"Feature"`
	Properties contourProperties `json:"properties"`
	Geometry   contourLine       `json:"geometry"`
}

type contourProperties struct {
	Elevation float64 `json:"elev" doc:"The value" example:"255"`
}

type contourLine struct {
	Type        string       `json:"type" enum:"LineString"`
	Coordinates [][2]float64 `json:"coordinates" doc:"Longitude and latitude"`
}

func (s *server) contours(ctx context.Context, in *struct {
	DatasetInput
	Body struct {
		Path     string   `json:"path" doc:"Path of the raster" example:"dsm.tif"`
		Interval *float64 `json:"interval,omitempty" doc:"Between two contours; this or count is required" example:"5"`
		Count    *int     `json:"count,omitempty" doc:"Intervals between the least and the greatest value, at most 1000; interval wins" example:"10"`
		Base     float64  `json:"baseOffset,omitempty" doc:"A value from which contours are counted" example:"0"`
		Min      *float64 `json:"minElev,omitempty" doc:"Least value of a contour" example:"250"`
		Max      *float64 `json:"maxElev,omitempty" doc:"Greatest value of a contour" example:"300"`
		Simplify float64  `json:"simplifyTolerance,omitempty" doc:"How far, in metres on the ground, simplified lines may be from the exact ones" example:"0.5"`
		Band     *int     `json:"bandIndex,omitempty" doc:"From 1; 1 if absent" example:"1"`
	}
}) (*spooled, error) {
	b := in.Body
	subject, err := s.readSubject(ctx, in.DatasetInput, b.Path)
	if err != nil {
		return nil, err
	}
	options := tiling.ContourOptions{Interval: b.Interval, Count: b.Count, Base: b.Base, Min: b.Min, Max: b.Max, Simplify: b.Simplify, Band: 1}
	if b.Band != nil {
		options.Band = *b.Band
	}
	found, err := s.Tiles.Contours(ctx, subject, options)
	if err != nil {
		return nil, err
	}
	return s.spool(func(w *spoolWriter) error { return writeJSON(w, newContourCollection(found)) })
}

func newContourCollection(c tiling.Contours) contourCollection {
	out := contourCollection{Type: "FeatureCollection", Interval: c.Interval, Base: c.Base, Min: c.Min, Max: c.Max, Count: len(c.Lines), Unit: c.Unit,
		RasterLo: c.RasterMin, RasterHi: c.RasterMax, Features: make([]contourFeature, len(c.Lines))}
	for i, l := range c.Lines {
		line := contourLine{"LineString", make([][2]float64, len(l.Points))}
		for j, p := range l.Points {
			line.Coordinates[j] = p
		}
		out.Features[i] = contourFeature{"Feature", contourProperties{l.Value}, line}
	}
	return out
}
