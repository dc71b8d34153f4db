package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cairngeo/cairn/cmd/cairn/demo"
	registry "github.com/cairngeo/cairn/federation/client"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// gate lets requests through to a server, and holds those of one kind back
// after some.
type gate struct {
	*httptest.Server
	kind string

	mu      sync.Mutex
	to      *url.URL
	allowed int // of the kind; less than 0 is any number
	passed  int // of the kind
	held    chan struct{}
	open    chan struct{}
}

func newGate(t *testing.T, server, kind string, allowed int) *gate {
	t.Helper()
	g := &gate{kind: kind, allowed: allowed, held: make(chan struct{}), open: make(chan struct{})}
	g.lead(t, server)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		g.mu.Lock()
		defer g.mu.Unlock()
		r.SetURL(g.to)
		r.Out.Host = r.In.Host
	}}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, g.kind) && !g.pass() {
			<-g.open
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *gate) lead(t *testing.T, server string) {
	t.Helper()
	to, err := url.Parse(server)
	require.NoError(t, err)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.to = to
}

func (g *gate) pass() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.allowed >= 0 && g.passed >= g.allowed {
		if g.passed == g.allowed {
			close(g.held)
			g.passed++
		}
		return false
	}
	g.passed++
	return true
}

// release lets everything through and counts from 0.
func (g *gate) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.allowed, g.passed = -1, 0
	close(g.open)
}

func (g *gate) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.passed
}

// twelve are files that nobody else has.
func twelve(whose string) map[string]string {
	files := map[string]string{}
	for i := range 12 {
		files[fmt.Sprintf("file %d.txt", i)] = fmt.Sprintf("content %d of %s", i, whose)
	}
	return files
}

// startUntil runs a command until the gate holds it back. The channel says how
// it ends; what it wrote to stderr may be read then.
func (p person) startUntil(t *testing.T, g *gate, arguments ...string) (cmd *exec.Cmd, ended chan error, problems *bytes.Buffer) {
	t.Helper()
	cmd, ended, problems = p.command(arguments...), make(chan error, 1), &bytes.Buffer{}
	cmd.Stderr = problems
	require.NoError(t, cmd.Start())
	go func() { ended <- cmd.Wait() }()
	select {
	case <-g.held:
	case err := <-ended:
		require.Fail(t, "the command ended before it came so far", "%v: %s", err, problems)
	}
	return cmd, ended, problems
}

// endAt sends a command the signal where the gate holds it back, and returns
// what it wrote to stderr.
func (p person) endAt(t *testing.T, g *gate, signal os.Signal, arguments ...string) string {
	t.Helper()
	cmd, ended, problems := p.startUntil(t, g, arguments...)
	require.NoError(t, cmd.Process.Signal(signal))
	require.Error(t, <-ended)
	g.release()
	return problems.String()
}

// What was sent before a push was killed is not sent again.
func TestAPushThatWasKilledGoesOn(t *testing.T) {
	t.Parallel()
	c := server(t)
	g := newGate(t, c.base, "/push/upload", 5)
	p := signedIn(t, g.URL)
	p.writeAll(t, "site", twelve("killed push"))
	p.endAt(t, g, os.Kill, "push", "-C", "site", "admin/cli-killed", "--parallel", "1")
	c.get(t, "/orgs/admin/ds/cli-killed").requireError(t, http.StatusNotFound)

	var done pushed
	p.json(t, &done, "push", "-C", "site")
	assert.Equal(t, 7, done.Uploaded)
	assert.Equal(t, 7, g.count())
	assert.Len(t, c.entries(t, "/orgs/admin/ds/cli-killed"), 12)
}

func TestACloneThatWasInterruptedGoesOn(t *testing.T) {
	t.Parallel()
	c := server(t)
	g := newGate(t, c.base, "/download", 5)
	p := signedIn(t, g.URL)
	p.writeAll(t, "site", twelve("killed clone"))
	p.must(t, "push", "-C", "site", "admin/cli-killed-clone")
	says := p.endAt(t, g, os.Interrupt, "clone", "admin/cli-killed-clone", "copy", "--parallel", "1")
	assert.Equal(t, "cairn: interrupted; nothing is half-done, run the same again\n", says)
	assert.Empty(t, p.files(t, "copy"), "nothing half-done shows")
	p.refused(t, exitError, []string{"is not empty"}, "clone", "public/default", "copy")

	p.must(t, "clone", "admin/cli-killed-clone", "copy")
	assert.Equal(t, 7, g.count())
	assert.Equal(t, twelve("killed clone"), p.files(t, "copy"))
}

// A server that is killed in the middle has the dataset as before, and what
// had come is not sent again.
func TestAPushGoesOnAfterTheServerWasKilled(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.Chmod(filepath.Dir(data), 0o755))
	first, err := launch(data)
	require.NoError(t, err)
	base, err := first.ready()
	require.NoError(t, err)
	g := newGate(t, base, "/push/upload", 5)
	p := signedIn(t, g.URL)
	p.write(t, "site/before.txt", "before")
	g.allowed = -1
	p.must(t, "push", "-C", "site", "admin/site")
	g.allowed, g.passed = 5, 0
	p.writeAll(t, "site", twelve("killed server"))

	cmd, ended, _ := p.startUntil(t, g, "push", "-C", "site", "--parallel", "1")
	first.kill(t)
	g.release() // the connection breaks, and nobody answers any more
	require.Error(t, <-ended)
	assert.Equal(t, exitElsewhere, cmd.ProcessState.ExitCode())

	second, err := launch(data)
	require.NoError(t, err)
	base, err = second.ready()
	require.NoError(t, err)
	g.lead(t, base)
	c := client{base: base}
	c.token = c.login(t, "admin", adminPassword)
	require.Len(t, c.entries(t, "/orgs/admin/ds/site"), 1)
	var done pushed
	p.json(t, &done, "push", "-C", "site")
	assert.Equal(t, 7, done.Uploaded)
	assert.Len(t, c.entries(t, "/orgs/admin/ds/site"), 13)
	require.NoError(t, second.stop())
}

