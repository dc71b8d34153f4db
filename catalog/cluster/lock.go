package cluster

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/cairngeo/cairn"
	"golang.org/x/sys/unix"
)

// lock is the exclusive right to a data folder. The kernel gives it back when
// the process ends, however it ends.
type lock struct{ file *os.File }

// acquire takes the lock of the file at path, or refuses at once with the
// number of the process that has it.
func acquire(path string) (*lock, error) {
	dir := filepath.Dir(path)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, unusable(dir, err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		holder, _ := io.ReadAll(io.LimitReader(file, 20)) // only names the process in the message
		file.Close()
		return nil, cairn.Errorf(cairn.Conflict,
			"Another cairn (process %s) uses the data folder %s. Stop it, or give this one another folder with --data.",
			strings.TrimSpace(string(holder)), dir)
	}
	if err == nil {
		err = file.Truncate(0)
	}
	if err == nil {
		_, err = fmt.Fprintln(file, os.Getpid())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	return &lock{file}, nil
}

func (l *lock) release() error { return l.file.Close() }

// unusable tells the person that the data folder can't be used by this process.
func unusable(dir string, cause error) error {
	return cairn.Errorf(cairn.Unavailable,
		"The data folder %s can't be used by this user. Give a folder that it may write to with --data.", dir).Because(cause)
}
