package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var modified = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

func file(name, content string) Member {
	return Member{Name: name, Modified: modified, Size: int64(len(content)), Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(content)), nil
	}}
}

func all(members ...Member) iter.Seq2[Member, error] {
	return func(yield func(Member, error) bool) {
		for _, m := range members {
			if !yield(m, nil) {
				return
			}
		}
	}
}

func TestZip(t *testing.T) {
	t.Parallel()
	members := all(file("a.txt", "a"), Member{Name: "b/", Modified: modified}, file("b/é.bin", strings.Repeat("b", 100_000)), file("empty", ""))
	var out bytes.Buffer
	require.NoError(t, Write(t.Context(), &out, members))
	size, err := Size(members)
	require.NoError(t, err)
	assert.Equal(t, int64(out.Len()), size)
	read, err := zip.NewReader(bytes.NewReader(out.Bytes()), size)
	require.NoError(t, err)
	require.Len(t, read.File, 4)
	assert.True(t, read.File[1].FileInfo().IsDir())
	assert.Equal(t, zip.Store, read.File[2].Method)
	assert.True(t, read.File[2].Modified.Equal(modified))
	opened, err := read.File[2].Open()
	require.NoError(t, err)
	content, err := io.ReadAll(opened)
	require.NoError(t, err)
	assert.Len(t, content, 100_000)
}

func TestAMemberOfAnotherSizeFails(t *testing.T) {
	t.Parallel()
	m := file("a", "four")
	m.Size = 5
	require.ErrorContains(t, Write(t.Context(), io.Discard, all(m)), "4 bytes instead of 5")
	failure := errors.New("no list")
	broken := func(yield func(Member, error) bool) { yield(Member{}, failure) }
	require.ErrorIs(t, Write(t.Context(), io.Discard, broken), failure)
	_, err := Size(broken)
	require.ErrorIs(t, err, failure)
}

// The standard library, given members without content of the sizes, tells
// how long large archives are.
func TestSizeOfLargeArchives(t *testing.T) {
	t.Parallel()
	sized := func(name string, size int64) Member {
		m := file(name, "")
		m.Size = size
		return m
	}
	for name, members := range map[string][]Member{
		"none":                nil,
		"a large member":      {sized("a", 5<<30), sized("b", 7)},
		"just small":          {sized("a", 1<<32-2)},
		"just large":          {sized("a", 1<<32-1)},
		"beyond 4 GB in all":  {sized("a", 3<<30), sized("b", 2<<30), {Name: "c/", Modified: modified}, sized("d", 0)},
		"many":                repeated(1 << 16),
		"as many as possible": repeated(1<<16 - 2),
		"one more":            repeated(1<<16 - 1),
	} {
		size, err := Size(all(members...))
		require.NoError(t, err)
		assert.Equal(t, shapedLike(t, members), size, name)
	}
}

func repeated(n int) (members []Member) {
	for i := range n {
		members = append(members, file(fmt.Sprint(i), ""))
	}
	return members
}

func shapedLike(t *testing.T, members []Member) int64 {
	t.Helper()
	var length counter
	archive := zip.NewWriter(&length)
	zeros := make([]byte, 16<<20)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.Name, Method: zip.Store, Modified: m.Modified, Extra: zeros[:9]}
		if m.Open != nil {
			h.Flags |= 0x8 // a data descriptor follows, as in a streamed member
			h.CompressedSize64, h.UncompressedSize64 = uint64(m.Size), uint64(m.Size)
		}
		out, err := archive.CreateRaw(h)
		require.NoError(t, err)
		for left := m.Size; left > 0; left -= int64(len(zeros)) {
			_, err := out.Write(zeros[:min(left, int64(len(zeros)))])
			require.NoError(t, err)
		}
	}
	require.NoError(t, archive.Close())
	return int64(length)
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
