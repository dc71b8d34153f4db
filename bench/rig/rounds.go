package rig

import (
	"cmp"
	"fmt"
	"slices"
)

// Median returns the value in the middle, the upper of the two middle ones of
// an even number. There must be at least one.
func Median[N cmp.Ordered](values []N) N {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// Percentile returns the value that p of 100 values do not exceed. There must
// be at least one.
func Percentile[N cmp.Ordered](values []N, p int) N {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}

// Verdict prints a figure beside what is wanted of it.
func Verdict(name string, figure float64, wanted string, reached bool) {
	word := "reached"
	if !reached {
		word = "MISSED"
	}
	fmt.Printf("%s: %.2f (wanted: %s, %s)\n", name, figure, wanted, word)
}
