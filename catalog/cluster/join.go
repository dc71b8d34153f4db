package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/jackc/pgx/v5"
)

// joinWithin is how long a cluster that another process has may take to answer:
// it may be starting.
const joinWithin = 30 * time.Second

// Join returns the connection string of the cluster in config.Dir and the
// function that leaves it: one that another cairn runs is used as it is, one
// that nobody runs is started and stopped again. Join makes no cluster.
func Join(ctx context.Context, config Config) (url string, leave func(context.Context) error, err error) {
	dir, err := filepath.Abs(config.Dir)
	if err != nil {
		return "", nil, fmt.Errorf("data folder: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "pg", "PG_VERSION")); errors.Is(err, os.ErrNotExist) {
		return "", nil, cairn.Errorf(cairn.NotFound, "There is no catalog in %s. Name the server's data folder with --data; a new one gets its catalog from cairn serve.", dir)
	} else if err != nil {
		return "", nil, unusable(dir, err)
	}
	held, err := acquire(filepath.Join(dir, "lock"))
	if cairn.CodeOf(err) == cairn.Conflict {
		running := &Cluster{socket: &socket{folder: socketFolder(dir)}}
		return running.URL(), func(context.Context) error { return nil }, running.awaitAnswer(ctx)
	}
	if err == nil {
		err = held.release()
	}
	if err != nil {
		return "", nil, err
	}
	own, err := Start(ctx, config)
	if err != nil {
		return "", nil, err
	}
	return own.URL(), own.Stop, nil
}

// socketFolder returns where the socket of a running cluster is.
func socketFolder(dir string) string {
	path := filepath.Join(dir, "socket")
	if folder, err := os.Readlink(path); err == nil {
		return folder
	}
	return path
}

// awaitAnswer waits until the database that somebody else's PostgreSQL holds answers.
func (c *Cluster) awaitAnswer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, joinWithin)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, c.URL())
		if err == nil {
			return conn.Close(ctx)
		}
		if errors.Is(err, os.ErrPermission) {
			return cairn.Errorf(cairn.Forbidden, "Another user runs the server on this data folder. Do this as that user, or as root.").Because(err)
		}
		select {
		case <-ctx.Done():
			return cairn.Errorf(cairn.Unavailable, "The server that uses this data folder does not let the catalog be reached. Try again.").Because(err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
