package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/paulmach/orb"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/tiling"
	"github.com/cairngeo/cairn/tiling/style"
)

// rasterExport writes a raster in a style to a GeoTIFF.
type rasterExport struct{ *Ingest }

type rasterExportParams struct {
	Path       string `json:"path,omitempty" doc:"Entry to export" example:"ortho.tif"`
	Preset     string `json:"preset,omitempty" doc:"Id of a preset of the raster's sensor"`
	Bands      string `json:"bands,omitempty" doc:"Numbers of bands from 1" example:"3,2,1"`
	Formula    string `json:"formula,omitempty" doc:"Id of a formula, or an expression" example:"NDVI"`
	BandFilter string `json:"bandFilter,omitempty" doc:"Letters of the bands in the order of the file" example:"BGRReN"`
	Colormap   string `json:"colormap,omitempty" doc:"Id of a colour map" example:"rdylgn"`
	Rescale    string `json:"rescale,omitempty" doc:"Range of values" example:"0,1"`
	Resampling string `json:"resampling,omitempty" doc:"How overviews are made: nearest, bilinear or cubic" example:"bilinear"`
	Stretch    string `json:"stretch,omitempty" doc:"Range of values: percentile, minmax, stddev, none or custom" example:"percentile"`
	Algorithm  string `json:"algorithm,omitempty" doc:"What is made of heights: hillshade, slope, aspect, terrain-rgb or terrarium" example:"hillshade"`
	Azimuth    string `json:"azimuth,omitempty" doc:"Of the sun, in degrees from north" example:"315"`
	Altitude   string `json:"altitude,omitempty" doc:"Of the sun, in degrees above the horizon" example:"45"`
	ZFactor    string `json:"zfactor,omitempty" doc:"By which heights are multiplied" example:"1"`
	FileName   string `json:"fileName,omitempty" doc:"Name of the file; that of the entry with _export.tif if absent" example:"ortho_export.tif"`
}

func (p rasterExportParams) style() (style.Style, error) {
	return style.Parse(style.Parameters{Preset: p.Preset, Bands: p.Bands, Formula: p.Formula, BandFilter: p.BandFilter, Colormap: p.Colormap, Rescale: p.Rescale,
		Resampling: p.Resampling, Algorithm: p.Algorithm, Azimuth: p.Azimuth, Altitude: p.Altitude, ZFactor: p.ZFactor, Stretch: p.Stretch})
}

func (x *rasterExport) About() About {
	return About{ID: "raster-export", Version: "1", Title: "Export raster (GeoTIFF)", Access: auth.ReadDataset, Extension: "tif", Params: rasterExportParams{}}
}

// Plan checks the raster and the style and says how large the file may get.
func (x *rasterExport) Plan(ctx context.Context, r Request) (Plan, error) {
	var params rasterExportParams
	if err := r.read(&params); err != nil {
		return Plan{}, err
	}
	params.Path = cmp.Or(r.Path, params.Path)
	if params.Path == "" {
		return Plan{}, cairn.Errorf(cairn.Invalid, "Say in path which raster to export.")
	}
	st, err := params.style()
	if err != nil {
		return Plan{}, err
	}
	e, err := x.catalog.Entry(ctx, r.Dataset, params.Path)
	if missing, ok := errors.AsType[*cairn.Error](err); ok && missing.Code == cairn.NotFound {
		return Plan{}, cairn.Errorf(cairn.Invalid, "%s", missing.Message)
	}
	if err != nil {
		return Plan{}, err
	}
	raster, err := x.built(ctx, e)
	if err != nil {
		return Plan{}, err
	}
	if params.FileName, err = exportName(params.FileName, e.Path); err != nil {
		return Plan{}, err
	}
	size, err := x.options.Tiles.ExportSize(ctx, raster, Outline(e), st)
	return Plan{Path: e.Path, Params: params, Inputs: raster.COG, Bytes: &size}, err
}

// built returns the files of a raster that is built.
func (x *rasterExport) built(ctx context.Context, e catalog.Entry) (tiling.Raster, error) {
	p, ok := x.Product(e)
	if !ok || p.Kind != "cog" {
		return tiling.Raster{}, cairn.Errorf(cairn.Invalid, "%q is no raster that can be exported.", e.Path)
	}
	served, err := x.catalog.ServedProduct(ctx, p)
	if err == nil && served.State != catalog.ProductReady {
		err = cairn.Errorf(cairn.Invalid, "%q is not built. Export it when it is.", e.Path)
	}
	return tiling.Raster{COG: served.File(MainFile(p)), Original: blob.Key(e.Hash)}, err
}

// Outline is the bounding rectangle of an entry's polygon, in degrees.
func Outline(e catalog.Entry) orb.Bound {
	if e.Polygon == nil {
		return orb.Bound{}
	}
	b := e.Polygon.Bounds()
	return orb.Bound{Min: orb.Point{b.Min(0), b.Min(1)}, Max: orb.Point{b.Max(0), b.Max(1)}}
}

// exportName is the name under which the file is saved, without folders.
func exportName(given, entry string) (string, error) {
	given = path.Base(strings.ReplaceAll(given, `\`, "/"))
	if given == "." || given == "/" || given == ".." {
		base := path.Base(entry)
		return strings.TrimSuffix(base, path.Ext(base)) + "_export.tif", nil
	}
	if ext := strings.ToLower(path.Ext(given)); ext != ".tif" && ext != ".tiff" {
		given += ".tif"
	}
	return catalog.CleanPath(given)
}

// Run writes the file.
func (x *rasterExport) Run(ctx context.Context, run *Run) error {
	var params rasterExportParams
	if err := run.Params(&params); err != nil {
		return err
	}
	st, err := params.style()
	if err != nil {
		return err
	}
	e, err := x.catalog.Entry(ctx, run.Dataset(), params.Path)
	if err != nil {
		return err
	}
	raster, err := x.built(ctx, e)
	if err != nil {
		return err
	}
	run.Log("Exporting '%s' to %s", params.Path, params.FileName)
	run.Progress(0, "exporting")
	file := filepath.Join(run.Dir, "export.tif")
	if err := x.options.Tiles.Export(ctx, raster, Outline(e), st, file, func(percent float64) { run.Progress(percent, "exporting") }); err != nil {
		return fmt.Errorf("export of %s: %w", params.Path, err)
	}
	run.Log("Export complete")
	run.Deliver(file, params.FileName, "")
	return nil
}
