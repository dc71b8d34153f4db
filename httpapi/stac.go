package httpapi

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/danielgtaylor/huma/v2"
	"github.com/planetlabs/go-stac"
)

// conformance are the classes that hold.
var conformance = []string{
	"https://api.stacspec.org/v1.0.0/core",
	"https://api.stacspec.org/v1.0.0/collections",
	"https://api.stacspec.org/v1.0.0/ogcapi-features",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
}

const (
	typeJSON    = "application/json"
	typeGeoJSON = "application/geo+json"
)

func (s *server) registerSTAC() {
	add := func(path, pattern, summary, contentType string, h handler) {
		s.stream(huma.Operation{Method: http.MethodGet, Path: path, Summary: summary, Tags: []string{"STAC"},
			Responses: map[string]*huma.Response{"200": {Description: summary, Content: map[string]*huma.MediaType{contentType: {}}}}}, pattern, h)
	}
	add("/stac", "", "STAC landing page", typeJSON, s.stacLanding)
	add("/stac/conformance", "", "Conformance classes", typeJSON, s.stacConformance)
	add("/stac/collections", "", "Collections that are listed to the caller", typeJSON, s.stacCollections)
	add("/stac/collections/{id}", "", "A collection; the slash of its id is sent as %2F or as a dot", typeJSON, s.stacCollection)
	add("/stac/collections/{org}/{ds}", "", "A collection", typeJSON, s.stacCollection)
	add("/stac/collections/{id}/items", "", "Items of a collection", typeGeoJSON, s.stacItems)
	add("/stac/collections/{org}/{ds}/items", "", "Items of a collection", typeGeoJSON, s.stacItems)
	add("/stac/collections/{id}/items/{item}", "", "An item", typeGeoJSON, s.stacItem)
	add("/stac/collections/{org}/{ds}/items/{item}", "", "An item", typeGeoJSON, s.stacItem)
	add("/orgs/{org}/ds/{ds}/stac", "", "The dataset as a STAC collection", typeJSON, s.stacCollection)
	add("/orgs/{org}/ds/{ds}/stac/{path}", "/orgs/{org}/ds/{ds}/stac/*", "An entry as a STAC item, by its path in Base64", typeGeoJSON, s.stacItem)
}

func (s *server) stac(r *http.Request) catalog.STAC {
	return catalog.STAC{Base: baseURL(r), MediaType: mediaType}
}

func writeSTAC(w http.ResponseWriter, r *http.Request, contentType string, document any) error {
	encoded, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("STAC: %w", err)
	}
	w.Header().Set("Content-Type", contentType)
	_, err = w.Write(encoded)
	return ignoreGone(r, err)
}

func (s *server) stacLanding(w http.ResponseWriter, r *http.Request) error {
	datasets, err := s.Catalog.ListedDatasets(r.Context(), callerFrom(r.Context()))
	if err != nil {
		return err
	}
	base := baseURL(r)
	const title = "Cairn catalog"
	c := &stac.Catalog{Version: catalog.STACVersion, Id: "cairn", Title: title, Description: "The datasets of this server that are listed to you", ConformsTo: conformance,
		Links: []*stac.Link{
			{Rel: "self", Href: base + "/stac", Type: typeJSON, Title: title},
			{Rel: "root", Href: base + "/stac", Type: typeJSON, Title: title},
			{Rel: "conformance", Href: base + "/stac/conformance", Type: typeJSON},
			{Rel: "data", Href: base + "/stac/collections", Type: typeJSON},
			{Rel: "service-desc", Href: base + "/swagger/v1/swagger.json", Type: "application/vnd.oai.openapi+json;version=3.0"},
		}}
	for _, d := range datasets {
		c.Links = append(c.Links, &stac.Link{Rel: "child", Href: s.stac(r).CollectionURL(d), Type: typeJSON, Title: d.Name()})
	}
	return writeSTAC(w, r, typeJSON, c)
}

func (s *server) stacConformance(w http.ResponseWriter, r *http.Request) error {
	return writeSTAC(w, r, typeJSON, map[string]any{"conformsTo": conformance})
}

func (s *server) stacCollections(w http.ResponseWriter, r *http.Request) error {
	datasets, err := s.Catalog.ListedDatasets(r.Context(), callerFrom(r.Context()))
	if err != nil {
		return err
	}
	base := baseURL(r)
	list := stac.CollectionsList{Collections: []*stac.Collection{}, Links: []*stac.Link{
		{Rel: "self", Href: base + "/stac/collections", Type: typeJSON}, {Rel: "root", Href: base + "/stac", Type: typeJSON}}}
	for _, d := range datasets {
		c, err := s.collection(r, d)
		if err != nil {
			return err
		}
		list.Collections = append(list.Collections, c)
	}
	return writeSTAC(w, r, typeJSON, list)
}

func (s *server) collection(r *http.Request, d *catalog.Dataset) (*stac.Collection, error) {
	ctx := r.Context()
	extent, err := s.Catalog.Extent(ctx, d)
	if err != nil {
		return nil, err
	}
	loose, err := s.Catalog.Loose(ctx, d)
	if err != nil {
		return nil, err
	}
	description, err := s.readme(ctx, d)
	if err != nil {
		return nil, err
	}
	return s.stac(r).Collection(d, extent, description, loose), nil
}

// maxReadme bounds the description of a collection.
const maxReadme = 64 << 10

