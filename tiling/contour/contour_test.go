package contour

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func gridOf(width, height int, at func(x, y float64) float64) Grid {
	g := Grid{Width: width, Height: height}
	for y := range height {
		for x := range width {
			g.Values = append(g.Values, float32(at(float64(x), float64(y))))
		}
	}
	return g
}

func TestCone(t *testing.T) {
	t.Parallel()
	g := gridOf(201, 201, func(x, y float64) float64 { return 100 - math.Hypot(x-100, y-100) })
	lines, err := Trace(t.Context(), g, Levels{Interval: 10, Min: 15, Max: 95}, 1<<20)
	require.NoError(t, err)
	require.Len(t, lines, 8)
	for i, l := range lines {
		radius := 100 - l.Value
		assert.Equal(t, float64(20+10*i), l.Value)
		assert.Equal(t, l.Points[0], l.Points[len(l.Points)-1], "a ring")
		assert.InEpsilon(t, 2*math.Pi*radius, planar.Length(l.Points), 0.01)
		assert.Equal(t, orb.CW, orb.Ring(l.Points).Orientation()*-1, "higher on the right, rows going down")
		for _, p := range l.Points {
			assert.InDelta(t, radius, math.Hypot(p[0]-100, p[1]-100), 0.02)
		}
	}
}

func TestPlaneIsOneOpenLine(t *testing.T) {
	t.Parallel()
	g := gridOf(50, 30, func(x, y float64) float64 { return x })
	lines, err := Trace(t.Context(), g, Levels{Base: 0.5, Interval: 10, Min: 0, Max: 49}, 1<<20)
	require.NoError(t, err)
	require.Len(t, lines, 5)
	for i, l := range lines {
		require.Len(t, l.Points, 30)
		assert.InDelta(t, 29, planar.Length(l.Points), 1e-9)
		assert.InDelta(t, 0.5+10*float64(i), l.Points[7][0], 1e-6)
	}
}

// In any grid the lines of a level have as many pieces as the grid has crossed
// cells, end only at the border or at holes, and never share an edge.
func TestNoiseIsJoinedWhole(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	g := gridOf(60, 50, func(x, y float64) float64 { return math.Floor(random.Float64() * 10) })
	for range 40 {
		g.Values[random.IntN(len(g.Values))] = float32(math.NaN())
	}
	levels := Levels{Interval: 1, Min: 0, Max: 10}
	lines, err := Trace(t.Context(), g, levels, 1<<20)
	require.NoError(t, err)
	nan := func(x, y int) bool { return math.IsNaN(float64(g.Values[y*g.Width+x])) }
	crossed := map[float64]int{}
	for y := range g.Height - 1 {
		for x := range g.Width - 1 {
			if nan(x, y) || nan(x+1, y) || nan(x, y+1) || nan(x+1, y+1) {
				continue
			}
			a, b, c, d := g.Values[y*g.Width+x], g.Values[y*g.Width+x+1], g.Values[(y+1)*g.Width+x], g.Values[(y+1)*g.Width+x+1]
			for v := 1.0; v < 10; v++ {
				above := func(z float32) bool { return float64(z) >= v }
				switch {
				case above(a) == above(d) && above(b) == above(c) && above(a) != above(b):
					crossed[v] += 2
				case above(a) != above(b) || above(a) != above(c) || above(a) != above(d):
					crossed[v]++
				}
			}
		}
	}
	pieces := map[float64]int{}
	for _, l := range lines {
		pieces[l.Value] += len(l.Points) - 1
		if first, last := l.Points[0], l.Points[len(l.Points)-1]; first != last {
			for _, p := range []orb.Point{first, last} {
				assert.True(t, g.atBorder(p), "%v", p)
			}
		}
	}
	assert.Equal(t, crossed, pieces)
}

// atBorder tells whether a cell beside the edge on which p lies is missing.
func (g Grid) atBorder(p orb.Point) bool {
	whole := func(x, y int) bool {
		if x < 0 || y < 0 || x >= g.Width-1 || y >= g.Height-1 {
			return false
		}
		sum := g.Values[y*g.Width+x] + g.Values[y*g.Width+x+1] + g.Values[(y+1)*g.Width+x] + g.Values[(y+1)*g.Width+x+1]
		return sum == sum
	}
	x, y := int(math.Floor(p[0])), int(math.Floor(p[1]))
	return !whole(x, y) || !whole(x-1, y) || !whole(x, y-1) || !whole(x-1, y-1)
}

func TestLimits(t *testing.T) {
	t.Parallel()
	g := gridOf(100, 100, func(x, y float64) float64 { return math.Mod(x+y, 2) })
	_, err := Trace(t.Context(), g, Levels{Interval: 0.5, Min: 0, Max: 1}, 1000)
	require.ErrorIs(t, err, ErrTooMany)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Trace(ctx, g, Levels{Interval: 0.5, Min: 0, Max: 1}, 1<<20)
	require.ErrorIs(t, err, context.Canceled)
	for _, small := range []Grid{{}, gridOf(1, 1, func(x, y float64) float64 { return 1 }), gridOf(1, 9, func(x, y float64) float64 { return y })} {
		lines, err := Trace(t.Context(), small, Levels{Interval: 1, Min: 0, Max: 9}, 10)
		require.NoError(t, err)
		assert.Empty(t, lines)
	}
	infinite := gridOf(9, 9, func(x, y float64) float64 { return math.Inf(int(x) - 4) })
	lines, err := Trace(t.Context(), infinite, Levels{Interval: 1, Min: 0, Max: 9}, 10)
	require.NoError(t, err)
	assert.Empty(t, lines)
}
