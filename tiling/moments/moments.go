// Package moments sums values up.
package moments

import "math"

// Moments are a running count, least and greatest value, mean and sum of
// squared deviations, merged batch by batch (Chan, Golub and LeVeque, 1979) so
// that no digits are lost. The zero value is that of no values.
type Moments struct {
	Count          int64
	Min, Max, Mean float64
	squares        float64
}

// Add adds values, each of which must be a number.
func (m *Moments) Add(values []float64) {
	if len(values) == 0 {
		return
	}
	batch := Moments{Count: int64(len(values)), Min: values[0], Max: values[0]}
	sum := 0.0
	for _, v := range values {
		batch.Min, batch.Max = min(batch.Min, v), max(batch.Max, v)
		sum += v - values[0]
	}
	batch.Mean = values[0] + sum/float64(len(values))
	for _, v := range values {
		batch.squares += (v - batch.Mean) * (v - batch.Mean)
	}
	m.Merge(batch)
}

// Merge adds the values that other moments sum up.
func (m *Moments) Merge(o Moments) {
	switch {
	case o.Count == 0:
		return
	case m.Count == 0:
		*m = o
		return
	}
	m.Min, m.Max = min(m.Min, o.Min), max(m.Max, o.Max)
	delta, ours, theirs := o.Mean-m.Mean, float64(m.Count), float64(o.Count)
	all := ours + theirs
	m.squares += o.squares + delta*delta*ours*theirs/all
	m.Mean += delta * theirs / all
	m.Count += o.Count
}

// Std is the standard deviation of the population.
func (m Moments) Std() float64 { return math.Sqrt(m.squares / float64(m.Count)) }
