package workingcopy

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/federation/client"
	"github.com/cairngeo/cairn/federation/stamp"
	"golang.org/x/sync/errgroup"
)

// arrivals are the contents that a pull needs, in .ddb/tmp under their hashes.
type arrivals struct {
	copy   *Copy
	from   *client.Client
	of     client.Dataset
	source map[string]string // path on the server by hash
	held   map[string]string // path in the folder by hash
	uses   map[string]int    // entries that a content is for
}

func (c *Copy) newArrivals(from *client.Client, of client.Dataset, puts []stamp.Entry, known map[string]catalog.Entry) *arrivals {
	a := &arrivals{c, from, of, map[string]string{}, map[string]string{}, map[string]int{}}
	for _, e := range puts {
		if !e.Folder() {
			a.source[e.Hash] = e.Path
			a.uses[e.Hash]++
		}
	}
	for p, e := range known {
		if a.uses[e.Hash] > 0 {
			a.held[e.Hash] = p
		}
	}
	return a
}

func arrived(hash string) string { return scratch + "/" + hash }

// fetch brings them all here, several at a time, and returns the bytes that
// came over the network.
func (a *arrivals) fetch(ctx context.Context) (files int, bytes int64, err error) {
	if len(a.source) == 0 {
		return 0, 0, nil
	}
	a.copy.options.Progress.Begin("Downloading", len(a.source), 0)
	var counts tally
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(a.copy.options.Parallel)
	for hash := range a.source {
		group.Go(func() error {
			defer a.copy.options.Progress.File()
			return a.fetchOne(ctx, hash, &counts)
		})
	}
	err = group.Wait()
	return int(counts.files.Load()), counts.bytes.Load(), err
}

func (a *arrivals) fetchOne(ctx context.Context, hash string, counts *tally) error {
	if whole, err := a.isWhole(ctx, arrived(hash), hash); err != nil || whole {
		return err
	}
	if p, ok := a.held[hash]; ok {
		if done, err := a.copyHeld(ctx, p, hash); err != nil || done {
			return err
		}
	}
	part := arrived(hash) + ".part"
	if whole, err := a.isWhole(ctx, part, hash); err != nil {
		return err
	} else if whole {
		return a.copy.root.Rename(part, arrived(hash))
	}
	for try := 1; ; try++ {
		if err := a.download(ctx, part, hash, counts); err != nil {
			return err
		}
		whole, err := a.isWhole(ctx, part, hash)
		switch {
		case err != nil:
			return err
		case whole:
			return a.copy.root.Rename(part, arrived(hash))
		}
		if err := a.copy.root.Remove(part); err != nil {
			return err
		}
		if try == 2 { // the first may have gone on with another file's beginning
			return cairn.Errorf(cairn.Conflict, "%q on %s is not what the dataset announces; it may have been changed meanwhile. Try again.", a.source[hash], a.from.Server())
		}
	}
}

// isWhole tells whether the file is there and has the hash.
func (a *arrivals) isWhole(ctx context.Context, name, hash string) (bool, error) {
	file, err := a.copy.openFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	}
	defer file.Close()
	found, err := hashOf(ctx, file)
	return found == hash, err
}

func (a *arrivals) download(ctx context.Context, part, hash string, counts *tally) error {
	file, err := a.copy.root.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	err = a.from.Download(ctx, a.of, a.source[hash], file, func(n int64) {
		counts.bytes.Add(n)
		a.copy.options.Progress.Bytes(n)
	})
	counts.files.Add(1)
	return errors.Join(err, file.Sync(), file.Close())
}

// copyHeld takes a content from a file of the folder, unless that is not what
// the index says.
func (a *arrivals) copyHeld(ctx context.Context, p, hash string) (bool, error) {
	file, err := a.copy.openFile(p)
	if err != nil {
		return false, nil // then it is downloaded
	}
	defer file.Close()
	part := arrived(hash) + ".copy"
	if err := a.copy.write(part, file); err != nil {
		return false, err
	}
	whole, err := a.isWhole(ctx, part, hash)
	switch {
	case err != nil:
		return false, err
	case !whole:
		return false, a.copy.root.Remove(part)
	}
	return true, a.copy.root.Rename(part, arrived(hash))
}

func (c *Copy) write(name string, from io.Reader) error {
	if err := c.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) { // one left behind may be read-only
		return err
	}
	to, err := c.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Sync(), to.Close())
}

// take returns the name of a file with the content that can be moved away. The
// content stays if other entries need it too.
func (a *arrivals) take(hash string) (string, error) {
	a.uses[hash]--
	name := arrived(hash)
	if a.uses[hash] > 0 {
		from, err := a.copy.openFile(name)
		if err != nil {
			return "", err
		}
		defer from.Close()
		name += ".copy"
		if err := a.copy.write(name, from); err != nil {
			return "", err
		}
	}
	// Old enough for a later change to show in the time.
	then := time.Now().Add(-settled)
	return name, a.copy.root.Chtimes(name, then, then)
}
