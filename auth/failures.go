package auth

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"
)

const (
	failuresAllowed = 10
	failuresWithin  = 5 * time.Minute
)

// failures remembers failed logins by name and address. It lives in memory: a
// restart forgives.
type failures struct {
	mu    sync.Mutex
	when  *expirable.LRU[[2]string, []time.Time]
	turns [256]sync.Mutex
	seed  maphash.Seed
}

func newFailures() *failures {
	return &failures{when: expirable.NewLRU[[2]string, []time.Time](100_000, nil, failuresWithin), seed: maphash.MakeSeed()}
}

// turn is held while one password is tried: a burst of guesses for one name
// from one address would otherwise be over before its first failure counts.
func (f *failures) turn(name, from string) *sync.Mutex {
	return &f.turns[maphash.Comparable(f.seed, [2]string{name, from})%uint64(len(f.turns))]
}

func (f *failures) add(name, from string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.when.Add([2]string{name, from}, append(f.recent(name, from), time.Now()))
}

// wait returns how long this name from this address has to wait, 0 when it may try.
func (f *failures) wait(name, from string) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	recent := f.recent(name, from)
	if len(recent) < failuresAllowed {
		return 0
	}
	return time.Until(recent[len(recent)-failuresAllowed].Add(failuresWithin))
}

func (f *failures) recent(name, from string) []time.Time {
	times, _ := f.when.Get([2]string{name, from})
	for len(times) > 0 && time.Since(times[0]) > failuresWithin {
		times = times[1:]
	}
	return times
}
