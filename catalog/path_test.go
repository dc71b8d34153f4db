package catalog

import (
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cairngeo/cairn"
	"github.com/stretchr/testify/assert"
)

// Decision 26.
func TestCleanPath(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 255)
	for sent, want := range map[string]string{
		"a": "a", "a/b.tif": "a/b.tif", "folder/": "folder", "a..b": "a..b", "...": "...", "a/..b/c..": "a/..b/c..", ".ddbfoo/x": ".ddbfoo/x", "x.ddb": "x.ddb",
		"C:x": "C:x", "a/C:/b": "a/C:/b", "ab:/x": "ab:/x", "100%.tif": "100%.tif", " x ": " x ", "e\u0301.jpg": "e\u0301.jpg", "\u00e9.jpg": "\u00e9.jpg", long: long,
		strings.Repeat("abcd/", 399) + "abcde": strings.Repeat("abcd/", 399) + "abcde", // 2,000 bytes
	} {
		got, err := CleanPath(sent)
		assert.NoError(t, err, sent)
		assert.Equal(t, want, got)
	}
	for _, sent := range []string{
		"", "/", "//", "/x", "a//b", "a//", "./a", "a/.", "..", "../x", "a/../../x", "a/..", `a\b`, "a\x00b", "a\nb", "a\x7f", "a\u0085b", "a\xff", "\xc3",
		".ddb", ".DDB/x", "a/.dDb/b", "a/b/.ddb", "C:", "c:/x", "z:/", long + "a", "x/" + strings.Repeat("é", 128), strings.Repeat("abcd/", 399) + "abcdef",
	} {
		_, err := CleanPath(sent)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), "%q", sent)
	}
}

func FuzzCleanPath(f *testing.F) {
	for _, seed := range []string{"a/b", "/a", "a/../b", `a\b`, "a/.ddb", "C:/a", "a/", "é", "\xff", "a//b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sent string) {
		got, err := CleanPath(sent)
		if err != nil {
			assert.Equal(t, cairn.Invalid, cairn.CodeOf(err))
			return
		}
		assert.Equal(t, strings.TrimSuffix(sent, "/"), got, "nothing but one trailing slash is changed")
		assert.Equal(t, got, path.Clean(got), "as the standard library would write it")
		assert.False(t, path.IsAbs(got) || got == ".." || strings.HasPrefix(got, "../"), got)
		assert.True(t, utf8.ValidString(got) && len(got) <= 2000)
		again, err := CleanPath(got)
		assert.NoError(t, err)
		assert.Equal(t, got, again)
	})
}

func TestParentsAndDepth(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"a", "a/b"}, parents("a/b/c.txt"))
	assert.Empty(t, parents("c.txt"))
	assert.Equal(t, 2, depth("a/b/c.txt"))
	assert.Equal(t, 0, depth("c.txt"))
}

// rest-api.md 2.7 and decision 2.
func TestCheckSlug(t *testing.T) {
	t.Parallel()
	for _, slug := range []string{"ab", "0a", "a-b", "a_b", "a-", "a_", "a__b", strings.Repeat("a", 128)} {
		assert.NoError(t, CheckSlug(slug), slug)
	}
	for _, slug := range []string{"", "a", "-a", "_a", "a--b", "Ab", "aB", "a b", "a.b", "é1", "ab\n", "a/b", strings.Repeat("a", 129)} {
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(CheckSlug(slug)), "%q", slug)
	}
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Acme Surveys": "acme-surveys", "Città di Castello": "citta-di-castello", "a  -  b": "a-b", "--a": "0-a", "_a": "0_a", "": "0-1", "X": "x-1",
		"日本": "0-", "a--b": "a-b", "Ωmega": "0-mega", "2024/05": "2024-05", strings.Repeat("a", 200): strings.Repeat("a", 128),
	} {
		assert.Equal(t, want, Slug(text), "%q", text)
	}
}

func FuzzSlug(f *testing.F) {
	for _, seed := range []string{"", "-", "_", "é", "a--b", "日本", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { assert.NoError(t, CheckSlug(Slug(text)), "%q", text) })
}
