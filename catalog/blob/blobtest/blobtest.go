// Package blobtest holds the tests that every implementation of blob.Store
// must pass.
package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog/blob"
)

// Run tests the stores that open makes. Each call of open must give an empty
// store of its own, closed with t.Cleanup.
func Run(t *testing.T, open func(t testing.TB) blob.Store) {
	for name, test := range map[string]func(*testing.T, blob.Store){
		"an adopted file is read back":           readBack,
		"an empty object":                        emptyObject,
		"ranges follow io.ReaderAt":              ranges,
		"many readers at once":                   manyReaders,
		"the first object under a key stays":     firstStays,
		"a replaced object":                      replaced,
		"an object adopted again is young":       youngAgain,
		"what is absent is NotFound":             absent,
		"a deleted object is gone":               deleted,
		"a key can be used again after deletion": usedAgain,
		"deleting while adopting beside it":      deleteBeside,
		"walk takes a string prefix":             walkPrefix,
		"walk stops at the visitor's error":      walkStops,
		"hostile keys are refused":               hostileKeys,
		"a cancelled context stops everything":   cancelled,
		"a failed adoption keeps the file":       failedAdoption,
		"upload":                                 upload,
		"same bytes uploaded at once":            sameBytesAtOnce,
		"uploads that fail leave nothing":        failedUploads,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func readBack(t *testing.T, s blob.Store) {
	before := time.Now().Add(-time.Minute)
	key, content := "products/aa/aabb/cog/cog.tif", random(1, 300_000)
	file := scratchFile(t, s, content)
	require.NoError(t, s.Adopt(t.Context(), key, file))
	assert.NoFileExists(t, file, "adopted files are consumed")
	assert.Equal(t, content, read(t, s, key))

	info, err := s.Stat(t.Context(), key)
	require.NoError(t, err)
	assert.Equal(t, key, info.Key)
	assert.EqualValues(t, len(content), info.Size)
	assert.WithinRange(t, info.ModTime, before, time.Now().Add(time.Minute))
	assert.NotEmpty(t, s.Location(key))
}

func emptyObject(t *testing.T, s blob.Store) {
	hash, size, err := blob.Receive(t.Context(), s, strings.NewReader(""), 0)
	require.NoError(t, err)
	// FIPS 180-4's digest of the empty message.
	assert.Equal(t, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", hash)
	assert.Zero(t, size)
	assert.Empty(t, read(t, s, blob.Key(hash)))
}

func ranges(t *testing.T, s blob.Store) {
	content := random(2, 100_000)
	put(t, s, "products/range", content)
	object := openObject(t, s, "products/range")
	for _, r := range []struct{ offset, length int }{{0, 1}, {0, 100_000}, {99_999, 1}, {4095, 8193}, {50_000, 0}} {
		got := make([]byte, r.length)
		n, err := object.ReadAt(got, int64(r.offset))
		if err != io.EOF || r.offset+r.length < len(content) {
			require.NoError(t, err, "%v", r)
		}
		assert.Equal(t, r.length, n)
		assert.Equal(t, content[r.offset:r.offset+r.length], got)
	}
	beyond := make([]byte, 10)
	n, err := object.ReadAt(beyond, 99_995)
	assert.Equal(t, 5, n)
	assert.Equal(t, io.EOF, err)
	assert.Equal(t, content[99_995:], beyond[:n])
	_, err = object.ReadAt(beyond, 200_000)
	assert.Equal(t, io.EOF, err)
}

func manyReaders(t *testing.T, s blob.Store) {
	content := random(3, 200_000)
	put(t, s, "products/shared", content)
	object := openObject(t, s, "products/shared")
	var readers sync.WaitGroup
	for i := range 16 {
		readers.Go(func() {
			part := make([]byte, 10_000)
			_, err := object.ReadAt(part, int64(i)*11_000)
			assert.NoError(t, err)
			assert.True(t, bytes.Equal(content[i*11_000:][:10_000], part))
		})
	}
	readers.Wait()
}

func firstStays(t *testing.T, s blob.Store) {
	put(t, s, "products/first", []byte("first"))
	file := scratchFile(t, s, []byte("second, and longer"))
	require.NoError(t, s.Adopt(t.Context(), "products/first", file))
	assert.NoFileExists(t, file)
	assert.Equal(t, "first", string(read(t, s, "products/first")))
}

// replaced: who has it open still reads the old one, who opens it the new one.
func replaced(t *testing.T, s blob.Store) {
	const key = "products/aa/replaced"
	require.NoError(t, s.Replace(t.Context(), key, scratchFile(t, s, []byte("first"))))
	object := openObject(t, s, key)
	file := scratchFile(t, s, []byte("second"))
	require.NoError(t, s.Replace(t.Context(), key, file))
	assert.NoFileExists(t, file)
	assert.Equal(t, "second", string(read(t, s, key)))
	old := make([]byte, object.Size())
	_, err := object.ReadAt(old, 0)
	require.NoError(t, err)
	assert.Equal(t, "first", string(old))

	assert.Error(t, s.Replace(t.Context(), key, file), "a file that is not there")
	assert.Error(t, s.Replace(t.Context(), key, s.Scratch()), "a folder")
	assert.Equal(t, "second", string(read(t, s, key)))
}

func youngAgain(t *testing.T, s blob.Store) {
	put(t, s, "products/young", []byte("x"))
	first, err := s.Stat(t.Context(), "products/young")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		put(t, s, "products/young", []byte("x"))
		again, err := s.Stat(t.Context(), "products/young")
		return assert.NoError(t, err) && again.ModTime.After(first.ModTime)
	}, 20*time.Second, 10*time.Millisecond, "where clocks are coarse it takes a while to tell")
}

func absent(t *testing.T, s blob.Store) {
	put(t, s, "blobs/aa/bb/file", []byte("x"))
	for _, key := range []string{
		blob.Key(strings.Repeat("0", 64)),
		"blobs/aa",           // a folder, not an object
		"blobs/aa/bb/file/x", // below an object
	} {
		_, err := s.Open(t.Context(), key)
		assert.Equal(t, cairn.NotFound, cairn.CodeOf(err), key)
		_, err = s.Stat(t.Context(), key)
		assert.Equal(t, cairn.NotFound, cairn.CodeOf(err), key)
		assert.NoError(t, s.Delete(t.Context(), key), key)
	}
	assert.Equal(t, "x", string(read(t, s, "blobs/aa/bb/file")))
}

func deleted(t *testing.T, s blob.Store) {
	put(t, s, "products/aa/x/a", []byte("a"))
	put(t, s, "products/aa/x/b", []byte("b"))
	require.NoError(t, s.Delete(t.Context(), "products/aa/x/a"))
	_, err := s.Open(t.Context(), "products/aa/x/a")
	assert.Equal(t, cairn.NotFound, cairn.CodeOf(err))
	assert.Equal(t, []string{"products/aa/x/b"}, keys(t, s, ""))
	require.NoError(t, s.Delete(t.Context(), "products/aa/x/b"))
	assert.Empty(t, keys(t, s, ""))
}

func usedAgain(t *testing.T, s blob.Store) {
	key := "products/aa/again/x"
	put(t, s, key, []byte("old"))
	require.NoError(t, s.Delete(t.Context(), key))
	put(t, s, key, []byte("new"))
	assert.Equal(t, "new", string(read(t, s, key)))
}

// deleteBeside: what is left of a deleted object must not pull the ground from
// under one that is being published next to it.
func deleteBeside(t *testing.T, s blob.Store) {
	var writers sync.WaitGroup
	for i := range 4 {
		key := "products/aa/beside/" + string(rune('a'+i))
		writers.Go(func() {
			for range 20 {
				file := filepath.Join(s.Scratch(), filepath.Base(key))
				if assert.NoError(t, os.WriteFile(file, []byte(key), 0o600)) &&
					assert.NoError(t, s.Adopt(context.Background(), key, file)) {
					_, err := s.Stat(context.Background(), key)
					assert.NoError(t, err)
				}
				assert.NoError(t, s.Delete(context.Background(), key))
			}
		})
	}
	writers.Wait()
	assert.Empty(t, keys(t, s, ""))
}

func walkPrefix(t *testing.T, s blob.Store) {
	all := []string{"blobs/aa/bb/1", "blobs/aa/bc/2", "blobs/ab/bb/3", "products/aa/k/cog/cog.tif", "products/aa/k/cog.json", "products/aa/k2/thumb.webp"}
	for _, key := range all {
		put(t, s, key, []byte(key))
	}
	scratchFile(t, s, []byte("not an object"))
	for prefix, want := range map[string][]string{
		"":                          all,
		"b":                         all[:3],
		"blobs/":                    all[:3],
		"blobs/a":                   all[:3],
		"blobs/aa":                  all[:2],
		"blobs/aa/bb/":              all[:1],
		"products/aa/k":             all[3:],
		"products/aa/k/cog":         all[3:5],
		"products/aa/k/":            all[3:5],
		"products/aa/k/cog/cog.tif": all[3:4],
		"blobs/zz/":                 nil,
		"blobs/aa/bb/1/":            nil,
		"scratch":                   nil,
		"../":                       nil,
		"blobs/../products/":        nil,
		"/":                         nil,
	} {
		assert.ElementsMatch(t, want, keys(t, s, prefix), "prefix %q", prefix)
	}
	require.NoError(t, s.Walk(t.Context(), "blobs/", func(info blob.Info) error {
		assert.EqualValues(t, len(info.Key), info.Size)
		assert.False(t, info.ModTime.IsZero())
		return nil
	}))
}

func walkStops(t *testing.T, s blob.Store) {
	put(t, s, "blobs/aa/bb/1", nil)
	put(t, s, "blobs/aa/bb/2", nil)
	enough, visits := errors.New("enough"), 0
	err := s.Walk(t.Context(), "", func(blob.Info) error { visits++; return enough })
	assert.ErrorIs(t, err, enough)
	assert.Equal(t, 1, visits)
}

func hostileKeys(t *testing.T, s blob.Store) {
	for _, key := range []string{
		"", ".", "..", "/", "blobs", "blobs/", "products", "artifacts", "/blobs/aa", "/etc/passwd", "../blobs/aa", "blobs/../../etc/passwd",
		"blobs/./aa", "blobs//aa", "blobs/aa/", "blobs/aa/..", `blobs\aa`, `blobs/..\aa`, "blobs/a\x00b", "blobs/a\nb", "blobs/\xff\xfe",
		"blobs/.hidden", "scratch/x", "other/x", "Blobs/aa", "blobs/" + strings.Repeat("a", 256), "blobs" + strings.Repeat("/aaaa", 250),
	} {
		file := scratchFile(t, s, []byte("x"))
		_, err := s.Open(t.Context(), key)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), "open %.50q", key)
		_, err = s.Stat(t.Context(), key)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), "stat %.50q", key)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(s.Delete(t.Context(), key)), "delete %.50q", key)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(s.Adopt(t.Context(), key, file)), "adopt %.50q", key)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(s.Replace(t.Context(), key, file)), "replace %.50q", key)
		assert.Empty(t, s.Location(key), "%.50q", key)
		assert.FileExists(t, file)
	}
}

