package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/cairngeo/cairn"
)

// readPIDFile returns the process number and the status ("starting", "ready",
// "stopping") from the postmaster.pid of the cluster in folder; 0 if there is
// none or it is not complete.
func readPIDFile(folder string) (pid int, status string, err error) {
	text, err := os.ReadFile(filepath.Join(folder, "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", fmt.Errorf("PostgreSQL's pid file: %w", err)
	}
	lines := strings.Split(string(text), "\n")
	if pid, err = strconv.Atoi(strings.TrimSpace(lines[0])); err != nil || pid < 0 {
		return 0, "", nil
	}
	if len(lines) >= 8 { // LOCK_FILE_LINE_PM_STATUS
		status = strings.TrimSpace(lines[7])
	}
	return pid, status, nil
}

// evict leaves the cluster in folder without processes. The caller holds the
// lock of the data folder, so whatever still runs there was left by a cairn
// that was killed. It is ended rather than adopted: an adopted postmaster
// would have neither our settings nor our death signal. A pid file that names
// a process of another kind, as after the restart of a container, is removed,
// since PostgreSQL would take it for itself and refuse to start.
func evict(ctx context.Context, folder string, log *slog.Logger) error {
	pid, _, err := readPIDFile(folder)
	if err != nil {
		return err
	}
	if pid > 0 && !livesIn(pid, folder) && exists(pid) {
		log.Warn("removing a stale pid file", "pid", pid)
		if err := os.Remove(filepath.Join(folder, "postmaster.pid")); err != nil {
			return fmt.Errorf("stale pid file: %w", err)
		}
	}
	postmaster := func() []int {
		return slices.DeleteFunc([]int{pid}, func(pid int) bool { return pid <= 0 || !livesIn(pid, folder) })
	}
	if len(postmaster()) > 0 {
		log.Warn("stopping a PostgreSQL that was left behind", "pid", pid)
		err = end(ctx, folder, postmaster,
			step{syscall.SIGINT, 10 * time.Second}, step{syscall.SIGQUIT, 5 * time.Second}, step{syscall.SIGKILL, 5 * time.Second})
		if err != nil {
			return err
		}
	}
	// Backends end by themselves soon after their postmaster.
	return end(ctx, folder, func() []int { return inhabitants(folder) },
		step{0, time.Second}, step{syscall.SIGQUIT, 2 * time.Second}, step{syscall.SIGKILL, 5 * time.Second})
}

// step is a signal and how long to wait for its effect. Signal 0 only waits.
type step struct {
	signal   syscall.Signal
	patience time.Duration
}

// end takes the steps, one after the other, until list gives no process.
func end(ctx context.Context, folder string, list func() []int, steps ...step) error {
	for _, s := range steps {
		for _, pid := range list() {
			if err := send(pid, folder, s.signal); err != nil {
				return err
			}
		}
		for patience := time.After(s.patience); len(list()) > 0; {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(pollEvery):
				continue
			case <-patience:
			}
			break
		}
		if len(list()) == 0 {
			return nil
		}
	}
	return cairn.Errorf(cairn.Unavailable,
		"PostgreSQL processes in %s (%v) can't be ended. End them by hand and start again.", folder, list())
}

// send signals pid if it still is a PostgreSQL process of the folder. The
// handle is taken before the check, so the number can't be reused in between.
func send(pid int, folder string, signal syscall.Signal) error {
	handle, err := os.FindProcess(pid)
	if err != nil {
		return fmt.Errorf("process %d: %w", pid, err)
	}
	defer handle.Release()
	if !livesIn(pid, folder) {
		return nil
	}
	if err := handle.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal process %d: %w", pid, err)
	}
	return nil
}

// inhabitants lists the PostgreSQL processes of the cluster in folder.
func inhabitants(folder string) []int {
	processes, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed
	var pids []int
	for _, path := range processes {
		if pid, err := strconv.Atoi(filepath.Base(path)); err == nil && livesIn(pid, folder) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// livesIn tells whether pid is a living PostgreSQL process of the cluster in
// folder. All of them work in that folder. Where the kernel does not show the
// folder, as to root in a container without CAP_SYS_PTRACE, a postmaster is
// known by its arguments.
func livesIn(pid int, folder string) bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	if name, err := os.ReadFile(filepath.Join(proc, "comm")); err != nil || string(bytes.TrimSpace(name)) != "postgres" {
		return false
	}
	here, err := os.Stat(folder)
	if err != nil {
		return false
	}
	there, err := os.Stat(filepath.Join(proc, "cwd"))
	if errors.Is(err, os.ErrPermission) {
		arguments, err := os.ReadFile(filepath.Join(proc, "cmdline"))
		return err == nil && slices.Contains(strings.Split(string(arguments), "\x00"), folder)
	}
	return err == nil && os.SameFile(here, there)
}

// exists tells whether there is a process pid, also one of another user.
func exists(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
