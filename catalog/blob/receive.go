package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/cairngeo/cairn"
)

// Receive stores the bytes of r, which it reads once, and returns their
// SHA-256 in lower-case hexadecimal and their number; they are then the object
// [Key](hash), durably. Bytes that are there already are not stored again.
//
// want is the number of bytes announced, or -1. A different number and a reader
// that fails are Invalid errors (an error of r that carries a code of its own
// keeps it), a full disk is Unavailable. After an error nothing is left.
func Receive(ctx context.Context, s Store, r io.Reader, want int64) (hash string, size int64, err error) {
	file, err := os.CreateTemp(s.Scratch(), "upload-")
	if err != nil {
		return "", 0, fmt.Errorf("receive: %w", noSpace(err))
	}
	defer os.Remove(file.Name()) // after Adopt there is nothing to remove
	hash, size, err = digest(ctx, file, r, want)
	if err = errors.Join(err, file.Close()); err != nil {
		return "", 0, fmt.Errorf("receive: %w", noSpace(err))
	}
	if err := s.Adopt(ctx, Key(hash), file.Name()); err != nil {
		return "", 0, fmt.Errorf("receive: %w", err)
	}
	return hash, size, nil
}

const (
	chunkSize = 512 << 10 // large enough that system calls and channels cost nothing
	chunks    = 4         // buffers of one upload: 2 MiB at most
)

var chunkPool = sync.Pool{New: func() any { return new([chunkSize]byte) }}

// digest copies r to w and returns the SHA-256 and number of the bytes. It
// reads and writes here and hashes on another core, so that the whole takes as
// long as the slower of the two.
func digest(ctx context.Context, w io.Writer, r io.Reader, want int64) (hash string, size int64, err error) {
	if want >= 0 && want < math.MaxInt64 {
		r = io.LimitReader(r, want+1) // one too many tells
	}
	hasher := startHasher()
	size, err = copyChunks(ctx, w, r, hasher)
	hash = hasher.finish()
	switch {
	case err != nil:
		return "", 0, err
	case want >= 0 && size > want:
		return "", 0, cairn.Errorf(cairn.Invalid, "The upload has more than the %d bytes announced. Announce its length or none, and send it again.", want)
	case want >= 0 && size < want:
		return "", 0, cairn.Errorf(cairn.Invalid, "The upload ended after %d of the %d bytes announced. Send it again.", size, want)
	}
	return hash, size, nil
}

func copyChunks(ctx context.Context, w io.Writer, r io.Reader, hasher *hasher) (size int64, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return size, err
		}
		buffer := hasher.buffer()
		n, readErr := fill(r, buffer[:])
		_, err := w.Write(buffer[:n])
		hasher.hash(buffer, n)
		size += int64(n)
		switch {
		case err != nil:
			return size, err
		case readErr == io.EOF:
			return size, nil
		case readErr != nil:
			return size, brokenReader(readErr, size)
		}
	}
}

// fill reads until the buffer is full. Unlike io.ReadFull it hands on the
// reader's own error: an io.ErrUnexpectedEOF of a broken multipart body must not
// look like the end of the file.
func fill(r io.Reader, buffer []byte) (n int, err error) {
	for n < len(buffer) && err == nil {
		var more int
		more, err = r.Read(buffer[n:])
		n += more
	}
	return n, err
}

// brokenReader is the error for a reader that failed after size bytes.
func brokenReader(err error, size int64) error {
	if cairn.CodeOf(err) != cairn.Internal || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return cairn.Errorf(cairn.Invalid, "The upload broke off after %d bytes. Send it again.", size).Because(err)
}

// noSpace gives a full disk or an exhausted quota the sentence and the code for
// the person who uploads, and leaves every other error as it is.
func noSpace(err error) error {
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) {
		return err
	}
	full := cairn.Errorf(cairn.Unavailable, "The server's storage is full, nothing was stored. Ask its administrator to free space, then send the file again.")
	full.RetryAfter = time.Minute
	return full.Because(err)
}
