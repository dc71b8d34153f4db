package catalog

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/jackc/pgx/v5"
	"github.com/planetlabs/go-stac"
)

// STACVersion is the version of all STAC documents.
const STACVersion = "1.1.0"

// COGMediaType is the media type of a Cloud Optimized GeoTIFF.
const COGMediaType = "image/tiff; application=geotiff; profile=cloud-optimized"

const (
	mediaJSON    = "application/json"
	mediaGeoJSON = "application/geo+json"
)

// STAC writes datasets and entries as STAC. Links begin with Base, the address
// of the server.
type STAC struct {
	Base      string
	MediaType func(name string) string // of a file, by its name
}

// ItemID returns the id of an entry's item: the path in unpadded base64url.
func ItemID(path string) string { return base64.RawURLEncoding.EncodeToString([]byte(path)) }

// ItemPath returns the path of the entry whose item has the id.
func ItemPath(id string) (string, error) {
	text, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		return "", cairn.Errorf(cairn.NotFound, "There is no item %q.", id)
	}
	path, err := CleanPath(string(text))
	if err != nil {
		return "", cairn.Errorf(cairn.NotFound, "There is no item %q.", id)
	}
	return path, nil
}

// CollectionID returns the id of the dataset's collection.
func CollectionID(d *Dataset) string { return d.Organization + "/" + d.Slug }

func (s STAC) dataset(d *Dataset) string {
	return s.Base + "/orgs/" + d.Organization + "/ds/" + d.Slug
}

// CollectionURL is the address of the dataset's collection.
func (s STAC) CollectionURL(d *Dataset) string {
	return s.Base + "/stac/collections/" + CollectionID(d)
}

// Extent is what the entries of a dataset span.
type Extent struct {
	Box   []float64 // west, south, east, north, over the shortest arc around the Earth; nil without geometry
	First *time.Time
	Last  *time.Time
}

// Extent returns what the entries of the dataset span in space and time.
func (c *Catalog) Extent(ctx context.Context, d *Dataset) (Extent, error) {
	return one(ctx, c.pool, func(row pgx.CollectableRow) (Extent, error) {
		var x Extent
		var west, south, east, north *float64
		err := row.Scan(&west, &south, &east, &north, &x.First, &x.Last)
		if west != nil {
			x.Box = []float64{*west, *south, *east, *north}
		}
		return x, err
	}, nil, `
		with placed as (
			select st_force2d(coalesce(polygon_geom, point_geom)) g, to_timestamp(coalesce(nullif((properties->>'captureTime')::float8, 0) / 1000, mtime)) taken
			from entries where dataset_id = $1 and type not in (1, 7)
		), spans as ( -- western ends from -180 to 180, eastern ends beyond them
			select st_xmin(g) - 360 * floor((st_xmin(g) + 180) / 360) west, st_xmax(g) - 360 * floor((st_xmin(g) + 180) / 360) east from placed where g is not null
		), gaps as ( -- how far east everything before reaches, what began in the turn before included
			select west, greatest(max(east) over (order by west rows between unbounded preceding and 1 preceding), max(east) over () - 360) reached from spans
		), widest as (select west, reached + 360 east from gaps order by west - reached desc, west limit 1)
		select (select case when east - west < 360 then west else -180 end from widest), min(st_ymin(g)),
			(select case when east - west < 360 then east else 180 end from widest), max(st_ymax(g)), min(taken), max(taken) from placed`, d.ID)
}

