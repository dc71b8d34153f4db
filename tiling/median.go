package tiling

import (
	"math"
	"slices"
)

// median finds the median of count values, which pass visits as often as it is
// asked to, in a few megabytes of memory whatever the count: it finds 16 bits of
// the answer after the other, until few enough values are left to be sorted.
func median(count int64, pass func(visit func(values []float64)) error) (float64, error) {
	if count == 0 {
		return math.NaN(), nil
	}
	lower, upper, err := middles((count-1)/2, count%2 == 0, pass)
	return lower + (upper-lower)/2, err
}

const fewEnough = 1 << 20 // values

// bucket is what is known of the values that begin with the same bits.
type bucket struct {
	count     int64
	low, high uint64
}

// middles finds the value of a rank, counted from 0 upwards, and the next one
// too if it is wanted.
func middles(rank int64, two bool, pass func(func([]float64)) error) (lower, upper float64, err error) {
	prefix, known := uint64(0), uint64(0) // the bits that are found, and which these are
	for shift := 48; ; shift -= 16 {
		buckets := make([]bucket, 1<<16)
		err := pass(func(values []float64) {
			for _, v := range values {
				if k := ordered(v); k&known == prefix {
					b := &buckets[k>>shift&0xffff]
					if b.count++; b.count == 1 {
						b.low = k
						b.high = k
					}
					b.low, b.high = min(b.low, k), max(b.high, k)
				}
			}
		})
		if err != nil {
			return 0, 0, err
		}
		i := 0
		for i < len(buckets)-1 && rank >= buckets[i].count {
			rank -= buckets[i].count
			i++
		}
		b := buckets[i]
		lower = number64(b.low)
		if b.low != b.high && b.count > fewEnough {
			known |= 0xffff << shift
			prefix |= uint64(i) << shift
			continue
		}
		var sorted []uint64
		if b.low != b.high {
			if sorted, err = within(b, pass); err != nil {
				return 0, 0, err
			}
			lower = number64(sorted[rank])
		}
		switch {
		case !two:
			return lower, lower, nil
		case rank+1 < b.count && sorted == nil:
			return lower, lower, nil
		case rank+1 < b.count:
			return lower, number64(sorted[rank+1]), nil
		}
		upper, err = above(b.high, pass)
		return lower, upper, err
	}
}

// within are the values of a bucket, sorted.
func within(b bucket, pass func(func([]float64)) error) ([]uint64, error) {
	list := make([]uint64, 0, b.count)
	err := pass(func(values []float64) {
		for _, v := range values {
			if k := ordered(v); k >= b.low && k <= b.high {
				list = append(list, k)
			}
		}
	})
	slices.Sort(list)
	return list, err
}

// above is the least value above one.
func above(key uint64, pass func(func([]float64)) error) (float64, error) {
	least := uint64(math.MaxUint64)
	err := pass(func(values []float64) {
		for _, v := range values {
			if k := ordered(v); k > key {
				least = min(least, k)
			}
		}
	})
	return number64(least), err
}

// ordered are the bits of a number as an integer that sorts like it.
func ordered(v float64) uint64 {
	if b := math.Float64bits(v); b>>63 != 0 {
		return ^b
	} else {
		return b | 1<<63
	}
}

func number64(key uint64) float64 {
	if key>>63 != 0 {
		return math.Float64frombits(key &^ (1 << 63))
	}
	return math.Float64frombits(^key)
}
