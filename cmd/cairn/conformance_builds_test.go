package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// buildJob and task are the parts of builds and tasks that the tests look at.
type (
	buildJob struct {
		JobID, Hash, Path, CurrentState string
		ErrorMessage                    *string
	}
	task struct {
		TaskID, ToolID, State string
		Path, ErrorType       *string
		ParentJobID           *string
		ProgressPercent       *int
		ArtifactExpiresAt     *time.Time
	}
	submission struct {
		TaskID, ToolID, Version, StatusURL, ResultURL string
		Deduplicated                                  bool
		EstimatedOutputBytes                          *int64
	}
)

// submit submits a task and requires the status of the answer.
func (c client) submit(t *testing.T, ds string, status int, request map[string]any) (s submission) {
	t.Helper()
	c.post(t, http.MethodPost, ds+"/tasks", request).json(t, status, &s)
	return s
}

func (c client) tasks(t *testing.T, ds, query string) (list []task) {
	t.Helper()
	c.get(t, ds+"/tasks"+query).json(t, http.StatusOK, &list)
	return list
}

// awaitTask waits until the task has ended and returns its state.
func (c client) awaitTask(t *testing.T, statusURL string) (state string) {
	t.Helper()
	require.Eventually(t, func() bool {
		var status task
		c.get(t, statusURL).json(t, http.StatusOK, &status)
		state = status.State
		return state == "Succeeded" || state == "Failed" || state == "Deleted"
	}, 2*time.Minute, 50*time.Millisecond, "the task does not end")
	return state
}

func (c client) builds(t *testing.T, ds, query string) (list []buildJob) {
	t.Helper()
	c.get(t, ds+"/builds"+query).json(t, http.StatusOK, &list)
	return list
}

// archiveOf asks for an archive of the paths, everything for none.
func archiveOf(paths ...string) map[string]any {
	return map[string]any{"toolId": "bulk-download", "params": map[string]any{"paths": paths}}
}

// zipMembers returns the contents of a zip by the names of its members.
func zipMembers(t *testing.T, content []byte) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	require.NoError(t, err)
	members := map[string]string{}
	for _, member := range archive.File {
		file, err := member.Open()
		require.NoError(t, err)
		bytes, err := io.ReadAll(file)
		require.NoError(t, err)
		members[member.Name] = string(bytes)
	}
	return members
}

