package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestKill9AtRandomMoments kills cairn again and again, while it starts, while
// files come in and while it builds. After each restart nothing that was
// acknowledged is lost and nothing that was not finished shows; at the end
// everything is built and nothing lies about.
func TestKill9AtRandomMoments(t *testing.T) {
	t.Parallel()
	c := newCrashes(t)
	rounds := 20
	if testing.Short() {
		rounds = 6
	}
	for c.round = range rounds {
		c.crash(t)
	}
	p, admin := c.start(t)
	c.requireEverything(t, admin)
	c.requireBuilds(t, admin)
	c.requireCleanScratch(t, 1)
	require.NoError(t, p.stop())
	c.requireCleanScratch(t, 0)
	require.Empty(t, c.postgresProcesses(t), "processes of PostgreSQL after the stop")
}

const crashed = "/orgs/admin/ds/crashed"

// crashes is a data folder, and what is known of the files in it.
type crashes struct {
	data    string
	random  *rand.Rand
	raster  []byte
	round   int
	token   string
	started time.Duration // what a start takes about

	mu    sync.Mutex
	files map[string]*version // by path
}

// version is what a path may hold: what was acknowledged last, and what was
// sent since without an answer.
type version struct {
	acknowledged string
	possible     []string
}

func newCrashes(t *testing.T) *crashes {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("CAIRN_TEST_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	t.Logf("repeat with CAIRN_TEST_SEED=%d", seed)
	data := filepath.Join(t.TempDir(), "data")
	return &crashes{data: data, random: rand.New(rand.NewPCG(seed, 0)), raster: geotiff(t, 300), started: 4 * time.Second, files: map[string]*version{}}
}

// crash is one round: a start and a violent end.
func (c *crashes) crash(t *testing.T) {
	if c.round%3 == 0 { // while it starts; in the first round, while it makes its database
		p, err := launch(c.data)
		require.NoError(t, err)
		c.wait(c.started)
		c.end(t, p)
		return
	}
	p, admin := c.start(t)
	c.requireListed(t, admin)
	random := make([]*rand.Rand, 3)
	for i := range random {
		random[i] = rand.New(rand.NewPCG(c.random.Uint64(), 0))
	}
	var uploads sync.WaitGroup
	for i, r := range random {
		uploads.Go(func() { c.upload(admin, i, r) })
	}
	uploads.Go(func() { c.uploadHalf(p, admin) })
	c.wait(900 * time.Millisecond)
	c.end(t, p)
	uploads.Wait()
}

func (c *crashes) wait(most time.Duration) { time.Sleep(time.Duration(c.random.Int64N(int64(most)))) }

// start brings cairn up and signs in, with the token of the first time: it
// outlives every crash.
func (c *crashes) start(t *testing.T) (*process, client) {
	begin := time.Now()
	p, err := launch(c.data)
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // in case the test ends early
	base, err := p.ready()
	require.NoError(t, err)
	admin := client{base: base, token: c.token}
	require.Equal(t, http.StatusOK, admin.get(t, "/version").status)
	if c.token != "" {
		c.started = time.Since(begin)
		return p, admin
	}
	admin = admin.as(t, "admin", adminPassword)
	c.token = admin.token
	admin.newDataset(t, "crashed", "private")
	return p, admin
}

// end kills cairn, and sometimes its PostgreSQL just before or after.
func (c *crashes) end(t *testing.T, p *process) {
	first, last := c.random.IntN(5) == 0, c.random.IntN(5) == 0
	if first {
		c.killPostmaster()
	}
	p.kill(t)
	if last {
		c.killPostmaster()
	}
}

// killPostmaster does so if it runs.
func (c *crashes) killPostmaster() {
	text, err := os.ReadFile(filepath.Join(c.data, "pg", "postmaster.pid"))
	if err != nil {
		return
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if pid, err := strconv.Atoi(line); err == nil && c.isPostgres(pid) {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended meanwhile
	}
}

// upload sends files until the server is gone: new ones, rasters, and ever
// other content for the same path.
func (c *crashes) upload(admin client, worker int, random *rand.Rand) {
	for i := range 12 {
		content := make([]byte, random.IntN(1<<uint(4+random.IntN(17)))) // up to 1 MiB, mostly much less
		for j := range content {
			content[j] = byte(random.Uint32())
		}
		path := fmt.Sprintf("round %d/%d/%d.bin", c.round, worker, i)
		switch {
		case i%6 == 0: // what follows the picture in the file makes it one of its own
			path, content = strings.Replace(path, ".bin", ".tif", 1), slices.Concat(c.raster, content[:min(len(content), 999)], []byte(path))
		case i%3 == 0:
			path = fmt.Sprintf("replaced/%d.bin", worker)
		}
		c.sent(path, sum(content))
		a, err := admin.tryUpload(crashed, path, bytes.NewReader(content))
		if err != nil {
			return
		}
		if a.status == http.StatusCreated {
			c.acknowledge(path, sum(content))
		}
	}
}

// uploadHalf sends the beginning of a file and no more until cairn is gone.
func (c *crashes) uploadHalf(p *process, admin client) {
	path := fmt.Sprintf("round %d/half.bin", c.round)
	c.sent(path) // nothing is possible there
	_, _ = admin.tryUpload(crashed, path, &half{left: 1 << 20, until: func() bool { return !alive(p.cmd.Process.Pid) }})
}

// half is a file that stops coming, and breaks off when until is true.
type half struct {
	left  int
	until func() bool
}

func (h *half) Read(p []byte) (int, error) {
	if h.left > 0 {
		n := min(len(p), h.left)
		h.left -= n
		return n, nil
	}
	for !h.until() {
		time.Sleep(5 * time.Millisecond)
	}
	return 0, errors.New("the server is gone")
}

func (c *crashes) sent(path string, hashes ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.files[path] == nil {
		c.files[path] = &version{}
	}
	c.files[path].possible = append(c.files[path].possible, hashes...)
}

func (c *crashes) acknowledge(path, hash string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.files[path] = &version{acknowledged: hash, possible: []string{hash}}
}

// requireListed requires that the dataset holds what was acknowledged, and
// nothing that was not sent whole. What it holds counts as acknowledged from
// now on. It returns the files.
func (c *crashes) requireListed(t *testing.T, admin client) map[string]entry {
	t.Helper()
	listed := map[string]entry{}
	for _, e := range admin.entries(t, crashed) {
		if e.Hash != nil {
			listed[e.Path] = e
		}
	}
	for path, known := range c.files {
		e, present := listed[path]
		if !present {
			require.Empty(t, known.acknowledged, "%s was acknowledged and is gone", path)
			delete(c.files, path) // what did not come until now never comes
			continue
		}
		require.Contains(t, known.possible, *e.Hash, "%s is not what was sent", path)
		c.files[path] = &version{acknowledged: *e.Hash, possible: []string{*e.Hash}}
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(c.files)), slices.Collect(maps.Keys(listed)))
	return listed
}

// requireEverything requires of every file that it downloads byte for byte,
// and of the store that it holds whole files only.
func (c *crashes) requireEverything(t *testing.T, admin client) {
	t.Helper()
	listed := c.requireListed(t, admin)
	require.NotEmpty(t, listed, "no upload was quick enough")
	t.Logf("%d files", len(listed))
	for path, e := range listed {
		a := admin.get(t, crashed+"/download?path="+url.QueryEscape(path))
		require.Equal(t, http.StatusOK, a.status, "%s: %s", path, a.body)
		require.Equal(t, *e.Hash, sum(a.body), path)
		require.EqualValues(t, e.Size, len(a.body), path)
	}
	require.NoError(t, filepath.WalkDir(filepath.Join(c.data, "blobs"), func(file string, found fs.DirEntry, err error) error {
		if err != nil || found.IsDir() {
			return err
		}
		content, err := os.ReadFile(file)
		require.Equal(t, found.Name(), sum(content), file)
		return err
	}))
}

// requireBuilds waits until every build has ended and requires that every
// raster has its map.
func (c *crashes) requireBuilds(t *testing.T, admin client) {
	t.Helper()
	type build struct{ Hash, Path, CurrentState, ErrorMessage string }
	var builds []build
	require.Eventually(t, func() bool {
		builds = nil
		for page := 1; ; page++ {
			var some []build
			admin.get(t, fmt.Sprintf("%s/builds?page=%d&pageSize=200", crashed, page)).json(t, http.StatusOK, &some)
			if builds = append(builds, some...); len(some) < 200 {
				break
			}
		}
		return !slices.ContainsFunc(builds, func(b build) bool { return b.CurrentState != "Succeeded" && b.CurrentState != "Failed" })
	}, 3*time.Minute, 200*time.Millisecond, "builds that do not end")
	built := map[string]bool{}
	for _, b := range builds {
		require.Equal(t, "Succeeded", b.CurrentState, "%s: %s", b.Path, b.ErrorMessage)
		built[b.Path] = true
	}
	t.Logf("%d builds", len(builds))
	for path, e := range c.requireListed(t, admin) {
		if strings.HasSuffix(path, ".tif") {
			require.True(t, built[path], "%s has no build", path)
			require.Equal(t, "ready", e.BuildStatus, path)
			require.Equal(t, http.StatusOK, admin.send(t, http.MethodHead, crashed+"/build/"+*e.Hash+"/cog/cog.tif", nil).status, path)
		}
	}
}

// requireCleanScratch requires that living processes have as many scratch
// folders, and that nothing is in them.
func (c *crashes) requireCleanScratch(t *testing.T, living int) {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(c.data, "scratch", "process-*[0-9]"))
	require.NoError(t, err)
	require.Len(t, folders, living)
	for _, folder := range folders {
		left, err := os.ReadDir(folder)
		require.NoError(t, err)
		require.Empty(t, left)
	}
}

// postgresProcesses lists those of this data folder.
func (c *crashes) postgresProcesses(t *testing.T) (pids []int) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	for _, process := range processes {
		if pid, err := strconv.Atoi(filepath.Base(process)); err == nil && c.isPostgres(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// isPostgres tells whether pid works in this data folder, as all processes of
// its PostgreSQL do.
func (c *crashes) isPostgres(pid int) bool {
	folder, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	return err == nil && folder == filepath.Join(c.data, "pg")
}
