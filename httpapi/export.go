package httpapi

import (
	"mime"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest"
	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerExport() {
	entryPath := textParameter("path", "Path of a raster")
	entryPath.Required = true
	s.stream(huma.Operation{Method: http.MethodGet, Path: datasetPath + "/export", Tags: []string{"Raster analysis"}, Summary: "Download a raster in a style as a GeoTIFF",
		Description: "8 bits with alpha, in Web Mercator. What is too large for a download is made by the task raster-export.",
		Parameters:  append([]*huma.Param{entryPath}, styleParameters...),
		Responses:   map[string]*huma.Response{"200": {Description: "The GeoTIFF", Content: anyBytes}}}, "", s.limited(s.mayRead, s.export))
}

// maxExport is the largest export, in bytes before it is compressed, that one waits for.
const maxExport = 1 << 30

func (s *server) export(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := s.readDataset(ctx, datasetOf(r))
	if err != nil {
		return err
	}
	name, err := catalog.CleanPath(query(r, "path"))
	if err != nil {
		return err
	}
	e, err := s.Catalog.Entry(ctx, d, name)
	if err != nil {
		return err
	}
	raster, st, err := s.styled(r, e, styleOf)
	if err != nil {
		return err
	}
	size, err := s.Tiles.ExportSize(ctx, raster, ingest.Outline(e), st)
	if err != nil {
		return err
	}
	if size > maxExport {
		return cairn.Errorf(cairn.Invalid, "This export would have %d MB, more than the %d that one can wait for. Ask for the task raster-export.", size>>20, maxExport>>20)
	}
	dir, err := os.MkdirTemp(s.Store.Scratch(), "export-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	made := filepath.Join(dir, "export.tif")
	if err := s.Tiles.Export(ctx, raster, ingest.Outline(e), st, made, func(float64) {}); err != nil {
		return err
	}
	file, err := os.Open(made)
	if err != nil {
		return err
	}
	defer file.Close()
	base := path.Base(e.Path)
	w.Header().Set("Content-Type", "image/tiff")
	w.Header().Set("Cache-Control", "no-store")
	// A name that needs no quotes gets none: the web client would take them for a part of it.
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": strings.TrimSuffix(base, path.Ext(base)) + "_export.tif"}))
	serveContent(w, r, "", time.Time{}, file)
	return nil
}
