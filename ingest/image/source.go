package image

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// source is the file being described. It remembers the first failure that is
// not the file's own shape (a disk error, a cancelled context), so that the
// parsers need not tell the two apart.
type source struct {
	ctx  context.Context
	r    io.ReaderAt
	size int64
	err  error
}

// ReadAt reads like io.ReaderAt; it fails once the context has ended.
func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if s.err == nil {
		s.err = s.ctx.Err()
	}
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = fmt.Errorf("reading the image: %w", err)
		return n, s.err
	}
	return n, err
}

// bytesAt returns the n bytes of r at off, or nil when they are not all inside
// the size bytes that r has or are more than limit.
func bytesAt(r io.ReaderAt, size, off, n, limit int64) []byte {
	if off < 0 || n <= 0 || n > limit || off > size-n {
		return nil
	}
	b := make([]byte, n)
	if read, _ := r.ReadAt(b, off); int64(read) < n {
		return nil
	}
	return b
}
