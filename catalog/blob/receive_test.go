package blob

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cairngeo/cairn"
)

// fullWriter takes so many bytes and then fails like a disk.
type fullWriter struct {
	room int
	err  error
}

func (w *fullWriter) Write(p []byte) (int, error) {
	if len(p) > w.room {
		n := w.room
		w.room = 0
		return n, &fs.PathError{Op: "write", Path: "upload", Err: w.err}
	}
	w.room -= len(p)
	return len(p), nil
}

func TestWriterFails(t *testing.T) {
	t.Parallel()
	content := make([]byte, 5*chunkSize+100)
	for _, room := range []int{0, 1, chunkSize, 3*chunkSize + 5, len(content) - 1} {
		for cause, code := range map[error]cairn.Code{
			syscall.ENOSPC: cairn.Unavailable,
			syscall.EDQUOT: cairn.Unavailable,
			syscall.EIO:    cairn.Internal,
		} {
			hash, size, err := digest(t.Context(), &fullWriter{room, cause}, bytes.NewReader(content), -1)
			err = noSpace(err)
			assert.ErrorIs(t, err, cause)
			assert.Equal(t, code, cairn.CodeOf(err))
			assert.Empty(t, hash)
			assert.Zero(t, size)
		}
	}
}

// TestDevFull is a full disk of the kernel's own making.
func TestDevFull(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return // not Linux
	}
	assert.NoError(t, err)
	defer full.Close()
	_, _, err = digest(t.Context(), full, bytes.NewReader([]byte("x")), -1)
	assert.Equal(t, cairn.Unavailable, cairn.CodeOf(noSpace(err)))
}

// TestMemory: an upload of any size borrows a fixed number of buffers. It runs
// alone, because the runtime counts the bytes of all goroutines together.
func TestMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, size, err := digest(t.Context(), io.Discard, io.LimitReader(zeros{}, 256<<20), -1)
	runtime.ReadMemStats(&after)
	assert.NoError(t, err)
	assert.EqualValues(t, 256<<20, size)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4<<20))
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