// Collection returns the dataset as a STAC collection. loose are its files
// without a position, which become assets.
func (s STAC) Collection(d *Dataset, x Extent, description string, loose []Entry) *stac.Collection {
	box := []float64{-180, -90, 180, 90}
	if x.Box != nil {
		west, east := wrap(x.Box[0], x.Box[2])
		box = []float64{west, x.Box[1], east, x.Box[3]}
	}
	license := "other"
	if err := json.Unmarshal(d.Setting("license"), &license); err != nil || license == "" || license == "proprietary" {
		license = "proprietary"
	}
	if description == "" {
		description = d.Name()
	}
	self := s.CollectionURL(d)
	c := &stac.Collection{
		Version: STACVersion, Id: CollectionID(d), Title: d.Name(), Description: description, License: license,
		Extent: &stac.Extent{
			Spatial:  &stac.SpatialExtent{Bbox: [][]float64{box}},
			Temporal: &stac.TemporalExtent{Interval: [][]any{{timestamp(x.First), timestamp(x.Last)}}},
		},
		Links: []*stac.Link{
			{Rel: "root", Href: s.Base + "/stac", Type: mediaJSON},
			{Rel: "parent", Href: s.Base + "/stac", Type: mediaJSON},
			{Rel: "self", Href: self, Type: mediaJSON},
			{Rel: "items", Href: self + "/items", Type: mediaGeoJSON},
			{Rel: "xyz", Href: s.dataset(d) + "/mosaic/{z}/{x}/{y}.png", Type: "image/png", Title: "Map tiles of all rasters"},
		},
		Extensions: webMapLinks,
		Assets:     map[string]*stac.Asset{},
	}
	for _, e := range loose {
		c.Assets[e.Path] = s.download(d, e)
	}
	return c
}

// webMapLinks are links to map tiles.
var webMapLinks = []stac.Extension{webMapLinksExtension{}}

type webMapLinksExtension struct{}

func (webMapLinksExtension) URI() string {
	return "https://stac-extensions.github.io/web-map-links/v1.2.0/schema.json"
}

func (webMapLinksExtension) Encode(map[string]any) error { return nil }

func (webMapLinksExtension) Decode(map[string]any) error { return nil }

