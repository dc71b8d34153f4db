// Command cairn is the whole server in one binary, and the client that brings
// folders to it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/sandbox"
)

// cli is every command and every setting. Each flag is also an environment
// variable: --external-url is CAIRN_EXTERNAL_URL.
type cli struct {
	Serve   serveCommand   `cmd:"" help:"Run the server."`
	User    userCommand    `cmd:"" help:"List, create and change users, whether the server runs or not."`
	Migrate migrateCommand `cmd:"" help:"Bring a database up to date and exit; serve does it by itself."`

	Login loginCommand `cmd:"" help:"Sign in to a server, so that the commands below need no password."`
	Push  pushCommand  `cmd:"" help:"Bring the files of a folder to a dataset."`
	Pull  pullCommand  `cmd:"" help:"Bring what was changed in the dataset to the folder."`
	Clone cloneCommand `cmd:"" help:"Make a folder of a dataset."`
	Share shareCommand `cmd:"" help:"Add files to a dataset and print its address."`

	Version versionCommand `cmd:"" help:"Print the version."`
}

type versionCommand struct{}

func (versionCommand) Run() error {
	_, err := fmt.Println(cairn.Version)
	return err
}

func main() {
	sandbox.ServeIfChild()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var c cli
	parser := kong.Parse(&c, kong.Name("cairn"), kong.Description("A federated geospatial catalog and tile server."),
		kong.DefaultEnvars("CAIRN"), kong.UsageOnError(), kong.Exit(exitOf), kong.BindTo(ctx, (*context.Context)(nil)))
	err := parser.Run()
	stop()
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "cairn:", err)
	if known, ok := errors.AsType[*outcome](err); ok {
		os.Exit(known.code)
	}
	os.Exit(exitError)
}

// exitOf ends the program after help or wrong usage, for which kong has codes
// of its own.
func exitOf(code int) {
	if code != 0 {
		code = exitUsage
	}
	os.Exit(code)
}
