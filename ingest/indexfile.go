package ingest

import (
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/catalog/cache"
	"github.com/cairngeo/cairn/ingest/archive"
	"github.com/cairngeo/cairn/ingest/index"
	"github.com/google/uuid"
	"golang.org/x/sync/semaphore"
)

// Index is the index file of a dataset as of one moment. It does not change
// and is there until it is closed.
type Index struct {
	Revision catalog.Revision
	Size     int64 // bytes
	file     string
	store    blob.Store
	users    atomic.Int32 // when nobody has it any more it goes
}

// Index returns the index file of the dataset as it is now. The caller closes it.
func (in *Ingest) Index(ctx context.Context, d *catalog.Dataset) (*Index, error) {
	return in.indexes.open(ctx, d)
}

// Close lets the file go.
func (x *Index) Close() {
	if x.users.Add(-1) > 0 {
		return
	}
	if err := os.Remove(x.file); err != nil {
		slog.Warn("an index file stays until the next start", "error", err)
	}
}

func (x *Index) hold() { x.users.Add(1) }

// Member is the index file as it lies in a zip.
func (x *Index) Member() archive.Member {
	return archive.Member{Name: index.Name, Modified: x.Revision.ChangedAt.UTC(), Size: x.Size,
		Open: func(context.Context) (io.ReadCloser, error) { return os.Open(x.file) }}
}

// Members yields what a zip of the whole dataset has, by name: the files and
// folders that the index lists, and the index itself.
func (x *Index) Members(ctx context.Context) iter.Seq2[archive.Member, error] {
	return func(yield func(archive.Member, error) bool) {
		db, err := index.OpenReadOnly(ctx, x.file)
		if err != nil {
			yield(archive.Member{}, err)
			return
		}
		defer db.Close() // it was only read: nothing can be lost
		pending := true
		for e, err := range db.List(ctx) {
			if err != nil {
				yield(archive.Member{}, err)
				return
			}
			if e.Path == "" { // the dataset itself
				continue
			}
			if pending && e.Path > index.Name {
				if pending = false; !yield(x.Member(), nil) {
					return
				}
			}
			if !yield(archive.Entry(x.store, e), nil) {
				return
			}
		}
		if pending {
			yield(x.Member(), nil)
		}
	}
}

// indexes makes index files of datasets and keeps, for each dataset, the
// newest, as long as there is room.
type indexes struct {
	catalog *catalog.Catalog
	store   blob.Store
	kept    *cache.LRU[uuid.UUID, *Index]
	room    int64
	making  cache.Flights[struct{}]
	workers *semaphore.Weighted
}

// indexWorkers is how many index files are made at a time: each takes a
// connection to the database and a processor.
const indexWorkers = 2

func newIndexes(c *catalog.Catalog, store blob.Store, room int64) *indexes {
	return &indexes{catalog: c, store: store, kept: cache.NewLRU[uuid.UUID](room, cache.Unlimited, (*Index).Close), room: room, workers: semaphore.NewWeighted(indexWorkers)}
}

// IndexStats are those of the index files that are kept.
func (in *Ingest) IndexStats() cache.Stats { return in.indexes.kept.Stats() }

// open returns a file that is not older than the question.
func (x *indexes) open(ctx context.Context, d *catalog.Dataset) (*Index, error) {
	now, err := x.catalog.Revision(ctx, d)
	if err != nil {
		return nil, err
	}
	for {
		if known, ok := x.kept.Use(d.ID, (*Index).hold); ok {
			if known.Revision.Number >= now.Number {
				return known, nil
			}
			known.Close()
		}
		_, err := x.making.Do(ctx, fmt.Sprint(d.ID, now.Number), func(ctx context.Context) (struct{}, error) { return struct{}{}, x.renew(ctx, d) })
		if err != nil {
			return nil, err
		}
	}
}

// renew makes the file anew and keeps it, also if it alone is larger than
// all of them should be: somebody waits for it.
func (x *indexes) renew(ctx context.Context, d *catalog.Dataset) error {
	if err := x.workers.Acquire(ctx, 1); err != nil {
		return err
	}
	defer x.workers.Release(1)
	made, err := x.write(ctx, d)
	if err != nil {
		return fmt.Errorf("index of %s/%s: %w", d.Organization, d.Slug, err)
	}
	made.hold()
	x.kept.Add(d.ID, made, min(made.Size, x.room))
	return nil
}

// write writes the file from one snapshot of the catalog.
func (x *indexes) write(ctx context.Context, d *catalog.Dataset) (*Index, error) {
	made := &Index{file: filepath.Join(x.store.Scratch(), "index-"+uuid.NewString()), store: x.store}
	err := index.Write(ctx, made.file, func(tx *index.Tx) error {
		return x.catalog.Snapshot(ctx, func(s catalog.Snapshot) (err error) {
			if made.Revision, err = s.Revision(ctx, d); err != nil {
				return err
			}
			for entries, err := range s.Everything(ctx, d) {
				if err != nil {
					return err
				}
				for _, e := range entries {
					if err := tx.Put(e); err != nil {
						return err
					}
				}
			}
			return s.Records(ctx, d, func(r catalog.Record) error {
				_, err := tx.PutRecord(r)
				return err
			})
		})
	})
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(made.file)
	if err != nil {
		return nil, err
	}
	made.Size = info.Size()
	return made, nil
}
