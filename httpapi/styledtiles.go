package httpapi

import (
	"context"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/tiling"
	"github.com/cairngeo/cairn/tiling/style"
	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerStyledTiles() {
	tags := []string{"Visualization"}
	path := textParameter("path", "Path of a raster")
	path.Required = true
	s.stream(huma.Operation{Method: http.MethodGet, Path: "/orgs/{org}/ds/{ds}/tiles-ex/{z}/{x}/{tile}", Tags: tags, Responses: pictures,
		Summary:    "Map tile of a raster in a style; tile is {y}.png, .webp or .jpg, or {y}@2x with one of these",
		Parameters: append([]*huma.Param{path, versionParameter}, styleParameters...)}, "", s.styledTile)
	size := &huma.Param{Name: "size", In: "query", Schema: &huma.Schema{Type: huma.TypeInteger}, Description: "Pixels of the longer side, 16 to 4096; 512 if absent"}
	s.stream(huma.Operation{Method: http.MethodGet, Path: "/orgs/{org}/ds/{ds}/thumb-ex", Tags: tags, Responses: pictures,
		Summary:    "Thumbnail of a raster or photo in a style",
		Parameters: append([]*huma.Param{path, size, versionParameter}, styleParameters...)}, "", s.styledThumbnail)
}

func (s *server) styledTile(w http.ResponseWriter, r *http.Request) error {
	return s.writeTile(w, r, styleOf)
}

func (s *server) styledThumbnail(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := s.readDataset(ctx, datasetOf(r))
	if err != nil {
		return err
	}
	e, err := s.entryOf(ctx, r, d)
	if err != nil {
		return err
	}
	size, err := thumbnailSize(r)
	if err != nil {
		return err
	}
	st, err := styleOf(r)
	if err != nil {
		return err
	}
	image, err := s.drawStyledThumbnail(ctx, e, st, size)
	if err != nil {
		return err
	}
	return writeImage(w, r, d, e, image)
}

func (s *server) drawStyledThumbnail(ctx context.Context, e catalog.Entry, st style.Style, size int) (tiling.Image, error) {
	switch e.Type {
	case catalog.Image, catalog.GeoImage, catalog.Panorama, catalog.GeoPanorama:
		return s.drawPhoto(ctx, e, st, size)
	}
	raster, err := s.rasterOf(ctx, e)
	if err != nil {
		return tiling.Image{}, err
	}
	return s.Tiles.StyledThumbnail(ctx, raster, st, size)
}

// drawPhoto draws the thumbnail of a photo, upright.
func (s *server) drawPhoto(ctx context.Context, e catalog.Entry, st style.Style, size int) (tiling.Image, error) {
	orientation, _ := e.Properties["orientation"].(float64)
	image, err := s.Tiles.StyledPhoto(ctx, blob.Key(e.Hash), int(orientation), st, size)
	if cairn.CodeOf(err) == cairn.Unsupported {
		err = cairn.Errorf(cairn.Invalid, "%q can't be read as a picture.", e.Path).Because(err)
	}
	return image, err
}

// rasterOf returns the files of a raster's entry; errors are those of cogOf.
func (s *server) rasterOf(ctx context.Context, e catalog.Entry) (tiling.Raster, error) {
	key, err := s.cogOf(ctx, e)
	return tiling.Raster{COG: key, Original: blob.Key(e.Hash)}, err
}

// styled returns the files of a raster's entry and the style that a request asks for.
func (s *server) styled(r *http.Request, e catalog.Entry, styleOf func(*http.Request) (style.Style, error)) (tiling.Raster, style.Style, error) {
	st, err := styleOf(r)
	if err != nil {
		return tiling.Raster{}, st, err
	}
	raster, err := s.rasterOf(r.Context(), e)
	return raster, st, err
}

// writeTile sends the tile that a request asks for, in the style that it says.
func (s *server) writeTile(w http.ResponseWriter, r *http.Request, styleOf func(*http.Request) (style.Style, error)) error {
	ctx := r.Context()
	d, err := s.readDataset(ctx, datasetOf(r))
	if err != nil {
		return err
	}
	tile, size, extension, err := parseTile(param(r, "z"), param(r, "x"), param(r, "tile"))
	if err != nil {
		return err
	}
	e, err := s.entryOf(ctx, r, d)
	if err != nil {
		return err
	}
	raster, st, err := s.styled(r, e, styleOf)
	if err != nil {
		return err
	}
	if extension == "png" {
		w.Header().Add("Vary", "Accept")
	}
	image, err := s.Tiles.StyledTile(ctx, raster, st, tile, size, formatOf(r, extension))
	if err != nil {
		return err
	}
	defer image.Release()
	return writeImage(w, r, d, e, image)
}

// formatOf is what a tile is sent as: .png is WebP to those who name it.
func formatOf(r *http.Request, extension string) tiling.Format {
	switch {
	case extension == "jpg":
		return tiling.JPEG
	case extension == "webp" || accepts(r.Header.Get("Accept"), string(tiling.WebP)):
		return tiling.WebP
	}
	return tiling.PNG
}

// accepts tells whether an Accept header names the media type, and not to
// refuse it by the weight 0 (RFC 9110, 12.4.2).
func accepts(header, mediaType string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if !strings.Contains(part, mediaType) {
			continue
		}
		kind, params, err := mime.ParseMediaType(part)
		if err != nil || kind != mediaType {
			continue
		}
		weight, err := strconv.ParseFloat(params["q"], 64)
		return err != nil || weight > 0
	}
	return false
}

func thumbnailSize(r *http.Request) (int, error) {
	text := query(r, "size")
	if text == "" {
		return defaultThumbnail, nil
	}
	size, err := strconv.Atoi(text)
	if err != nil || size < 1 {
		return 0, cairn.Errorf(cairn.Invalid, "The size %q is not a positive whole number.", text)
	}
	return size, nil
}
