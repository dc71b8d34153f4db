package httpapi

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"strconv"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/tiling"
	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

// MosaicInput is how the rasters of a dataset lie over each other, in the query.
type MosaicInput struct {
	Order string `query:"order" doc:"What lies on top: newest (by the time at which it was taken, else received), oldest, path or -path" example:"newest"`
	Paths string `query:"paths" doc:"Only these rasters, separated by commas, the first on top" example:"b.tif,a.tif"`
}

var mosaicParameters = []*huma.Param{
	textParameter("order", "What lies on top: newest (by the time at which it was taken, else received; if absent), oldest, path or -path"),
	textParameter("paths", "Only these rasters, separated by commas, the first on top"),
}

func (s *server) registerMosaic() {
	tags := []string{"Visualization"}
	s.stream(huma.Operation{Method: http.MethodGet, Path: datasetPath + "/mosaic/{z}/{x}/{tile}", Tags: tags, Responses: pictures,
		Summary:    "Map tile of all rasters of a dataset; tile is {y}.png, .webp or .jpg, or {y}@2x with one of these",
		Parameters: append(append([]*huma.Param{}, mosaicParameters...), styleParameters...)}, "", s.mosaicTile)
	register(s.api, huma.Operation{Method: http.MethodGet, Path: datasetPath + "/mosaic/tilejson", Tags: tags,
		Summary:     "TileJSON of all rasters of a dataset",
		Description: "What map libraries read to show all rasters of a dataset as one. The addresses of tiles in it are complete; those of private datasets need the same right."}, s.mosaicTileJSON)
}

// mosaicOf is the mosaic of a dataset that is asked for.
func (s *server) mosaicOf(ctx context.Context, d *catalog.Dataset, in MosaicInput) (catalog.Mosaic, error) {
	m := catalog.Mosaic{Datasets: []uuid.UUID{d.ID}, Order: in.Order}
	if err := catalog.CheckMosaicOrder(in.Order); err != nil || in.Paths == "" {
		return m, err
	}
	var err error
	m.Paths, err = s.choose(ctx, d, []string{in.Paths})
	return m, err
}

func (s *server) mosaicTile(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := s.readDataset(ctx, datasetOf(r))
	if err != nil {
		return err
	}
	m, err := s.mosaicOf(ctx, d, MosaicInput{Order: query(r, "order"), Paths: query(r, "paths")})
	if err != nil {
		return err
	}
	return s.writeMosaicTile(w, r, m, cacheControl(d, 60))
}

// writeMosaicTile sends the tile of a mosaic that a request asks for.
func (s *server) writeMosaicTile(w http.ResponseWriter, r *http.Request, m catalog.Mosaic, caching string) error {
	ctx := r.Context()
	tile, size, extension, err := parseTile(param(r, "z"), param(r, "x"), param(r, "tile"))
	if err != nil {
		return err
	}
	if err := tiling.CheckTile(tile); err != nil { // before anybody asks where it is
		return err
	}
	st, err := styleOf(r)
	if err != nil {
		return err
	}
	rasters, err := s.Ingest.MosaicRasters(ctx, m, st.Usual(), tile)
	if err != nil {
		return err
	}
	image, err := s.Tiles.MosaicTile(ctx, rasters, st, tile, size, formatOf(r, extension))
	if err != nil {
		return err
	}
	defer image.Release()
	if extension == "png" {
		w.Header().Add("Vary", "Accept")
	}
	if image.Partial {
		caching = "no-store"
	}
	return sendImage(w, r, caching, image)
}

func (s *server) mosaicTileJSON(ctx context.Context, in *struct {
	DatasetInput
	MosaicInput
	StyleInput
}) (*tileJSONOutput, error) {
	d, err := s.readDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	m, err := s.mosaicOf(ctx, d, in.MosaicInput)
	if err != nil {
		return nil, err
	}
	parameters := url.Values{}
	for name, value := range map[string]string{"order": in.Order, "paths": in.Paths} {
		if value != "" {
			parameters.Set(name, value)
		}
	}
	return s.mosaicDocument(ctx, m, d.Name(), "/orgs/"+in.Org+"/ds/"+in.DS+"/mosaic", parameters, in.StyleInput)
}

// mosaicDocument is the TileJSON of a mosaic whose tiles are below a path.
func (s *server) mosaicDocument(ctx context.Context, m catalog.Mosaic, name, tiles string, parameters url.Values, style StyleInput) (*tileJSONOutput, error) {
	if _, err := style.parse(); err != nil {
		return nil, err
	}
	style.addTo(parameters)
	extent, err := s.Ingest.MosaicExtent(ctx, m)
	if err != nil {
		return nil, err
	}
	document := tileJSON{Version: "3.0.0", Name: name, Scheme: "xyz", MaxZoom: extent.Zoom, Bounds: [4]float64{-180, -85.05112877980659, 180, 85.05112877980659}}
	document.Tiles = []string{baseURL(requestFrom(ctx)) + tiles + "/{z}/{x}/{y}.png"}
	if len(parameters) > 0 {
		document.Tiles[0] += "?" + parameters.Encode()
	}
	if extent.Box != nil {
		b := onOneWorld(*extent.Box)
		document.Bounds = [4]float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}
		// The zoom at which the longer side is about two tiles.
		span := max(extent.Box.Max[0]-extent.Box.Min[0], b.Max[1]-b.Min[1], 1e-9)
		document.MinZoom = min(max(0, int(math.Floor(math.Log2(2*360/span)))), extent.Zoom)
		center := b.Center()
		document.Center = [3]float64{center[0], center[1], float64(document.MinZoom)}
	}
	return &tileJSONOutput{document}, nil
}

// sendImage sends a picture, or 304 to whoever has it already.
func sendImage(w http.ResponseWriter, r *http.Request, caching string, image tiling.Image) error {
	header := w.Header()
	header.Set("ETag", image.ETag)
	header.Set("Cache-Control", caching)
	if matches(r.Header.Get("If-None-Match"), image.ETag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	header.Set("Content-Type", image.MediaType)
	header.Set("Content-Length", strconv.Itoa(len(image.Data)))
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(image.Data)
	return ignoreGone(r, err)
}
