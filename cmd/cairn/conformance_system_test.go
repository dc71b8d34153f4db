package main

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cairngeo/cairn/catalog/dbtest"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const imports = "imports from other registries are an issue of their own"

// Section 6.12 of the REST API's checklist, what it says of system, health and imports.
var systemStatements = []statement{
	{number: 191, says: "GET /sys/features works anonymously and has all fifteen members", holds: func(t *testing.T) {
		var features map[string]any
		server(t).anonymous().get(t, "/sys/features").json(t, http.StatusOK, &features)
		for _, name := range []string{"organizationMemberManagement", "userManagement", "storageLimiter", "maxConcurrentDownloadsPerUser",
			"disableAnonymousBulkDownloads", "passwordPolicy", "datasetThumbnailCandidates", "maxExportSizeBytes", "bulkDownloadAsyncThresholdBytes",
			"taskTools", "taskStates", "hubOptions", "hubVersion", "registryVersion", "ddbVersion"} {
			assert.Contains(t, features, name)
		}
		assert.Len(t, features, 15)
		assert.NotEmpty(t, features["registryVersion"])
		assert.Equal(t, "thumbnail.webp", features["datasetThumbnailCandidates"].([]any)[0])
		assert.Contains(t, features["taskTools"], map[string]any{"id": "build", "version": "1", "title": "Build",
			"requiredAccess": "Write", "producesArtifact": false, "resultExtension": nil})
	}},
	{number: 192, says: "each entry of taskStates has state, isTerminal, value and terminal", holds: func(t *testing.T) {
		var features struct{ TaskStates []map[string]any }
		server(t).anonymous().get(t, "/sys/features").json(t, http.StatusOK, &features)
		ended := map[any]any{}
		for _, s := range features.TaskStates {
			require.Len(t, s, 4)
			assert.Equal(t, s["state"], s["value"])
			assert.Equal(t, s["isTerminal"], s["terminal"])
			ended[s["state"]] = s["isTerminal"]
		}
		assert.Equal(t, map[any]any{"Created": false, "Enqueued": false, "Scheduled": false, "Processing": false, "Succeeded": true, "Failed": true, "Deleted": true}, ended)
	}},
	{number: 193, says: "GET /sys/version needs a login and answers a JSON string", holds: func(t *testing.T) {
		c := server(t)
		c.anonymous().get(t, "/sys/version").requireError(t, http.StatusUnauthorized)
		var version string
		c.get(t, "/sys/version").json(t, http.StatusOK, &version)
		assert.Equal(t, string(c.get(t, "/version").body), version)
	}},
	{number: 194, says: "every other /sys route refuses who is no administrator", holds: func(t *testing.T) {
		c := server(t)
		var document struct {
			Paths map[string]map[string]any
		}
		c.get(t, "/openapi.json").json(t, http.StatusOK, &document)
		stranger := c.user(t, "rest194")
		refused := 0
		for path, methods := range document.Paths {
			if !strings.HasPrefix(path, "/sys/") || slices.Contains([]string{"/sys/version", "/sys/features", "/sys/processingNodes"}, path) {
				continue
			}
			for method := range methods {
				address := strings.ReplaceAll(path, "{id}", "1")
				stranger.send(t, strings.ToUpper(method), address, nil).requireError(t, http.StatusForbidden)
				c.anonymous().send(t, strings.ToUpper(method), address, nil).requireError(t, http.StatusUnauthorized)
				refused++
			}
		}
		assert.GreaterOrEqual(t, refused, 6)
		var nodes []any
		stranger.get(t, "/sys/processingNodes").json(t, http.StatusOK, &nodes)
		assert.Empty(t, nodes)
		assert.NotNil(t, nodes)
	}},
	{number: 197, says: "POST /sys/cleanup is 202 with jobIds, for one dataset 200 with both lists", holds: func(t *testing.T) {
		c := server(t)
		c.newDataset(t, "rest197", "private")
		var result struct {
			Datasets map[string]struct{ RemovedEntries, RemovedBuilds []string }
			Errors   map[string]string
			JobID    *string
			JobIDs   []string
			Async    bool
		}
		c.send(t, http.MethodPost, "/sys/cleanup", nil).json(t, http.StatusAccepted, &result)
		assert.True(t, result.Async)
		require.NotEmpty(t, result.JobIDs)
		require.NotNil(t, result.JobID)
		assert.Contains(t, result.JobIDs, *result.JobID)
		assert.Empty(t, result.Datasets)

		result.JobIDs, result.Datasets = nil, nil
		c.post(t, http.MethodPost, "/sys/cleanup", map[string]any{"organizationSlug": "admin", "datasetSlug": "rest197"}).json(t, http.StatusOK, &result)
		assert.False(t, result.Async)
		assert.NotNil(t, result.JobIDs)
		require.Contains(t, result.Datasets, "admin/rest197")
		assert.NotNil(t, result.Datasets["admin/rest197"].RemovedEntries)
		assert.NotNil(t, result.Datasets["admin/rest197"].RemovedBuilds)
		for _, wrong := range []map[string]any{{"datasetSlug": "rest197"}, {"organizationSlug": "nowhere"}, {"organizationSlug": "admin", "datasetSlug": "nothing"}} {
			c.post(t, http.MethodPost, "/sys/cleanup", wrong).requireError(t, http.StatusBadRequest)
		}

		var job struct{ JobID string }
		c.send(t, http.MethodPost, "/sys/check-artifact-completeness", nil).json(t, http.StatusAccepted, &job)
		assert.NotEmpty(t, job.JobID)
		var status map[string]any
		c.get(t, "/sys/build-pending-status").json(t, http.StatusOK, &status)
		assert.Equal(t, true, status["isEnabled"])
		assert.Len(t, status, 11)
	}},
	{number: 198, says: "/version needs no login, /quickhealth and /health an admin or the monitor token", holds: func(t *testing.T) {
		c := strict.client(t)
		version := c.anonymous().get(t, "/version")
		assert.Equal(t, http.StatusOK, version.status)
		assert.Contains(t, version.header.Get("Content-Type"), "text/plain")
		monitor := client{base: c.base, token: monitorToken}
		for _, path := range []string{"/quickhealth", "/health"} {
			c.anonymous().get(t, path).requireError(t, http.StatusUnauthorized)
			c.anonymous().get(t, path+"?token=wrong").requireError(t, http.StatusUnauthorized, "Unauthorized")
			assert.Equal(t, http.StatusOK, c.get(t, path).status)
			assert.Equal(t, http.StatusOK, monitor.get(t, path).status)
			assert.Equal(t, http.StatusOK, c.anonymous().get(t, path+"?token="+monitorToken).status)
		}
		assert.Equal(t, "Healthy", string(monitor.get(t, "/quickhealth").body))
		var health struct {
			Status  string
			Entries map[string]struct{ Status string }
		}
		monitor.get(t, "/health").json(t, http.StatusOK, &health)
		assert.Contains(t, health.Entries, "database")
		assert.Contains(t, health.Entries, "storage")
		assert.Contains(t, health.Entries, "jobs")
		monitor.get(t, "/sys/version").requireError(t, http.StatusUnauthorized) // it opens nothing else
	}},
	{number: 199, says: "/health answers 503 when the database is unavailable", holds: func(t *testing.T) {
		database := dbtest.New(t, nil)
		p, err := launch(t.TempDir(), "--database-url", database, "--monitor-token", monitorToken)
		require.NoError(t, err)
		defer func() { assert.NoError(t, p.stop()) }()
		base, err := p.ready()
		require.NoError(t, err)
		monitor := client{base: base, token: monitorToken}
		require.Equal(t, http.StatusOK, monitor.get(t, "/health").status)

		cut(t, database)
		var health struct {
			Status  string
			Entries map[string]struct{ Status, Description string }
		}
		monitor.get(t, "/health").json(t, http.StatusServiceUnavailable, &health)
		assert.Equal(t, "Unhealthy", health.Status)
		assert.Equal(t, "The database does not answer.", health.Entries["database"].Description)
		assert.Equal(t, "Healthy", health.Entries["storage"].Status)
		assert.Equal(t, "Unhealthy", health.Entries["jobs"].Status)
		assert.Equal(t, http.StatusOK, monitor.get(t, "/quickhealth").status)
		monitor.get(t, "/version").requireError(t, http.StatusServiceUnavailable)
	}},
	{number: 200, says: "a reference registry imports from our server in both modes", elsewhere: imports},
	{number: 201, says: "our server imports from a reference registry in both modes", elsewhere: imports},
	{number: 202, says: "an import with a wrong password is 200 with an error of phase 0", elsewhere: imports},
	{number: 203, says: "an import with a URL that has a path or query is 400", elsewhere: imports},
	{number: 204, says: "an import of a broken archive leaves the destination untouched", elsewhere: imports},
	{number: 205, says: "an import of a private-network URL is refused by default", elsewhere: imports},
}

// cut takes a database away from everybody.
func cut(t *testing.T, database string) {
	t.Helper()
	config, err := pgx.ParseConfig(dbtest.New(t, nil))
	require.NoError(t, err)
	conn, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	victim, err := pgx.ParseConfig(database)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "alter database "+pgx.Identifier{victim.Database}.Sanitize()+" with allow_connections false")
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", victim.Database)
	require.NoError(t, err)
}

func TestHubOptionsComeFromAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "hub.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"appName":"Acme maps","readOnlyOrgs":false,"favicon":{"themeColor":"#fff"}}`), 0o600))
	options, err := hubFlags{file}.options()
	require.NoError(t, err)
	assert.Equal(t, "Acme maps", *options.AppName)
	assert.Equal(t, "#fff", *options.Favicon.ThemeColor)
	assert.Nil(t, options.SingleOrganization)

	none, err := hubFlags{}.options()
	require.NoError(t, err)
	assert.Nil(t, none)

	require.NoError(t, os.WriteFile(file, []byte(`{"appNmae":"Acme maps"}`), 0o600))
	_, err = hubFlags{file}.options()
	assert.ErrorContains(t, err, "appNmae")
}
