package cluster

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
)

// keptLines is how many of the last lines tail returns.
const keptLines = 8

// journal passes what PostgreSQL writes to stderr on to the log. Lines start
// with the kind of process: "checkpointer|LOG:  checkpoint starting: time".
type journal struct {
	log     *slog.Logger
	partial []byte
	last    []string
}

// Write implements io.Writer for one writer.
func (j *journal) Write(text []byte) (int, error) {
	j.partial = append(j.partial, text...)
	for {
		line, rest, complete := bytes.Cut(j.partial, []byte("\n"))
		if !complete && len(j.partial) < 64<<10 { // a line without end is cut
			return len(text), nil
		}
		j.partial = rest
		j.line(string(line))
	}
}

func (j *journal) line(line string) {
	if line == "" {
		return
	}
	if j.last = append(j.last, line); len(j.last) > keptLines {
		j.last = j.last[1:]
	}
	kind, message, _ := strings.Cut(line, "|")
	j.log.Log(context.Background(), level(kind, message), "PostgreSQL: "+strings.TrimSpace(line))
}

// tail returns the last lines. It must not be called while the writer lives.
func (j *journal) tail() string { return strings.Join(append(j.last, string(j.partial)), "\n") }

// level weighs a line for cairn's log. What a client backend reports its
// client was told as well.
func level(kind, message string) slog.Level {
	severity, _, _ := strings.Cut(message, ":")
	client := kind == "client backend"
	switch {
	case severity == "PANIC", !client && (severity == "FATAL" || severity == "ERROR"):
		return slog.LevelError
	case !client && severity == "WARNING":
		return slog.LevelWarn
	case kind == "postmaster" && severity == "LOG":
		return slog.LevelInfo
	default:
		return slog.LevelDebug
	}
}
