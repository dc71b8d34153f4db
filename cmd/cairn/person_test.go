package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// person is somebody at a machine, with a home folder and nothing else.
type person struct {
	home   string
	server string // where the person works
}

// said is what a command did.
type said struct {
	exit           int
	stdout, stderr string
}

// newPerson has not signed in anywhere.
func newPerson(t *testing.T, server string) person {
	t.Helper()
	return person{t.TempDir(), server}
}

// signedIn is a person who signed in as the admin.
func signedIn(t *testing.T, server string) person {
	t.Helper()
	p := newPerson(t, server)
	p.must(t, "login", server, "--username", "admin", "--password", adminPassword)
	return p
}

func (p person) command(arguments ...string) *exec.Cmd {
	cmd := exec.Command(binary, arguments...)
	cmd.Dir = p.home
	cmd.Env = append(os.Environ(), "DDB_HOME="+p.home)
	return cmd
}

func (p person) run(t *testing.T, stdin string, arguments ...string) said {
	t.Helper()
	cmd := p.command(arguments...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	err := cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); !ended {
		require.NoError(t, err)
	}
	return said{cmd.ProcessState.ExitCode(), out.String(), problems.String()}
}

// must requires that the command does what it is told, and returns what it says.
func (p person) must(t *testing.T, arguments ...string) string {
	t.Helper()
	s := p.run(t, "", arguments...)
	require.Zero(t, s.exit, "%s\n%s", arguments, s.stderr)
	return s.stdout
}

// refused requires the exit code and that all words are said.
func (p person) refused(t *testing.T, exit int, words []string, arguments ...string) said {
	t.Helper()
	s := p.run(t, "", arguments...)
	require.Equal(t, exit, s.exit, "%s\n%s%s", arguments, s.stdout, s.stderr)
	for _, word := range words {
		require.Contains(t, s.stderr, word)
	}
	return s
}

// json requires success and reads the object that the command writes.
func (p person) json(t *testing.T, into any, arguments ...string) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(p.must(t, append(arguments, "--json")...)), into))
}

func (p person) at(name string) string { return filepath.Join(p.home, filepath.FromSlash(name)) }

// write puts a file into a folder, last changed a minute ago.
func (p person) write(t *testing.T, name, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(p.at(name)), 0o755))
	require.NoError(t, os.WriteFile(p.at(name), []byte(content), 0o644))
	then := time.Now().Add(-time.Minute)
	require.NoError(t, os.Chtimes(p.at(name), then, then))
}

func (p person) remove(t *testing.T, name string) {
	t.Helper()
	require.NoError(t, os.RemoveAll(p.at(name)))
}

// files are those in a folder without its .ddb, and folders as "name/".
func (p person) files(t *testing.T, folder string) map[string]string {
	t.Helper()
	found := map[string]string{}
	require.NoError(t, filepath.WalkDir(p.at(folder), func(file string, d fs.DirEntry, err error) error {
		if err != nil || file == p.at(folder) {
			return err
		}
		name := strings.TrimPrefix(file, p.at(folder)+"/")
		if d.IsDir() && name == ".ddb" {
			return fs.SkipDir
		}
		if d.IsDir() {
			found[name+"/"] = ""
			return nil
		}
		content, err := os.ReadFile(file)
		found[name] = string(content)
		return err
	}))
	return found
}

// stampOf is the dataset's state as its server says.
func (c client) stampOf(t *testing.T, dataset string) (checksum string) {
	t.Helper()
	var s struct{ Checksum string }
	c.get(t, "/orgs/"+strings.Replace(dataset, "/", "/ds/", 1)+"/stamp").json(t, 200, &s)
	require.NotEmpty(t, s.Checksum)
	return s.Checksum
}
