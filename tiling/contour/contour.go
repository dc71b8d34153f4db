// Package contour traces lines of equal value through a grid of numbers by
// marching squares. It knows nothing of files and maps.
package contour

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"sort"

	"github.com/paulmach/orb"
)

// Grid is numbers row by row, NaN where there are none. The number of column x
// and row y belongs to the point (x, y).
type Grid struct {
	Width, Height int
	Values        []float32
}

// Levels are the values Base + k*Interval from Min to Max, both included.
type Levels struct{ Base, Interval, Min, Max float64 }

func (l Levels) value(k int) float64 { return l.Base + float64(k)*l.Interval }

// between returns the first and the last k of the levels above low, up to high.
func (l Levels) between(low, high float64) (first, last int) {
	low, high = math.Max(low, l.Min), math.Min(high, l.Max)
	return int(math.Ceil((low - l.Base) / l.Interval)), int(math.Floor((high - l.Base) / l.Interval))
}

// Count is how many levels there are.
func (l Levels) Count() float64 {
	return math.Max(0, math.Floor((l.Max-l.Base)/l.Interval)-math.Ceil((l.Min-l.Base)/l.Interval)+1)
}

// Line is one line of equal value. A closed one ends where it begins; higher
// values lie on its right, seen with rows going down.
type Line struct {
	Value  float64
	Points orb.LineString
}

// ErrTooMany is that the lines would have more pieces than allowed.
var ErrTooMany = errors.New("too many contours")

// Trace returns the lines of the levels, lowest first, which may have so many
// pieces together. Cells of which a corner has no number are left out.
func Trace(ctx context.Context, g Grid, levels Levels, pieces int) ([]Line, error) {
	var all []piece
	for y := range g.Height - 1 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for x := range g.Width - 1 {
			if all = g.cell(x, y, levels, all); len(all) > pieces {
				return nil, ErrTooMany
			}
		}
	}
	return g.join(all, levels), nil
}

// piece is a straight piece of a line through one cell, from one edge of the
// grid to another. In the next cell the line goes on from there.
type piece struct {
	level    int
	from, to uint32 // edges: 2*i from point i to the right, 2*i+1 from it down
}

// cell adds the pieces in the cell whose upper left corner is (x, y).
func (g Grid) cell(x, y int, levels Levels, pieces []piece) []piece {
	i := y*g.Width + x
	// Clockwise from the upper left corner, and the edges behind the corners.
	corners := [4]float64{float64(g.Values[i]), float64(g.Values[i+1]), float64(g.Values[i+g.Width+1]), float64(g.Values[i+g.Width])}
	edges := [4]uint32{uint32(2 * i), uint32(2*(i+1) + 1), uint32(2 * (i + g.Width)), uint32(2*i + 1)}
	low, high, sum := corners[0], corners[0], 0.0
	for _, v := range corners {
		low, high = math.Min(low, v), math.Max(high, v)
		sum += v
	}
	if low == high || math.IsNaN(sum) || math.IsInf(sum, 0) {
		return pieces
	}
	first, last := levels.between(low, high)
	for k := first; k <= last; k++ {
		value := levels.value(k)
		// Going around, the line leaves the cell where the values fall below
		// the level and comes back where they rise: pieces begin at falls.
		var falls, rises [2]int
		nFalls, nRises := 0, 0
		for c := range 4 {
			switch here, next := corners[c] >= value, corners[(c+1)%4] >= value; {
			case here && !next:
				falls[nFalls] = c
				nFalls++
			case !here && next:
				rises[nRises] = c
				nRises++
			}
		}
		// At a saddle the middle decides whether the low corners are cut off,
		// each between a fall and the rise after it, or the high ones.
		for n := range nFalls {
			rise := rises[0]
			if nFalls == 2 {
				after := (rises[0]-falls[n]+4)%4 == 1
				if after != (sum/4 >= value) {
					rise = rises[1]
				}
			}
			pieces = append(pieces, piece{k, edges[falls[n]], edges[rise]})
		}
	}
	return pieces
}

// join makes lines of pieces. In each level a piece goes on with the one that
// begins where it ends.
func (g Grid) join(pieces []piece, levels Levels) []Line {
	order := func(a, b piece) int { return cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(a.from, b.from)) }
	slices.SortFunc(pieces, order)
	const none = -1
	next := make([]int32, len(pieces))
	continued := make([]bool, len(pieces)) // of a piece before it
	for i, p := range pieces {
		next[i] = none
		wanted := piece{level: p.level, from: p.to}
		if j := sort.Search(len(pieces), func(j int) bool { return order(pieces[j], wanted) >= 0 }); j < len(pieces) && order(pieces[j], wanted) == 0 {
			next[i], continued[j] = int32(j), true
		}
	}
	var lines []Line
	done := make([]bool, len(pieces))
	follow := func(i int32) {
		value := levels.value(pieces[i].level)
		line := orb.LineString{g.crossing(pieces[i].from, value)}
		for ; i != none && !done[i]; i = next[i] {
			done[i] = true
			line = append(line, g.crossing(pieces[i].to, value))
		}
		lines = append(lines, Line{value, line})
	}
	for _, closed := range []bool{false, true} { // what is left after the open lines is rings
		for i := range pieces {
			if !done[i] && (closed || !continued[i]) {
				follow(int32(i))
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return cmp.Compare(a.Value, b.Value) })
	return lines
}

// crossing is where the value lies on an edge.
func (g Grid) crossing(edge uint32, value float64) orb.Point {
	i := int(edge / 2)
	x, y := float64(i%g.Width), float64(i/g.Width)
	a := float64(g.Values[i])
	if edge%2 == 0 {
		return orb.Point{x + (value-a)/(float64(g.Values[i+1])-a), y}
	}
	return orb.Point{x, y + (value-a)/(float64(g.Values[i+g.Width])-a)}
}
