package httpapi

import (
	"context"
	"maps"
	"net/http"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
)

// What a typed body may weigh and take, unless its operation says otherwise.
const (
	defaultBodyBytes   = 1 << 20
	defaultBodyTimeout = 30 * time.Second
)

// restOfPath marks operations in the document whose last parameter may
// contain slashes, which OpenAPI can't say.
const restOfPath = "x-rest-of-path"

// api is the REST API: operations on a router, and the document that
// describes them.
type api struct {
	huma.API
	router chi.Router
}

// newAPI makes an API without operations that serves its own document.
func newAPI(router chi.Router) *api {
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       "Cairn",
				Version:     cairn.Version,
				Description: "A federated geospatial catalog and tile server. Route words, names of parameters and names of members match ignoring case.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT"},
					"cookie": {Type: "apiKey", In: "cookie", Name: "jwtToken"},
					"basic":  {Type: "http", Scheme: "basic"},
				},
			},
		},
		Formats:       map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat: "application/json",
	}
	config.AllowAdditionalPropertiesByDefault = true // clients send members that we don't know
	a := &api{API: huma.NewAPI(config, adapter{router}), router: router}
	a.serveDocument()
	return a
}

// schemaName keeps equal names of types from different packages apart.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if base := path.Base(t.PkgPath()); t.Name() != "" && base != "httpapi" && base != "." && base != "time" {
		return strings.ToUpper(base[:1]) + base[1:] + name
	}
	return name
}

// Negotiate always answers JSON: there is nothing else to offer.
func (a *api) Negotiate(string) (string, error) { return "application/json", nil }

// register adds an operation with typed input and output.
//
// A field Body of I is read from JSON, URL-encoded and multipart bodies alike;
// as a pointer it is optional. An error of the handler is answered by its
// code. An output without Body is answered with DefaultStatus, 204 if that is
// not set. See patternKey for paths that OpenAPI can't express.
func register[I, O any](a *api, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	if op.OperationID == "" {
		op.OperationID = huma.GenerateOperationID(op.Method, op.Path, (*O)(nil))
	}
	field, hasBody := reflect.TypeFor[I]().FieldByName("Body")
	if hasBody {
		limit, timeout := op.MaxBodyBytes, op.BodyReadTimeout
		if limit == 0 {
			limit = defaultBodyBytes
		}
		if timeout == 0 {
			timeout = defaultBodyTimeout
		}
		read := bodyReader{a, bodyShape(field.Type), limit, timeout}
		op.Middlewares = append(huma.Middlewares{read.middleware}, op.Middlewares...)
		op.MaxBodyBytes, op.BodyReadTimeout = -1, -1 // the reader has seen to both
	}
	huma.Register(a, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, answerTo(ctx, err)
		}
		return out, nil
	})

	documented := a.documented(op.Method, op.Path)
	delete(documented.Responses, "422") // sent as 400
	if hasBody {
		content := documented.RequestBody.Content
		content["application/x-www-form-urlencoded"] = content["application/json"]
		content["multipart/form-data"] = content["application/json"]
	}
	a.complete(documented)
}

// handler answers a request by itself; an error that it returns before it has
// written anything is written by writeError.
type handler func(w http.ResponseWriter, r *http.Request) error

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h(w, r); err != nil {
		writeError(w, r, err)
	}
}

// stream adds an operation that reads or writes bytes by itself. The chi
// pattern is op.Path where pattern is empty. Path parameters that op does not
// describe are described as text.
func (a *api) stream(op huma.Operation, pattern string, h handler, middlewares ...func(http.Handler) http.Handler) {
	if pattern != "" {
		metadata := maps.Clone(op.Metadata)
		if metadata == nil {
			metadata = map[string]any{}
		}
		metadata[patternKey] = pattern
		op.Metadata = metadata
	}
	if op.OperationID == "" {
		op.OperationID = huma.GenerateOperationID(op.Method, op.Path, (*struct{})(nil))
	}
	a.router.With(middlewares...).Method(op.Method, patternOf(&op), h)

	for segment := range strings.SplitSeq(op.Path, "{") {
		name, _, found := strings.Cut(segment, "}")
		described := slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "path" && p.Name == name })
		if found && !described {
			op.Parameters = append(op.Parameters, &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
		}
	}
	if !op.Hidden {
		a.OpenAPI().AddOperation(&op)
		a.complete(&op)
	}
}

// documented returns the operation in the document; for a hidden one a blank
// that nobody sees.
func (a *api) documented(method, path string) *huma.Operation {
	var found *huma.Operation
	if item := a.OpenAPI().Paths[path]; item != nil {
		found = map[string]*huma.Operation{
			http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodPatch: item.Patch,
			http.MethodDelete: item.Delete, http.MethodHead: item.Head, http.MethodOptions: item.Options,
		}[method]
	}
	if found == nil {
		found = &huma.Operation{RequestBody: &huma.RequestBody{Content: map[string]*huma.MediaType{}}}
	}
	return found
}

// schemaOf returns the schema of a value's type, for streams.
func (a *api) schemaOf(value any) *huma.Schema {
	return a.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(value), true, "")
}
