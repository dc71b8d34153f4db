package workingcopy

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/cairngeo/cairn/catalog"
)

// Skipped is a file that can't be part of a dataset, and why.
type Skipped struct {
	Path string `json:"path"`
	Why  string `json:"why"`
}

// tree is what was found on disk.
type tree struct {
	files   map[string]fs.FileInfo
	folders []string // in order
	skipped []Skipped
}

// walk looks at everything in the folder. A folder that can't be read is an
// error: what is in it must not look deleted.
func (c *Copy) walk(ctx context.Context) (*tree, error) {
	found := &tree{files: map[string]fs.FileInfo{}, skipped: []Skipped{}}
	err := fs.WalkDir(c.root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case p == ".":
			return nil
		case d.Name() == folder:
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if why := unfit(p, d.Type()); why != "" {
			found.skipped = append(found.skipped, Skipped{strings.ToValidUTF8(p, "\uFFFD"), why})
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			found.folders = append(found.folders, p)
			return nil
		}
		info, err := d.Info()
		if err == nil {
			found.files[p] = info
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("the folder can't be read whole: %w", err)
	}
	return found, nil
}

// unfit says why a file can't be part of a dataset, "" if it can.
func unfit(p string, mode fs.FileMode) string {
	name := path.Base(p)
	switch {
	case !utf8.ValidString(name):
		return "its name is not valid UTF-8"
	case strings.Contains(name, `\`):
		return "its name has a backslash"
	case mode&os.ModeSymlink != 0:
		return "it is a symbolic link"
	case !mode.IsRegular() && !mode.IsDir():
		return "it is no ordinary file"
	}
	if clean, err := catalog.CleanPath(p); err != nil || clean != p {
		return "registries don't take its name"
	}
	return ""
}

// covers tells whether the path or a folder above it was skipped.
func covers(skipped map[string]bool, p string) bool {
	for ; p != "." && p != "/"; p = path.Dir(p) {
		if skipped[p] {
			return true
		}
	}
	return false
}
