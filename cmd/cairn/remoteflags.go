package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cairngeo/cairn"
	registry "github.com/cairngeo/cairn/federation/client"
	"github.com/cairngeo/cairn/federation/workingcopy"
	"github.com/cairngeo/cairn/ingest"
)

// remoteFlags are those of all commands that speak to a server.
type remoteFlags struct {
	Dir      string `short:"C" env:"-" type:"path" default:"." help:"Folder to work in, in place of the present one."`
	Server   string `placeholder:"URL" help:"Server meant where none is named. If not given, the only one that you signed in to."`
	Username string `help:"User name. If not given, the one that you signed in with."`
	Password string `help:"Password; better given as CAIRN_PASSWORD, or asked for."`
	Insecure bool   `short:"k" env:"-" help:"Don't check the server's certificate."`
	JSON     bool   `env:"-" help:"Write one JSON object to stdout when done, also if it fails."`
}

// transferFlags are those of commands that bring files from one to the other.
type transferFlags struct {
	remoteFlags
	Parallel int `env:"-" default:"4" help:"Files to send or fetch at a time."`
}

// session is a command at work: what it knows of servers and people.
type session struct {
	flags       remoteFlags
	credentials *workingcopy.Credentials
}

func (f remoteFlags) session() (*session, error) {
	credentials, err := workingcopy.LoadCredentials()
	return &session{f, credentials}, err
}

// server is the one meant where none is named.
func (s *session) server() (string, error) {
	if s.flags.Server != "" {
		return registry.ParseServer(s.flags.Server)
	}
	if only := s.credentials.Only(); only != "" {
		return only, nil
	}
	return registry.DefaultServer, nil
}

// tag reads one that a person wrote.
func (s *session) tag(text string) (registry.Tag, error) {
	server, err := s.server()
	if err != nil {
		return registry.Tag{}, usage(err)
	}
	tag, err := registry.ParseTag(text, server)
	return tag, usage(err)
}

// with does the work as whom the flags name, else as who signed in to the
// server, else as nobody. If that is not enough it asks, once.
func (s *session) with(ctx context.Context, server string, work func(*registry.Client) error) error {
	c, err := s.caller(ctx, server)
	if err != nil {
		return err
	}
	err = work(c)
	if cairn.CodeOf(err) != cairn.Unauthenticated || s.flags.JSON || !isTerminal(os.Stdin) {
		return signInHint(err, server)
	}
	fmt.Fprintln(os.Stderr, sentence(err))
	c, err = s.signIn(ctx, server, "", "")
	if err != nil {
		return err
	}
	return work(c)
}

// caller is a client for who the person is as far as is known.
func (s *session) caller(ctx context.Context, server string) (*registry.Client, error) {
	name, password := s.flags.Username, s.flags.Password
	if known, kept, ok := s.credentials.Of(server); ok && (name == "" || name == known && password == "") {
		name, password = known, kept
	}
	if name != "" && password == "" {
		if s.flags.JSON || !isTerminal(os.Stdin) {
			return nil, usage(cairn.Errorf(cairn.Invalid, "The password of %s is needed: set CAIRN_PASSWORD.", name))
		}
		return s.signIn(ctx, server, name, "")
	}
	return s.client(server, name, password)
}

func (s *session) client(server, name, password string) (*registry.Client, error) {
	return registry.New(server, registry.Options{Username: name, Password: password, Insecure: s.flags.Insecure})
}

// signIn asks for what is missing of name and password, and keeps both if the
// server takes them.
func (s *session) signIn(ctx context.Context, server, name, password string) (*registry.Client, error) {
	in := bufio.NewReader(os.Stdin)
	var err error
	if name == "" {
		fmt.Fprintf(os.Stderr, "User name on %s: ", server)
		if name, err = readLine(ctx, in); err != nil {
			return nil, err
		}
	}
	if password == "" {
		if isTerminal(os.Stdin) {
			password, err = askHidden(ctx, in, fmt.Sprintf("Password of %s: ", name))
		} else {
			password, err = readLine(ctx, in)
		}
		if err != nil {
			return nil, err
		}
	}
	if name == "" || password == "" {
		return nil, usage(cairn.Errorf(cairn.Invalid, "Name and password are needed to sign in."))
	}
	if strings.Contains(name, ":") {
		return nil, usage(cairn.Errorf(cairn.Invalid, "A user name can't have a colon."))
	}
	c, err := s.client(server, name, password)
	if err != nil {
		return nil, err
	}
	if err := c.Login(ctx); err != nil {
		return nil, err
	}
	return c, s.credentials.Keep(server, name, password)
}

func signInHint(err error, server string) error {
	if cairn.CodeOf(err) != cairn.Unauthenticated {
		return err
	}
	return cairn.Errorf(cairn.Unauthenticated, "%s Sign in with: cairn login %s", sentence(err), server)
}

// sentence is what an error tells a person.
func sentence(err error) string {
	text := err.Error()
	if e, ok := errors.AsType[*cairn.Error](err); ok {
		text = e.Message
	}
	if !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "?") {
		text += "."
	}
	return text
}

func (f transferFlags) options(watch *progressLine) workingcopy.Options {
	return workingcopy.Options{Describe: ingest.DescribeFile, Parallel: f.Parallel, Progress: watch}
}

// open opens the working copy that the folder is or lies in.
func (f transferFlags) open(ctx context.Context, watch *progressLine) (*workingcopy.Copy, error) {
	dir, err := workingcopy.Find(f.Dir)
	if err != nil {
		return nil, err
	}
	return workingcopy.Open(ctx, dir, f.options(watch))
}

// below is a folder that a person named, seen from the one to work in.
func (f remoteFlags) below(dir string) string {
	if filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(f.Dir, dir)
}
