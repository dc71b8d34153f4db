// Package archive makes zips of entries.
package archive

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
)

// header describes a member: stored, not compressed, so that the length of
// the archive is known before it is written.
func header(e catalog.Entry) *zip.FileHeader {
	h := &zip.FileHeader{Name: e.Path, Method: zip.Store, Modified: time.Unix(e.MTime, 0).UTC()}
	if e.Type == catalog.Directory {
		h.Name += "/"
	}
	return h
}

// Writer writes a zip, entry by entry.
type Writer struct {
	zip   *zip.Writer
	store blob.Store
}

// NewWriter returns a Writer to w of entries whose bytes are in the store.
func NewWriter(w io.Writer, store blob.Store) *Writer { return &Writer{zip.NewWriter(w), store} }

// Add writes one entry.
func (w *Writer) Add(ctx context.Context, e catalog.Entry) error {
	member, err := w.zip.CreateHeader(header(e))
	if err == nil && e.Type != catalog.Directory {
		err = copyBlob(ctx, member, w.store, e)
	}
	if err != nil {
		return fmt.Errorf("zip %q: %w", e.Path, err)
	}
	return nil
}

// Close ends the zip. Without it the archive is not whole.
func (w *Writer) Close() error { return w.zip.Close() }

// Write writes the entries as a zip.
func Write(ctx context.Context, w io.Writer, store blob.Store, entries []catalog.Entry) error {
	archive := NewWriter(w, store)
	for _, e := range entries {
		if err := archive.Add(ctx, e); err != nil {
			return err
		}
	}
	return archive.Close()
}

func copyBlob(ctx context.Context, w io.Writer, store blob.Store, e catalog.Entry) error {
	file, err := store.Open(ctx, blob.Key(e.Hash))
	if err != nil {
		return err
	}
	defer file.Close()
	n, err := io.Copy(w, io.NewSectionReader(file, 0, file.Size()))
	if err == nil && n != e.Size {
		err = fmt.Errorf("%q has %d bytes instead of %d", e.Path, n, e.Size)
	}
	return err
}

// timestampExtra is the size of the extended timestamp that the zip writer
// adds to a member with a modification time.
const timestampExtra = 9

var zeros [1 << 20]byte

// Size returns the length of what Write writes, by writing an archive of
// the same shape to nowhere. Raw members have no checksum to compute, so this
// costs next to nothing.
func Size(entries []catalog.Entry) (int64, error) {
	var length counter
	archive := zip.NewWriter(&length)
	for _, e := range entries {
		h := header(e)
		h.Extra = zeros[:timestampExtra]
		if e.Type != catalog.Directory {
			h.Flags |= 0x8 // a data descriptor follows, as in a streamed member
			h.CompressedSize64, h.UncompressedSize64 = uint64(e.Size), uint64(e.Size)
		}
		member, err := archive.CreateRaw(h)
		if err != nil {
			return 0, fmt.Errorf("zip size: %w", err)
		}
		for left := e.Size; left > 0 && e.Type != catalog.Directory; left -= int64(len(zeros)) {
			if _, err := member.Write(zeros[:min(left, int64(len(zeros)))]); err != nil {
				return 0, fmt.Errorf("zip size: %w", err)
			}
		}
	}
	if err := archive.Close(); err != nil {
		return 0, fmt.Errorf("zip size: %w", err)
	}
	return int64(length), nil
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
