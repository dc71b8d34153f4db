// Package dbtest gives tests real, migrated databases: one private PostgreSQL
// cluster for each test process, started at the first call of New, and one copy
// of a template database for each test.
package dbtest

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cairngeo/cairn/catalog/cluster"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// startWithin bounds starting the cluster and each migration on a busy machine.
const startWithin = 2 * time.Minute

// Migration brings the database at url to the state that tests start from. It
// leaves no connection open.
type Migration = func(ctx context.Context, url string) error

// New returns the URL of a database of t's own, which is dropped when t has
// ended. The database is a copy of a template that migrate, a declared
// function, filled once in this process; with nil it is empty. Tests that call
// it may run in parallel. When the process ends, killed or not, PostgreSQL is
// stopped and its folder removed.
func New(t testing.TB, migrate Migration) string {
	t.Helper()
	s, err := start()
	if err != nil {
		t.Fatalf("test database: %v", err)
	}
	template, err := s.template(migrate)
	if err != nil {
		t.Fatalf("test database: %v", err)
	}
	name := s.name("test")
	if err := s.copy(t.Context(), template, name); err != nil {
		t.Fatalf("test database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.exec(context.Background(), "drop database %s with (force)", name); err != nil {
			t.Errorf("test database: %v", err)
		}
	})
	return s.url(name)
}

// server is the cluster of this process.
type server struct {
	base      *url.URL
	admin     *pgxpool.Pool
	count     atomic.Int64
	mutex     sync.Mutex
	templates map[uintptr]func() (string, error) // by the migration's code
}

var start = sync.OnceValues(func() (*server, error) {
	dir, err := os.MkdirTemp("", "cairn-test-")
	if err != nil {
		return nil, err
	}
	if err := removeAfterwards(dir); err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o711); err != nil { // the user of PostgreSQL passes through
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	c, err := cluster.Start(ctx, cluster.Config{Dir: dir, Log: slog.New(slog.DiscardHandler), Ephemeral: true})
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(c.URL())
	if err != nil {
		return nil, err
	}
	admin, err := pgxpool.New(ctx, c.URL())
	if err != nil {
		return nil, err
	}
	return &server{base: base, admin: admin, templates: map[uintptr]func() (string, error){}}, nil
})

// removeAfterwards starts a shell that outlives this process, waits until its
// end closes the pipe between them, then until PostgreSQL, which stops by its
// death signal, has removed its pid file, and deletes dir.
func removeAfterwards(dir string) error {
	const script = `cat; n=0; while [ -e "$0/pg/postmaster.pid" ] && [ $n -lt 100 ]; do sleep 0.1; n=$((n+1)); done; rm -rf "$0"`
	cmd := exec.Command("/bin/sh", "-c", script, dir)
	cmd.Dir = filepath.Dir(dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is not for it
	if _, err := cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait() // keeps the pipe from the garbage collector; the shell ends after us
	return nil
}

// template returns the name of the database that migrate filled.
func (s *server) template(migrate Migration) (string, error) {
	if migrate == nil {
		return "template0", nil
	}
	key := reflect.ValueOf(migrate).Pointer()
	s.mutex.Lock()
	made := s.templates[key]
	if made == nil {
		made = sync.OnceValues(func() (string, error) { return s.migrated(migrate) })
		s.templates[key] = made
	}
	s.mutex.Unlock()
	return made()
}

func (s *server) migrated(migrate Migration) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	name := s.name("template")
	if err := s.copy(ctx, "template0", name); err != nil {
		return "", err
	}
	if err := migrate(ctx, s.url(name)); err != nil {
		return "", fmt.Errorf("migration: %w", err)
	}
	return name, s.exec(ctx, "alter database %s with is_template true allow_connections false", name)
}

func (s *server) copy(ctx context.Context, template, name string) error {
	return s.exec(ctx, "create database %s template %s", name, template)
}

func (s *server) exec(ctx context.Context, statement string, names ...string) error {
	var quoted []any
	for _, name := range names {
		quoted = append(quoted, pgx.Identifier{name}.Sanitize())
	}
	_, err := s.admin.Exec(ctx, fmt.Sprintf(statement, quoted...))
	return err
}

func (s *server) name(kind string) string {
	return fmt.Sprintf("%s_%d", kind, s.count.Add(1))
}

func (s *server) url(name string) string {
	u := *s.base
	u.Path = "/" + name
	return u.String()
}
