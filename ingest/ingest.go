// Package ingest turns bytes into entries: it receives uploads, finds out what
// they are, and builds what maps and viewers need of them.
package ingest

import (
	"cmp"
	"context"
	"io"
	"slices"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
)

// Ingest writes to one catalog and one blob store.
type Ingest struct {
	catalog *catalog.Catalog
	store   blob.Store
	queue   *river.Client[pgx.Tx]
	options Options
	tools   []Tool
	indexes *indexes
}

// Receive stores bytes that no entry names yet. size is the number of bytes
// that must come, -1 when unknown.
func (in *Ingest) Receive(ctx context.Context, r io.Reader, size int64) (catalog.Content, error) {
	hash, size, err := blob.Receive(ctx, in.store, r, size)
	return catalog.Content{Hash: hash, Size: size}, err
}

// ReceiveFor is Receive for a file of the dataset, at a path if it is known yet.
// It breaks off as soon as there is no room for the file, of which at least so
// many bytes will come.
func (in *Ingest) ReceiveFor(ctx context.Context, d *catalog.Dataset, path string, r io.Reader, atLeast int64) (catalog.Content, error) {
	room, err := in.catalog.Room(ctx, d, path)
	if err == nil {
		err = room.Check(atLeast)
	}
	if err != nil {
		return catalog.Content{}, err
	}
	return in.Receive(ctx, &roomReader{Reader: r, room: room}, -1)
}

// roomReader fails when more has been read than there is room for.
type roomReader struct {
	io.Reader
	room catalog.Room
	read int64
}

func (r *roomReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.read += int64(n)
	if full := r.room.Check(r.read); full != nil {
		return 0, full
	}
	return n, err
}

// Put makes received bytes the file at path of the dataset, replacing one that
// is there, and returns its entry. When Put returns nil the file survives a
// crash; on an error the dataset is as it was.
func (in *Ingest) Put(ctx context.Context, d *catalog.Dataset, path string, content catalog.Content) (catalog.Entry, error) {
	path, err := catalog.CleanPath(path)
	if err != nil {
		return catalog.Entry{}, err
	}
	description, err := in.Describe(ctx, content.Hash, path)
	if err != nil {
		return catalog.Entry{}, err
	}
	e := catalog.Entry{Path: path, Hash: content.Hash, MTime: time.Now().Unix(), Size: content.Size, Description: description}
	err = in.catalog.Update(ctx, func(tx catalog.Tx) error {
		if err := tx.Charge(ctx, d, func() error { return tx.Put(ctx, d.ID, e) }); err != nil {
			return err
		}
		if err := in.CheckStored(ctx, e.Hash); err != nil {
			return err
		}
		return in.requestBuilds(ctx, tx, d, false, e)
	})
	return e, err
}

// CheckStored returns an error if received bytes are gone again, because
// nothing named them for too long. It belongs into the transaction that does.
func (in *Ingest) CheckStored(ctx context.Context, hash string) error {
	stored, err := in.Stored(ctx, hash)
	if err == nil && !stored {
		err = cairn.Errorf(cairn.Unavailable, "The upload took so long that its bytes were removed. Send it again.")
	}
	return err
}

// Stored tells whether the bytes are there.
func (in *Ingest) Stored(ctx context.Context, hash string) (bool, error) {
	_, err := in.store.Stat(ctx, blob.Key(hash))
	if cairn.CodeOf(err) == cairn.NotFound {
		return false, nil
	}
	return err == nil, err
}

// Join stores one content after the other as one.
func (in *Ingest) Join(ctx context.Context, parts []catalog.Content) (catalog.Content, error) {
	var size int64
	readers := make([]io.Reader, len(parts))
	for i, part := range parts {
		object := &lazyObject{ctx: ctx, store: in.store, key: blob.Key(part.Hash)}
		defer object.Close()
		readers[i] = object
		size += part.Size
	}
	return in.Receive(ctx, io.MultiReader(readers...), size)
}

// lazyObject opens an object when it is read, and closes it at its end.
type lazyObject struct {
	ctx   context.Context
	store blob.Store
	key   string

	object blob.Object
	rest   io.Reader
}

func (l *lazyObject) Read(p []byte) (n int, err error) {
	if l.rest == nil {
		if l.object, err = l.store.Open(l.ctx, l.key); err != nil {
			return 0, err
		}
		l.rest = io.NewSectionReader(l.object, 0, l.object.Size())
	}
	n, err = l.rest.Read(p)
	if err != nil {
		err = cmp.Or(l.Close(), err)
	}
	return n, err
}

// Close closes what is open; again does nothing.
func (l *lazyObject) Close() error {
	if l.object == nil {
		return nil
	}
	object := l.object
	l.object = nil
	return object.Close()
}

// Upload is Receive and Put in one.
func (in *Ingest) Upload(ctx context.Context, d *catalog.Dataset, path string, r io.Reader, size int64) (catalog.Entry, error) {
	content, err := in.Receive(ctx, r, size)
	if err != nil {
		return catalog.Entry{}, err
	}
	return in.Put(ctx, d, path, content)
}

// MakeFolder adds an empty folder.
func (in *Ingest) MakeFolder(ctx context.Context, d *catalog.Dataset, path string) (catalog.Entry, error) {
	path, err := catalog.CleanPath(path)
	if err != nil {
		return catalog.Entry{}, err
	}
	e := catalog.Entry{Path: path, MTime: time.Now().Unix(), Description: catalog.Description{Type: catalog.Directory}}
	return e, in.catalog.Update(ctx, func(tx catalog.Tx) error { return tx.MakeFolder(ctx, d.ID, path, e.MTime) })
}

// Remove deletes an entry, a folder with everything below it. Bytes and
// products that nothing needs any more are collected later.
func (in *Ingest) Remove(ctx context.Context, d *catalog.Dataset, path string) error {
	_, failed, err := in.RemoveAll(ctx, d, []string{path})
	if err == nil && failed[path] != nil {
		return failed[path]
	}
	return err
}

// RemoveAll deletes entries and tells, by the paths as they are given, which it
// deleted and what is wrong with the others. One that is given twice counts once.
func (in *Ingest) RemoveAll(ctx context.Context, d *catalog.Dataset, paths []string) (deleted []string, failed map[string]error, err error) {
	failed = map[string]error{}
	given := map[string]string{} // by what they mean
	var meant []string
	for _, path := range paths {
		clean, err := catalog.CleanPath(path)
		if err != nil {
			failed[path] = err
		} else if _, twice := given[clean]; !twice {
			given[clean], meant = path, append(meant, clean)
		}
	}
	var removed []string
	err = in.catalog.Update(ctx, func(tx catalog.Tx) error {
		removed, err = tx.Remove(ctx, d.ID, meant...)
		return err
	})
	for _, path := range meant {
		if _, found := slices.BinarySearch(removed, path); found {
			deleted = append(deleted, given[path])
		} else {
			failed[given[path]] = cairn.Errorf(cairn.NotFound, "There is no entry %q in this dataset.", path)
		}
	}
	return deleted, failed, err
}
