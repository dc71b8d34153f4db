// Package archive makes zips whose length is known before they are written.
package archive

import (
	"context"
	"io"
	"time"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
)

// Member is a file or a folder in a zip.
type Member struct {
	Name     string // that of a folder ends with a slash
	Modified time.Time
	Size     int64                                        // bytes
	Open     func(context.Context) (io.ReadCloser, error) // nil for a folder
}

// Entry is the member that an entry becomes, whose bytes are in the store.
func Entry(store blob.Store, e catalog.Entry) Member {
	m := Member{Name: e.Path, Modified: time.Unix(e.MTime, 0).UTC(), Size: e.Size}
	if e.Type == catalog.Directory {
		m.Name += "/"
		return m
	}
	m.Open = func(ctx context.Context) (io.ReadCloser, error) {
		object, err := store.Open(ctx, blob.Key(e.Hash))
		if err != nil {
			return nil, err
		}
		return struct {
			io.Reader
			io.Closer
		}{io.NewSectionReader(object, 0, object.Size()), object}, nil
	}
	return m
}
