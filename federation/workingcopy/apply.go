package workingcopy

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/federation/stamp"
	"github.com/cairngeo/cairn/ingest/index"
)

// changing puts a plan into effect, when all that it needs is here. The index
// follows at the end; what it lacks after a crash the next refresh finds.
type changing struct {
	copy     *Copy
	known    map[string]catalog.Entry // the index before
	arrivals *arrivals
	attic    string // folder that takes what is replaced or removed; "" if that may go
	kept     string // the attic, once something is in it
	removed  []string
	put      []catalog.Entry
}

func (ch *changing) apply(ctx context.Context, p plan) error {
	for _, e := range p.removes {
		if err := ch.remove(ctx, e); err != nil {
			return err
		}
	}
	for _, e := range p.puts {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := ch.add(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// remove removes exactly the entry: a folder only if nothing is left in it.
// The empty path is no file.
func (ch *changing) remove(ctx context.Context, e stamp.Entry) error {
	if e.Path != "" {
		if err := ch.removeFile(ctx, e); err != nil {
			return err
		}
	}
	ch.removed = append(ch.removed, e.Path)
	return nil
}

func (ch *changing) removeFile(ctx context.Context, e stamp.Entry) error {
	for above := path.Dir(e.Path); above != "."; above = path.Dir(above) {
		if info, err := ch.copy.root.Lstat(above); err == nil && !info.IsDir() { // a link would lead to another file
			return meanwhile(above)
		}
	}
	info, err := ch.copy.root.Lstat(e.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case e.Folder() && !info.IsDir():
		return meanwhile(e.Path)
	case !e.Folder():
		if err := ch.checkUnchanged(ctx, e.Path, info); err != nil {
			return err
		}
		return ch.discard(e.Path)
	}
	err = ch.copy.root.Remove(e.Path)
	if left, _ := fs.ReadDir(ch.copy.root.FS(), e.Path); len(left) > 0 {
		return nil
	}
	return err
}

// discard removes a file, or keeps it in the attic.
func (ch *changing) discard(p string) error {
	if ch.attic == "" {
		return ch.copy.root.Remove(p)
	}
	ch.kept = ch.attic
	if err := ch.copy.root.MkdirAll(path.Join(ch.attic, path.Dir(p)), 0o755); err != nil {
		return err
	}
	return ch.copy.root.Rename(p, path.Join(ch.attic, p))
}

// checkUnchanged returns an error if the file is not the one that the index
// knows any more. Its time alone does not tell: the index doubts that of a file
// which was written just before it was read.
func (ch *changing) checkUnchanged(ctx context.Context, p string, info fs.FileInfo) error {
	known := ch.known[p]
	if matches(known, info) {
		return nil
	}
	if known.Hash == "" || !info.Mode().IsRegular() {
		return meanwhile(p)
	}
	hash, _, err := ch.copy.hashFile(ctx, p)
	if err == nil && hash != known.Hash {
		err = meanwhile(p)
	}
	return err
}

func meanwhile(p string) error {
	return cairn.Errorf(cairn.Conflict, "%q was changed while the changes of the dataset came. Pull again.", p)
}

func (ch *changing) add(ctx context.Context, e stamp.Entry) error {
	if e.Path == "" {
		ch.put = append(ch.put, catalog.Entry{Description: catalog.Description{Type: catalog.DroneDB}})
		return nil
	}
	if e.Folder() {
		if err := ch.makeFolder(e.Path); err != nil {
			return err
		}
		info, err := ch.copy.root.Lstat(e.Path)
		if err == nil {
			ch.put = append(ch.put, catalog.Entry{Path: e.Path, MTime: info.ModTime().Unix(), Description: catalog.Description{Type: catalog.Directory}})
		}
		return err
	}
	if err := ch.makeFolder(path.Dir(e.Path)); err != nil {
		return err
	}
	switch info, err := ch.copy.root.Lstat(e.Path); {
	case err == nil:
		if err := ch.checkUnchanged(ctx, e.Path, info); err != nil {
			return err
		}
		if ch.attic != "" {
			if err := ch.discard(e.Path); err != nil {
				return err
			}
		}
		return ch.addFile(ctx, e, info.Mode().Perm())
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return ch.addFile(ctx, e, 0)
}

// addFile puts the content at its path, with the permissions of the file that
// was there, if one was.
func (ch *changing) addFile(ctx context.Context, e stamp.Entry, mode fs.FileMode) error {
	name, err := ch.arrivals.take(e.Hash)
	if err != nil {
		return err
	}
	info, err := ch.copy.root.Lstat(name)
	if err != nil {
		return err
	}
	description, err := ch.copy.describe(ctx, filepath.Join(ch.copy.dir, filepath.FromSlash(name)), path.Base(e.Path))
	if err != nil {
		return err
	}
	if mode != 0 {
		if err := ch.copy.root.Chmod(name, mode); err != nil {
			return err
		}
	}
	if err := ch.copy.root.Rename(name, e.Path); err != nil {
		return err
	}
	ch.put = append(ch.put, catalog.Entry{Path: e.Path, Hash: e.Hash, Size: info.Size(), MTime: info.ModTime().Unix(), Description: description})
	ch.copy.options.Progress.File()
	return nil
}

// makeFolder makes a folder and those above it. It follows no symbolic link,
// not even to another place in the folder.
func (ch *changing) makeFolder(p string) error {
	at := ""
	for segment := range strings.SplitSeq(p, "/") {
		if at = path.Join(at, segment); at == "." {
			return nil
		}
		info, err := ch.copy.root.Lstat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			err = ch.copy.root.Mkdir(at, 0o755)
		case err == nil && !info.IsDir():
			return cairn.Errorf(cairn.Conflict, "%q can't become a folder: something else is there. Move it away and pull again.", at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// write brings the index up to what was done.
func (ch *changing) write(tx *index.Tx) error {
	for _, p := range ch.removed {
		err := tx.Remove(p)
		if p != "" { // whose metadata is the dataset's
			err = errors.Join(err, tx.RemoveRecords(p))
		}
		if err != nil {
			return err
		}
	}
	for _, e := range ch.put {
		if err := tx.Put(e); err != nil {
			return err
		}
	}
	return nil
}