// readme returns the text of the dataset's README, "" without one.
func (s *server) readme(ctx context.Context, d *catalog.Dataset) (string, error) {
	if d.Readme == "" {
		return "", nil
	}
	e, err := s.Catalog.Entry(ctx, d, d.Readme)
	if err != nil {
		return "", err
	}
	file, err := s.Store.Open(ctx, blob.Key(e.Hash))
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.NewSectionReader(file, 0, min(file.Size(), maxReadme)))
	return strings.ToValidUTF8(string(text), "\uFFFD"), err
}

// stacDataset returns the dataset of a collection: by two segments, or by an
// id whose slash is escaped or written as a dot.
func (s *server) stacDataset(r *http.Request) (*catalog.Dataset, error) {
	org, ds := param(r, "org"), param(r, "ds")
	if id := param(r, "id"); id != "" {
		var ok bool
		if org, ds, ok = strings.Cut(strings.Replace(id, ".", "/", 1), "/"); !ok {
			return nil, cairn.Errorf(cairn.NotFound, "There is no collection %q: ids have the form organization/dataset.", id)
		}
	}
	return s.Catalog.Dataset(r.Context(), callerFrom(r.Context()), org, ds, auth.ReadDataset)
}

func (s *server) stacCollection(w http.ResponseWriter, r *http.Request) error {
	d, err := s.stacDataset(r)
	if err != nil {
		return err
	}
	c, err := s.collection(r, d)
	if err != nil {
		return err
	}
	return writeSTAC(w, r, typeJSON, c)
}

const maxItems = 10_000

// itemsPage reads limit, offset and token.
func itemsPage(r *http.Request) (after string, offset, limit int, err error) {
	limit = 10
	for name, value := range map[string]*int{"limit": &limit, "offset": &offset} {
		if text := query(r, name); text != "" {
			if *value, err = strconv.Atoi(text); err != nil || *value < 0 {
				return "", 0, 0, cairn.Errorf(cairn.Invalid, "%s=%s is not a whole number from 0.", name, text)
			}
		}
	}
	if limit < 1 || offset > maxItems {
		return "", 0, 0, cairn.Errorf(cairn.Invalid, "limit must be at least 1, and offset at most %d: follow the next links instead.", maxItems)
	}
	if token := query(r, "token"); token != "" {
		if after, err = catalog.ItemPath(token); err != nil {
			return "", 0, 0, cairn.Errorf(cairn.Invalid, "The token is not one that this server gave out.")
		}
	}
	return after, offset, min(limit, maxItems), nil
}

func (s *server) stacItems(w http.ResponseWriter, r *http.Request) error {
	d, err := s.stacDataset(r)
	if err != nil {
		return err
	}
	after, offset, limit, err := itemsPage(r)
	if err != nil {
		return err
	}
	entries, err := s.Catalog.Items(r.Context(), d, after, offset, limit+1)
	if err != nil {
		return err
	}
	collection := s.stac(r).CollectionURL(d)
	links := []*stac.Link{
		{Rel: "self", Href: collection + "/items", Type: typeGeoJSON}, {Rel: "collection", Href: collection, Type: typeJSON}, {Rel: "root", Href: baseURL(r) + "/stac", Type: typeJSON}}
	if len(entries) > limit {
		entries = entries[:limit]
		next := collection + "/items?limit=" + strconv.Itoa(limit) + "&token=" + catalog.ItemID(entries[limit-1].Path)
		links = append(links, &stac.Link{Rel: "next", Href: next, Type: typeGeoJSON})
	}
	items := make([]*stac.Item, len(entries))
	for i, e := range entries {
		if items[i], err = s.item(r, d, e); err != nil {
			return err
		}
	}
	return writeSTAC(w, r, typeGeoJSON, struct {
		stac.ItemsList
		NumberReturned int `json:"numberReturned"`
	}{stac.ItemsList{Type: "FeatureCollection", Items: items, Links: links}, len(items)})
}

func (s *server) item(r *http.Request, d *catalog.Dataset, e catalog.Entry) (*stac.Item, error) {
	cog := ""
	if p, ok := s.Ingest.Product(e); ok && p.Kind == "cog" {
		state, err := s.Catalog.ServedProduct(r.Context(), p)
		if err != nil {
			return nil, err
		}
		if state.State == catalog.ProductReady {
			cog = e.Hash
		}
	}
	return s.stac(r).Item(d, e, cog), nil
}

func (s *server) stacItem(w http.ResponseWriter, r *http.Request) error {
	d, err := s.stacDataset(r)
	if err != nil {
		return err
	}
	path, err := itemPath(r)
	if err != nil {
		return err
	}
	e, err := s.Catalog.Entry(r.Context(), d, path)
	if err != nil {
		return err
	}
	item, err := s.item(r, d, e)
	if err != nil {
		return err
	}
	return writeSTAC(w, r, typeGeoJSON, item)
}

// itemPath reads the id of an item, or the Base64 of a path in either alphabet
// with or without padding.
func itemPath(r *http.Request) (string, error) {
	if id := param(r, "item"); id != "" {
		return catalog.ItemPath(id)
	}
	text := strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(param(r, "*")), "=")
	path, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return "", cairn.Errorf(cairn.Invalid, "%q is not the Base64 of a path.", text)
	}
	return string(path), nil
}
