package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A monitor sees figures of every part; how many there are is not decided by
// those who ask for addresses that nobody knows.
func TestMetrics(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "measured", "private")
	c.upload(t, ds, "a.tif", geotiff(t, 300))
	c.awaitBuilt(t, ds, "a.tif")
	for _, path := range []string{ds + "/thumb?path=a.tif&size=77", ds + "/thumb?path=a.tif&size=77", "/orgs/nobody-knows-it/ds", "/nowhere/at/all"} {
		c.get(t, path)
	}
	a := c.get(t, "/metrics")
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	text := string(a.body)
	for _, want := range []string{
		`cairn_http_request_duration_seconds_count{method="GET",route="/orgs/{org}/ds/{ds}/thumb",status="2xx"}`,
		`cairn_render_duration_seconds_count{kind="thumbnail"}`,
		`cairn_cache_hits_total{cache="pictures"}`, `cairn_cache_bytes{cache="cog_blocks"}`, `cairn_cache_entries{cache="cog_headers"}`,
		`cairn_cache_hits_total{cache="catalog"}`, `cairn_cache_misses_total{cache="index_files"}`,
		`cairn_render_shed_total{queue="pictures"} `, `cairn_render_waiting{queue="studies"} `,
		`cairn_sandbox_calls_total{pool="builds"}`, `cairn_sandbox_processes{pool="reads"}`, `cairn_sandbox_crashes_total{pool="reads"} `,
		`cairn_tasks{state="Succeeded"}`, `cairn_tasks{state="Failed"}`, "cairn_database_connections ", "go_goroutines ", "process_resident_memory_bytes ",
	} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, text, "nobody-knows-it")
	assert.NotContains(t, text, "nowhere")

	anonymous := client{base: c.base}
	assert.Equal(t, http.StatusUnauthorized, anonymous.get(t, "/metrics").status)
	assert.False(t, strings.Contains(string(anonymous.get(t, "/metrics").body), "cairn_"))
}
