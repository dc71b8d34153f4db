package tiling

import "math"

// moments are a running count, mean and sum of squared deviations, merged
// batch by batch (Chan, Golub and LeVeque, 1979) so that no digits are lost.
type moments struct {
	count          int64
	min, max, mean float64
	squares        float64
}

func (m *moments) add(values []float64) {
	if len(values) == 0 {
		return
	}
	if m.count == 0 {
		m.min, m.max = values[0], values[0]
	}
	n, before := float64(len(values)), float64(m.count)
	sum := 0.0
	for _, v := range values {
		m.min, m.max = min(m.min, v), max(m.max, v)
		sum += v - values[0]
	}
	mean, squares := values[0]+sum/n, 0.0
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	delta := mean - m.mean
	m.squares += squares + delta*delta*before*n/(before+n)
	m.mean += delta * n / (before + n)
	m.count += int64(len(values))
}

// std is the standard deviation of the population.
func (m *moments) std() float64 { return math.Sqrt(m.squares / float64(m.count)) }
