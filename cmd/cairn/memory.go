package main

import "runtime"

// reserve is memory that nobody touches, so that the system never provides it.
// The garbage collector counts it as live: a node that serves tiles has a few
// MiB of live memory, and without the reserve would collect 50 times a second.
// (GOGC would do that too, but also multiply the caches of a large node.)
var reserve = make([]byte, 32<<20)

func init() { runtime.KeepAlive(reserve) }
