package httpapi

import (
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/cairngeo/cairn/auth"
)

// requestMetrics count the requests. Their labels are the patterns of routes,
// never addresses, so that nobody outside decides how many there are.
type requestMetrics struct {
	duration *prometheus.HistogramVec // counts them, too
	active   prometheus.Gauge
}

func newRequestMetrics(registry prometheus.Registerer) *requestMetrics {
	m := &requestMetrics{
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cairn_http_request_duration_seconds", Help: "How long requests took, by the pattern of the route, the method and the class of the status.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"route", "method", "status"}),
		active: prometheus.NewGauge(prometheus.GaugeOpts{Name: "cairn_http_requests_active", Help: "Requests that are being answered."}),
	}
	registry.MustRegister(m.duration, m.active)
	return m
}

func (m *requestMetrics) middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		out := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		m.active.Inc()
		defer func() {
			m.active.Dec()
			m.duration.WithLabelValues(routeOf(r), methodOf(r), statusClass(out.Status())).Observe(time.Since(began).Seconds())
		}()
		next.ServeHTTP(out, r)
	})
}

// routeOf is the pattern of the route that answered, which chi knows afterwards.
func routeOf(r *http.Request) string {
	if route := chi.RouteContext(r.Context()); route != nil {
		if pattern := route.RoutePattern(); pattern != "" {
			return pattern
		}
	}
	return "none"
}

// methodOf keeps methods that nobody has heard of out of the labels.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}

// statusClass is 2xx for 204. What wrote nothing was answered with 200.
func statusClass(status int) string {
	if status == 0 {
		status = http.StatusOK
	}
	return strconv.Itoa(status/100) + "xx"
}

func (s *server) registerMetrics() {
	token := []*huma.Param{{Name: "token", In: "query", Description: "The monitor token, which may also be sent as a Bearer token", Schema: &huma.Schema{Type: huma.TypeString}}}
	s.stream(huma.Operation{Method: http.MethodGet, Path: "/metrics", Summary: "Figures for Prometheus", Tags: []string{"Health"}, Parameters: token,
		Responses: map[string]*huma.Response{"200": {Description: "Figures in the text format of Prometheus", Content: map[string]*huma.MediaType{"text/plain": {Schema: textSchema, Example: "cairn_http_requests_active 1"}}}}},
		"", s.metrics)
}

func (s *server) metrics(w http.ResponseWriter, r *http.Request) error {
	if err := auth.Decide(s.monitor(r), auth.Monitor, auth.Facts{}); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	// Numbers in one format, whatever the client says that it accepts.
	promhttp.HandlerFor(s.Metrics, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, DisableCompression: true, MaxRequestsInFlight: 4}).ServeHTTP(w, r)
	return nil
}
