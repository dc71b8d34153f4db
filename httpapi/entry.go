package httpapi

import (
	"context"
	"fmt"

	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/encoding/geojson"
)

// entry is an entry in the API.
type entry struct {
	Path       string            `json:"path" example:"flight1/DJI_0023.JPG"`
	Hash       *string           `json:"hash" doc:"SHA-256 of the content, null for folders"`
	Type       catalog.EntryType `json:"type" doc:"1 directory, 2 generic, 3 geo image, 4 geo raster, 5 point cloud, 6 image, 7 dataset, 8 markdown, 9 video, 10 geo video, 11 model, 12 panorama, 13 geo panorama, 14 vector, 15 Gaussian splat, 16 3D tiles"`
	Properties map[string]any    `json:"properties,format:emitnull" doc:"What is known of the content, null for nothing"`
	MTime      int64             `json:"mtime" doc:"Unix seconds"`
	Size       int64             `json:"size" doc:"Bytes"`
	Depth      int               `json:"depth" doc:"Number of folders above"`
	Point      *feature          `json:"point_geom"`
	Polygon    *feature          `json:"polygon_geom"`
	// Only buildable files have it.
	BuildStatus string `json:"buildStatus,omitempty" enum:"ready,pending,queued,failed"`
}

// TransformSchema says that an entry may have no properties.
func (entry) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["properties"].Nullable = true
	return s
}

// feature is a geometry as the API wraps it.
type feature struct {
	CRS        crs               `json:"crs"`
	Type       string            `json:"type" enum:"Feature"`
	Geometry   *geojson.Geometry `json:"geometry"`
	Properties struct{}          `json:"properties"`
}

// TransformSchema says that null stands for an unknown position.
func (feature) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Nullable = true
	return s
}

type crs struct {
	Type       string `json:"type"`
	Properties struct {
		Name string `json:"name"`
	} `json:"properties"`
}

func newFeature(g geom.T) (*feature, error) {
	encoded, err := geojson.Encode(g)
	if err != nil {
		return nil, fmt.Errorf("geometry: %w", err)
	}
	f := &feature{Type: "Feature", Geometry: encoded}
	f.CRS.Type = "name"
	f.CRS.Properties.Name = "EPSG:4326"
	return f, nil
}

type entriesOutput struct{ Body []entry }

type entryOutput struct{ Body entry }

// servedProducts knows what is served of products: the catalog, and one moment of it.
type servedProducts interface {
	ServedProducts(ctx context.Context, products []catalog.Product) (map[string]catalog.Served, error)
}

// newEntries returns the entries as the API shows them, with the state of their
// builds: ready as long as a product of an earlier version is served.
func (s *server) newEntries(ctx context.Context, of servedProducts, entries []catalog.Entry) ([]entry, error) {
	products := make([]catalog.Product, 0, len(entries))
	for _, e := range entries {
		if p, ok := s.Ingest.Product(e); ok {
			products = append(products, p)
		}
	}
	served, err := of.ServedProducts(ctx, products)
	if err != nil {
		return nil, err
	}
	list := make([]entry, len(entries))
	for i, e := range entries {
		if list[i], err = newEntry(e); err != nil {
			return nil, err
		}
		if p, ok := s.Ingest.Product(e); ok {
			list[i].BuildStatus = buildStatus(served[p.Key()].State)
		}
	}
	return list, nil
}

func buildStatus(state string) string {
	switch state {
	case catalog.ProductReady:
		return "ready"
	case catalog.ProductFailed:
		return "failed"
	}
	return "queued"
}

func newEntry(e catalog.Entry) (entry, error) {
	out := entry{Path: e.Path, Type: e.Type, Properties: e.Properties, MTime: e.MTime, Size: e.Size, Depth: e.Depth()}
	if e.Hash != "" {
		out.Hash = &e.Hash
	}
	var err error
	if e.Point != nil {
		if out.Point, err = newFeature(e.Point); err != nil {
			return entry{}, err
		}
	}
	if e.Polygon != nil {
		out.Polygon, err = newFeature(e.Polygon)
	}
	return out, err
}
