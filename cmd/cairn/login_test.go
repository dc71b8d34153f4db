package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLoginCommand(t *testing.T) {
	t.Parallel()
	c := server(t)
	password := "a: b&c+d %41 é"
	a := c.post(t, http.MethodPost, "/users", map[string]any{"userName": "clilogin", "password": password, "email": "clilogin@example.com"})
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)

	p := newPerson(t, c.base)
	p.refused(t, exitSignIn, []string{"does not take the password of clilogin"}, "login", c.base, "--username", "clilogin", "--password", "wrong")
	assert.NoFileExists(t, p.at(".ddb/auth.json"))
	s := p.run(t, password+"\n", "login", c.base+"/", "--username", "clilogin", "--json")
	require.Zero(t, s.exit, s.stderr)
	assert.JSONEq(t, `{"server":"`+c.base+`","username":"clilogin"}`, s.stdout)
	info, err := os.Stat(p.at(".ddb/auth.json"))
	require.NoError(t, err)
	assert.EqualValues(t, 0o600, info.Mode().Perm())

	// The stored password is used, colon and all, for the only server there is.
	p.write(t, "site/a.txt", "a")
	p.must(t, "push", "-C", "site", "clilogin/first")
	p.must(t, "clone", "clilogin/first", "copy")
	assert.Equal(t, map[string]string{"a.txt": "a"}, p.files(t, "copy"))

	// The environment comes first.
	cmd := p.command("clone", "clilogin/first", "other")
	cmd.Env = append(cmd.Env, "CAIRN_USERNAME=clilogin", "CAIRN_PASSWORD=wrong")
	require.Error(t, cmd.Run())
	assert.Equal(t, exitSignIn, cmd.ProcessState.ExitCode())
	p.refused(t, exitUsage, []string{"CAIRN_PASSWORD"}, "push", "-C", "site", "--username", "admin")
	p.must(t, "push", "-C", "site", "--username", "clilogin")
	p.must(t, "push", "-C", "site", "--username", "admin", "--password", adminPassword)
}

func TestWhoMayNot(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "cli-private", "private")
	c.upload(t, ds, "a.txt", []byte("a"))
	public := c.newDataset(t, "cli-public", "public")
	c.upload(t, public, "a.txt", []byte("a"))
	nobody, stranger := newPerson(t, c.base), newPerson(t, c.base)
	c.user(t, "clistranger")
	stranger.must(t, "login", c.base, "--username", "clistranger", "--password", "clistranger-secret-1")

	nobody.must(t, "clone", c.base+"/admin/cli-public", "public")
	assert.Equal(t, map[string]string{"a.txt": "a"}, nobody.files(t, "public"))
	nobody.must(t, "clone", c.base+"/r/admin/cli-public", "from its page")
	nobody.refused(t, exitSignIn, []string{"Sign in with: cairn login " + c.base}, "clone", c.base+"/admin/cli-private")
	assert.NoDirExists(t, nobody.at("cli-private"), "nothing is left behind")
	nobody.refused(t, exitSignIn, []string{"cairn login"}, "push", "-C", "public")
	nobody.refused(t, exitSignIn, []string{"cairn login"}, "share", "public/a.txt", "-t", c.base+"/admin/cli-public")
	stranger.refused(t, exitSignIn, nil, "clone", "admin/cli-private")
	stranger.must(t, "clone", "admin/cli-public", "public")
	stranger.write(t, "public/b.txt", "b")
	stranger.refused(t, exitSignIn, nil, "push", "-C", "public")
	assert.Equal(t, http.StatusNotFound, c.get(t, public+"/obj?path=b.txt").status)
	admin := signedIn(t, c.base)
	admin.must(t, "clone", "admin/cli-private")
	assert.Equal(t, map[string]string{"a.txt": "a"}, admin.files(t, "cli-private"))
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	c := server(t)
	p := signedIn(t, c.base)
	closed := httptest.NewServer(nil)
	closed.Close()
	for _, folder := range []string{"untagged", "badly", "unknown"} {
		p.write(t, folder+"/a.txt", "a")
	}
	for name, v := range map[string]struct {
		exit      int
		arguments []string
	}{
		"no command":              {exitUsage, nil},
		"unknown flag":            {exitUsage, []string{"push", "--nonsense"}},
		"no tag":                  {exitUsage, []string{"push", "-C", "untagged"}},
		"bad tag":                 {exitUsage, []string{"push", "-C", "badly", "a/b/../c d"}},
		"clone without a tag":     {exitUsage, []string{"clone"}},
		"no such dataset":         {exitError, []string{"clone", "admin/cli-nothing"}},
		"no such organization":    {exitError, []string{"clone", "cli-nobody/nothing"}},
		"push to no organization": {exitError, []string{"push", "-C", "unknown", "cli-nobody/nothing"}},
		"not a working copy":      {exitError, []string{"pull"}},
		"no such file":            {exitError, []string{"share", "nothing.txt"}},
		"nobody listens":          {exitElsewhere, []string{"clone", closed.URL + "/admin/site"}},
		"help":                    {0, []string{"push", "--help"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := p.run(t, "", v.arguments...)
			assert.Equal(t, v.exit, s.exit, "%s", s.stderr)
			if v.exit != 0 {
				assert.Contains(t, s.stderr, "cairn: ")
				assert.NotContains(t, s.stderr, "panic")
			}
		})
	}
}

// At a terminal, who has to sign in is asked, once, and is signed in from then on.
func TestAskedAtATerminal(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.newDataset(t, "cli-asked", "private")
	c.upload(t, ds, "a.txt", []byte("a"))
	p := newPerson(t, c.base)
	screen := openTerminal(t)
	cmd := p.command("clone", c.base+"/admin/cli-asked")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = screen.line, screen.line, screen.line
	require.NoError(t, cmd.Start())
	for _, q := range [][2]string{{"User name on " + c.base, "admin"}, {"Password of admin", adminPassword}} {
		question, answer := q[0], q[1]
		requireEventually(t, func() bool { return strings.Contains(screen.shown(), question) }, question)
		_, err := screen.keyboard.WriteString(answer + "\n")
		require.NoError(t, err)
	}
	require.NoError(t, cmd.Wait(), screen.shown())
	assert.NotContains(t, screen.shown(), adminPassword)
	assert.Contains(t, screen.shown(), "Downloading", "how far it is")
	assert.Equal(t, map[string]string{"a.txt": "a"}, p.files(t, "cli-asked"))
	p.write(t, "cli-asked/b.txt", "b")
	p.must(t, "push", "-C", "cli-asked")
}
