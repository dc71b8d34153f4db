package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Builds and tasks.
var hubTaskStatements = []statement{
	{number: 77, says: "a forced build is a task with the entry's path", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub77", "private")
		c.upload(t, ds, "a/b.tif", geotiff(t, 16))
		c.awaitBuilt(t, ds, "a/b.tif")
		before := c.tasks(t, ds, "?toolId=build")
		a := c.multipart(t, http.MethodPost, ds+"/build", "path", "a/b.tif", "force", "true")
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		after := c.tasks(t, ds, "?toolId=build")
		require.Len(t, after, 1)
		assert.Equal(t, "a/b.tif", *after[0].Path)
		assert.NotEqual(t, before[0].TaskID, after[0].TaskID)
		assert.Equal(t, "Succeeded", c.awaitTask(t, ds+"/tasks/"+after[0].TaskID))
	}},
	{number: 78, says: "visitors see the tasks of a public dataset", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub78", "public")
		c.upload(t, ds, "a.tif", geotiff(t, 16))
		require.Len(t, c.anonymous().tasks(t, ds, "?skip=0&take=200"), 1)
	}},
	{number: 79, says: "one build for a path", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub79", "private")
		for range 3 {
			c.upload(t, ds, "a.tif", geotiff(t, 16))
		}
		require.Len(t, c.tasks(t, ds, ""), 1)
		require.Len(t, c.builds(t, ds, ""), 3)
	}},
	{number: 80, says: "a submission gives a task id", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub80", "private")
		c.upload(t, ds, "a.txt", []byte("abc"))
		s := c.submit(t, ds, http.StatusAccepted, map[string]any{"toolId": "bulk-download", "params": map[string]any{}, "force": false})
		require.NotEmpty(t, s.TaskID)
		require.Equal(t, s.TaskID, c.submit(t, ds, http.StatusOK, map[string]any{"toolId": "bulk-download", "params": map[string]any{"surplus": 1}, "force": false}).TaskID)
	}},
	{number: 81, says: "a task has no error, also one that failed", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub81", "private")
		raster := geotiff(t, 64)
		c.upload(t, ds, "broken.tif", raster[:len(raster)/2])
		require.Eventually(t, func() bool {
			list := c.tasks(t, ds, "")
			return len(list) == 0 || list[0].State == "Failed"
		}, 2*time.Minute, 50*time.Millisecond)
		for _, failed := range c.tasks(t, ds, "") {
			require.NotEmpty(t, *failed.ErrorType)
			var status struct {
				Error   *string
				LogTail []string
			}
			c.get(t, ds+"/tasks/"+failed.TaskID).json(t, http.StatusOK, &status)
			require.Nil(t, status.Error)
			require.Contains(t, status.LogTail[len(status.LogTail)-1], *failed.ErrorType)
		}
	}},
	{number: 82, says: "the log goes on at its cursor", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub82", "private")
		s := c.submit(t, ds, http.StatusAccepted, archiveOf())
		c.awaitTask(t, s.StatusURL)
		var log struct {
			Cursor *int
			Lines  []string
		}
		c.get(t, s.StatusURL+"/log?since=1").json(t, http.StatusOK, &log)
		require.Len(t, log.Lines, *log.Cursor-1)
	}},
	{number: 83, says: "the result with the cookie only, as an attachment", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub83", "private")
		s := c.submit(t, ds, http.StatusAccepted, archiveOf())
		c.awaitTask(t, s.StatusURL)
		a := c.browsing().get(t, s.ResultURL)
		require.Equal(t, http.StatusOK, a.status)
		require.Contains(t, a.header.Get("Content-Disposition"), "attachment")
		require.Equal(t, http.StatusUnauthorized, c.anonymous().get(t, s.ResultURL).status)
	}},
	{number: 85, says: "all tasks, for administrators", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "hub85", "private")
		s := c.submit(t, ds, http.StatusAccepted, archiveOf())
		var all struct {
			Items []map[string]any
			Total int
		}
		c.get(t, "/sys/tasks?take=200").json(t, http.StatusOK, &all)
		require.NotZero(t, all.Total)
		var own map[string]any
		for _, item := range all.Items {
			if item["taskId"] == s.TaskID {
				own = item
			}
		}
		require.Equal(t, "hub85", own["dsSlug"])
		require.Equal(t, "admin", own["owner"])
		c.anonymous().get(t, "/sys/tasks").requireError(t, http.StatusUnauthorized)
	}},
}
