package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// delta is what makes one state of a dataset equal to another (section 8 of
// the protocol).
type delta struct {
	adds, removes         []pathHash
	metaAdds, metaRemoves []string
}

type pathHash struct{ path, hash string }

// hashes are the entries of a stamp by path.
func (s stamp) hashes() map[string]string {
	hashes := map[string]string{}
	for _, e := range s.Entries {
		for path, hash := range e {
			hashes[path] = hash
		}
	}
	return hashes
}

// deltaOf tells what to do to destination to make it equal to source.
func deltaOf(source, destination stamp) (d delta) {
	from, to := source.hashes(), destination.hashes()
	for path, hash := range from {
		if there, ok := to[path]; !ok || there != hash {
			d.adds = append(d.adds, pathHash{path, hash})
		}
	}
	for path, hash := range to {
		if there, ok := from[path]; !ok || (there == "") != (hash == "") {
			d.removes = append(d.removes, pathHash{path, hash})
		}
	}
	byPath := func(a, b pathHash) int { return strings.Compare(a.path, b.path) }
	slices.SortFunc(d.adds, byPath)
	slices.SortFunc(d.removes, byPath)
	slices.Reverse(d.removes) // children before their folders
	without := func(ids, others []string) []string {
		return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(others, id) })
	}
	d.metaAdds, d.metaRemoves = without(source.Meta, destination.Meta), without(destination.Meta, source.Meta)
	return d
}

func TestDeltaAsTheClientMakesIt(t *testing.T) {
	t.Parallel()
	const h1, h2, h3, h4, h9 = "1", "2", "3", "4", "9"
	d := deltaOf(stampOf(map[string]string{"a.txt": h9, "b2.txt": h2, "n": "", "n/y.txt": h4}, "x", "y"), stampOf(map[string]string{"a.txt": h1, "b.txt": h2, "old": "", "old/x.txt": h3}, "y", "z"))
	require.Equal(t, delta{
		adds:     []pathHash{{"a.txt", h9}, {"b2.txt", h2}, {"n", ""}, {"n/y.txt", h4}},
		removes:  []pathHash{{"old/x.txt", h3}, {"old", ""}, {"b.txt", h2}},
		metaAdds: []string{"x"}, metaRemoves: []string{"z"},
	}, d)
}
