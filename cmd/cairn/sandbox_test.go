package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sandboxes are the processes in which cairn reads files of people.
func (p *process) sandboxes() (pids []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		_, rest, ok := strings.Cut(string(stat), ") ")
		if err != nil || !ok || !strings.HasPrefix(rest[2:], strconv.Itoa(p.cmd.Process.Pid)+" ") || strings.HasPrefix(rest, "Z") {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err == nil && string(command) == binary+"\x00sandbox\x00" {
			pids = append(pids, pid)
		}
	}
	return pids
}

// A build whose process crashes fails with a sentence, one whose process is
// killed is tried again; the server answers all the while, and leaves no process.
func TestACrashedSandboxTakesNothingDown(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "cairn-sandbox-") // not t.TempDir: PostgreSQL runs as another user than root
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	p, err := launch(filepath.Join(dir, "data"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // in case the test ends early
	base, err := p.ready()
	require.NoError(t, err)
	c := client{base: base}
	c.token = c.login(t, "admin", adminPassword)
	ds := c.newDataset(t, "crashes", "private")
	status := func(path string) string {
		var e entry
		c.get(t, ds+"/obj?path="+url.QueryEscape(path)).json(t, http.StatusOK, &e)
		return e.BuildStatus
	}
	raster := geotiff(t, 4000)

	c.upload(t, ds, "crash.tif", raster)
	require.Eventually(t, func() bool {
		for _, pid := range p.sandboxes() {
			_ = syscall.Kill(pid, syscall.SIGSEGV) // it may have ended meanwhile
		}
		return status("crash.tif") == "failed"
	}, time.Minute, time.Millisecond)
	list := c.builds(t, ds, "?path=crash.tif")
	require.NotEmpty(t, list)
	require.NotNil(t, list[0].ErrorMessage)
	assert.Contains(t, *list[0].ErrorMessage, "The file makes the library that reads it fail")

	a := c.form(t, http.MethodPost, ds+"/build", "path", "crash.tif", "force", "true")
	require.Less(t, a.status, 300, "%s", a.body)
	killed := false
	require.Eventually(t, func() bool {
		for _, pid := range p.sandboxes() {
			if !killed && status("crash.tif") != "failed" {
				killed = syscall.Kill(pid, syscall.SIGKILL) == nil
			}
		}
		return killed
	}, time.Minute, time.Millisecond)
	c.awaitBuilt(t, ds, "crash.tif")
	c.upload(t, ds, "next.tif", geotiff(t, 300))
	c.awaitBuilt(t, ds, "next.tif")
	left := p.sandboxes()
	require.NotEmpty(t, left, "they are kept for the next file")
	require.NoError(t, p.stop())
	for _, pid := range left {
		assert.False(t, alive(pid))
	}
}
