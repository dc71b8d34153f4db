package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/cairngeo/cairn"
	"golang.org/x/sys/unix"
)

// newPassword makes a password, asks a person for it twice, or reads it from a
// pipe. It never comes from the arguments, which everybody on the machine sees.
func (o office) newPassword(ctx context.Context, name string, generate bool) (string, error) {
	if generate {
		return o.policy.Generate(), nil
	}
	in := bufio.NewReader(os.Stdin)
	if _, err := unix.IoctlGetTermios(int(os.Stdin.Fd()), unix.TCGETS); err != nil {
		return readLine(ctx, in)
	}
	password, err := askHidden(ctx, in, fmt.Sprintf("New password of %s: ", name))
	if err != nil {
		return "", err
	}
	again, err := askHidden(ctx, in, "The same again: ")
	if err == nil && again != password {
		err = cairn.Errorf(cairn.Invalid, "The two are not the same. Nothing was changed.")
	}
	return password, err
}

// askHidden asks at the terminal for a line that does not appear there.
func askHidden(ctx context.Context, in *bufio.Reader, question string) (string, error) {
	terminal := int(os.Stdin.Fd())
	before, err := unix.IoctlGetTermios(terminal, unix.TCGETS)
	if err != nil {
		return "", fmt.Errorf("terminal: %w", err)
	}
	silent := *before
	silent.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(terminal, unix.TCSETS, &silent); err != nil {
		return "", fmt.Errorf("terminal: %w", err)
	}
	fmt.Fprint(os.Stderr, question)
	line, err := readLine(ctx, in)
	fmt.Fprintln(os.Stderr)
	return line, errors.Join(err, unix.IoctlSetTermios(terminal, unix.TCSETS, before))
}

// readLine reads one line, unless ctx ends first.
func readLine(ctx context.Context, in *bufio.Reader) (string, error) {
	type result struct {
		line string
		err  error
	}
	read := make(chan result, 1)
	go func() {
		line, err := in.ReadString('\n')
		read <- result{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-read:
		if r.err != nil && !errors.Is(r.err, io.EOF) {
			return "", fmt.Errorf("password: %w", r.err)
		}
		return strings.TrimRight(r.line, "\r\n"), nil
	}
}
