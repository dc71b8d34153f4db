package ingest

import (
	"context"
	"path"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
)

// Location is the path of an entry in a dataset.
type Location struct {
	Dataset *catalog.Dataset
	Path    string
}

// clean returns the place in the catalog, or an error if no entry may be there.
func (l Location) clean() (catalog.Place, error) {
	path, err := catalog.CleanPath(l.Path)
	return catalog.Place{Dataset: l.Dataset.ID, Path: path}, err
}

// Relocate moves or copies an entry, a folder with everything below it, and
// returns it as it then is. A file whose extension changes is looked at again;
// what comes into the dataset anew is built as if it had been uploaded.
func (in *Ingest) Relocate(ctx context.Context, source, dest Location, how catalog.Relocation) (catalog.Entry, error) {
	from, err := source.clean()
	if err != nil {
		return catalog.Entry{}, err
	}
	to, err := dest.clean()
	if err != nil {
		return catalog.Entry{}, err
	}
	e, err := in.catalog.Entry(ctx, source.Dataset, from.Path)
	if err != nil {
		return catalog.Entry{}, err
	}
	retype := e.Type != catalog.Directory && path.Ext(from.Path) != path.Ext(to.Path)
	e.Path = to.Path
	if retype {
		if e.Description, err = in.Describe(ctx, e.Hash, to.Path); err != nil {
			return catalog.Entry{}, err
		}
	}
	err = in.catalog.Update(ctx, func(tx catalog.Tx) error {
		return tx.Charge(ctx, dest.Dataset, func() error {
			if err := tx.Lock(ctx, from.Dataset, to.Dataset); err != nil {
				return err
			}
			if anew := how.Keep || from.Dataset != to.Dataset; anew && !retype {
				if err := in.buildRelocated(ctx, tx, from, dest.Dataset, to.Path); err != nil {
					return err
				}
			}
			moved, err := tx.Relocate(ctx, from, to, how)
			if err != nil {
				return err
			}
			if !retype {
				e = moved
				return nil
			}
			if moved.Hash != e.Hash {
				return cairn.Errorf(cairn.Conflict, "%q was replaced at this moment. Try again.", from.Path)
			}
			if err := tx.Put(ctx, to.Dataset, e); err != nil {
				return err
			}
			return in.requestBuilds(ctx, tx, dest.Dataset, false, e)
		})
	})
	return e, err
}

// buildRelocated requests the products of what lies at the source for the
// destination.
func (in *Ingest) buildRelocated(ctx context.Context, tx catalog.Tx, source catalog.Place, d *catalog.Dataset, dest string) error {
	for entries, err := range tx.OfTypes(ctx, source, Buildable()) {
		if err != nil {
			return err
		}
		for i := range entries {
			entries[i].Path = dest + strings.TrimPrefix(entries[i].Path, source.Path)
		}
		if err := in.requestBuilds(ctx, tx, d, false, entries...); err != nil {
			return err
		}
	}
	return nil
}
