package federation

import (
	"context"
	"errors"
	"io"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest"
)

// errPull ends a push whose client does not know the dataset as it is.
var errPull = errors.New("pull required")

// BeginPush begins a push of a stamp to a dataset. base is the checksum of
// what the client knows of it. If the dataset is something else, nothing
// begins and pull is true: the client must pull first.
func (f *Federation) BeginPush(ctx context.Context, caller auth.Caller, d *catalog.Dataset, base string, stamp io.Reader) (p *catalog.Push, pull bool, err error) {
	err = f.catalog.Update(ctx, func(tx catalog.Tx) error {
		if p, err = tx.OpenPush(ctx, caller, d); err != nil {
			return err
		}
		in := newStampReader(stamp)
		err := in.read(
			func(next func() (path, hash string, err error)) error { return tx.StageEntries(ctx, p, next) },
			func(next func() (id string, err error)) error { return tx.StageRecords(ctx, p, next) })
		if err != nil {
			return err
		}
		if pull, err = tx.Compare(ctx, p, base, in.Checksum); err != nil {
			return err
		}
		if pull {
			return errPull
		}
		return tx.Hold(ctx, p, func(hash string) (bool, error) { return f.ingest.Stored(ctx, hash) })
	})
	if errors.Is(err, errPull) {
		return nil, true, nil
	}
	return p, false, err
}

// DeliverFile gives a push a file that it needs. Its content must be the one
// that the stamp announced.
func (f *Federation) DeliverFile(ctx context.Context, p *catalog.Push, path string, content catalog.Content) error {
	if p.Committed {
		return errOver()
	}
	if _, err := catalog.CleanPath(path); err != nil {
		return err
	}
	hash, err := f.catalog.Announced(ctx, p, path)
	if err != nil {
		return err
	}
	if content.Hash != hash {
		return cairn.Errorf(cairn.Invalid, "%q is not what was announced: it has changed since it was added to the index. Run ddb sync (or add the file again), then push again.", path)
	}
	if err := f.checkRoom(ctx, p.Dataset, content.Size, func() (int64, error) { return f.catalog.SentBytes(ctx, p, content.Hash) }); err != nil {
		return err
	}
	description, err := f.ingest.Describe(ctx, content.Hash, path)
	if err != nil {
		return err
	}
	err = f.catalog.Update(ctx, func(tx catalog.Tx) error {
		if err := tx.Deliver(ctx, p, path, content, description); err != nil {
			return err
		}
		return f.ingest.CheckStored(ctx, content.Hash)
	})
	if err != nil {
		return err
	}
	return f.catalog.Touch(ctx, p)
}

func errOver() error { return cairn.Errorf(cairn.Invalid, "This push is over. Push again.") }

// checkRoom returns an error if there is no room for what was staged and so many bytes more.
func (f *Federation) checkRoom(ctx context.Context, d *catalog.Dataset, more int64, staged func() (int64, error)) error {
	room, err := f.catalog.Room(ctx, d, "")
	if err != nil || !room.Limited() {
		return err
	}
	before, err := staged()
	if err != nil {
		return err
	}
	return room.Check(before + more)
}

// DeliverRecords gives a push the metadata that it needs, as a JSON list.
func (f *Federation) DeliverRecords(ctx context.Context, p *catalog.Push, records io.Reader) error {
	if p.Committed {
		return errOver()
	}
	err := f.catalog.Update(ctx, func(tx catalog.Tx) error { return tx.DeliverRecords(ctx, p, newRecordReader(records).next) })
	if err != nil {
		return err
	}
	return f.catalog.Touch(ctx, p)
}

// CommitPush makes the dataset what the push says, in one transaction.
// Committing again what has been committed changes nothing.
func (f *Federation) CommitPush(ctx context.Context, p *catalog.Push) error {
	if p.Committed {
		return nil
	}
	describe := func(path, hash string) (catalog.Description, error) { return f.ingest.Describe(ctx, hash, path) }
	if err := f.catalog.DescribeStaged(ctx, p, describe); err != nil {
		return err
	}
	return f.catalog.Update(ctx, func(tx catalog.Tx) error {
		return tx.Charge(ctx, p.Dataset, func() error {
			return tx.CommitPush(ctx, p, ingest.Buildable(), func(entries []catalog.Entry) error {
				return f.ingest.RequestBuilds(ctx, tx, p.Dataset, entries)
			})
		})
	})
}
