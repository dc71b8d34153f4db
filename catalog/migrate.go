package catalog

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/cairngeo/cairn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations
var migrations embed.FS

// migrationLock is the advisory lock under which one node at a time migrates.
const migrationLock = 0x636169726e // "cairn"

// Migrate brings the database at url up to date: the catalog's tables and the
// job queue's. Nodes that start together take turns.
func Migrate(ctx context.Context, url string) error {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return cairn.Errorf(cairn.Invalid, "The database URL is not understood.").Because(err)
	}
	defer pool.Close()
	lock, err := pool.Acquire(ctx)
	if err != nil {
		return cairn.Errorf(cairn.Unavailable, "The database can't be reached. Check --database-url and that PostgreSQL runs.").Because(err)
	}
	defer lock.Release()
	if _, err := lock.Exec(ctx, `select pg_advisory_lock($1)`, migrationLock); err != nil {
		return fmt.Errorf("migration lock: %w", err)
	}
	defer lock.Exec(context.WithoutCancel(ctx), `select pg_advisory_unlock($1)`, migrationLock)

	if err := checkPostGIS(ctx, pool); err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	if err := migrateTables(ctx, db); err != nil {
		return err
	}
	queue, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("job queue migrations: %w", err)
	}
	if _, err := queue.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("job queue migrations: %w", err)
	}
	return nil
}

func migrateTables(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	return nil
}

// checkPostGIS refuses a server without PostGIS or with one before 3.0.
func checkPostGIS(ctx context.Context, pool *pgxpool.Pool) error {
	var version *string
	err := pool.QueryRow(ctx, `
		select coalesce((select extversion from pg_extension where extname = 'postgis'),
			(select default_version from pg_available_extensions where name = 'postgis'))`).Scan(&version)
	if err != nil {
		return fmt.Errorf("PostGIS version: %w", err)
	}
	if version == nil {
		return cairn.Errorf(cairn.Unavailable, "The database server has no PostGIS. Install it (Debian: postgresql-15-postgis-3) and start again.")
	}
	if (*version)[0] < '3' && len(*version) > 1 && (*version)[1] == '.' {
		return cairn.Errorf(cairn.Unavailable, "The database server has PostGIS %s; Cairn needs 3.0 or later.", *version)
	}
	return nil
}
