package blob

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// scratch is the folder of files being written by this process. While the
// process lives it holds a lock on the file beside it, "<name>.lock", so that
// another process knows not to sweep it; the kernel drops the lock with the
// process, whichever way that ends.
type scratch struct {
	dir  string
	lock *os.File
}

// openScratch removes what dead processes left below parent and makes a new
// scratch folder there. A lock on the parent keeps two processes that start at
// once from sweeping each other before the locks are held.
func openScratch(parent string) (*scratch, error) {
	if err := os.MkdirAll(parent, 0o750); err != nil {
		return nil, err
	}
	gate, err := os.OpenFile(filepath.Join(parent, "sweep.lock"), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, err
	}
	defer gate.Close() // releases the lock
	if err := syscall.Flock(int(gate.Fd()), syscall.LOCK_EX); err != nil {
		return nil, fmt.Errorf("lock %s: %w", gate.Name(), err)
	}
	if err := sweep(parent); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(parent, "process-")
	if err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(dir+".lock", os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", lock.Name(), err), lock.Close())
	}
	return &scratch{dir, lock}, nil
}

// sweep removes everything below parent that no living process has locked.
func sweep(parent string) error {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := strings.TrimSuffix(entry.Name(), ".lock")
		if name == "sweep" {
			continue
		}
		dir := filepath.Join(parent, name)
		if alive, err := isLocked(dir + ".lock"); err != nil {
			return err
		} else if alive {
			continue
		}
		// The lock file goes last: as long as it is there a sweep is not over.
		if err := errors.Join(os.RemoveAll(dir), os.RemoveAll(dir+".lock")); err != nil {
			return err
		}
	}
	return nil
}

func isLocked(file string) (bool, error) {
	lock, err := os.OpenFile(file, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	defer lock.Close()
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}

func (s *scratch) close() error {
	return errors.Join(os.RemoveAll(s.dir), os.RemoveAll(s.lock.Name()), s.lock.Close())
}
