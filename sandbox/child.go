package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// child is a process that waits for calls.
type child struct {
	cmd      *exec.Cmd
	requests *os.File
	replies  *os.File
	errors   *tail
	calls    int
	gone     chan struct{} // closed when it has ended
}

func start(memory int64) (*child, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	itsRequests, requests, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	replies, itsReplies, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, itsRequests.Close(), requests.Close())
	}
	c := &child{cmd: exec.Command(program), requests: requests, replies: replies, errors: &tail{}, gone: make(chan struct{})}
	c.cmd.Args = []string{program, "sandbox"} // what lists of processes show
	c.cmd.Env = append(os.Environ(), mark+"="+strconv.FormatInt(memory, 10))
	c.cmd.ExtraFiles = []*os.File{itsRequests, itsReplies}
	c.cmd.Stderr = c.errors
	err = c.cmd.Start()
	err = errors.Join(err, itsRequests.Close(), itsReplies.Close())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting a sandbox: %w", err), requests.Close(), replies.Close())
	}
	go func() {
		_ = c.cmd.Wait() // how it ended is in ProcessState
		close(c.gone)
	}()
	return c, nil
}

// end kills the process, if it runs, and returns how it ended.
func (c *child) end() *os.ProcessState {
	_ = c.cmd.Process.Kill() // it may have ended
	<-c.gone
	_, _ = c.requests.Close(), c.replies.Close() // a pipe that was read to its end
	return c.cmd.ProcessState
}

func (c *child) dead() bool {
	select {
	case <-c.gone:
		return true
	default:
		return false
	}
}

var errSilent = errors.New("it neither answered nor made progress")

// call makes the child do a request. After an error that is no *failure the child is of no use.
func (c *child) call(ctx context.Context, r request, silence time.Duration, progress func(float64)) ([]byte, *failure, error) {
	c.calls++
	watched, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	alarm := time.AfterFunc(silence, func() { cancel(errSilent) })
	defer alarm.Stop()
	// Killing it ends the reading below.
	disarm := context.AfterFunc(watched, func() { _ = c.cmd.Process.Kill() })
	defer disarm()
	err := send(c.requests, r)
	for err == nil {
		var answer reply
		if answer, err = receive[reply](c.replies); err != nil {
			break
		}
		if answer.Done {
			if !disarm() {
				break // killed just now
			}
			return answer.Output, answer.Failure, nil
		}
		alarm.Reset(silence)
		progress(answer.Percent)
	}
	if watched.Err() != nil {
		return nil, nil, context.Cause(watched)
	}
	return nil, nil, err
}

// tail keeps the end of what a child wrote to stderr.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if len(t.text) > tailBytes {
		t.text = append([]byte(nil), t.text[len(t.text)-tailBytes:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

// killed tells whether somebody else ended the process: an operator, or the
// system for want of memory.
func killed(state *os.ProcessState) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}
