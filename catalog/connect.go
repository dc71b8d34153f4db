package catalog

import (
	"context"

	"github.com/cairngeo/cairn"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxgeom "github.com/twpayne/pgx-geom"
)

// Connect opens a pool on a migrated database whose connections know geometries.
func Connect(ctx context.Context, url string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, cairn.Errorf(cairn.Invalid, "The database URL is not understood.").Because(err)
	}
	config.MaxConns = max(config.MaxConns, 16)
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error { return pgxgeom.Register(ctx, conn) }
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, translate(err)
	}
	return pool, nil
}
