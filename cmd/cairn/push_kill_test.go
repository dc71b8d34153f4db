package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestKill9DuringAPush kills cairn while it answers the steps of a push. After
// the restart the dataset is entirely the old or entirely the new one, and the
// push goes on from what was acknowledged.
func TestKill9DuringAPush(t *testing.T) {
	t.Parallel()
	k := newPushKills(t)
	steps := []string{"commit", "upload", "init", "commit", "upload", "commit"}
	if testing.Short() {
		steps = steps[:3]
	}
	old := contents{"kept.txt": "kept", "all/": "", "all/0.txt": "content 0", "all/1.txt": "content 1", "all/2.txt": "content 2"}
	begin := time.Now()
	p, d := k.start(t)
	d.push(t, killedPush, stamp{}, old)
	for round, step := range steps {
		files := k.files(round)
		pushed := k.pushAndKill(t, p, d, step, old.stamp().Checksum, files)
		p, d = k.start(t)
		now := d.stamp(t, killedPush)
		stands := old
		if now.Checksum == files.stamp().Checksum {
			require.Equal(t, "commit", step)
			stands = files
		}
		t.Logf("%.1f s: killed in %s: %d files had come, committed: %t, the new dataset stands: %t", time.Since(begin).Seconds(), step, len(pushed.arrived), pushed.committed, now.Checksum != old.stamp().Checksum)
		require.Equal(t, stands.stamp(), now)
		k.requireSome(t, d, stands)
		if pushed.committed {
			require.Equal(t, files.stamp(), now, "a commit was acknowledged and is gone")
		}
		k.resume(t, d, pushed, now, files)
		require.Equal(t, files.stamp(), d.stamp(t, killedPush))
		k.requireSome(t, d, files)
		old = files
	}
	require.NoError(t, p.stop())
	k.requireWholeFiles(t)
}

const killedPush = "/orgs/admin/ds/killed-push"

// pushKills is a data folder whose server is killed again and again.
type pushKills struct {
	data    string
	random  *rand.Rand
	token   string
	commits time.Duration // what the last commit took
}

func newPushKills(t *testing.T) *pushKills {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("CAIRN_TEST_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	t.Logf("repeat with CAIRN_TEST_SEED=%d", seed)
	return &pushKills{data: filepath.Join(t.TempDir(), "data"), random: rand.New(rand.NewPCG(seed, 1)), commits: 50 * time.Millisecond}
}

// files are those of a round: some of the round before, renamed or not, many
// small ones that are there already, and new ones.
func (k *pushKills) files(round int) contents {
	files := contents{"/": "", "all/": "", "kept.txt": "kept", fmt.Sprintf("round%d/", round): "", fmt.Sprintf("round%d/renamed.txt", round): "renamed"}
	for i := range 1500 {
		files[fmt.Sprintf("all/%d.txt", i+500*round)] = fmt.Sprint("content ", i%3)
	}
	for i := range 6 {
		files[fmt.Sprintf("round%d/%d.bin", round, i)] = strings.Repeat(fmt.Sprintf("%d of round %d ", i, round), 1+k.random.IntN(40_000))
	}
	return files
}

// requireSome requires that thirty of the files download byte for byte.
func (k *pushKills) requireSome(t *testing.T, d ddb, files contents) {
	t.Helper()
	looked := 0
	for path, content := range files {
		if strings.HasSuffix(path, "/") {
			continue
		}
		a := d.get(t, killedPush+"/download?path="+percent(path))
		require.Equal(t, http.StatusOK, a.status, "%s: %s", path, a.body)
		require.Equal(t, content, string(a.body), path)
		if looked++; looked == 30 {
			return
		}
	}
}

// start brings cairn up; the first start signs in.
func (k *pushKills) start(t *testing.T) (*process, ddb) {
	t.Helper()
	p, err := launch(k.data)
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // in case the test ends early
	base, err := p.ready()
	require.NoError(t, err)
	c := client{base: base, token: k.token}
	if k.token == "" {
		c = c.as(t, "admin", adminPassword)
		k.token = c.token
	}
	return p, g3.as(c)
}

// progress is how far a push came before the server was gone.
type progress struct {
	token     string
	arrived   []string // files that were acknowledged
	committed bool
}

// pushAndKill pushes, and kills cairn soon after it was asked for a step.
func (k *pushKills) pushAndKill(t *testing.T, p *process, d ddb, fatal, checksum string, files contents) (so progress) {
	t.Helper()
	uploads := 0
	killed := make(chan struct{})
	try := func(step, head, body string) (answer, error) {
		if step == "upload" {
			uploads++
		}
		if step == fatal && (step != "upload" || uploads == 3) {
			after := time.Duration(k.random.Int64N(int64(2 * k.commits)))
			if step == "upload" {
				after /= 10
			}
			go func() {
				defer close(killed)
				time.Sleep(after)
				_ = p.cmd.Process.Kill()
			}()
		}
		a, err := d.tryExchange(head, strings.NewReader(body))
		if err == nil && a.status != http.StatusOK && a.status < 500 { // what was under way may end in a 5xx
			err = fmt.Errorf("%s: %d: %s", step, a.status, a.body)
			assert.NoError(t, err)
		}
		if err == nil && a.status != http.StatusOK {
			err = errors.New(http.StatusText(a.status))
		}
		return a, err
	}
	func() {
		head, body := d.urlEncoded(killedPush+"/push/init", d.bearer(), "checksum", checksum, "stamp", files.stamp().text(t))
		a, err := try("init", head, body)
		if err != nil {
			return
		}
		var asked initialized
		require.NoError(t, json.Unmarshal(a.body, &asked))
		so.token = asked.Token
		for _, path := range asked.NeededFiles {
			head, body = d.multipart(killedPush+"/push/upload", pushParts(so.token, path, files[path])...)
			if _, err := try("upload", head, body); err != nil {
				return
			}
			so.arrived = append(so.arrived, path)
		}
		head, body = d.urlEncoded(killedPush+"/push/commit", d.bearer(), "token", so.token)
		_, err = try("commit", head, body)
		so.committed = err == nil
	}()
	<-killed
	require.Eventually(t, func() bool { return !alive(p.cmd.Process.Pid) }, 10*time.Second, 5*time.Millisecond)
	return so
}

// resume brings the push to its end, with its token or by a new one.
func (k *pushKills) resume(t *testing.T, d ddb, so progress, now stamp, files contents) {
	t.Helper()
	asked := d.begin(t, killedPush, now.Checksum, files.stamp())
	for _, path := range asked.NeededFiles {
		require.NotContains(t, so.arrived, path, "it was acknowledged")
	}
	if so.token != "" && k.random.IntN(2) == 0 { // what is still needed goes to the old one
		t.Log("resumed with the same token")
		asked.Token = so.token
	}
	slices.Reverse(asked.NeededFiles)
	d.sendNeeded(t, killedPush, asked, files)
	begin := time.Now()
	a := d.commit(t, killedPush, asked.Token)
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	k.commits = time.Since(begin)
}

// requireWholeFiles requires that the store has no half file under a hash.
func (k *pushKills) requireWholeFiles(t *testing.T) {
	t.Helper()
	stored, err := filepath.Glob(filepath.Join(k.data, "blobs", "*", "*", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, stored)
	for _, file := range stored {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, filepath.Base(file), sum(content), file)
	}
}
