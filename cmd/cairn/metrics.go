package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/cache"
	"github.com/cairngeo/cairn/ingest"
	"github.com/cairngeo/cairn/sandbox"
	"github.com/cairngeo/cairn/tiling"
)

// newMetrics makes a registry with the figures of the process, and the clock
// for pictures that are drawn.
func newMetrics() (*prometheus.Registry, func(kind string, took time.Duration)) {
	registry := prometheus.NewRegistry()
	rendering := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "cairn_render_duration_seconds", Help: "How long pictures took to draw, without waiting for a turn, by their kind.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"kind"})
	registry.MustRegister(rendering, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry, func(kind string, took time.Duration) { rendering.WithLabelValues(kind).Observe(took.Seconds()) }
}

// figures are read from the parts of the server when somebody asks.
type figures struct {
	tiles     *tiling.Server
	intake    *ingest.Ingest
	catalog   *catalog.Catalog
	pool      *pgxpool.Pool
	sandboxes map[string]*sandbox.Pool
}

func figure(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("cairn_"+name, help, labels, nil)
}

var (
	cacheHits     = figure("cache_hits_total", "Questions that a cache answered.", "cache")
	cacheMisses   = figure("cache_misses_total", "Questions that a cache could not answer.", "cache")
	cacheEntries  = figure("cache_entries", "What is in a cache.", "cache")
	cacheBytes    = figure("cache_bytes", "Size of what is in a cache.", "cache")
	cacheMaxBytes = figure("cache_max_bytes", "What a cache may hold.", "cache")

	queueWorking = figure("render_working", "Who has a turn.", "queue")
	queueWaiting = figure("render_waiting", "Who waits for a turn.", "queue")
	queueShed    = figure("render_shed_total", "Requests sent away with 503.", "queue")

	sandboxRunning = figure("sandbox_processes", "Processes that read files of people.", "pool")
	sandboxCalls   = figure("sandbox_calls_total", "Calls of such processes.", "pool")
	sandboxCrashes = figure("sandbox_crashes_total", "Such processes that ended unasked.", "pool")
	sandboxKills   = figure("sandbox_kills_total", "Such processes that were ended because they hung or nobody waited.", "pool")

	tasksByState = figure("tasks", "Tasks that are kept, by their state.", "state")

	poolTotal    = figure("database_connections", "Connections to the database.")
	poolAcquired = figure("database_connections_acquired", "Connections in use.")
	poolMax      = figure("database_connections_max", "Connections that there may be.")
	poolWaits    = figure("database_waits_total", "Times that somebody waited for a connection.")
)

// Describe tells nothing in advance: the registry takes figures as they come.
func (figures) Describe(chan<- *prometheus.Desc) {}

// Collect reads all figures.
func (f figures) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), labels...)
	}
	counter := func(d *prometheus.Desc, v int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	stats := f.tiles.Stats()
	for name, s := range map[string]cache.Stats{"cog_headers": stats.Indexes, "cog_blocks": stats.Blocks, "pictures": stats.Images, "catalog": f.catalog.MemoryStats(), "index_files": f.intake.IndexStats()} {
		counter(cacheHits, s.Hits, name)
		counter(cacheMisses, s.Misses, name)
		gauge(cacheEntries, int64(s.Count), name)
		if s.Max > 0 {
			gauge(cacheBytes, s.Bytes, name)
			gauge(cacheMaxBytes, s.Max, name)
		}
	}
	for name, q := range map[string]tiling.QueueStats{"pictures": stats.Workers, "studies": stats.Studies} {
		gauge(queueWorking, q.Working, name)
		gauge(queueWaiting, q.Waiting, name)
		counter(queueShed, q.Shed, name)
	}
	for name, pool := range f.sandboxes {
		c := pool.Counts()
		gauge(sandboxRunning, c.Running, name)
		counter(sandboxCalls, c.Calls, name)
		counter(sandboxCrashes, c.Crashes, name)
		counter(sandboxKills, c.Kills, name)
	}
	s := f.pool.Stat()
	gauge(poolTotal, int64(s.TotalConns()))
	gauge(poolAcquired, int64(s.AcquiredConns()))
	gauge(poolMax, int64(s.MaxConns()))
	counter(poolWaits, s.EmptyAcquireCount())
	f.collectTasks(to, gauge)
}

// collectTasks asks the database, which may be away: the other figures are told all the same.
func (f figures) collectTasks(to chan<- prometheus.Metric, gauge func(*prometheus.Desc, int64, ...string)) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	states, err := f.catalog.TasksByState(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(tasksByState, err)
		return
	}
	for state, n := range states {
		gauge(tasksByState, n, state)
	}
}
