package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/require"
)

const (
	adminPassword = "hill-of-stones"
	monitorToken  = "watchful"
)

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	godal.RegisterAll()
	dir, err := os.MkdirTemp("", "cairn-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL runs as another user than root
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	binary = filepath.Join(dir, "cairn")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	open.data, strict.data = filepath.Join(dir, "open"), filepath.Join(dir, "strict")
	code := m.Run()
	if err := errors.Join(open.stop(), strict.stop()); err != nil {
		fmt.Fprintln(os.Stderr, "a shared server:", err)
		return 1
	}
	return code
}

// process is a cairn that runs as a process of its own.
type process struct {
	cmd     *exec.Cmd
	address chan string // where it listens, once it does; closed when it writes no more
	gone    chan struct{}
	err     error // how it ended; to be read after gone

	mu  sync.Mutex
	log []string // what it wrote to stderr, the last lines
}

// launch starts cairn on the data folder, at a port of its own choice.
func launch(data string, flags ...string) (*process, error) {
	p := &process{address: make(chan string, 1), gone: make(chan struct{})}
	p.cmd = exec.Command(binary, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", data}, flags...)...)
	p.cmd.Env = append(os.Environ(), "CAIRN_ADMIN_PASSWORD="+adminPassword)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // a test that is cut off leaves nothing
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.gone)
		defer close(p.address)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			p.note(lines.Text())
		}
		p.err = p.cmd.Wait()
	}()
	return p, nil
}

func (p *process) note(line string) {
	p.mu.Lock()
	p.log = append(p.log, line)
	p.log = p.log[max(0, len(p.log)-40):]
	p.mu.Unlock()
	var record struct{ Msg, Address string }
	if json.Unmarshal([]byte(line), &record) == nil && record.Msg == "listening" {
		p.address <- record.Address
	}
}

// logged returns the last lines that the process wrote.
func (p *process) logged() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.log, "\n")
}

// ready waits until the process listens and returns its address.
func (p *process) ready() (string, error) {
	select {
	case address, ok := <-p.address:
		if !ok {
			return "", fmt.Errorf("cairn ended before it listened:\n%s", p.logged())
		}
		return address, nil
	case <-time.After(2 * time.Minute):
		return "", fmt.Errorf("cairn does not listen:\n%s", p.logged())
	}
}

// kill ends the process as kill -9 does and returns when it is gone.
func (p *process) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Kill())
	// Its PostgreSQL may hold stderr open for a while; the process itself is what counts.
	require.Eventually(t, func() bool { return !alive(p.cmd.Process.Pid) }, 10*time.Second, 5*time.Millisecond)
}

// alive tells whether the process runs; a zombie does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

// stopPromise is how long a stop by SIGTERM may take.
const stopPromise = 10 * time.Second

// stop ends the process as an operator does.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.gone:
		if p.err != nil {
			return fmt.Errorf("%w:\n%s", p.err, p.logged())
		}
		return nil
	case <-time.After(stopPromise):
		return fmt.Errorf("cairn still runs %s after SIGTERM:\n%s", stopPromise, p.logged())
	}
}

// sharedServer is a server that tests share; it starts when the first one asks.
type sharedServer struct {
	flags   []string
	data    string
	start   sync.Once
	process *process
	base    string
	token   string // the admin's
	err     error
}

// open has the demo dataset; strict has every limit that an operator can set.
var (
	open   = &sharedServer{flags: []string{"--demo", "--max-active-tasks=1000", "--max-active-tasks-per-organization=1000", "--max-active-tasks-per-user=1000", "--max-bulk-downloads-per-user=1000"}}
	strict = &sharedServer{flags: []string{"--max-task-output-mb=1", "--monitor-token=" + monitorToken,
		"--max-downloads-per-user=" + strconv.Itoa(strictDownloads), "--disable-anonymous-bulk-downloads", "--limit-storage"}}
)

// strictDownloads is how many downloads a user of the strict server may have.
const strictDownloads = 2

// client returns a client of the server, signed in as admin. What a test
// stores goes into a dataset of its own.
func (s *sharedServer) client(t *testing.T) client {
	t.Helper()
	s.start.Do(func() {
		if s.process, s.err = launch(s.data, s.flags...); s.err == nil {
			s.base, s.err = s.process.ready()
		}
		if s.err == nil {
			s.token = client{base: s.base}.login(t, "admin", adminPassword)
		}
	})
	require.NoError(t, s.err)
	return client{base: s.base, token: s.token}
}

func (s *sharedServer) stop() error {
	if s.process == nil {
		return nil
	}
	return s.process.stop()
}

// server returns a client of the shared server with the demo dataset.
func server(t *testing.T) client {
	t.Helper()
	return open.client(t)
}
