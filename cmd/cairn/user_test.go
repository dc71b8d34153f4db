package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/dbtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// operator runs cairn user on a data folder or a database.
type operator struct{ place []string }

// run gives the command the text on stdin and returns what it wrote.
func (o operator) run(stdin string, arguments ...string) (stdout, stderr string, err error) {
	cmd := exec.Command(binary, append(append([]string{"user"}, arguments...), o.place...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	err = cmd.Run()
	return out.String(), problems.String(), err
}

func (o operator) must(t *testing.T, stdin string, arguments ...string) string {
	t.Helper()
	out, problems, err := o.run(stdin, arguments...)
	require.NoError(t, err, problems)
	assert.Empty(t, problems)
	return out
}

func (o operator) refused(t *testing.T, stdin string, arguments ...string) string {
	t.Helper()
	_, problems, err := o.run(stdin, arguments...)
	require.Error(t, err, arguments)
	return problems
}

// An operator who lost the admin's password gets in again, and the running
// server heeds every change at once.
func TestUserCommandBesideARunningServer(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.Chmod(filepath.Dir(data), 0o755))
	p, err := launch(data)
	require.NoError(t, err)
	base, err := p.ready()
	require.NoError(t, err)
	o := operator{[]string{"--data", data}}
	c := client{base: base}
	c.token = c.login(t, "admin", adminPassword)

	o.must(t, "new password 1\n", "password", "admin")
	requireEventually(t, func() bool { return c.get(t, "/users").status == 401 }, "the older sign-in has ended")
	c.token = c.login(t, "admin", "new password 1")

	made := strings.TrimSpace(o.must(t, "", "create", "alice", "--generate", "--email", "alice@example.com", "--role", "admin"))
	alice := client{base: base}
	alice.token = alice.login(t, "alice", made)
	assert.Equal(t, 200, alice.get(t, "/users").status)
	assert.Equal(t, 200, alice.get(t, "/orgs/alice").status, "her own organization")

	o.must(t, "", "role", "add", "alice", "deactivated")
	requireEventually(t, func() bool { return alice.get(t, "/orgs").status == 401 }, "a ban counts at once")
	o.must(t, "", "role", "remove", "alice", "deactivated")
	requireEventually(t, func() bool { return alice.get(t, "/orgs").status == 200 }, "and so does its end")
	o.must(t, "", "password", "alice", "--remove")
	requireEventually(t, func() bool { return alice.get(t, "/orgs").status == 401 }, "a sign-in ends with its password")
	assert.Equal(t, 401, c.anonymous().form(t, "POST", "/users/authenticate", "username", "alice", "password", made).status)

	o.must(t, "", "delete", "alice", "--successor", "admin")
	assert.Equal(t, 200, c.get(t, "/orgs/alice").status)
	assert.NotContains(t, o.must(t, "", "list"), "alice@")
	require.NoError(t, p.stop())

	assert.Contains(t, o.must(t, "", "list"), "admin", "the catalog is started for it")
	o.must(t, "stopped server 1", "create", "bob")
	var list []struct{ UserName string }
	require.NoError(t, json.Unmarshal([]byte(o.must(t, "", "list", "--json")), &list))
	assert.Len(t, list, 2)

	p, err = launch(data)
	require.NoError(t, err)
	base, err = p.ready()
	require.NoError(t, err, "and stopped again")
	assert.NotEmpty(t, client{base: base}.login(t, "bob", "stopped server 1"))
	require.NoError(t, p.stop())
}

func requireEventually(t *testing.T, holds func() bool, says string) {
	t.Helper()
	require.Eventually(t, holds, 5*time.Second, 20*time.Millisecond, says)
}

func TestUserCommandRefusals(t *testing.T) {
	t.Parallel()
	assert.Contains(t, operator{[]string{"--data", filepath.Join(t.TempDir(), "typo")}}.refused(t, "", "list"), "There is no catalog in")
	url := dbtest.New(t, catalog.Migrate)
	o := operator{[]string{"--database-url", url}}
	assert.Contains(t, o.refused(t, "", "list"), "no users yet")

	p, err := launch(filepath.Join(t.TempDir(), "data"), "--database-url", url)
	require.NoError(t, err)
	_, err = p.ready()
	require.NoError(t, err)
	defer p.stop()
	for want, refused := range map[string]struct {
		stdin     string
		arguments []string
	}{
		"not a valid user name":         {"good password 1", []string{"create", "John.Smith"}},
		"does not meet":                 {"short", []string{"create", "carol"}},
		"must not be empty":             {"", []string{"create", "carol"}},
		"already":                       {"good password 1", []string{"create", "admin"}},
		"no role":                       {"", []string{"role", "add", "admin", "amdin"}},
		"last administrator":            {"", []string{"role", "remove", "admin", "admin"}},
		`There is no user "nobody"`:     {"good password 1", []string{"password", "nobody"}},
		"can't be deleted":              {"", []string{"delete", "admin", "--with-data"}},
		"missing flags":                 {"", []string{"delete", "admin"}},
		"is not an e-mail address":      {"good password 1", []string{"create", "carol", "--email", "x"}},
		"at least 12 characters":        {"good pass 1", []string{"create", "carol", "--password-min-length", "12"}},
		"unexpected argument a-secret1": {"", []string{"password", "admin", "a-secret1"}},
	} {
		assert.Contains(t, o.refused(t, refused.stdin, refused.arguments...), want)
	}
	made := strings.TrimSpace(o.must(t, "", "create", "carol", "--generate", "--password-special", "--password-uppercase", "--password-min-length", "40"))
	assert.GreaterOrEqual(t, len(made), 40)
}

// At a terminal the password is asked for twice and does not appear.
func TestUserCommandAsksWithoutEcho(t *testing.T) {
	t.Parallel()
	url := dbtest.New(t, catalog.Migrate)
	p, err := launch(filepath.Join(t.TempDir(), "data"), "--database-url", url)
	require.NoError(t, err)
	base, err := p.ready()
	require.NoError(t, err)
	defer p.stop()

	screen := openTerminal(t)
	cmd := exec.Command(binary, "user", "password", "admin", "--database-url", url)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = screen.line, screen.line, screen.line
	require.NoError(t, cmd.Start())
	for _, question := range []string{"New password of admin: ", "The same again: "} {
		requireEventually(t, func() bool { return strings.Contains(screen.shown(), question) }, question)
		_, err := screen.keyboard.WriteString("hidden secret 1\n")
		require.NoError(t, err)
	}
	require.NoError(t, cmd.Wait())
	assert.NotContains(t, screen.shown(), "hidden")
	assert.NotEmpty(t, client{base: base}.login(t, "admin", "hidden secret 1"))
}

// terminal is a pseudo-terminal with what has appeared on it.
type terminal struct {
	keyboard, line *os.File
	mu             sync.Mutex
	text           bytes.Buffer
}

func openTerminal(t *testing.T) *terminal {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	line, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	s := &terminal{keyboard: keyboard, line: line}
	t.Cleanup(func() { line.Close(); keyboard.Close() })
	go func() {
		piece := make([]byte, 1024)
		for {
			n, err := keyboard.Read(piece)
			if err != nil {
				return
			}
			s.mu.Lock()
			s.text.Write(piece[:n])
			s.mu.Unlock()
		}
	}()
	return s
}

func (s *terminal) shown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
