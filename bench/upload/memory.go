package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"
)

// watchMemory returns by how many MiB the resident memory of a process grew at
// most while work ran, and to how many.
func watchMemory(pid int, work func() error) (growth, peak float64, err error) {
	before, err := resident(pid)
	if err != nil {
		return 0, 0, err
	}
	most := before
	done := make(chan error, 1)
	go func() { done <- work() }()
	for {
		select {
		case worked := <-done:
			return float64(most-before) / 1024, float64(most) / 1024, errors.Join(err, worked)
		case <-time.After(20 * time.Millisecond):
			var now int
			if now, err = resident(pid); err == nil {
				most = max(most, now)
			}
		}
	}
}

// resident is the line VmRSS of /proc/PID/status, in KiB.
func resident(pid int) (kib int, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, line, _ := bytes.Cut(status, []byte("VmRSS:"))
	_, err = fmt.Sscanf(string(line), "%d kB", &kib)
	return kib, err
}
