package blob_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog/blob"
)

// TestDiskFull uploads 3 MiB to a file system of 1 MiB. Who may not mount one
// gets the same error from /dev/full, in receive_test.go.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		assert.ErrorIs(t, err, syscall.EPERM)
		return
	}
	t.Cleanup(func() { assert.NoError(t, syscall.Unmount(dir, 0)) })
	folder := openFolder(t, dir)

	_, _, err := blob.Receive(t.Context(), folder, bytes.NewReader(make([]byte, 3<<20)), -1)
	assert.Equal(t, cairn.Unavailable, cairn.CodeOf(err))
	assert.ErrorContains(t, err, "storage is full")
	assert.ErrorIs(t, err, syscall.ENOSPC)
	assert.Empty(t, files(t, folder.Scratch()))
	assert.Empty(t, files(t, filepath.Join(dir, "blobs")))

	_, _, err = blob.Receive(t.Context(), folder, strings.NewReader("small enough"), -1)
	assert.NoError(t, err, "the space is free again")
}

// TestKilled kills a process in the middle of an upload, and one whose upload is
// all written but not yet published.
func TestKilled(t *testing.T) {
	t.Parallel()
	for _, moment := range []string{"reading", "publishing"} {
		t.Run(moment, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestVictim$")
			child.Env = append(os.Environ(), "CAIRN_TEST_VICTIM="+moment, "CAIRN_TEST_DIR="+dir)
			output, err := child.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, child.Start())
			line, err := bufio.NewReader(output).ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, "ready\n", line)

			beside := openFolder(t, dir)
			assert.NotEmpty(t, uploads(t, dir), "a living process keeps its scratch")
			require.NoError(t, child.Process.Kill())
			assert.Error(t, child.Wait())

			after := openFolder(t, dir)
			assert.Empty(t, uploads(t, dir), "a dead process's scratch is swept")
			assert.Empty(t, files(t, filepath.Join(dir, "blobs")))
			assert.DirExists(t, beside.Scratch())
			for _, folder := range []*blob.Folder{beside, after} {
				_, _, err = blob.Receive(t.Context(), folder, bytes.NewReader(victimBytes()), -1)
				assert.NoError(t, err)
			}
			assert.Len(t, files(t, filepath.Join(dir, "blobs")), 1)
		})
	}
}

// TestVictim is the process that TestKilled kills; it does nothing otherwise.
func TestVictim(t *testing.T) {
	moment := os.Getenv("CAIRN_TEST_VICTIM")
	if moment == "" {
		return
	}
	folder, err := blob.NewFolder(os.Getenv("CAIRN_TEST_DIR"))
	require.NoError(t, err)
	var store blob.Store = folder
	var upload io.Reader = bytes.NewReader(victimBytes())
	if moment == "publishing" {
		store = stuckStore{store}
	} else {
		upload = io.MultiReader(upload, stuckReader{})
	}
	_, _, err = blob.Receive(t.Context(), store, upload, -1)
	t.Fatalf("Receive returned: %v", err)
}

func victimBytes() []byte { return bytes.Repeat([]byte("victim"), 300_000) }

type stuckStore struct{ blob.Store }

func (stuckStore) Adopt(context.Context, string, string) error { stick(); return nil }

type stuckReader struct{}

func (stuckReader) Read([]byte) (int, error) { stick(); return 0, io.EOF }

// stick says that the moment has come and waits to be killed.
func stick() {
	_, _ = os.Stdout.WriteString("ready\n")
	_, _ = io.Copy(io.Discard, neverEnding{})
}

type neverEnding struct{}

func (neverEnding) Read([]byte) (int, error) { select {} }

// TestClose: a store that was closed leaves its objects and nothing else.
func TestClose(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder, err := blob.NewFolder(dir)
	require.NoError(t, err)
	hash, _, err := blob.Receive(t.Context(), folder, strings.NewReader("x"), -1)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder.Scratch(), "half"), nil, 0o600))
	require.NoError(t, folder.Close())
	assert.Equal(t, []string{filepath.Join(dir, blob.Key(hash)), filepath.Join(dir, "scratch", "sweep.lock")}, files(t, dir))
}

// TestPublishedFilesAreReadOnly: a tool that opens an object to change it must fail.
func TestPublishedFilesAreReadOnly(t *testing.T) {
	t.Parallel()
	folder := openFolder(t, t.TempDir())
	hash, _, err := blob.Receive(t.Context(), folder, strings.NewReader("x"), -1)
	require.NoError(t, err)
	info, err := os.Stat(folder.Location(blob.Key(hash)))
	require.NoError(t, err)
	assert.Zero(t, info.Mode().Perm()&0o222)
}

// TestSecondStoreLeavesTheFirstAlone: two processes, say serve and worker, on
// one folder.
func TestSecondStoreLeavesTheFirstAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := openFolder(t, dir)
	half := filepath.Join(first.Scratch(), "half")
	require.NoError(t, os.WriteFile(half, nil, 0o600))
	second := openFolder(t, dir)
	assert.NotEqual(t, first.Scratch(), second.Scratch())
	assert.FileExists(t, half)
}

// uploads lists the files that uploads are being written to, of every process.
func uploads(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "scratch", "*", "*"))
	require.NoError(t, err)
	return found
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			found = append(found, path)
		}
		return err
	}))
	return found
}
