package workingcopy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest/index"
	"golang.org/x/sync/errgroup"
)

// Changes are what a refresh found, in order.
type Changes struct {
	Added   []string  `json:"added"`
	Changed []string  `json:"changed"`
	Removed []string  `json:"removed"`
	Skipped []Skipped `json:"skipped"`
}

// Refresh brings the index up to the files in the folder.
func (c *Copy) Refresh(ctx context.Context) (Changes, error) { return c.refresh(ctx, nil) }

// refresh also reads the files that are doubted though size and time are those
// of the index: some programs keep the time when they change a file.
func (c *Copy) refresh(ctx context.Context, doubted map[string]bool) (Changes, error) {
	known, err := c.entries(ctx)
	if err != nil {
		return Changes{}, err
	}
	found, err := c.walk(ctx)
	if err != nil {
		return Changes{}, err
	}
	r := &refresh{copy: c, known: known, found: found, doubted: doubted, removed: []string{}, puts: map[string]catalog.Entry{}, touched: map[string]bool{}}
	if err := r.readFiles(ctx); err != nil {
		return Changes{}, err
	}
	r.addFolders()
	r.findRemoved()
	return r.changes(), c.index.Update(ctx, r.write)
}

// entries returns the index without properties, by path.
func (c *Copy) entries(ctx context.Context) (map[string]catalog.Entry, error) {
	known := map[string]catalog.Entry{}
	for e, err := range c.index.List(ctx) {
		if err != nil {
			return nil, err
		}
		known[e.Path] = e
	}
	return known, nil
}

type refresh struct {
	copy    *Copy
	known   map[string]catalog.Entry // the index before
	found   *tree
	doubted map[string]bool // files to read in any case

	mu      sync.Mutex
	puts    map[string]catalog.Entry // new or changed
	touched map[string]bool          // only the time of change is another
	removed []string
}

func isFolder(e catalog.Entry) bool { return e.Hash == "" }

// readFiles reads those that are new or may have changed.
func (r *refresh) readFiles(ctx context.Context) error {
	var paths []string
	var size int64
	for p, info := range r.found.files {
		if r.doubted[p] || !matches(r.known[p], info) {
			paths = append(paths, p)
			size += info.Size()
		}
	}
	if len(paths) == 0 {
		return nil
	}
	slices.Sort(paths)
	r.copy.options.Progress.Begin("Reading", len(paths), size)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers())
	for _, p := range paths {
		group.Go(func() error {
			defer r.copy.options.Progress.File()
			return r.readFile(ctx, p)
		})
	}
	return group.Wait()
}

// matches tells whether the file is the one that the index knows.
func matches(e catalog.Entry, info fs.FileInfo) bool {
	return e.Hash != "" && e.MTime == info.ModTime().Unix() && e.Size == info.Size()
}

func (r *refresh) readFile(ctx context.Context, p string) error {
	hash, info, err := r.copy.hashFile(ctx, p)
	switch {
	case errors.Is(err, fs.ErrPermission):
		r.skip(p, "it may not be read")
		return nil
	case errors.Is(err, fs.ErrNotExist): // it went meanwhile
		r.mu.Lock()
		delete(r.found.files, p)
		r.mu.Unlock()
		return nil
	case err != nil:
		return err
	}
	e := catalog.Entry{Path: p, Hash: hash, Size: info.Size(), MTime: indexedTime(info)}
	before, there := r.known[p]
	if !there || before.Hash != hash {
		e.Description, err = r.copy.describe(ctx, filepath.Join(r.copy.dir, filepath.FromSlash(p)), path.Base(p))
	} else {
		var whole catalog.Entry
		whole, err = r.copy.index.Entry(ctx, p)
		e.Description = whole.Description
	}
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.puts[p], r.touched[p] = e, there && before.Hash == hash
	return nil
}

func (r *refresh) skip(p, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found.skipped = append(r.found.skipped, Skipped{p, why})
}

