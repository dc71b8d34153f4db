package httpapi

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
)

// patternKey is the operation metadata that holds the chi pattern where it is
// not the documented path: OpenAPI knows neither the rest of a path nor
// regular expressions.
const patternKey = "pattern"

// patternOf returns the chi pattern of an operation.
func patternOf(op *huma.Operation) string {
	if p, ok := op.Metadata[patternKey].(string); ok && p != "" {
		return p
	}
	return op.Path
}

// tailName returns the documented name of the rest of the path, "" where the
// pattern does not end in one.
func tailName(op *huma.Operation) string {
	if !strings.HasSuffix(patternOf(op), "*") {
		return ""
	}
	return strings.TrimSuffix(op.Path[strings.LastIndex(op.Path, "{")+1:], "}")
}

// adapter registers huma's operations on a chi router.
type adapter struct{ router chi.Router }

func (a adapter) Handle(op *huma.Operation, handle func(huma.Context)) {
	tail, queries := tailName(op), declaredQueries(op)
	a.router.MethodFunc(op.Method, patternOf(op), compressed(op.Path, func(w http.ResponseWriter, r *http.Request) {
		ctx := withRequest(r.Context(), r)
		lazy := &lazyWriter{ResponseWriter: w}
		c := &requestContext{humaContext: humachi.NewContext(op, r.WithContext(ctx), lazy), r: r, tail: tail, queries: queries}
		handle(c)
		lazy.sendStatus()
	}))
}

func (a adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.router.ServeHTTP(w, r) }

// declaredQueries returns the names of an operation's query parameters.
func declaredQueries(op *huma.Operation) []string {
	var names []string
	for _, p := range op.Parameters {
		if p.In == "query" {
			names = append(names, p.Name)
		}
	}
	return names
}

// humaContext is huma.Context under a name that leaves its method Context free.
type humaContext = huma.Context

// requestContext is one request to one operation. Names of query parameters
// match ignoring case, and the rest of the path has its documented name.
type requestContext struct {
	humaContext
	r       *http.Request
	tail    string
	queries []string
}

// Unwrap lets humachi.Unwrap find the request and the writer.
func (c *requestContext) Unwrap() huma.Context { return c.humaContext }

func (c *requestContext) Param(name string) string {
	if name == c.tail {
		name = "*"
	}
	return param(c.r, name)
}

func (c *requestContext) Query(name string) string {
	value := query(c.r, name)
	if strings.EqualFold(value, "true") || strings.EqualFold(value, "false") {
		if schema := c.querySchema(name); schema != nil && schema.Type == huma.TypeBoolean {
			return strings.ToLower(value)
		}
	}
	return value
}

func (c *requestContext) querySchema(name string) *huma.Schema {
	for _, p := range c.Operation().Parameters {
		if p.In == "query" && p.Name == name {
			return p.Schema
		}
	}
	return nil
}

func (c *requestContext) URL() url.URL {
	u := *c.r.URL
	u.RawQuery = foldQuery(u.RawQuery, c.queries)
	return u
}

// param returns a path parameter, decoded; "*" is the rest of the path.
func param(r *http.Request, name string) string {
	value := r.PathValue(name)
	if r.URL.RawPath == "" {
		return value // chi routed the decoded path
	}
	if plain, err := url.PathUnescape(value); err == nil {
		return plain
	}
	return value
}

// lazyWriter holds the status back until the first byte of the body, so that
// a body that can't be encoded is still a 500.
type lazyWriter struct {
	http.ResponseWriter
	status int
}

// Unwrap lets http.ResponseController reach deadlines and Flush.
func (w *lazyWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *lazyWriter) WriteHeader(status int) { w.status = status }

func (w *lazyWriter) Write(p []byte) (int, error) {
	w.sendStatus()
	return w.ResponseWriter.Write(p)
}

func (w *lazyWriter) ReadFrom(src io.Reader) (int64, error) {
	w.sendStatus()
	return io.Copy(w.ResponseWriter, src)
}

func (w *lazyWriter) sendStatus() {
	if w.status != 0 {
		w.ResponseWriter.WriteHeader(w.status)
		w.status = 0
	}
}

type requestKey struct{}

func withRequest(ctx context.Context, r *http.Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// requestFrom returns the request that a huma handler answers, for its
// headers and address; its body has been read already. It is nil outside one.
func requestFrom(ctx context.Context) *http.Request {
	r, _ := ctx.Value(requestKey{}).(*http.Request)
	return r
}
