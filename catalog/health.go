package catalog

import (
	"context"

	"github.com/cairngeo/cairn"
)

// Health asks the database a question that reads a table.
func (c *Catalog) Health(ctx context.Context) (cairn.Health, error) {
	var size int64
	err := c.pool.QueryRow(ctx, `select pg_database_size(current_database()) from organizations limit 1`).Scan(&size)
	if err != nil {
		return cairn.Health{}, cairn.Errorf(cairn.Unavailable, "The database does not answer.").Because(err)
	}
	connections := c.pool.Stat()
	return cairn.Health{Figures: map[string]any{
		"sizeBytes": size, "connectionsInUse": connections.AcquiredConns(), "connectionsAllowed": connections.MaxConns(),
	}}, nil
}
