package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"
)

// Adopt implements Store. A hard link, unlike a rename, never replaces what is
// there, so the first of two writers wins without a lock.
func (f *Folder) Adopt(ctx context.Context, key, file string) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	err := f.touch(key)
	if errors.Is(err, fs.ErrNotExist) {
		if err = persist(file); err == nil {
			err = f.publish(key, file)
		}
	}
	if err != nil {
		return fmt.Errorf("adopt %s: %w", key, noSpace(err))
	}
	// Also for a key that was there: whoever wrote it may not have come this far.
	if err := f.syncFolders(path.Dir(key)); err != nil {
		return fmt.Errorf("adopt %s: %w", key, noSpace(err))
	}
	if err := os.Remove(file); err != nil {
		return fmt.Errorf("adopt %s: %w", key, err)
	}
	return nil
}

// Replace implements Store.
func (f *Folder) Replace(ctx context.Context, key, file string) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	err := persist(file)
	if err == nil {
		err = f.rename(key, file)
	}
	if err == nil {
		err = f.syncFolders(path.Dir(key))
	}
	if err != nil {
		return fmt.Errorf("replace %s: %w", key, noSpace(err))
	}
	return nil
}

// rename gives the file its name in the store, over what is there. As in
// publish the folder may disappear meanwhile.
func (f *Folder) rename(key, file string) error {
	to := f.Location(key)
	for range 100 {
		if err := makeFolder(filepath.Dir(to)); err != nil {
			return err
		}
		err := os.Rename(file, to)
		if err == nil {
			return f.touch(key)
		}
		if _, gone := os.Stat(file); gone != nil || !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return fmt.Errorf("the folder of %s keeps disappearing", to)
}

// makeFolder makes a folder and those above it. One of them may disappear while
// it does, of which MkdirAll says that it is missing or that it exists; the
// caller finds out.
func makeFolder(folder string) error {
	err := os.MkdirAll(folder, 0o750)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// touch makes an object as young as one that is adopted now.
func (f *Folder) touch(key string) error {
	now := time.Now()
	return os.Chtimes(f.Location(key), now, now)
}

// persist makes the file read-only and brings its bytes to the disk.
func persist(file string) error {
	opened, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer opened.Close()
	if info, err := opened.Stat(); err != nil {
		return err
	} else if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", file)
	}
	if err := opened.Chmod(0o440); err != nil {
		return err
	}
	return opened.Sync()
}

// publish gives the file its name in the store. A concurrent Delete may remove
// the folder just made, because it was still empty: then it is made again.
func (f *Folder) publish(key, file string) error {
	to := f.Location(key)
	for range 100 {
		if err := makeFolder(filepath.Dir(to)); err != nil {
			return err
		}
		err := os.Link(file, to)
		if err == nil {
			return nil
		}
		if errors.Is(err, fs.ErrExist) { // somebody was faster
			if err = f.touch(key); err == nil {
				return nil
			}
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return fmt.Errorf("the folder of %s keeps disappearing", to)
}

// syncFolders brings the names in the folder of a key, and the names of that
// folder and those above it, to the disk.
func (f *Folder) syncFolders(folder string) error {
	if err := syncFolder(filepath.Join(f.dir, folder)); err != nil {
		return err
	}
	if folder == "." || f.durable.Contains(folder) {
		return nil
	}
	if err := f.syncFolders(path.Dir(folder)); err != nil {
		return err
	}
	f.durable.Add(folder, struct{}{})
	return nil
}

func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
