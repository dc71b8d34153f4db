package main

import (
	"context"
	"runtime"

	"github.com/cairngeo/cairn/sandbox"
)

// sandboxFlags bound the processes in which files of people are read by C libraries.
type sandboxFlags struct {
	ReadMemoryMB         int64 `name:"read-memory-mb" default:"2048" help:"Memory of a process that reads uploaded rasters and photos, in MiB. There are as many as processors."`
	BuildProcessMemoryMB int64 `name:"build-process-memory-mb" default:"4096" help:"Memory in MiB beyond which a process that builds a map is stopped: a file that makes a decoder take so much is hostile. More than --build-memory-mb, which is what builds plan with."`
}

// pools makes the pools and ends their processes when the node stops. How many
// builds run at a time is decided by the queue of tasks; the process of one ends
// with it, and its memory is free again.
func (f sandboxFlags) pools(n *node) (reads, builds *sandbox.Pool) {
	reads = sandbox.New(sandbox.Options{Children: runtime.NumCPU(), MemoryBytes: f.ReadMemoryMB << 20})
	builds = sandbox.New(sandbox.Options{Children: max(16, runtime.NumCPU()), MemoryBytes: f.BuildProcessMemoryMB << 20, Calls: 1})
	for _, pool := range []*sandbox.Pool{reads, builds} {
		n.onStop(func(context.Context) error { pool.Close(); return nil })
	}
	return reads, builds
}
