package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/tiling"
	"github.com/cairngeo/cairn/tiling/style"
	"github.com/danielgtaylor/huma/v2"
	"github.com/paulmach/orb/maptile"
)

// pictures are what the routes of tiles and thumbnails answer.
var pictures = map[string]*huma.Response{"200": {Description: "The picture", Content: map[string]*huma.MediaType{"image/webp": {}, "image/png": {}, "image/jpeg": {}}}}

func (s *server) registerTiles() {
	tags := []string{"Visualization"}
	text := &huma.Schema{Type: huma.TypeString}
	s.stream(huma.Operation{Method: http.MethodGet, Path: "/orgs/{org}/ds/{ds}/tiles/{z}/{x}/{tile}", Tags: tags, Responses: pictures,
		Summary:    "Map tile of a raster; tile is {y}.png, .webp or .jpg, or {y}@2x with one of these",
		Parameters: []*huma.Param{{Name: "path", In: "query", Required: true, Schema: text}, stretchParameter, versionParameter}}, "", s.tile)
	s.stream(huma.Operation{Method: http.MethodGet, Path: "/orgs/{org}/ds/{ds}/thumb", Tags: tags, Responses: pictures, Summary: "Thumbnail of a picture or raster, or of the dataset",
		Parameters: []*huma.Param{{Name: "path", In: "query", Schema: text, Description: "The dataset's own thumbnail if absent"},
			{Name: "size", In: "query", Schema: &huma.Schema{Type: huma.TypeInteger}, Description: "Pixels of the longer side, 16 to 4096; 512 if absent"},
			versionParameter}}, "", s.thumbnail)
}

func (s *server) tile(w http.ResponseWriter, r *http.Request) error {
	return s.writeTile(w, r, func(r *http.Request) (style.Style, error) {
		return style.Parse(style.Parameters{Stretch: query(r, "stretch")})
	})
}

// parseTile reads z, x and "y.ext" or "y@2x.ext".
func parseTile(z, x, name string) (t maptile.Tile, size int, extension string, err error) {
	y, extension, _ := strings.Cut(name, ".")
	size = 256
	if before, ok := strings.CutSuffix(y, "@2x"); ok {
		y, size = before, 512
	}
	extension = strings.ToLower(extension)
	if extension == "jpeg" {
		extension = "jpg"
	}
	if extension != "png" && extension != "webp" && extension != "jpg" {
		return t, 0, "", cairn.Errorf(cairn.Invalid, "Tiles end in .png, .webp or .jpg, not in %q.", name)
	}
	zoom, errZ := strconv.ParseUint(z, 10, 32)
	column, errX := strconv.ParseUint(x, 10, 32)
	row, errY := strconv.ParseUint(y, 10, 32)
	if errZ != nil || errX != nil || errY != nil {
		return t, 0, "", cairn.Errorf(cairn.Invalid, "There is no tile %s/%s/%s: zoom, column and row are whole numbers from 0.", z, x, name)
	}
	return maptile.New(uint32(column), uint32(row), maptile.Zoom(zoom)), size, extension, nil
}

// cogOf returns the key of the COG that was built from the entry: Unavailable
// while it is being built, NotFound after a failed build.
func (s *server) cogOf(ctx context.Context, e catalog.Entry) (string, error) {
	p, ok := s.Ingest.Product(e)
	if !ok || p.Kind != "cog" {
		return "", cairn.Errorf(cairn.Invalid, "%q can't be drawn on a map.", e.Path)
	}
	served, err := s.Catalog.ServedProduct(ctx, p)
	switch {
	case err != nil:
		return "", err
	case served.State == catalog.ProductReady:
		return served.File("cog/cog.tif"), nil
	case served.State == catalog.ProductFailed:
		return "", cairn.Errorf(cairn.NotFound, "%q could not be built: %s", e.Path, served.Error)
	}
	busy := cairn.Errorf(cairn.Unavailable, "%q is still being built. Try again soon.", e.Path)
	busy.RetryAfter = 2 * time.Second
	return "", busy
}

const defaultThumbnail = 512

func (s *server) thumbnail(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := s.readDataset(ctx, datasetOf(r))
	if err != nil {
		return err
	}
	size, err := thumbnailSize(r)
	if err != nil {
		return err
	}
	var e catalog.Entry
	if query(r, "path") != "" {
		e, err = s.entryOf(ctx, r, d)
	} else {
		e, err = s.ownThumbnail(ctx, d)
	}
	if err != nil {
		return err
	}
	image, err := s.drawThumbnail(ctx, e, size)
	if err != nil {
		return err
	}
	return writeImage(w, r, d, e, image)
}

func (s *server) ownThumbnail(ctx context.Context, d *catalog.Dataset) (catalog.Entry, error) {
	e, err := s.thumbnailEntry(ctx, d)
	if err != nil {
		return catalog.Entry{}, err
	}
	if e == nil {
		return catalog.Entry{}, cairn.Errorf(cairn.NotFound, "This dataset has no thumbnail: none of %s at its root.", strings.Join(thumbnailCandidates, ", "))
	}
	return *e, nil
}

func (s *server) drawThumbnail(ctx context.Context, e catalog.Entry, size int) (tiling.Image, error) {
	switch e.Type {
	case catalog.GeoRaster:
		key, err := s.cogOf(ctx, e)
		if err != nil {
			return tiling.Image{}, err
		}
		return s.Tiles.Thumbnail(ctx, key, tiling.ThumbnailSource{Kind: tiling.COG}, size)
	case catalog.Image, catalog.GeoImage, catalog.Panorama, catalog.GeoPanorama:
		return s.drawPhoto(ctx, e, style.Style{}, size)
	}
	return tiling.Image{}, cairn.Errorf(cairn.Invalid, "%q has no thumbnail.", e.Path)
}

// writeImage sends a picture of an entry, or 304 to whoever has it already. It
// may be kept for a year only under an address that names the content.
func writeImage(w http.ResponseWriter, r *http.Request, d *catalog.Dataset, e catalog.Entry, image tiling.Image) error {
	caching := cacheControl(d, 60)
	if v := query(r, "v"); v != "" && v == e.Hash {
		caching = cacheControl(d, 365*24*3600) + ", immutable"
	}
	return sendImage(w, r, caching, image)
}

func cacheControl(d *catalog.Dataset, seconds int) string {
	scope := "private"
	if d.Visibility == auth.Public {
		scope = "public"
	}
	return scope + ", max-age=" + strconv.Itoa(seconds)
}

// revalidated is for what may be kept but must be asked for each time.
func revalidated(d *catalog.Dataset) string {
	return strings.Replace(cacheControl(d, 0), "max-age=0", "no-cache", 1)
}

// matches tells whether an If-None-Match header names the tag. Weak and strong
// tags compare equal there.
func matches(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == "*" || one == tag {
			return true
		}
	}
	return false
}
