package federation

import (
	"context"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest"
)

// Receiving calls receive and keeps the share from ending meanwhile.
func (f *Federation) Receiving(ctx context.Context, b *catalog.Batch, receive func() error) error {
	return during(ctx, func(ctx context.Context) error { return f.catalog.TouchBatch(ctx, b) }, receive)
}

// ShareFile stages a file in a share. It becomes an entry at commit.
func (f *Federation) ShareFile(ctx context.Context, b *catalog.Batch, path string, content catalog.Content) (catalog.Entry, error) {
	path, err := catalog.CleanPath(path)
	if err != nil {
		return catalog.Entry{}, err
	}
	if err := f.checkShareRoom(ctx, b, path, content.Size); err != nil {
		return catalog.Entry{}, err
	}
	if err := f.catalog.CheckShared(ctx, b, path); err != nil {
		return catalog.Entry{}, err
	}
	e := catalog.Entry{Path: path, Hash: content.Hash, Size: content.Size, MTime: time.Now().Unix()}
	if e.Description, err = f.ingest.Describe(ctx, content.Hash, path); err != nil {
		return catalog.Entry{}, err
	}
	return e, f.catalog.Update(ctx, func(tx catalog.Tx) error {
		if err := tx.Share(ctx, b, e); err != nil {
			return err
		}
		return f.ingest.CheckStored(ctx, e.Hash)
	})
}

// checkShareRoom returns an error if a file of that size has no room at the
// path, beside what else has been staged.
func (f *Federation) checkShareRoom(ctx context.Context, b *catalog.Batch, path string, size int64) error {
	return f.checkRoom(ctx, b.Dataset, size, func() (int64, error) { return f.catalog.SharedBytes(ctx, b, path) })
}

// ShareChunk stages one chunk of a file, in any order. When all have come they
// are shared as one file, which is then not nil.
func (f *Federation) ShareChunk(ctx context.Context, b *catalog.Batch, file catalog.ChunkedFile, position int, chunk catalog.Content) (*catalog.Entry, error) {
	if err := f.checkShareRoom(ctx, b, file.Path, file.Size); err != nil {
		return nil, err
	}
	var chunks []catalog.Content
	err := f.catalog.Update(ctx, func(tx catalog.Tx) (err error) {
		if chunks, err = tx.ShareChunk(ctx, b, file, position, chunk); err != nil {
			return err
		}
		return f.ingest.CheckStored(ctx, chunk.Hash)
	})
	if err != nil || chunks == nil {
		return nil, err
	}
	var size int64
	for _, c := range chunks {
		size += c.Size
	}
	if size != file.Size {
		return nil, cairn.Errorf(cairn.Invalid, "The chunks of %q have %d bytes together instead of %d. Send the wrong ones again.", file.Path, size, file.Size)
	}
	whole, err := f.ingest.Join(ctx, chunks)
	if err != nil {
		return nil, err
	}
	e, err := f.ShareFile(ctx, b, file.Path, whole)
	return &e, err
}

// CommitShare makes the files of a share entries of its dataset, in one
// transaction. Committing again what has been committed changes nothing.
func (f *Federation) CommitShare(ctx context.Context, b *catalog.Batch) error {
	return f.catalog.Update(ctx, func(tx catalog.Tx) error {
		return tx.Charge(ctx, b.Dataset, func() error {
			return tx.CommitBatch(ctx, b, ingest.Buildable(), func(entries []catalog.Entry) error {
				return f.ingest.RequestBuilds(ctx, tx, b.Dataset, entries)
			})
		})
	})
}