// Section 6.8 of the REST API's checklist.
var buildStatements = []statement{
	{number: 130, says: "a build of a JPEG answers 200 and makes no job", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest130", "private")
		c.upload(t, ds, "a.jpg", []byte("\xff\xd8\xff\xe0 no picture"))
		a := c.form(t, http.MethodPost, ds+"/build", "path", "a.jpg")
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		require.Empty(t, a.body)
		require.Empty(t, c.builds(t, ds, ""))
		c.form(t, http.MethodPost, ds+"/build", "path", "gone").requireError(t, http.StatusNotFound)
		require.Equal(t, http.StatusBadRequest, c.form(t, http.MethodPost, ds+"/build").status)
	}},
	{number: 131, says: "the build of an orthophoto appears in builds and succeeds", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest131", "private")
		e := c.upload(t, ds, "a/ortho.tif", geotiff(t, 64))
		c.awaitBuilt(t, ds, "a/ortho.tif")
		builds := c.builds(t, ds, "")
		require.Len(t, builds, 1)
		assert.Equal(t, "Succeeded", builds[0].CurrentState)
		assert.Equal(t, "a/ortho.tif", builds[0].Path)
		assert.Equal(t, *e.Hash, builds[0].Hash)
	}},
	{number: 132, says: "page 2 of one each is the second newest build", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest132", "private")
		for _, path := range []string{"1.tif", "2.tif", "3.tif"} {
			c.upload(t, ds, path, geotiff(t, 16))
		}
		builds := c.builds(t, ds, "?page=2&pageSize=1")
		require.Len(t, builds, 1)
		require.Equal(t, "2.tif", builds[0].Path)
		require.Len(t, c.builds(t, ds, "?page=-1&pageSize=100000"), 3)
	}},
	{number: 133, says: "builds/clear tells how many it removed", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest133", "private")
		c.upload(t, ds, "a.tif", geotiff(t, 16))
		c.awaitBuilt(t, ds, "a.tif")
		var cleared struct{ DeletedCount int }
		c.send(t, http.MethodPost, ds+"/builds/clear", nil).json(t, http.StatusOK, &cleared)
		require.Equal(t, 1, cleared.DeletedCount)
		require.Empty(t, c.builds(t, ds, ""))
	}},
	{number: 134, says: "tools have a JSON Schema each; those that run are listed", holds: func(t *testing.T) {
		c := server(t)
		var tools []struct {
			ID, Version, Title, RequiredAccess string
			ProducesArtifact                   *bool
			InputSchema                        struct {
				Schema     string `json:"$schema"`
				Type       string
				Properties map[string]any
			}
		}
		c.get(t, "/orgs/public/ds/demo/tasks/tools").json(t, http.StatusOK, &tools)
		access := map[string]string{}
		for _, tool := range tools {
			access[tool.ID] = tool.RequiredAccess
			assert.Equal(t, "1", tool.Version)
			assert.NotEmpty(t, tool.Title)
			assert.NotNil(t, tool.ProducesArtifact)
			assert.Equal(t, "https://json-schema.org/draft/2020-12/schema", tool.InputSchema.Schema)
			assert.Equal(t, "object", tool.InputSchema.Type)
			assert.NotNil(t, tool.InputSchema.Properties, "{} for a tool without parameters")
		}
		assert.Equal(t, "Write", access["build"])
		assert.Equal(t, "Read", access["bulk-download"])
	}},
	{number: 135, says: "an unknown tool is 400", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest135", "private")
		c.post(t, http.MethodPost, ds+"/tasks", map[string]any{"toolId": "none"}).requireError(t, http.StatusBadRequest, "none")
		c.post(t, http.MethodPost, ds+"/tasks", map[string]any{}).requireError(t, http.StatusBadRequest)
		c.post(t, http.MethodPost, ds+"/tasks", map[string]any{"toolId": "build", "version": "99"}).requireError(t, http.StatusBadRequest, "version")
	}},
	{number: 136, says: "a new submission is 202 with Location and seven members", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest136", "private")
		c.upload(t, ds, "a.txt", []byte("abc"))
		a := c.post(t, http.MethodPost, ds+"/tasks", archiveOf())
		var members map[string]any
		a.json(t, http.StatusAccepted, &members)
		for _, member := range []string{"taskId", "toolId", "version", "deduplicated", "statusUrl", "resultUrl", "estimatedOutputBytes"} {
			assert.Contains(t, members, member)
		}
		assert.Equal(t, c.base+members["statusUrl"].(string), a.header.Get("Location"))
		assert.Equal(t, http.StatusOK, c.get(t, members["statusUrl"].(string)).status)
	}},
	{number: 137, says: "the same submission is 200 with the same task", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest137", "private")
		c.upload(t, ds, "a.txt", []byte("abc"))
		first := c.submit(t, ds, http.StatusAccepted, archiveOf())
		for range 2 {
			again := c.submit(t, ds, http.StatusOK, archiveOf())
			assert.True(t, again.Deduplicated)
			assert.Equal(t, first.TaskID, again.TaskID)
			c.awaitTask(t, first.StatusURL)
		}
	}},
	{number: 138, says: "another path or a changed dataset is another task", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest138", "private")
		c.upload(t, ds, "a.txt", []byte("abc"))
		c.upload(t, ds, "b.txt", []byte("abc"))
		ids := map[string]bool{}
		for _, path := range []string{"a.txt", "b.txt"} {
			ids[c.submit(t, ds, http.StatusAccepted, map[string]any{"toolId": "bulk-download", "path": path}).TaskID] = true
		}
		ids[c.submit(t, ds, http.StatusAccepted, archiveOf()).TaskID] = true
		c.upload(t, ds, "b.txt", []byte("other"))
		ids[c.submit(t, ds, http.StatusAccepted, archiveOf()).TaskID] = true
		ids[c.submit(t, ds, http.StatusAccepted, archiveOf("b.txt")).TaskID] = true
		assert.Len(t, ids, 5)
		c.submit(t, ds, http.StatusOK, archiveOf("a.txt")) // its content is what it was
	}},
	{number: 139, says: "force makes a new task", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest139", "private")
		request := archiveOf()
		first := c.submit(t, ds, http.StatusAccepted, request)
		request["force"] = true
		assert.NotEqual(t, first.TaskID, c.submit(t, ds, http.StatusAccepted, request).TaskID)
	}},
	{number: 140, says: "an anonymous submission is 401", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest140", "public")
		c.anonymous().post(t, http.MethodPost, ds+"/tasks", archiveOf()).requireError(t, http.StatusUnauthorized)
		require.Empty(t, c.tasks(t, ds, ""))
	}},
	{number: 141, says: "take is at most 200, a negative skip counts as 0", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest141", "private")
		c.submit(t, ds, http.StatusAccepted, archiveOf())
		require.Len(t, c.tasks(t, ds, "?take=1000&skip=-1"), 1)
		require.Len(t, c.tasks(t, ds, "?take=-1"), 1)
		require.Empty(t, c.tasks(t, ds, "?skip=1"))
		require.Empty(t, c.tasks(t, ds, "?toolId=build"))
		require.Equal(t, http.StatusBadRequest, c.get(t, ds+"/tasks?state=Odd").status)
		var all struct{ Skip, Take int }
		c.get(t, "/sys/tasks?take=1000&skip=-1").json(t, http.StatusOK, &all)
		require.Equal(t, 200, all.Take)
		require.Zero(t, all.Skip)
	}},
	{number: 142, says: "a task has fourteen members, an unknown one is 404", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest142", "private")
		var members map[string]json.RawMessage
		c.get(t, c.submit(t, ds, http.StatusAccepted, archiveOf()).StatusURL).json(t, http.StatusOK, &members)
		for _, member := range []string{"taskId", "toolId", "version", "state", "progress", "createdAt", "startedAt", "finishedAt",
			"parentJobId", "workflowExecutionId", "logCursor", "logTail", "artifact", "error"} {
			assert.Contains(t, members, member)
		}
		assert.Len(t, members, 14)
		other := c.newDataset(t, "rest142-other", "private")
		for _, id := range []string{"999999999", "0", "-1", "x", "99999999999999999999"} {
			c.get(t, ds+"/tasks/"+id).requireError(t, http.StatusNotFound, "Task not found")
		}
		var id string
		require.NoError(t, json.Unmarshal(members["taskId"], &id))
		c.get(t, other+"/tasks/"+id).requireError(t, http.StatusNotFound)
	}},
	{number: 143, says: "somebody else's task is 403, but not to the owner and administrators", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest143", "public")
		one, other := c.user(t, "rest143"), c.user(t, "rest143b")
		s := one.submit(t, ds, http.StatusAccepted, archiveOf())
		for _, address := range []string{s.StatusURL, s.StatusURL + "/log", s.ResultURL} {
			other.get(t, address).requireError(t, http.StatusForbidden)
			c.anonymous().get(t, address).requireError(t, http.StatusUnauthorized)
		}
		one.awaitTask(t, s.StatusURL)
		require.Equal(t, http.StatusOK, one.get(t, s.ResultURL).status)
		require.Equal(t, http.StatusOK, c.get(t, s.StatusURL).status)
		require.NotEqual(t, s.TaskID, other.submit(t, ds, http.StatusAccepted, archiveOf()).TaskID)
		one.send(t, http.MethodDelete, s.StatusURL, nil).requireError(t, http.StatusForbidden)
		one.post(t, http.MethodPost, ds+"/tasks", map[string]any{"toolId": "build"}).requireError(t, http.StatusForbidden)
	}},
	{number: 144, says: "log?since=cursor has no old line", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest144", "private")
		s := c.submit(t, ds, http.StatusAccepted, archiveOf())
		require.Equal(t, "Succeeded", c.awaitTask(t, s.StatusURL))
		var log struct {
			Cursor, TruncatedFromTail int
			Lines                     []string
		}
		c.get(t, s.StatusURL+"/log").json(t, http.StatusOK, &log)
		require.NotEmpty(t, log.Lines)
		require.Regexp(t, `^\[\d\d:\d\d:\d\d\] \S`, log.Lines[0])
		require.Len(t, log.Lines, log.Cursor)
		c.get(t, fmt.Sprintf("%s/log?since=%d", s.StatusURL, log.Cursor)).json(t, http.StatusOK, &log)
		require.Empty(t, log.Lines)
		c.get(t, fmt.Sprintf("%s/log?since=%d", s.StatusURL, log.Cursor-1)).json(t, http.StatusOK, &log)
		require.Len(t, log.Lines, 1)
	}},
	{number: 145, says: "the result has its SHA-256 as ETag, and ranges", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest145", "private")
		c.upload(t, ds, "dir/a.txt", bytes.Repeat([]byte("abc"), 1000))
		s := c.submit(t, ds, http.StatusAccepted, archiveOf())
		if a := c.get(t, s.ResultURL); a.status != http.StatusOK { // it is quick
			a.requireError(t, http.StatusNotFound)
		}
		require.Equal(t, "Succeeded", c.awaitTask(t, s.StatusURL))
		a := c.get(t, s.ResultURL)
		require.Equal(t, http.StatusOK, a.status)
		assert.Equal(t, `"`+sum(a.body)+`"`, a.header.Get("ETag"))
		assert.Equal(t, "application/zip", a.header.Get("Content-Type"))
		assert.Contains(t, a.header.Get("Content-Disposition"), `attachment; filename="rest145.zip"`)
		assert.Equal(t, strings.Repeat("abc", 1000), zipMembers(t, a.body)["dir/a.txt"])
		part := c.get(t, s.ResultURL, "Range", "bytes=2-5")
		assert.Equal(t, http.StatusPartialContent, part.status)
		assert.Equal(t, a.body[2:6], part.body)
		assert.Equal(t, http.StatusNotModified, c.get(t, s.ResultURL, "If-None-Match", a.header.Get("ETag")).status)

		c.upload(t, ds, "a.tif", geotiff(t, 16))
		build := c.submit(t, ds, http.StatusAccepted, map[string]any{"toolId": "build", "path": "a.tif", "force": true})
		c.get(t, build.ResultURL).requireError(t, http.StatusNotFound)
	}},
	{number: 146, says: "a task that is cancelled ends in Deleted", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest146", "private")
		c.upload(t, ds, "a.txt", []byte("abc"))
		for _, await := range []bool{false, true} {
			s := c.submit(t, ds, http.StatusAccepted, map[string]any{"toolId": "bulk-download", "force": true})
			if await {
				c.awaitTask(t, s.StatusURL)
			}
			var deleted struct{ Deleted bool }
			c.post(t, http.MethodDelete, s.StatusURL, map[string]any{}).json(t, http.StatusOK, &deleted)
			require.True(t, deleted.Deleted)
			require.Equal(t, "Deleted", c.awaitTask(t, s.StatusURL))
			c.get(t, s.ResultURL).requireError(t, http.StatusNotFound)
		}
	}},
	{number: 147, says: "tasks/clear removes tasks that ended", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest147", "private")
		c.upload(t, ds, "a.tif", geotiff(t, 16))
		c.awaitBuilt(t, ds, "a.tif")
		s := c.submit(t, ds, http.StatusAccepted, archiveOf())
		c.awaitTask(t, s.StatusURL)
		var cleared struct{ Cleared int }
		c.send(t, http.MethodPost, ds+"/tasks/clear?toolId=bulk-download", nil).json(t, http.StatusOK, &cleared)
		require.Equal(t, 1, cleared.Cleared)
		c.get(t, s.ResultURL).requireError(t, http.StatusNotFound)
		c.post(t, http.MethodPost, ds+"/tasks/clear", map[string]any{}).json(t, http.StatusOK, &cleared)
		require.Equal(t, 1, cleared.Cleared)
		require.Empty(t, c.tasks(t, ds, ""))
	}},
	{number: 148, says: "an estimate above the limit is 413 with noRetry", holds: func(t *testing.T) {
		c := strict.client(t)
		ds := c.newDataset(t, "rest148", "private")
		c.upload(t, ds, "a.bin", make([]byte, 1<<20))
		var refusal struct {
			Error   string
			NoRetry bool
		}
		c.post(t, http.MethodPost, ds+"/tasks", archiveOf()).json(t, http.StatusRequestEntityTooLarge, &refusal)
		require.True(t, refusal.NoRetry)
		require.NotEmpty(t, refusal.Error)
	}},
}
