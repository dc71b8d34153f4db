package sandbox

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
)

func TestMain(m *testing.M) {
	ServeIfChild()
	os.Exit(m.Run())
}

const patient = time.Minute

var (
	pid = Register("pid", patient, func(context.Context, int, func(float64)) (int, error) { return os.Getpid(), nil })

	double = Register("double", patient, func(_ context.Context, n int, progress func(float64)) (int, error) {
		progress(50)
		return 2 * n, nil
	})
	segfault = Register("segfault", patient, func(context.Context, int, func(float64)) (int, error) {
		// As a fault in C does: the signal goes to a thread, and nobody handles it.
		return 0, errors.Join(syscall.Kill(os.Getpid(), syscall.SIGSEGV), sleepForEver())
	})
	killedOutside = Register("killed", patient, func(context.Context, int, func(float64)) (int, error) {
		return 0, errors.Join(syscall.Kill(os.Getpid(), syscall.SIGKILL), sleepForEver())
	})
	hang   = Register("hang", 300*time.Millisecond, func(context.Context, int, func(float64)) (int, error) { return 0, sleepForEver() })
	endure = Register("endure", patient, func(_ context.Context, _ int, progress func(float64)) (int, error) {
		progress(float64(os.Getpid()))
		return 0, sleepForEver()
	})
	devour = Register("devour", patient, func(context.Context, int, func(float64)) (int, error) {
		var all [][]byte
		for {
			b := make([]byte, 16<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			all = append(all, b)
			_ = all
		}
	})
	refuse = Register("refuse", patient, func(context.Context, int, func(float64)) (int, error) {
		return 0, cairn.Errorf(cairn.TooLarge, "Too large.").Because(syscall.ENOSPC)
	})
)

func sleepForEver() error { select {} }

func newPool(t *testing.T) *Pool {
	p := New(Options{Children: 2, MemoryBytes: 1 << 30, Calls: 3})
	t.Cleanup(func() {
		p.Close()
		assert.Zero(t, p.Counts().Running, "nothing is left")
	})
	return p
}

func works(t *testing.T, p *Pool) {
	t.Helper()
	var heard []float64
	four, err := double.Call(t.Context(), p, 2, func(percent float64) { heard = append(heard, percent) })
	require.NoError(t, err)
	assert.Equal(t, 4, four)
	assert.Equal(t, []float64{50}, heard)
}

func TestWhatGoesWrongInAChildStaysThere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		call Function[int, int]
		code cairn.Code
	}{
		"it crashes in C":        {segfault, cairn.Unsupported},
		"it hangs":               {hang, cairn.Unsupported},
		"it allocates for ever":  {devour, cairn.Unsupported},
		"it is killed by others": {killedOutside, cairn.Internal},
		"it refuses with a code": {refuse, cairn.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPool(t)
			works(t, p)
			_, err := c.call.Call(t.Context(), p, 0, nil)
			assert.Equal(t, c.code, cairn.CodeOf(err), "%v", err)
			works(t, p)
		})
	}
}

func TestErrorsKeepTheirMessageAndErrno(t *testing.T) {
	t.Parallel()
	_, err := refuse.Call(t.Context(), newPool(t), 0, nil)
	known, ok := errors.AsType[*cairn.Error](err)
	require.True(t, ok)
	assert.Equal(t, "Too large.", known.Message)
	assert.ErrorIs(t, err, syscall.ENOSPC)
}

func TestACancelledCallKillsItsChild(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	reason := errors.New("nobody waits")
	ctx, cancel := context.WithCancelCause(t.Context())
	var child int
	_, err := endure.Call(ctx, p, 0, func(pid float64) {
		child = int(pid)
		cancel(reason)
	})
	assert.ErrorIs(t, err, reason)
	assert.ErrorIs(t, syscall.Kill(child, 0), syscall.ESRCH)
	assert.Equal(t, Counts{Calls: 1, Kills: 1}, p.Counts())
	works(t, p)
}

func TestChildrenAreKeptAndReplaced(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	var pids []int
	for range 4 {
		one, err := pid.Call(t.Context(), p, 0, nil)
		require.NoError(t, err)
		pids = append(pids, one)
	}
	assert.Equal(t, []int{pids[0], pids[0], pids[0]}, pids[:3])
	assert.NotEqual(t, pids[0], pids[3], "after three calls")
	assert.NotEqual(t, os.Getpid(), pids[0])
}

// A child that died while it was idle costs the next caller nothing.
func TestADeadIdleChildIsReplaced(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	one, err := pid.Call(t.Context(), p, 0, nil)
	require.NoError(t, err)
	c := p.idle[0]
	require.NoError(t, syscall.Kill(one, syscall.SIGKILL))
	<-c.gone
	works(t, p)
}
