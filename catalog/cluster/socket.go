package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cairngeo/cairn"
)

// longestSocketFolder is what sun_path (108 bytes with its final zero) leaves
// for the folder beside "/.s.PGSQL.5432".
const longestSocketFolder = 93

// socket is the folder that holds the unix socket, open to the account alone.
type socket struct {
	folder string
	link   string // where the folder is elsewhere: the name in the data folder that leads to it
}

// openSocket makes the folder for the socket: dir/socket, or where that path
// can't be used a private folder among the system's temporary files, to which
// dir/socket is then a symbolic link, so that the next start finds and removes
// what a killed cairn left there.
func openSocket(dir string, a *account) (*socket, error) {
	path := filepath.Join(dir, "socket")
	if err := forgetLink(path, a); err != nil {
		return nil, fmt.Errorf("socket folder: %w", err)
	}
	if usable(path) {
		if err := a.own(path); err != nil {
			return nil, fmt.Errorf("socket folder: %w", err)
		}
		return &socket{folder: path}, nil
	}
	if err := os.RemoveAll(path); err != nil { // of a time when dir had a shorter name
		return nil, fmt.Errorf("socket folder: %w", err)
	}
	folder, err := temporaryFolder()
	if err != nil {
		return nil, err
	}
	s := &socket{folder: folder, link: path}
	if err := errors.Join(os.Symlink(folder, path), a.own(folder)); err != nil {
		return nil, errors.Join(fmt.Errorf("socket folder: %w", err), s.remove())
	}
	return s, nil
}

// remove deletes what lies outside the data folder.
func (s *socket) remove() error {
	if s.link == "" {
		return nil
	}
	return errors.Join(os.RemoveAll(s.folder), os.Remove(s.link))
}

// clear removes the socket and its lock file that a killed postmaster left.
// PostgreSQL takes the lock for valid while any process has that number.
func (s *socket) clear() error {
	var failed error
	for _, name := range []string{".s.PGSQL.5432", ".s.PGSQL.5432.lock"} {
		if err := os.Remove(filepath.Join(s.folder, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// usable tells whether the path of a folder fits a socket address, and is not
// read as a list by PostgreSQL's -k or by the host of a connection string.
func usable(folder string) bool {
	return len(folder) <= longestSocketFolder && !strings.ContainsAny(folder, `,"`)
}

func temporaryFolder() (string, error) {
	for _, base := range []string{os.TempDir(), "/tmp"} {
		if base, err := filepath.Abs(base); err != nil || !usable(filepath.Join(base, "cairn-0123456789")) {
			continue
		}
		folder, err := os.MkdirTemp(base, "cairn-")
		if err != nil {
			return "", fmt.Errorf("socket folder: %w", err)
		}
		return folder, nil
	}
	return "", cairn.Errorf(cairn.Unavailable, "No temporary folder has a path short enough for a socket. Set TMPDIR to a shorter one.")
}

// forgetLink removes the link at path and the folder it leads to, if that is
// one that openSocket made for this account or for cairn itself.
func forgetLink(path string, a *account) error {
	folder, err := os.Readlink(path)
	if err != nil {
		return nil // no link
	}
	owner := ownerOf(folder)
	if strings.HasPrefix(filepath.Base(folder), "cairn-") && (owner == a.uid || owner == os.Geteuid()) {
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
	}
	return os.Remove(path)
}
