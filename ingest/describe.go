package ingest

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/ingest/image"
	"github.com/cairngeo/cairn/sandbox"
)

// typesByExtension are the files whose extension alone says what they are.
var typesByExtension = map[string]catalog.EntryType{
	"md":  catalog.Markdown,
	"laz": catalog.PointCloud, "las": catalog.PointCloud, "e57": catalog.PointCloud, "pts": catalog.PointCloud, "xyz": catalog.PointCloud,
	"spz": catalog.GaussianSplat, "splat": catalog.GaussianSplat, "ksplat": catalog.GaussianSplat,
	"obj": catalog.Model, "gltf": catalog.Model, "glb": catalog.Model,
	"3tz":     catalog.Tiles3D,
	"geojson": catalog.Vector, "dxf": catalog.Vector, "dwg": catalog.Vector, "shp": catalog.Vector, "shz": catalog.Vector,
	"fgb": catalog.Vector, "topojson": catalog.Vector, "kml": catalog.Vector, "kmz": catalog.Vector, "gpkg": catalog.Vector,
}

// Describe finds out what stored bytes are when they are called name.
func (in *Ingest) Describe(ctx context.Context, hash, name string) (catalog.Description, error) {
	return describe(ctx, in.options.Reads, stored{in.store, blob.Key(hash)}, name)
}

func describe(ctx context.Context, reads *sandbox.Pool, from source, name string) (catalog.Description, error) {
	extension := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	if t, ok := typesByExtension[extension]; ok {
		return catalog.Description{Type: t}, nil
	}
	switch extension {
	case "ply":
		return describePLY(ctx, from)
	case "tif", "tiff":
		d, georeferenced, err := describeInSandbox(ctx, reads, from.location())
		switch {
		case err != nil && cairn.CodeOf(err) != cairn.Invalid:
			return catalog.Description{}, fmt.Errorf("describe %s: %w", name, err)
		case err == nil && georeferenced:
			return d, nil
		}
		return describeImage(ctx, from, name)
	case "jpg", "jpeg", "dng", "png", "gif", "webp", "mp4", "mov", "webm", "m4v", "avi", "mkv":
		return describeImage(ctx, from, name)
	}
	return catalog.Description{Type: catalog.Generic}, nil
}

func describeImage(ctx context.Context, from source, name string) (catalog.Description, error) {
	file, err := from.open(ctx)
	if err != nil {
		return catalog.Description{}, err
	}
	defer file.Close()
	return image.Describe(ctx, file, file.Size(), name)
}
