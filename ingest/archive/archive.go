// Package archive makes zips whose length is known before they are written.
package archive

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"iter"
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

// Write writes the members as a zip: stored, not compressed, so that its
// length is known before.
func Write(ctx context.Context, w io.Writer, members iter.Seq2[Member, error]) error {
	archive := zip.NewWriter(w)
	for m, err := range members {
		if err != nil {
			return err
		}
		if err := m.writeTo(ctx, archive); err != nil {
			return fmt.Errorf("zip %q: %w", m.Name, err)
		}
	}
	return archive.Close()
}

func (m *Member) writeTo(ctx context.Context, archive *zip.Writer) error {
	w, err := archive.CreateHeader(&zip.FileHeader{Name: m.Name, Method: zip.Store, Modified: m.Modified})
	if err != nil || m.Open == nil {
		return err
	}
	file, err := m.Open(ctx)
	if err != nil {
		return err
	}
	defer file.Close()
	n, err := io.Copy(w, file)
	if err == nil && n != m.Size {
		err = fmt.Errorf("it has %d bytes instead of %d", n, m.Size)
	}
	return err
}
