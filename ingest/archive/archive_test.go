package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
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
	assert.Equal(t, standard(t, members), out.Bytes(), "as the standard library writes it")
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

// standard is the zip that the standard library makes of the members.
func standard(t *testing.T, members iter.Seq2[Member, error]) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for m, err := range members {
		require.NoError(t, err)
		w, err := archive.CreateHeader(&zip.FileHeader{Name: m.Name, Method: zip.Store, Modified: m.Modified})
		require.NoError(t, err)
		if m.Open != nil {
			file, err := m.Open(t.Context())
			require.NoError(t, err)
			_, err = io.Copy(w, file)
			require.NoError(t, err)
		}
	}
	require.NoError(t, archive.Close())
	return out.Bytes()
}

func TestZipsOfAnyShapeAreTheStandardLibrarys(t *testing.T) {
	t.Parallel()
	odd := file("2107", "x")
	odd.Modified = time.Date(2107, 12, 31, 23, 59, 59, 0, time.UTC)
	for name, members := range map[string][]Member{
		"nothing": nil, "a time": {odd}, "65,534": repeated(1<<16 - 2), "65,535": repeated(1<<16 - 1), "65,536": repeated(1 << 16),
	} {
		var out bytes.Buffer
		require.NoError(t, Write(t.Context(), &out, all(members...)))
		assert.True(t, bytes.Equal(standard(t, all(members...)), out.Bytes()), name)
	}
}

// Whoever reads a zip with a member beyond 4 GB, and others after it, finds them.
func TestLargeZipsAreRead(t *testing.T) {
	t.Parallel()
	huge := Member{Name: "huge", Modified: time.Unix(0, 0), Size: 1<<32 + 5, Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(io.LimitReader(zeros{}, 1<<32+5)), nil
	}}
	members := all(file("before", "1"), huge, Member{Name: "folder/", Modified: modified}, file("folder/after", "after"))
	saved, err := os.Create(filepath.Join(t.TempDir(), "large.zip"))
	require.NoError(t, err)
	defer saved.Close()
	require.NoError(t, Write(t.Context(), &sparse{file: saved}, members))
	info, err := saved.Stat()
	require.NoError(t, err)
	size, err := Size(members)
	require.NoError(t, err)
	require.Equal(t, size, info.Size())
	out, err := exec.Command("python3", "-c", `
import zipfile, sys
z = zipfile.ZipFile(sys.argv[1])
print([(i.filename, i.file_size, i.date_time[0], i.is_dir()) for i in z.infolist()], z.read("before"), z.read("folder/after"), len(z.open("huge").read(1 << 20)))`, saved.Name()).CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, "[('before', 1, 2026, False), ('huge', 4294967301, 1980, False), ('folder/', 0, 2026, True), ('folder/after', 5, 2026, False)] b'1' b'after' 1048576\n", string(out))
	read, err := zip.NewReader(saved, size)
	require.NoError(t, err)
	require.Len(t, read.File, 4)
	assert.Equal(t, uint64(1<<32+5), read.File[1].UncompressedSize64)
	opened, err := read.File[3].Open()
	require.NoError(t, err)
	content, err := io.ReadAll(opened)
	require.NoError(t, err)
	assert.Equal(t, "after", string(content))
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// sparse writes to a file and leaves holes where there are many zeros.
type sparse struct {
	file *os.File
	at   int64
}

func (s *sparse) Write(p []byte) (n int, err error) {
	n = len(p)
	if n < 4096 || len(bytes.Trim(p, "\x00")) > 0 {
		n, err = s.file.WriteAt(p, s.at)
	}
	s.at += int64(n)
	return n, err
}

func TestMembersThatChange(t *testing.T) {
	t.Parallel()
	for name, second := range map[string][]Member{"fewer": {file("a", "a")}, "more": {file("a", "a"), file("b", "b"), file("c", "c")}, "others": {file("a", "a"), file("bb", "b")}} {
		lists := [][]Member{{file("a", "a"), file("b", "b")}, second}
		changing := func(yield func(Member, error) bool) {
			list := lists[0]
			lists = lists[1:]
			all(list...)(yield)
		}
		require.ErrorContains(t, Write(t.Context(), io.Discard, changing), "changed", name)
	}
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
