package httpapi

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"path"

	"github.com/cairngeo/cairn/ingest"
	"github.com/cairngeo/cairn/tiling/style"
	"github.com/danielgtaylor/huma/v2"
	"github.com/paulmach/orb"
)

func (s *server) registerTileJSON() {
	register(s.api, huma.Operation{Method: http.MethodGet, Path: datasetPath + "/tilejson", Tags: []string{"Visualization"},
		Summary:     "TileJSON of a raster, in the usual look or in a style",
		Description: "What map libraries read to show a raster. The addresses of tiles in it are complete; those of private datasets need the same right."}, s.tileJSON)
}

// tileJSON is a document of TileJSON 3.0.
type tileJSON struct {
	Version  string     `json:"tilejson" enum:"3.0.0"`
	Name     string     `json:"name" example:"ortho.tif"`
	Scheme   string     `json:"scheme" enum:"xyz"`
	Tiles    []string   `json:"tiles" example:"[\"https://cairn.example.org/orgs/acme/ds/site-a/tiles/{z}/{x}/{y}.png?path=ortho.tif\"]"`
	MinZoom  int        `json:"minzoom" doc:"Where the whole raster is four tiles or fewer; tiles of lower zooms can be had too" example:"15"`
	MaxZoom  int        `json:"maxzoom" doc:"Of the full resolution; tiles of higher zooms can be had too" example:"21"`
	Bounds   [4]float64 `json:"bounds" doc:"West, south, east, north; of what crosses the 180th meridian all longitudes" example:"[-92.1,46.8,-92.0,46.9]"`
	Encoding string     `json:"encoding,omitempty" enum:"mapbox,terrarium" doc:"Of the heights in terrain-rgb and terrarium, as map libraries call it"`
	Center   [3]float64 `json:"center" doc:"Longitude, latitude, zoom" example:"[-92.05,46.85,15]"`
}

type tileJSONInput struct {
	RasterInput
	StyleInput
}

type tileJSONOutput struct{ Body tileJSON }

func (s *server) tileJSON(ctx context.Context, in *tileJSONInput) (*tileJSONOutput, error) {
	e, raster, err := s.rasterAt(ctx, in.DatasetInput, in.Path)
	if err != nil {
		return nil, err
	}
	st, err := in.parse()
	if err != nil {
		return nil, err
	}
	minZoom, maxZoom, err := s.Tiles.Zooms(ctx, raster, st)
	if err != nil {
		return nil, err
	}
	route := "tiles-ex"
	if st.Plain() && st.Resampling == "" {
		route = "tiles"
	}
	parameters := url.Values{"path": {in.Path}, "v": {e.Hash}}
	in.addTo(parameters)
	bounds := onOneWorld(ingest.Outline(e))
	center := bounds.Center()
	return &tileJSONOutput{tileJSON{
		Version: "3.0.0", Name: path.Base(e.Path), Scheme: "xyz", MinZoom: minZoom, MaxZoom: maxZoom, Encoding: encodingOf(st),
		Tiles:  []string{baseURL(requestFrom(ctx)) + "/orgs/" + in.Org + "/ds/" + in.DS + "/" + route + "/{z}/{x}/{y}.png?" + parameters.Encode()},
		Bounds: [4]float64{bounds.Min[0], bounds.Min[1], bounds.Max[0], bounds.Max[1]},
		Center: [3]float64{center[0], center[1], float64(minZoom)},
	}}, nil
}

// encodingOf is how map libraries call what the pixels of a style mean, "" if
// they are colours.
func encodingOf(st style.Style) string {
	switch {
	case st.Terrain == nil:
		return ""
	case st.Terrain.Algorithm == style.TerrainRGB:
		return "mapbox"
	case st.Terrain.Algorithm == style.Terrarium:
		return "terrarium"
	}
	return ""
}

// onOneWorld is the bound on the Web Mercator map as TileJSON wants it, which
// knows no bounds across the 180th meridian.
func onOneWorld(b orb.Bound) orb.Bound {
	const north = 85.05112877980659
	if b.Min[0] < -180 || b.Max[0] > 180 {
		b.Min[0], b.Max[0] = -180, 180
	}
	b.Min[1], b.Max[1] = math.Max(b.Min[1], -north), math.Min(b.Max[1], north)
	return b
}
