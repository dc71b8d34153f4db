package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/federation/workingcopy"
)

// The exit codes of the commands that speak to a server, beside 0 for done,
// which nothing to do is too.
const (
	exitError     = 1
	exitUsage     = 2
	exitSignIn    = 3 // needed, or refused
	exitConflict  = 4 // pull first, or say which side to keep
	exitElsewhere = 5 // network or server not available; the same may work later
)

// outcome is an error with the code that the program ends with.
type outcome struct {
	code int
	err  error
}

func (e *outcome) Error() string { return e.err.Error() }
func (e *outcome) Unwrap() error { return e.err }
func (e *outcome) ExitCode() int { return e.code }

// usage marks what was wrong with the arguments.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &outcome{exitUsage, err}
}

func exitCode(err error) int {
	if known, ok := errors.AsType[*outcome](err); ok {
		return known.code
	}
	switch cairn.CodeOf(err) {
	case "":
		return 0
	case cairn.Unauthenticated, cairn.Forbidden:
		return exitSignIn
	case cairn.Conflict:
		return exitConflict
	case cairn.Unavailable, cairn.TooManyRequests:
		return exitElsewhere
	}
	return exitError
}

// failed is the JSON object of a command that failed.
type failed struct {
	Error     string                 `json:"error"`
	Exit      int                    `json:"exit"`
	Conflicts []workingcopy.Conflict `json:"conflicts,omitempty"`
}

// finish tells what a command did: as JSON, or by say.
func (f remoteFlags) finish(err error, result any, say func()) error {
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted; nothing is half-done, run the same again")
	}
	conflicts, _ := errors.AsType[*workingcopy.Conflicts](err)
	switch {
	case f.JSON && err != nil:
		said := failed{Error: sentence(err), Exit: exitCode(err)}
		if conflicts != nil {
			said.Conflicts = conflicts.List
		}
		result = said
		fallthrough
	case f.JSON:
		if writing := json.NewEncoder(os.Stdout).Encode(result); writing != nil {
			return writing
		}
	case conflicts != nil:
		for _, c := range conflicts.List {
			fmt.Fprintln(os.Stderr, describeConflict(c))
		}
	case err == nil:
		say()
	}
	if err != nil {
		return &outcome{exitCode(err), err}
	}
	return nil
}

func describeConflict(c workingcopy.Conflict) string {
	if c.Key != "" {
		return fmt.Sprintf("conflict: metadata %q of %q was set here and in the dataset", c.Key, c.Path)
	}
	return fmt.Sprintf("conflict: %s: here %s, in the dataset %s", c.Path, describeSide(c.Ours), describeSide(c.Theirs))
}

func describeSide(side string) string {
	switch {
	case side == "":
		return "removed or absent"
	case len(side) < 64:
		return side
	}
	return "changed (" + side[:8] + ")"
}

// warn tells what was left out.
func (f remoteFlags) warn(skipped []workingcopy.Skipped) {
	for _, s := range skipped {
		fmt.Fprintf(os.Stderr, "left out: %q: %s\n", s.Path, s.Why)
	}
}

func megabytes(n int64) string {
	if n < 1e6 {
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// count is "1 file", "2 files".
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
