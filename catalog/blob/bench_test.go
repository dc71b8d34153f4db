package blob

import (
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The figures to compare, MB/s of the same 256 MiB file on the same disk:
//
//	go test -run '^$' -bench . -benchtime 5x ./catalog/blob
func BenchmarkReceive(b *testing.B) {
	source := benchmarkFile(b)
	folder, err := NewFolder(b.TempDir())
	require.NoError(b, err)
	defer folder.Close()
	for b.Loop() {
		r, err := os.Open(source)
		require.NoError(b, err)
		hash, _, err := Receive(b.Context(), folder, r, benchmarkSize)
		require.NoError(b, err)
		r.Close()
		b.StopTimer()
		require.NoError(b, folder.Delete(b.Context(), Key(hash)))
		b.StartTimer()
	}
}

// BenchmarkCopyThenHash is what Receive replaces: cp, then sha256sum; with
// "durable" the copy is fsynced like an upload.
func BenchmarkCopyThenHash(b *testing.B) {
	for name, durable := range map[string]bool{"cached": false, "durable": true} {
		b.Run(name, func(b *testing.B) {
			source := benchmarkFile(b)
			target := filepath.Join(b.TempDir(), "copy")
			for b.Loop() {
				copyThenHash(b, source, target, durable)
				b.StopTimer()
				require.NoError(b, os.Remove(target))
				b.StartTimer()
			}
		})
	}
}

func copyThenHash(b *testing.B, source, target string, durable bool) {
	r, err := os.Open(source)
	require.NoError(b, err)
	defer r.Close()
	w, err := os.Create(target)
	require.NoError(b, err)
	defer w.Close()
	_, err = io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, make([]byte, chunkSize))
	require.NoError(b, err)
	if durable {
		require.NoError(b, w.Sync())
	}
	_, err = w.Seek(0, io.SeekStart)
	require.NoError(b, err)
	_, err = io.CopyBuffer(struct{ io.Writer }{sha256.New()}, struct{ io.Reader }{w}, make([]byte, chunkSize))
	require.NoError(b, err)
}

const benchmarkSize = 256 << 20

func benchmarkFile(b *testing.B) string {
	b.Helper()
	content := make([]byte, benchmarkSize)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(content)
	file := filepath.Join(b.TempDir(), "source")
	require.NoError(b, os.WriteFile(file, content, 0o600))
	b.SetBytes(benchmarkSize)
	return file
}