func cancelled(t *testing.T, s blob.Store) {
	put(t, s, "blobs/x", []byte("x"))
	file := scratchFile(t, s, []byte("y"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Open(ctx, "blobs/x")
	assert.ErrorIs(t, err, context.Canceled)
	_, err = s.Stat(ctx, "blobs/x")
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorIs(t, s.Delete(ctx, "blobs/x"), context.Canceled)
	assert.ErrorIs(t, s.Adopt(ctx, "blobs/y", file), context.Canceled)
	assert.ErrorIs(t, s.Replace(ctx, "blobs/y", file), context.Canceled)
	assert.ErrorIs(t, s.Walk(ctx, "", func(blob.Info) error { return nil }), context.Canceled)
	assert.Equal(t, []string{"blobs/x"}, keys(t, s, ""))
}

func failedAdoption(t *testing.T, s blob.Store) {
	put(t, s, "blobs/x", []byte("x"))
	file := scratchFile(t, s, []byte("y"))
	assert.Error(t, s.Adopt(t.Context(), "blobs/absent", file+"-absent"))
	assert.Error(t, s.Adopt(t.Context(), "blobs/folder", s.Scratch()))
	assert.FileExists(t, file)
	assert.Equal(t, []string{"blobs/x"}, keys(t, s, ""))
}

func upload(t *testing.T, s blob.Store) {
	for seed, size := range []int{1, 512<<10 - 1, 512 << 10, 512<<10 + 1, 5_000_001} {
		content := random(uint64(seed), size)
		for _, want := range []int64{-1, int64(size)} {
			hash, got, err := blob.Receive(t.Context(), s, bytes.NewReader(content), want)
			require.NoError(t, err)
			assert.Equal(t, sha(content), hash)
			assert.EqualValues(t, size, got)
			assert.True(t, bytes.Equal(content, read(t, s, blob.Key(hash))))
		}
	}
	assert.Len(t, keys(t, s, "blobs/"), 5, "the second upload of the same bytes is no second copy")
	assert.Empty(t, inScratch(t, s))
}

func sameBytesAtOnce(t *testing.T, s blob.Store) {
	content := random(5, 2_000_000)
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			hash, _, err := blob.Receive(context.Background(), s, bytes.NewReader(content), -1)
			if assert.NoError(t, err) {
				assert.Equal(t, sha(content), hash)
				_, err = s.Stat(context.Background(), blob.Key(hash))
				assert.NoError(t, err, "what Receive returned is there")
			}
		})
	}
	writers.Wait()
	assert.Equal(t, []string{blob.Key(sha(content))}, keys(t, s, ""))
	assert.True(t, bytes.Equal(content, read(t, s, blob.Key(sha(content)))))
	assert.Empty(t, inScratch(t, s))
}

