package sandbox

import (
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
)

// mark is the variable that makes the program a child; its value is the memory
// in bytes that the child may have.
const mark = "CAIRN_SANDBOX_CHILD"

// The descriptors of a child: standard output is left to libraries that print.
const (
	requestsFD = 3
	repliesFD  = 4
)

// ServeIfChild does not return in a child process. Call it first in main, and
// in TestMain of tests that use a pool.
func ServeIfChild() {
	memory, ok := os.LookupEnv(mark)
	if !ok {
		return
	}
	// Terminals and service managers signal whole groups; the server decides.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	if err := limit(memory); err != nil {
		slog.Error("sandbox", "error", err)
		os.Exit(1)
	}
	serve(os.NewFile(requestsFD, "requests"), os.NewFile(repliesFD, "replies"))
}

// limit bounds the memory of this process. RLIMIT_DATA counts what is its own,
// the heaps of C and Go; RLIMIT_AS would also count what Go reserves and never uses.
func limit(memory string) error {
	bytes, err := strconv.ParseUint(memory, 10, 64)
	if err != nil {
		return fmt.Errorf("%s: %w", mark, err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: bytes, Max: bytes}); err != nil {
		return fmt.Errorf("limiting memory: %w", err)
	}
	return syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) // a core would hold people's files
}

// serve answers requests until the parent has gone, which ends the process at
// once, even while a library hangs.
func serve(requests, replies *os.File) {
	next := make(chan request)
	go func() {
		for {
			r, err := receive[request](requests)
			if err != nil {
				os.Exit(0)
			}
			next <- r
		}
	}()
	var mu sync.Mutex // functions report progress from several goroutines
	answer := func(r reply) {
		mu.Lock()
		defer mu.Unlock()
		if err := send(replies, r); err != nil {
			os.Exit(1)
		}
	}
	for r := range next {
		output, err := run(r, func(percent float64) { answer(reply{Percent: percent}) })
		if err != nil {
			answer(reply{Done: true, Failure: failureOf(err)})
			continue
		}
		answer(reply{Done: true, Output: output})
	}
}

func run(r request, progress func(float64)) ([]byte, error) {
	f, ok := functions[r.Function]
	if !ok {
		return nil, fmt.Errorf("sandbox: there is no function %q", r.Function)
	}
	return f(r.Input, progress)
}
