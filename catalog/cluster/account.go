package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"

	"github.com/cairngeo/cairn"
	"golang.org/x/sys/unix"
)

// account is the system user that PostgreSQL runs as: cairn's own, or for root,
// which PostgreSQL refuses, another one.
type account struct {
	uid, gid   int
	credential *syscall.Credential // nil: cairn's own
	caps       []uintptr           // capabilities that the account needs to reach the data folder
}

// chooseAccount decides who runs the cluster in folder below dir, and makes
// sure that this account can reach it.
func chooseAccount(dir, folder, postgres string) (*account, error) {
	keeper := ownerOf(folder)
	a := &account{uid: os.Geteuid(), gid: os.Getegid()}
	if a.uid != 0 {
		if keeper >= 0 && keeper != a.uid {
			return nil, notOurs(folder, nil)
		}
		return a, a.reach(dir, postgres)
	}
	who, err := stand(keeper, ownerOf(dir))
	if err != nil {
		return nil, err
	}
	if err := a.become(who); err != nil {
		return nil, err
	}
	return a, a.reach(dir, postgres)
}

// stand returns the user in whose name root runs PostgreSQL: the one who
// already owns the cluster, else postgres, else the owner of the data folder.
func stand(keeper, folderOwner int) (*user.User, error) {
	if keeper > 0 {
		who, err := user.LookupId(strconv.Itoa(keeper))
		if err != nil {
			return nil, nameless(keeper).Because(err)
		}
		return who, nil
	}
	if who, err := user.Lookup("postgres"); err == nil {
		return who, nil
	}
	if folderOwner > 0 {
		if who, err := user.LookupId(strconv.Itoa(folderOwner)); err == nil {
			return who, nil
		}
	}
	return nil, cairn.Errorf(cairn.Unavailable,
		"PostgreSQL refuses to run as root and there is no user postgres. Create one (useradd --system postgres), or start cairn as a plain user.")
}

// become makes the account that of who, with all its groups.
func (a *account) become(who *user.User) error {
	uid, err := strconv.ParseUint(who.Uid, 10, 32)
	if err != nil {
		return fmt.Errorf("user %s: %w", who.Username, err)
	}
	gid, err := strconv.ParseUint(who.Gid, 10, 32)
	if err != nil {
		return fmt.Errorf("user %s: %w", who.Username, err)
	}
	a.uid, a.gid = int(uid), int(gid)
	a.credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	groups, err := who.GroupIds()
	if err != nil {
		return fmt.Errorf("groups of user %s: %w", who.Username, err)
	}
	for _, group := range groups {
		id, err := strconv.ParseUint(group, 10, 32)
		if err != nil {
			return fmt.Errorf("groups of user %s: %w", who.Username, err)
		}
		a.credential.Groups = append(a.credential.Groups, uint32(id))
	}
	return nil
}

// reach tries whether a process of the account can enter dir. Below a folder
// that only root may enter the account gets the one capability that opens it:
// the right to search any folder, or where a container withholds that one, the
// right to ignore permissions.
func (a *account) reach(dir, postgres string) error {
	ladder := [][]uintptr{nil}
	if a.credential != nil {
		ladder = append(ladder, []uintptr{unix.CAP_DAC_READ_SEARCH}, []uintptr{unix.CAP_DAC_OVERRIDE})
	}
	var failures []error
	for _, a.caps = range ladder {
		// Capabilities are in force only after exec, too late for cmd.Dir.
		err := a.command("/bin/sh", "-c", `cd "$0" && "$1" --version`, dir, postgres).Run()
		if err == nil {
			return nil
		}
		failures = append(failures, err)
	}
	return cairn.Errorf(cairn.Unavailable,
		"The user with uid %d, who runs PostgreSQL for cairn, can't enter the data folder %s. Give a folder that it can reach with --data.",
		a.uid, dir).Because(errors.Join(failures...))
}

// command prepares a program to run as the account, in a process group of its
// own so that a Ctrl-C meant for cairn does not reach it, with a known
// environment.
func (a *account) command(program string, arguments ...string) *exec.Cmd {
	cmd := exec.Command(program, arguments...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: a.credential, AmbientCaps: a.caps}
	return cmd
}

// own makes the folder at path, if it is missing, and gives it to the account
// alone.
func (a *account) own(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if a.credential != nil {
		if err := os.Lchown(path, a.uid, a.gid); err != nil {
			return err
		}
	}
	return os.Chmod(path, 0o700)
}

// named makes sure that the account has an entry in the system's list of
// users, without which initdb fails.
func (a *account) named() error {
	if _, err := user.LookupId(strconv.Itoa(a.uid)); err != nil {
		return nameless(a.uid).Because(err)
	}
	return nil
}

func nameless(uid int) *cairn.Error {
	return cairn.Errorf(cairn.Unavailable,
		"PostgreSQL can't run as uid %d, which has no entry in /etc/passwd. Add one, start cairn as another user, or give --database-url.", uid)
}

func notOurs(folder string, cause error) error {
	return cairn.Errorf(cairn.Unavailable,
		"The catalog in %s belongs to another user (uid %d). Start cairn as that user or as root, or give another folder with --data.",
		folder, ownerOf(folder)).Because(cause)
}

// ownerOf returns the uid of the owner of path, -1 if there is no such file.
func ownerOf(path string) int {
	var stat unix.Stat_t
	if err := unix.Lstat(path, &stat); err != nil {
		return -1
	}
	return int(stat.Uid)
}