func failedUploads(t *testing.T, s blob.Store) {
	content := random(6, 1_500_000)
	broken := func(err error) io.Reader {
		return io.MultiReader(bytes.NewReader(content[:700_000]), failing{err})
	}
	ctx, cancel := context.WithCancel(t.Context())
	for name, c := range map[string]struct {
		r    io.Reader
		want int64
		code cairn.Code
		says string
	}{
		"too short":     {bytes.NewReader(content), 1_500_001, cairn.Invalid, "ended after 1500000 of the 1500001 bytes"},
		"too long":      {bytes.NewReader(content), 1_499_999, cairn.Invalid, "more than the 1499999 bytes"},
		"long for none": {bytes.NewReader(content), 0, cairn.Invalid, "more than the 0 bytes"},
		"broken":        {broken(io.ErrUnexpectedEOF), -1, cairn.Invalid, "broke off after"},
		"broken, known": {broken(errors.New("connection reset")), 1_500_000, cairn.Invalid, "broke off after"},
		"own code":      {broken(cairn.Errorf(cairn.TooLarge, "Too large.")), -1, cairn.TooLarge, "Too large."},
		"cancelled":     {io.MultiReader(bytes.NewReader(content), cancelling{cancel}, bytes.NewReader(content)), -1, cairn.Internal, "context canceled"},
	} {
		hash, size, err := blob.Receive(ctx, s, c.r, c.want)
		assert.Equal(t, c.code, cairn.CodeOf(err), name)
		assert.ErrorContains(t, err, c.says, name)
		assert.Empty(t, hash)
		assert.Zero(t, size)
		if name == "cancelled" {
			ctx, cancel = context.WithCancel(t.Context())
		}
	}
	cancel()
	assert.Empty(t, keys(t, s, ""))
	assert.Empty(t, inScratch(t, s))
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// cancelling is a reader that ends at once, having cancelled a context.
type cancelling struct{ cancel context.CancelFunc }

func (c cancelling) Read([]byte) (int, error) { c.cancel(); return 0, io.EOF }

func random(seed uint64, size int) []byte {
	content := make([]byte, size)
	source := rand.NewChaCha8([32]byte{byte(seed)})
	_, _ = source.Read(content) // never fails
	return content
}

func sha(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func scratchFile(t *testing.T, s blob.Store, content []byte) string {
	t.Helper()
	file, err := os.CreateTemp(s.Scratch(), "test-")
	require.NoError(t, err)
	_, err = file.Write(content)
	require.NoError(t, errors.Join(err, file.Close()))
	return file.Name()
}

func put(t *testing.T, s blob.Store, key string, content []byte) {
	t.Helper()
	require.NoError(t, s.Adopt(t.Context(), key, scratchFile(t, s, content)))
}

func openObject(t *testing.T, s blob.Store, key string) blob.Object {
	t.Helper()
	object, err := s.Open(t.Context(), key)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, object.Close()) })
	return object
}

func read(t *testing.T, s blob.Store, key string) []byte {
	t.Helper()
	object := openObject(t, s, key)
	content, err := io.ReadAll(io.NewSectionReader(object, 0, object.Size()))
	require.NoError(t, err)
	return content
}

func keys(t *testing.T, s blob.Store, prefix string) []string {
	t.Helper()
	var found []string
	require.NoError(t, s.Walk(t.Context(), prefix, func(info blob.Info) error {
		found = append(found, info.Key)
		return nil
	}))
	slices.Sort(found)
	return found
}

func inScratch(t *testing.T, s blob.Store) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.Scratch(), "*"))
	require.NoError(t, err)
	return found
}
