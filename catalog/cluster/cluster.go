// Package cluster runs the private PostgreSQL cluster that holds the catalog of
// a cairn without --database-url: made at the first start, reached by a unix
// socket only, started again when it dies, and stopped with cairn.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// role is the database superuser, database the one database that cairn uses.
const (
	role     = "cairn"
	database = "cairn"
)

// Config says where the cluster lives and how it runs.
type Config struct {
	Dir         string       // the data folder, created if missing; the cluster lies in Dir/pg
	Log         *slog.Logger // nil: slog.Default()
	Ephemeral   bool         // for tests: nothing is synced to disk, so a crash of the machine loses the data
	MemoryBytes int64        // what the settings are tuned for; 0: the memory of the machine or its cgroup
}

// Cluster is a running cluster that this process owns. Its methods may be
// called from any goroutine.
type Cluster struct {
	config   Config
	log      *slog.Logger
	lock     *lock
	install  installation
	account  *account
	folder   string // Dir/pg
	socket   *socket
	settings []string

	life    context.Context // ends when Stop is called
	end     context.CancelFunc
	grace   context.Context // ends when Stop may wait no longer
	hasten  context.CancelFunc
	stopped chan struct{} // closed when the supervisor has stopped PostgreSQL
	once    sync.Once
	err     error // of Stop; to be read after stopped
}

// Start brings the cluster in config.Dir up and returns when it is this
// process's own and answers queries: it refuses a folder that another cairn
// uses, makes a missing cluster, ends what a killed cairn left behind and
// recovers. ctx bounds the start alone, which after a crash may take minutes;
// the cluster then lives until Stop. What a person can mend is a *cairn.Error.
func Start(ctx context.Context, config Config) (*Cluster, error) {
	c := &Cluster{config: config, log: config.Log, stopped: make(chan struct{})}
	if c.log == nil {
		c.log = slog.Default()
	}
	c.life, c.end = context.WithCancel(context.Background())
	c.grace, c.hasten = context.WithCancel(context.Background())
	first, err := c.bringUp(ctx)
	if err != nil {
		return nil, errors.Join(err, c.release())
	}
	go c.supervise(first)
	return c, nil
}

// URL is the connection string of the catalog's database. It stays the same
// while PostgreSQL is restarted.
func (c *Cluster) URL() string { return c.url(database) }

func (c *Cluster) url(database string) string {
	query := url.Values{"host": {c.socket.folder}, "port": {"5432"}, "user": {role}}
	return "postgres:///" + database + "?" + query.Encode()
}

// Stop ends PostgreSQL: open transactions are rolled back at once, what is
// committed is written out. It takes at most about 10 s, less when ctx ends
// earlier; then recovery runs at the next start. Later calls return the same.
func (c *Cluster) Stop(ctx context.Context) error {
	c.once.Do(func() {
		defer context.AfterFunc(ctx, c.hasten)()
		c.end()
		<-c.stopped
		c.err = errors.Join(c.err, c.release())
	})
	return c.err
}

// bringUp does all of Start up to the supervision.
func (c *Cluster) bringUp(ctx context.Context) (*process, error) {
	dir, err := filepath.Abs(c.config.Dir)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	c.folder = filepath.Join(dir, "pg")
	if err := makeDataFolder(dir); err != nil {
		return nil, err
	}
	if c.lock, err = acquire(filepath.Join(dir, "lock")); err != nil {
		return nil, err
	}
	if c.install, err = findInstallation(c.folder); err != nil {
		return nil, err
	}
	if c.account, err = chooseAccount(dir, c.folder, c.install.postgres()); err != nil {
		return nil, err
	}
	if err := c.create(ctx); err != nil {
		return nil, err
	}
	if c.socket, err = openSocket(dir, c.account); err != nil {
		return nil, err
	}
	if c.settings, err = c.config.settings(); err != nil {
		return nil, err
	}
	p, err := c.serve(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.createDatabase(ctx); err != nil {
		return nil, errors.Join(err, p.stop(c.grace))
	}
	return p, nil
}

// serve starts PostgreSQL in a folder that nothing else uses, and waits until
// it answers.
func (c *Cluster) serve(ctx context.Context) (*process, error) {
	if err := evict(ctx, c.folder, c.log); err != nil {
		return nil, err
	}
	if err := c.socket.clear(); err != nil {
		return nil, fmt.Errorf("stale socket: %w", err)
	}
	arguments := append([]string{"-D", c.folder, "-k", c.socket.folder}, c.settings...)
	journal := &journal{log: c.log}
	cmd := c.account.command(c.install.postgres(), arguments...)
	cmd.Stderr = journal
	cmd.WaitDelay = 200 * time.Millisecond // backends of a killed postmaster hold the pipe open
	p, err := launch(cmd, syscall.SIGINT)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	if err := c.awaitReady(ctx, p, journal); err != nil {
		return nil, errors.Join(err, p.stop(c.grace))
	}
	return p, nil
}

// release gives back what the cluster holds besides its processes.
func (c *Cluster) release() error {
	var err error
	if c.socket != nil {
		err = c.socket.remove()
	}
	if c.lock != nil {
		err = errors.Join(err, c.lock.release())
	}
	return err
}

// makeDataFolder creates dir. The account that runs PostgreSQL must be able to
// pass through it, nobody needs to list it.
func makeDataFolder(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return unusable(dir, err)
	}
	if err := os.Mkdir(dir, 0o711); err != nil && !errors.Is(err, os.ErrExist) {
		return unusable(dir, err)
	}
	return nil
}