// A second Cairn's dataset becomes one of the first, from one folder.
func TestFromOneCairnToAnother(t *testing.T) {
	t.Parallel()
	second, first := strict.client(t), server(t)
	ds := second.newDataset(t, "cli-second", "private")
	files := withoutFolders(oddFiles("second"))
	for name, content := range files {
		second.upload(t, ds, name, []byte(content))
	}
	require.Less(t, second.form(t, http.MethodPost, ds+"/meta/set", "key", "flight", "data", `{"n":1}`).status, 300)

	p := signedIn(t, second.base)
	p.must(t, "login", first.base, "--username", "admin", "--password", adminPassword)
	p.must(t, "clone", second.base+"/admin/cli-second", "site", "--parallel", "2") // which the server allows
	assert.Equal(t, with(files, "ünïcode/", ""), p.files(t, "site"))
	var done pushed
	p.json(t, &done, "push", "-C", "site", first.base)
	assert.Equal(t, first.base+"/admin/cli-second", done.Tag)
	assert.True(t, done.New)
	assert.Equal(t, second.stampOf(t, "admin/cli-second"), first.stampOf(t, "admin/cli-second"))

	// Each side is known by itself: a change goes to the one and then to the other.
	p.write(t, "site/more.txt", "more")
	p.must(t, "push", "-C", "site")
	p.must(t, "push", "-C", "site", first.base)
	assert.Equal(t, second.stampOf(t, "admin/cli-second"), first.stampOf(t, "admin/cli-second"))
	p.must(t, "push", "-C", "site", first.base+"/admin/cli-second-too")
	p.must(t, "push", "-C", "site", first.base)
	p.must(t, "pull", "-C", "site")
}

const realFiles = "../../../shared/data"

// samples puts files as people have them into a folder: the demo dataset's
// photos and rasters, and those of realFiles where they are.
func (p person) samples(t *testing.T, folder string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(p.at(folder), 0o755))
	require.NoError(t, demo.Write(t.Context(), p.at(folder)))
	names, err := filepath.Glob(filepath.Join(realFiles, "*", "*"))
	require.NoError(t, err)
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil || len(content) > 16<<20 {
			continue // a folder, or more than a test should move
		}
		p.write(t, folder+"/"+filepath.Base(filepath.Dir(name))+"/"+filepath.Base(name), string(content))
	}
}

// Files as people have them go to a dataset and come back byte for byte, and
// are known for what they are on both sides.
func TestSamplesThereAndBack(t *testing.T) {
	t.Parallel()
	c := server(t)
	p := signedIn(t, c.base)
	p.samples(t, "site")
	p.must(t, "push", "-C", "site", "admin/cli-samples")
	p.must(t, "clone", "admin/cli-samples", "copy")
	assert.Equal(t, digests(p.files(t, "site")), digests(p.files(t, "copy")))
	types := map[int]int{}
	for _, e := range c.entries(t, "/orgs/admin/ds/cli-samples") {
		types[e.Type]++
	}
	assert.NotZero(t, types[3], "photos with a position")
	assert.NotZero(t, types[4], "rasters")
	p.remove(t, "copy/photos")
	p.must(t, "push", "-C", "copy")
	p.must(t, "pull", "-C", "site")
	assert.Equal(t, digests(p.files(t, "copy")), digests(p.files(t, "site")))
}

func digests(files map[string]string) map[string]string {
	all := map[string]string{}
	for name, content := range files {
		all[name] = sum([]byte(content))
	}
	return all
}

// The parts of a file that is shared may come in any order, more than once.
func TestChunksOfTheClient(t *testing.T) {
	t.Parallel()
	c := server(t)
	to, err := registry.New(c.base, registry.Options{Username: "admin", Password: adminPassword})
	require.NoError(t, err)
	token, err := to.ShareInit(t.Context(), registry.Dataset{Org: "admin", Slug: "cli-chunks"}, "")
	require.NoError(t, err)
	whole := strings.Repeat("0123456789", 1000)
	var last registry.Shared
	for i, index := range []int{2, 0, 0, 3, 1} {
		part := whole[index*2500 : (index+1)*2500]
		shared, done, err := to.ShareUploadChunk(t.Context(), token, "sub/whole.txt", registry.Chunk{FileID: "one", Index: index, Of: 4, FileSize: int64(len(whole))}, textFile(part))
		require.NoError(t, err)
		require.Equal(t, i == 4, done)
		last = shared
	}
	assert.Equal(t, registry.Shared{Path: "sub/whole.txt", Hash: sum([]byte(whole)), Size: int64(len(whole))}, last)
	page, d, err := to.ShareCommit(t.Context(), token)
	require.NoError(t, err)
	assert.Equal(t, c.base+"/r/admin/cli-chunks admin/cli-chunks", page+" "+d.String())

	token, err = to.ShareInit(t.Context(), d, "")
	require.NoError(t, err)
	_, err = to.ShareUpload(t.Context(), token, "gone.txt", textFile("x"))
	require.NoError(t, err)
	require.NoError(t, to.ShareRollback(t.Context(), token))
	s, err := to.Stamp(t.Context(), d)
	require.NoError(t, err)
	assert.Len(t, s.Entries, 2)
}
