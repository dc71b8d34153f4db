// Package workingcopy keeps a folder and a dataset of a server the same. The
// folder has the files of the native client, below .ddb, so that both clients
// can be used on it.
//
// Servers are not trusted: paths are checked before they name a file, no
// symbolic link is followed, and content is compared with its hash before it
// replaces anything. Content comes into .ddb/tmp and moves from there when all
// of it has come, so that what is interrupted goes on where it was.
package workingcopy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest/index"
	"golang.org/x/sys/unix"
)

const (
	folder  = ".ddb"
	scratch = ".ddb/tmp"
)

// Options say how a working copy works. All may be left out.
type Options struct {
	// Describe finds out what the file at location is; name is what it is called.
	Describe func(ctx context.Context, location, name string) (catalog.Description, error)
	Parallel int      // uploads and downloads at a time, 4 if not given
	Progress Progress // hears how the work goes
}

// Progress hears how work goes on, from several goroutines.
type Progress interface {
	Begin(stage string, files int, bytes int64) // bytes is 0 if it is not known
	Bytes(n int64)                              // that went by; less than 0 when some must go by again
	File()                                      // is done
}

type silence struct{}

func (silence) Begin(string, int, int64) {}
func (silence) Bytes(int64)              {}
func (silence) File()                    {}

// Copy is a folder with an index. One process works in it at a time.
type Copy struct {
	dir     string // absolute
	root    *os.Root
	lock    *os.File
	index   *index.DB
	options Options
}

// Find returns the folder with an index that dir is or lies in, NotFound if
// there is none.
func Find(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		switch _, err := os.Lstat(filepath.Join(at, index.Name)); {
		case err == nil:
			return at, nil
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ENOTDIR):
			return "", err
		case at == filepath.Dir(at):
			return "", cairn.Errorf(cairn.NotFound, "%s is no working copy, and lies in none.", dir)
		}
	}
}

// Open opens the working copy whose folder is dir.
func Open(ctx context.Context, dir string, o Options) (*Copy, error) {
	return open(ctx, dir, o, func(c *Copy) (*index.DB, error) { return index.Open(ctx, c.indexFile()) })
}

func (c *Copy) indexFile() string { return filepath.Join(c.dir, index.Name) }

// Create makes the folder dir, which may exist, a working copy with an empty
// index, and opens it.
func Create(ctx context.Context, dir string, o Options) (*Copy, error) {
	return create(ctx, dir, o, func(*Copy) error { return nil })
}

// create calls prepare before there is an index.
func create(ctx context.Context, dir string, o Options, prepare func(*Copy) error) (*Copy, error) {
	if err := os.MkdirAll(filepath.Join(dir, scratch), 0o755); err != nil {
		return nil, err
	}
	return open(ctx, dir, o, func(c *Copy) (*index.DB, error) {
		if err := prepare(c); err != nil {
			return nil, err
		}
		return index.Create(ctx, c.indexFile())
	})
}

func open(ctx context.Context, dir string, o Options, openIndex func(*Copy) (*index.DB, error)) (_ *Copy, err error) {
	if o.Parallel <= 0 {
		o.Parallel = 4
	}
	if o.Progress == nil {
		o.Progress = silence{}
	}
	c := &Copy{options: o}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if c.dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	if c.root, err = os.OpenRoot(c.dir); err != nil {
		return nil, err
	}
	if err = c.root.MkdirAll(scratch, 0o755); err != nil {
		return nil, err
	}
	if err = c.take(); err != nil {
		return nil, err
	}
	c.index, err = openIndex(c)
	return c, err
}

// take makes this process the one that works in the folder.
func (c *Copy) take() (err error) {
	if c.lock, err = c.root.OpenFile(scratch+"/cairn.lock", os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return err
	}
	err = unix.Flock(int(c.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return cairn.Errorf(cairn.Unavailable, "Another cairn works in %s. Wait until it is done.", c.dir)
	}
	return err
}

// Dir is the folder's absolute path.
func (c *Copy) Dir() string { return c.dir }

// Close ends the work.
func (c *Copy) Close() error {
	var errs []error
	if c.index != nil {
		errs = append(errs, c.index.Close())
	}
	if c.lock != nil {
		errs = append(errs, c.lock.Close())
	}
	if c.root != nil {
		errs = append(errs, c.root.Close())
	}
	return errors.Join(errs...)
}

// describe never fails because of a file's content: what can't be understood
// is a file like others.
func (c *Copy) describe(ctx context.Context, location, name string) (catalog.Description, error) {
	if c.options.Describe == nil {
		return catalog.Description{Type: catalog.Generic}, nil
	}
	d, err := c.options.Describe(ctx, location, name)
	if err != nil && ctx.Err() == nil {
		return catalog.Description{Type: catalog.Generic}, nil
	}
	return d, err
}

// writeFile puts content at the path below .ddb, whole or not at all.
func (c *Copy) writeFile(path string, content []byte) error {
	temporary := scratch + "/" + strings.ReplaceAll(path, "/", "_")
	if err := writeSynced(c.root.OpenFile, temporary, content, 0o644); err != nil {
		return err
	}
	return c.root.Rename(temporary, path)
}

func writeSynced(open func(string, int, os.FileMode) (*os.File, error), path string, content []byte, mode os.FileMode) error {
	file, err := open(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// workers is how many files are read at a time.
func workers() int { return max(2, runtime.GOMAXPROCS(0)) }
