package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Folder is a Store in a local folder. Blobs, products and scratch must lie on
// one file system.
type Folder struct {
	dir     string
	scratch *scratch
	durable *lru.Cache[string, struct{}] // folders whose own name is known to be on disk
}

var _ Store = (*Folder)(nil)

// NewFolder opens the store in dir, which is created if it does not exist, and
// removes the scratch files of processes that are gone.
func NewFolder(dir string) (*Folder, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("blob store: %w", err)
	}
	for _, sub := range roots {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o750); err != nil {
			return nil, fmt.Errorf("blob store: %w", err)
		}
	}
	scratch, err := openScratch(filepath.Join(dir, "scratch"))
	if err != nil {
		return nil, fmt.Errorf("blob store: %w", err)
	}
	if err := syncFolder(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("blob store: %w", err), scratch.close())
	}
	durable, err := lru.New[string, struct{}](4096)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("blob store: %w", err), scratch.close())
	}
	return &Folder{dir: dir, scratch: scratch, durable: durable}, nil
}

// Close removes the scratch folder of this process. Objects that are open stay
// readable.
func (f *Folder) Close() error { return f.scratch.close() }

// Scratch implements Store.
func (f *Folder) Scratch() string { return f.scratch.dir }

// Location implements Store: the path of the object.
func (f *Folder) Location(key string) string {
	if CheckKey(key) != nil {
		return ""
	}
	return filepath.Join(f.dir, filepath.FromSlash(key))
}

// Open implements Store.
func (f *Folder) Open(ctx context.Context, key string) (Object, error) {
	if err := check(ctx, key); err != nil {
		return nil, err
	}
	file, err := os.Open(f.Location(key))
	if isAbsent(err) {
		return nil, notFound(key)
	} else if err != nil {
		return nil, fmt.Errorf("open object: %w", err)
	}
	info, err := file.Stat()
	if err == nil && info.Mode().IsRegular() {
		return object{file, info.Size()}, nil
	}
	file.Close()
	if err != nil {
		return nil, fmt.Errorf("open object: %w", err)
	}
	return nil, notFound(key)
}

type object struct {
	*os.File
	size int64
}

func (o object) Size() int64 { return o.size }

// Stat implements Store.
func (f *Folder) Stat(ctx context.Context, key string) (Info, error) {
	if err := check(ctx, key); err != nil {
		return Info{}, err
	}
	info, err := os.Stat(f.Location(key))
	switch {
	case isAbsent(err), err == nil && !info.Mode().IsRegular():
		return Info{}, notFound(key)
	case err != nil:
		return Info{}, fmt.Errorf("stat object: %w", err)
	}
	return Info{Key: key, Size: info.Size(), ModTime: info.ModTime()}, nil
}

// Delete implements Store. Folders that become empty go too.
func (f *Folder) Delete(ctx context.Context, key string) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	if info, err := os.Lstat(f.Location(key)); err == nil && info.IsDir() {
		return nil // a folder is no object
	}
	if err := os.Remove(f.Location(key)); err != nil && !isAbsent(err) {
		return fmt.Errorf("delete object: %w", err)
	}
	for above := path.Dir(key); strings.Contains(above, "/"); above = path.Dir(above) {
		f.durable.Remove(above)
		if syscall.Rmdir(filepath.Join(f.dir, above)) != nil {
			break // not empty, gone already, or an object
		}
	}
	return nil
}

// Walk implements Store.
func (f *Folder) Walk(ctx context.Context, prefix string, visit func(Info) error) error {
	for _, top := range roots {
		start := top
		if strings.HasPrefix(prefix, top+"/") {
			start = path.Dir(prefix + "x") // the last folder that the prefix names whole
		} else if !strings.HasPrefix(top+"/", prefix) {
			continue
		}
		if !fs.ValidPath(start) {
			continue
		}
		if err := f.walk(ctx, start, prefix, visit); err != nil {
			return err
		}
	}
	return nil
}

func (f *Folder) walk(ctx context.Context, start, prefix string, visit func(Info) error) error {
	return fs.WalkDir(os.DirFS(f.dir), start, func(key string, entry fs.DirEntry, err error) error {
		switch {
		case isAbsent(err):
			return nil // deleted meanwhile
		case err != nil:
			return fmt.Errorf("walk objects: %w", err)
		case ctx.Err() != nil:
			return ctx.Err()
		case entry.IsDir():
			if !strings.HasPrefix(key+"/", prefix) && !strings.HasPrefix(prefix, key+"/") {
				return fs.SkipDir
			}
			return nil
		case !entry.Type().IsRegular() || !strings.HasPrefix(key, prefix):
			return nil
		}
		info, err := entry.Info()
		if isAbsent(err) {
			return nil
		} else if err != nil {
			return fmt.Errorf("walk objects: %w", err)
		}
		return visit(Info{Key: key, Size: info.Size(), ModTime: info.ModTime()})
	})
}

func check(ctx context.Context, key string) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	return ctx.Err()
}

// isAbsent also holds where a parent in the key is an object, not a folder.
func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
