package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A task that was running when the server was killed is done by the next one,
// and nothing of the first try is left.
func TestATaskSurvivesAKill(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "cairn-kill-") // not t.TempDir: PostgreSQL runs as another user than root
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	data := filepath.Join(dir, "data")
	start := func() (*process, client) {
		p, err := launch(data)
		require.NoError(t, err)
		t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // in case the test ends early
		base, err := p.ready()
		require.NoError(t, err)
		c := client{base: base}
		c.token = c.login(t, "admin", adminPassword)
		return p, c
	}
	p, c := start()
	ds := c.newDataset(t, "killed", "private")
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	for _, path := range []string{"a", "b", "c", "d", "e", "f"} {
		c.upload(t, ds, path, content) // kept once, packed six times
	}
	s := c.submit(t, ds, http.StatusAccepted, archiveOf())
	require.Eventually(t, func() bool {
		list := c.tasks(t, ds, "?toolId=bulk-download")
		return list[0].State == "Processing" || list[0].State == "Succeeded"
	}, time.Minute, time.Millisecond)
	p.kill(t)

	p, c = start()
	require.Equal(t, "Succeeded", c.awaitTask(t, s.StatusURL))
	a := c.get(t, s.ResultURL)
	require.Equal(t, http.StatusOK, a.status)
	assert.Equal(t, `"`+sum(a.body)+`"`, a.header.Get("ETag"))
	members := zipMembers(t, a.body)
	assert.Len(t, members, 7, "and the index file")
	assert.True(t, members["f"] == string(content), "whole")
	left, err := filepath.Glob(filepath.Join(data, "scratch", "process-*", "task-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
	require.NoError(t, p.stop())
}