// settled is how old a file must be so that a later change shows in its time,
// which the index has in whole seconds.
const settled = 2 * time.Second

// indexedTime is the time of change as the index keeps it: for a file that
// changed just now one that will not match, so that it is read again next time.
func indexedTime(info fs.FileInfo) int64 {
	if time.Since(info.ModTime()) < settled {
		return info.ModTime().Unix() - 1
	}
	return info.ModTime().Unix()
}

// hashFile reads a file of the folder.
func (c *Copy) hashFile(ctx context.Context, p string) (hash string, info fs.FileInfo, err error) {
	file, err := c.openFile(p)
	if err != nil {
		return "", nil, err
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil {
		return "", nil, err
	}
	hash, err = hashOf(ctx, reader(func(p []byte) (int, error) {
		n, err := file.Read(p)
		c.options.Progress.Bytes(int64(n))
		return n, err
	}))
	return hash, info, err
}

// hashOf reads to the end.
func hashOf(ctx context.Context, from io.Reader) (string, error) {
	sum := sha256.New()
	_, err := io.Copy(sum, reader(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return from.Read(p)
	}))
	return hex.EncodeToString(sum.Sum(nil)), err
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }

// openFile opens an ordinary file of the folder.
func (c *Copy) openFile(p string) (*os.File, error) {
	info, err := c.root.Lstat(p)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: p, Err: fs.ErrNotExist}
	}
	return c.root.Open(p)
}

// addFolders adds those that are new: empty ones, and all above new files. A
// folder that the dataset never listed stays unlisted, or a mere clone would
// differ from its source.
func (r *refresh) addFolders() {
	implied := map[string]bool{}
	for p, e := range r.known {
		if !isFolder(e) {
			addAbove(implied, p)
		}
	}
	fresh := map[string]bool{}
	for p := range r.puts {
		if _, there := r.known[p]; !there {
			addAbove(fresh, p)
		}
	}
	now := time.Now().Unix()
	for _, p := range r.found.folders {
		e, there := r.known[p]
		if there && isFolder(e) || implied[p] && !fresh[p] && !there {
			continue
		}
		r.puts[p] = catalog.Entry{Path: p, MTime: now, Description: catalog.Description{Type: catalog.Directory}}
	}
}

func addAbove(folders map[string]bool, p string) {
	for p = path.Dir(p); p != "." && !folders[p]; p = path.Dir(p) {
		folders[p] = true
	}
}

// findRemoved finds what the index has and the folder has not. The entry with
// the empty path is no file; what was skipped only can't be seen.
func (r *refresh) findRemoved() {
	skipped := map[string]bool{}
	for _, s := range r.found.skipped {
		skipped[s.Path] = true
	}
	there := map[string]bool{"": true}
	for p := range r.found.files {
		there[p] = true
	}
	for _, p := range r.found.folders {
		there[p] = true
	}
	for p := range r.known {
		if !there[p] && !covers(skipped, p) {
			r.removed = append(r.removed, p)
		}
	}
}

func (r *refresh) changes() Changes {
	c := Changes{[]string{}, []string{}, r.removed, r.found.skipped}
	for p := range r.puts {
		switch _, there := r.known[p]; {
		case r.touched[p]:
		case there:
			c.Changed = append(c.Changed, p)
		default:
			c.Added = append(c.Added, p)
		}
	}
	slices.Sort(c.Added)
	slices.Sort(c.Changed)
	slices.Sort(c.Removed)
	slices.SortFunc(c.Skipped, func(a, b Skipped) int { return strings.Compare(a.Path, b.Path) })
	return c
}

func (r *refresh) write(tx *index.Tx) error {
	for _, p := range r.removed {
		if err := errors.Join(tx.Remove(p), tx.RemoveRecords(p)); err != nil {
			return err
		}
	}
	for _, p := range slices.Sorted(maps.Keys(r.puts)) {
		if err := tx.Put(r.puts[p]); err != nil {
			return err
		}
	}
	return nil
}