func timestamp(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

func (s STAC) download(d *Dataset, e Entry) *stac.Asset {
	return &stac.Asset{Href: s.dataset(d) + "/download?path=" + url.QueryEscape(e.Path), Title: e.Path, Type: s.MediaType(e.Path), Roles: []string{"data"}}
}

// Item returns the entry as a STAC item. cog is the hash under which the
// entry's COG is served, "" while there is none.
func (s STAC) Item(d *Dataset, e Entry, cog string) *stac.Item {
	geometry, bbox := geoJSON(e)
	self := s.CollectionURL(d) + "/items/" + ItemID(e.Path)
	item := &stac.Item{
		Version: STACVersion, Id: ItemID(e.Path), Collection: CollectionID(d), Bbox: bbox, Properties: map[string]any{},
		Links: []*stac.Link{
			{Rel: "root", Href: s.Base + "/stac", Type: mediaJSON},
			{Rel: "parent", Href: s.CollectionURL(d), Type: mediaJSON},
			{Rel: "collection", Href: s.CollectionURL(d), Type: mediaJSON},
			{Rel: "self", Href: self, Type: mediaGeoJSON},
		},
		Assets: s.assets(d, e, cog),
	}
	if geometry != nil {
		item.Geometry = geometry
	}
	maps.Copy(item.Properties, e.Properties)
	item.Properties["title"] = e.Path
	item.Properties["datetime"] = taken(e).Format(time.RFC3339Nano)
	if p, ok := projectionOf(e); ok {
		for _, key := range []string{"geotransform", "projection", "width", "height", "bands"} {
			delete(item.Properties, key)
		}
		item.Extensions = []stac.Extension{p}
	}
	return item
}

// taken is the capture time, else the time at which the file was received.
func taken(e Entry) time.Time {
	if ms, ok := e.Properties["captureTime"].(float64); ok && ms > 0 {
		return time.UnixMilli(int64(ms)).UTC()
	}
	return time.Unix(e.MTime, 0).UTC()
}

func (s STAC) assets(d *Dataset, e Entry, cog string) map[string]*stac.Asset {
	query := "path=" + url.QueryEscape(e.Path)
	assets := map[string]*stac.Asset{e.Path: s.download(d, e)}
	if hasThumbnail(e.Type) && (e.Type != GeoRaster || cog != "") { // a raster's is drawn from its COG
		assets["thumbnail"] = &stac.Asset{Href: s.dataset(d) + "/thumb?" + query + "&size=512", Title: "Thumbnail", Type: "image/webp", Roles: []string{"thumbnail"}}
	}
	if cog != "" {
		assets["cog"] = &stac.Asset{Href: s.dataset(d) + "/build/" + cog + "/cog/cog.tif", Title: "Cloud Optimized GeoTIFF", Type: COGMediaType, Roles: []string{"visual", "overview"}}
		assets["tiles"] = &stac.Asset{Href: s.dataset(d) + "/tiles/{z}/{x}/{y}.png?" + query, Title: "Map tiles", Type: "image/png", Roles: []string{"tiles"}}
	}
	return assets
}

func hasThumbnail(t EntryType) bool {
	switch t {
	case Image, GeoImage, Panorama, GeoPanorama, GeoRaster:
		return true
	}
	return false
}

// projection is the projection extension, v1.2.0: GDAL 3.6 reads proj:epsg, newer clients proj:code.
type projection struct {
	epsg      *int
	shape     []int
	transform []float64
}

var _ stac.Extension = projection{}

func (projection) URI() string {
	return "https://stac-extensions.github.io/projection/v1.2.0/schema.json"
}

func (p projection) Encode(item map[string]any) error {
	properties, ok := item["properties"].(map[string]any)
	if !ok {
		return fmt.Errorf("projection: the item has no properties")
	}
	properties["proj:epsg"] = nil
	if p.epsg != nil {
		properties["proj:epsg"] = *p.epsg
		properties["proj:code"] = "EPSG:" + strconv.Itoa(*p.epsg)
	}
	properties["proj:shape"] = p.shape
	properties["proj:transform"] = p.transform
	return nil
}

func (projection) Decode(map[string]any) error { return nil }

// authority is the EPSG code at the end of a CRS in WKT 1, which is that of the CRS as a whole.
var authority = regexp.MustCompile(`AUTHORITY\["EPSG","(\d+)"\]\]$`)

func projectionOf(e Entry) (projection, bool) {
	gt, ok := e.Properties["geotransform"].([]any)
	wkt, known := e.Properties["projection"].(string)
	width, wide := e.Properties["width"].(float64)
	height, high := e.Properties["height"].(float64)
	if !ok || !known || !wide || !high || len(gt) != 6 {
		return projection{}, false
	}
	p := projection{shape: []int{int(height), int(width)}}
	for _, i := range []int{1, 2, 0, 4, 5, 3} {
		v, _ := gt[i].(float64)
		p.transform = append(p.transform, v)
	}
	if code := authority.FindStringSubmatch(wkt); code != nil {
		n, err := strconv.Atoi(code[1])
		if err == nil {
			p.epsg = &n
		}
	}
	return p, true
}

// Items returns up to limit entries that have a position, in the order of
// their paths, behind the path after, skipping offset of them.
func (c *Catalog) Items(ctx context.Context, d *Dataset, after string, offset, limit int) ([]Entry, error) {
	return many(ctx, c.pool, scanEntry, `select `+entryColumns+` from entries
		where dataset_id = $1 and path > $2 and coalesce(polygon_geom, point_geom) is not null order by path limit $3 offset $4`, d.ID, after, limit, offset)
}

// looseFiles is how many files without a position a collection names as assets.
const looseFiles = 1000

// Loose returns files without a position, which no item stands for.
func (c *Catalog) Loose(ctx context.Context, d *Dataset) ([]Entry, error) {
	return many(ctx, c.pool, scanEntry, `select `+entryColumns+` from entries
		where dataset_id = $1 and type not in (1, 7) and path <> '' and coalesce(polygon_geom, point_geom) is null order by path limit $2`, d.ID, looseFiles)
}
