// Package rig is what the benchmarks stand on: a real node in a process of its
// own, a client for its API, and the statistics of rounds.
package rig

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
)

const password = "correct horse battery"

// Node is a running `cairn serve` on a folder of its own.
type Node struct {
	URL   string // http://host:port
	PID   int
	token string
	cmd   *exec.Cmd
	ended chan error
}

// Run gives the benchmark a temporary folder, on the file system of $TMPDIR,
// and ends the program with its error. Ctrl-C cancels the context.
func Run(benchmark func(ctx context.Context, dir string) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, err := os.MkdirTemp("", "cairn-bench-")
	if err == nil {
		// PostgreSQL's own user passes through.
		err = errors.Join(os.Chmod(dir, 0o711), benchmark(ctx, dir))
		err = errors.Join(err, os.RemoveAll(dir))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Start runs bin/cairn, or $CAIRN, on dir/data and signs in as its
// administrator. args are more flags of serve.
func Start(ctx context.Context, dir string, args ...string) (*Node, error) {
	program := os.Getenv("CAIRN")
	if program == "" {
		program = "bin/cairn"
	}
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("%w: run `make build` in the top folder of Cairn first, and the benchmark from there", err)
	}
	n := &Node{ended: make(chan error, 1)}
	n.cmd = exec.Command(program, append([]string{"serve", "--listen=127.0.0.1:0", "--admin-password=" + password,
		"--data=" + filepath.Join(dir, "data")}, args...)...)
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	log, err := n.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	n.PID = n.cmd.Process.Pid
	n.URL, err = address(log)
	go func() {
		_, lost := io.Copy(io.Discard, log)
		n.ended <- errors.Join(lost, n.cmd.Wait())
	}()
	if err == nil {
		err = n.signIn(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, n.Stop())
	}
	return n, nil
}

// address reads where the node listens from its log.
func address(log io.Reader) (string, error) {
	lines := bufio.NewScanner(log)
	var last string
	for lines.Scan() {
		last = lines.Text()
		var record struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &record) == nil && record.Msg == "listening" {
			return record.Address, nil
		}
	}
	return "", errors.Join(fmt.Errorf("cairn serve ended before it listened: %s", last), lines.Err())
}

// Stop ends the node and waits for its end.
func (n *Node) Stop() error {
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return <-n.ended
}
