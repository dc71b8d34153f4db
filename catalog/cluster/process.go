package cluster

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// process is a child of this one.
type process struct {
	*os.Process
	exited chan struct{} // closed when it has ended
	err    error         // how it ended; to be read after exited
}

// launch starts cmd so that the kernel sends it deathSignal when this process
// ends in any way, kill -9 included.
func launch(cmd *exec.Cmd, deathSignal syscall.Signal) (*process, error) {
	cmd.SysProcAttr.Pdeathsig = deathSignal
	p := &process{exited: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The death that counts is that of the thread which started the child,
		// so it is held until the child has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		p.Process = cmd.Process
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// stop ends a postmaster: fast shutdown, after 5 s or the end of ctx immediate
// shutdown, after 3 more seconds kill.
func (p *process) stop(ctx context.Context) error {
	for _, step := range []struct {
		signal   syscall.Signal
		patience time.Duration
	}{{syscall.SIGINT, 5 * time.Second}, {syscall.SIGQUIT, 3 * time.Second}} {
		if err := p.Signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
		select {
		case <-p.exited:
			return nil
		case <-time.After(step.patience):
		case <-ctx.Done():
			ctx = context.WithoutCancel(ctx) // it shortens the first step only
		}
	}
	return p.kill()
}

// kill ends the process at once.
func (p *process) kill() error {
	if err := p.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.exited
	return nil
}
