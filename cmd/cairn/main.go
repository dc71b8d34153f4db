// Command cairn is the whole server in one binary.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/cairngeo/cairn"
)

// cli is every command and every setting. Each flag is also an environment
// variable: --external-url is CAIRN_EXTERNAL_URL.
type cli struct {
	Serve   serveCommand   `cmd:"" help:"Run the server."`
	User    userCommand    `cmd:"" help:"List, create and change users, whether the server runs or not."`
	Migrate migrateCommand `cmd:"" help:"Bring a database up to date and exit; serve does it by itself."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

type versionCommand struct{}

func (versionCommand) Run() error {
	_, err := fmt.Println(cairn.Version)
	return err
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var c cli
	parser := kong.Parse(&c, kong.Name("cairn"), kong.Description("A federated geospatial catalog and tile server."),
		kong.DefaultEnvars("CAIRN"), kong.UsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)))
	err := parser.Run()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cairn:", err)
		os.Exit(1)
	}
}
