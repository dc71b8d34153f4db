package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/cairngeo/cairn"
)

// oldestMajor is the oldest PostgreSQL that the catalog is made for.
const oldestMajor = 14

// installation is one PostgreSQL on this machine.
type installation struct {
	bin     string // folder of its programs
	major   int    // 15 of 15.18
	postgis bool   // whether the extension lies beside it
}

func (i installation) postgres() string { return filepath.Join(i.bin, "postgres") }
func (i installation) initdb() string   { return filepath.Join(i.bin, "initdb") }

// findInstallation returns the PostgreSQL for the cluster in folder: the one of
// the version that made it, or the newest with PostGIS if there is none yet.
func findInstallation(folder string) (installation, error) {
	major, err := clusterMajor(folder)
	if err != nil {
		return installation{}, err
	}
	return choose(installations(programFolders()), major, folder)
}

// programFolders lists where PostgreSQL may be: in the PATH, and where Debian,
// the PostgreSQL project's packages and Homebrew put versions side by side.
func programFolders() []string {
	var folders []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			folders = append(folders, filepath.Dir(path))
		}
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin"} {
		found, _ := filepath.Glob(pattern) // the patterns are well-formed
		folders = append(folders, found...)
	}
	return folders
}

var versionNumber = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// installations returns those of folders that hold a complete server.
func installations(folders []string) []installation {
	var found []installation
	for _, bin := range folders {
		i := installation{bin: bin}
		if _, err := os.Stat(i.initdb()); err != nil {
			continue
		}
		answer, err := exec.Command(i.postgres(), "--version").Output()
		version := versionNumber.FindSubmatch(answer)
		if err != nil || version == nil {
			continue
		}
		i.major, _ = strconv.Atoi(string(version[1])) // digits by the expression
		i.postgis = hasPostGIS(i)
		found = append(found, i)
	}
	return found
}

// hasPostGIS looks for the extension's control file in the share folder, which
// PostgreSQL finds relative to its programs.
func hasPostGIS(i installation) bool {
	shares := []string{
		filepath.Join(i.bin, "../../../../share/postgresql", strconv.Itoa(i.major)), // Debian
		filepath.Join(i.bin, "../share/postgresql"),
		filepath.Join(i.bin, "../share"),
	}
	if told, err := exec.Command(filepath.Join(i.bin, "pg_config"), "--sharedir").Output(); err == nil {
		shares = append(shares, strings.TrimSpace(string(told)))
	}
	for _, share := range shares {
		if _, err := os.Stat(filepath.Join(share, "extension/postgis.control")); err == nil {
			return true
		}
	}
	return false
}

// choose picks the newest installation with PostGIS, of the given major version
// if that is not 0.
func choose(found []installation, major int, folder string) (installation, error) {
	var best, bare installation
	for _, i := range found {
		switch {
		case i.major < oldestMajor || major != 0 && i.major != major:
		case i.postgis && i.major > best.major:
			best = i
		case !i.postgis && i.major > bare.major:
			bare = i
		}
	}
	switch {
	case best.major != 0:
		return best, nil
	case bare.major != 0:
		return best, cairn.Errorf(cairn.Unavailable,
			"PostgreSQL %d in %s has no PostGIS. Install it (Debian: apt-get install postgresql-%d-postgis-3), or give --database-url.",
			bare.major, bare.bin, bare.major)
	case major != 0:
		return best, cairn.Errorf(cairn.Unavailable,
			"The catalog in %s was made by PostgreSQL %d, which is not installed here. Install it (Debian: apt-get install postgresql-%d-postgis-3), or move the catalog to a newer one with pg_dump.",
			folder, major, major)
	default:
		return best, cairn.Errorf(cairn.Unavailable,
			"PostgreSQL %d or later with PostGIS is not installed. Install it (Debian: apt-get install postgresql-15-postgis-3), or give --database-url.", oldestMajor)
	}
}

// clusterMajor returns the major version of the cluster in folder, 0 if there
// is no cluster.
func clusterMajor(folder string) (int, error) {
	text, err := os.ReadFile(filepath.Join(folder, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		if errors.Is(err, os.ErrPermission) {
			return 0, notOurs(folder, err)
		}
		return 0, fmt.Errorf("catalog version: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || major <= 0 {
		return 0, cairn.Errorf(cairn.Invalid,
			"The catalog in %s is damaged: its PG_VERSION file names no version. Restore the data folder from a backup.", folder).Because(err)
	}
	return major, nil
}
