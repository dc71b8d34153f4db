package httpapi

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/cors"
)

// routerOptions are what the operator may say about addresses.
type routerOptions struct {
	externalURL    string         // scheme://host[:port] of generated links; "" to take it from the request
	trustedProxies []netip.Prefix // nil for loopback
	allowedOrigins []string       // of cross-origin requests; nil for any
}

// newRouter makes a router without routes that answers errors as JSON, HEAD
// wherever GET, and every request with the headers that all answers have.
func newRouter(o routerOptions) *chi.Mux {
	router := chi.NewRouter()
	trusted := o.trustedProxies
	if trusted == nil {
		trusted = loopback
	}
	server := &origin{external: strings.TrimRight(o.externalURL, "/"), trusted: trusted}
	router.Use(
		server.middleware,
		securityHeaders,
		crossOrigin(o.allowedOrigins),
		recoverer,
		fold(router),
		middleware.GetHead,
	)
	router.NotFound(noSuchRoute)
	router.MethodNotAllowed(methodNotAllowed(router))
	return router
}

func securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		if query(r, "embed") != "1" {
			header.Set("X-Frame-Options", "SAMEORIGIN")
		}
		if originOf(r).scheme(r) == "https" {
			header.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

func crossOrigin(origins []string) func(http.Handler) http.Handler {
	return cors.Handler(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		AllowedHeaders: []string{"*"},
		ExposedHeaders: []string{"ETag", "Location", "Content-Range", "Content-Length", "Content-Disposition", "Accept-Ranges", "Retry-After"},
		MaxAge:         3600,
	})
}

// recoverer answers 500 to a request whose handler panics.
func recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler { // net/http's own way of breaking off
				panic(cause)
			}
			slog.ErrorContext(r.Context(), "handler panicked", "method", r.Method, "path", r.URL.Path, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			writeError(out, r, statusError(http.StatusInternalServerError, internalMessage))
		}()
		next.ServeHTTP(out, r)
	})
}

func noSuchRoute(w http.ResponseWriter, r *http.Request) {
	writeError(w, r, statusError(http.StatusNotFound, "No such route."))
}

// methodNotAllowed answers 405 with the methods that the route has, and 404
// where there is no route for any of them.
func methodNotAllowed(routes chi.Routes) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			lookedUp := method
			if method == http.MethodHead {
				lookedUp = http.MethodGet
			}
			if routes.Match(chi.NewRouteContext(), lookedUp, routePath(r)) {
				allowed = append(allowed, method)
			}
		}
		if len(allowed) == 0 {
			noSuchRoute(w, r)
			return
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		writeError(w, r, statusError(http.StatusMethodNotAllowed, fmt.Sprintf("%s is not possible here, only %s.", r.Method, strings.Join(allowed, ", "))))
	}
}
