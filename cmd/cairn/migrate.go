package main

import (
	"context"

	"github.com/cairngeo/cairn/catalog"
)

type migrateCommand struct {
	DatabaseURL string `name:"database-url" required:"" help:"PostGIS database to migrate: postgres://user@host/name"`
}

func (m migrateCommand) Run(ctx context.Context) error { return catalog.Migrate(ctx, m.DatabaseURL) }
