package raster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/cairngeo/cairn"
)

// errTool is in the chain of an error that a GDAL tool reported itself, as
// opposed to its being absent, cancelled or killed.
var errTool = errors.New("GDAL failed")

// run runs one of GDAL's command-line tools to its end, reports its progress
// in percent, and kills it when ctx is done or this process dies.
func run(ctx context.Context, progress func(float64), name string, args ...string) error {
	args = append(args,
		"--config", "GDAL_CACHEMAX", cacheMegabytes,
		"--config", "GDAL_PAM_ENABLED", "NO",
		"--config", "GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR",
		"--config", "GDAL_ERROR_ON_LIBJPEG_WARNING", "YES")
	cmd := exec.CommandContext(ctx, name, args...)
	complaints := &firstBytes{limit: 8 << 10}
	cmd.Stdout, cmd.Stderr = &progressReader{report: progress}, complaints
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 5 * time.Second

	// Pdeathsig means the death of the thread that started the child.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := cmd.Run()
	switch {
	case err == nil:
		progress(100)
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, exec.ErrNotFound):
		return cairn.Errorf(cairn.Unavailable, "Rasters can't be built here: %s is not installed (Debian package gdal-bin).", name).Because(err)
	}
	text := strings.TrimSpace(complaints.String())
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() && !strings.Contains(text, "No space left on device") {
		return fmt.Errorf("%s: %w: %s", name, errTool, text)
	}
	return fmt.Errorf("%s: %w: %s", name, err, text)
}

// progressReader reads the line "0...10...20" that GDAL's tools draw: a number
// for every ten percent, a dot for each quarter of that.
type progressReader struct {
	report func(float64)
	line   []byte
}

var progressLine = regexp.MustCompile(`(?:^|: )(0[.0-9]*)$`)
var lastTick = regexp.MustCompile(`(\d+)(\.*)$`)

func (p *progressReader) Write(b []byte) (int, error) {
	p.line = append(p.line, b...)
	if i := bytes.LastIndexByte(p.line, '\n'); i >= 0 {
		p.line = p.line[i+1:]
	}
	if len(p.line) > 1<<10 {
		p.line = p.line[:0] // whatever it is, it is no progress line
	}
	if drawn := progressLine.FindSubmatch(p.line); drawn != nil {
		tick := lastTick.FindSubmatch(drawn[1])
		if tens, err := strconv.Atoi(string(tick[1])); err == nil && tens%10 == 0 && tens <= 100 {
			p.report(min(float64(tens)+2.5*float64(len(tick[2])), 100))
		}
	}
	return len(b), nil
}

// firstBytes keeps what is written first, up to limit bytes.
type firstBytes struct {
	bytes.Buffer
	limit int
}

func (f *firstBytes) Write(b []byte) (int, error) {
	if room := f.limit - f.Len(); room > 0 {
		f.Buffer.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}
