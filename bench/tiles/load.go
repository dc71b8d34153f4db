package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// load is wrk asking for the tiles in turn.
type load struct{ script string }

func newLoad(script string, tiles map[string][]byte) (load, error) {
	if _, err := exec.LookPath("wrk"); err != nil {
		return load{}, fmt.Errorf("%w: install wrk", err)
	}
	var requests []string
	for path := range tiles {
		requests = append(requests, fmt.Sprintf("%q", path))
	}
	slices.Sort(requests)
	lua := `local paths = {` + strings.Join(requests, ",") + `}
local asked = 0
wrk.headers["Accept"] = "image/webp"
request = function()
  asked = asked + 1
  return wrk.format("GET", paths[asked % #paths + 1])
end
`
	return load{script}, os.WriteFile(script, []byte(lua), 0o600)
}

var (
	perSecond = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	refused   = regexp.MustCompile(`Non-2xx or 3xx responses: \d+|Socket errors: .*`)
)

// run returns the requests per second that the server answers.
func (l load) run(ctx context.Context, server string, d time.Duration) (float64, error) {
	out, err := exec.CommandContext(ctx, "wrk", "--threads=1", "--connections=32", "--duration="+d.String(), "--script="+l.script, server).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("wrk: %w: %s", err, out)
	}
	if trouble := refused.Find(out); trouble != nil {
		return 0, fmt.Errorf("wrk on %s: %s", server, trouble)
	}
	rate := perSecond.FindSubmatch(out)
	if rate == nil {
		return 0, fmt.Errorf("wrk said no rate: %s", out)
	}
	return strconv.ParseFloat(string(rate[1]), 64)
}
