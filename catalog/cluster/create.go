package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/cairngeo/cairn"
	"github.com/jackc/pgx/v5"
)

// create makes the cluster if there is none. It is made beside its place and
// renamed when complete, so that a half-made one is never taken for a cluster.
func (c *Cluster) create(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(c.folder, "PG_VERSION")); err == nil {
		return nil
	}
	if err := os.Remove(c.folder); err != nil && !errors.Is(err, os.ErrNotExist) {
		return cairn.Errorf(cairn.Conflict,
			"%s exists but holds no catalog. Move it away, or give another folder with --data.", c.folder).Because(err)
	}
	if err := c.account.named(); err != nil {
		return err
	}
	fresh := c.folder + ".new"
	if err := evict(ctx, fresh, c.log); err != nil { // an initdb may have outlived its cairn
		return err
	}
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("half-made catalog: %w", err)
	}
	if err := c.account.own(fresh); err != nil {
		return fmt.Errorf("new catalog: %w", err)
	}
	c.log.Info("making the catalog", "folder", c.folder, "postgresql", c.install.major)
	if err := c.initdb(ctx, fresh); err != nil {
		return err
	}
	if err := os.Rename(fresh, c.folder); err != nil {
		return fmt.Errorf("new catalog: %w", err)
	}
	return syncFolder(filepath.Dir(c.folder))
}

func (c *Cluster) initdb(ctx context.Context, folder string) error {
	arguments := []string{"--pgdata=" + folder, "--username=" + role, "--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust"}
	if c.config.Ephemeral {
		arguments = append(arguments, "--no-sync")
	} else {
		arguments = append(arguments, "--data-checksums")
	}
	var said bytes.Buffer
	cmd := c.account.command(c.install.initdb(), arguments...)
	cmd.Stdout, cmd.Stderr = &said, &said
	p, err := launch(cmd, syscall.SIGKILL)
	if err != nil {
		return fmt.Errorf("start initdb: %w", err)
	}
	select {
	case <-p.exited:
	case <-ctx.Done():
		return errors.Join(ctx.Err(), p.kill())
	}
	if p.err != nil {
		return fmt.Errorf("initdb: %w: %s", p.err, bytes.TrimSpace(said.Bytes()))
	}
	return nil
}

// createDatabase makes the catalog's database unless it exists.
func (c *Cluster) createDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.url("postgres"))
	if err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var exists bool
	err = conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, database).Scan(&exists)
	if err == nil && !exists {
		_, err = conn.Exec(ctx, `create database `+pgx.Identifier{database}.Sanitize())
	}
	if err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	return nil
}

// syncFolder makes the names in dir durable.
func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}
