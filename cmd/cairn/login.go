package main

import (
	"context"
	"fmt"

	registry "github.com/cairngeo/cairn/federation/client"
)

type loginCommand struct {
	remoteFlags
	At string `arg:"" optional:"" name:"server" help:"Address of the server: https://maps.example.com"`
}

// Help is the part of --help that says more.
func (loginCommand) Help() string {
	return "Name and password are asked for if they are not given; what comes through a pipe is the password. Both are kept in ~/.ddb/auth.json, readable for you alone, where the native client finds them too."
}

func (l loginCommand) Run(ctx context.Context) error {
	server, name, err := l.login(ctx)
	return l.finish(err, map[string]string{"server": server, "username": name}, func() { fmt.Printf("Signed in to %s as %s.\n", server, name) })
}

func (l loginCommand) login(ctx context.Context) (server, name string, err error) {
	s, err := l.session()
	if err != nil {
		return "", "", err
	}
	if l.At == "" {
		server, err = s.server()
	} else {
		server, err = registry.ParseServer(l.At)
	}
	if err != nil {
		return "", "", usage(err)
	}
	c, err := s.signIn(ctx, server, l.Username, l.Password)
	if err != nil {
		return "", "", err
	}
	return server, c.Username(), nil
}
