package main

import (
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/httpapi"
	"github.com/cairngeo/cairn/ingest"
)

// monitoringFlags are the settings of who watches the server.
type monitoringFlags struct {
	MonitorToken string `help:"Secret with which a monitor may read /health, /quickhealth and /metrics, as ?token= or as a Bearer token. Without it only administrators may."`
}

// checksOf are the checks that /health makes.
func checksOf(entries *catalog.Catalog, store *blob.Folder, queue *ingest.Queue) map[string]httpapi.Check {
	return map[string]httpapi.Check{"database": entries.Health, "storage": store.Health, "jobs": queue.Health}
}
