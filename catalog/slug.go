package catalog

import (
	"strings"
	"unicode"

	"github.com/cairngeo/cairn"
	"golang.org/x/text/unicode/norm"
)

const longestSlug = 128 // bytes

// CheckSlug returns an error unless slug may name an organization or a dataset.
func CheckSlug(slug string) error {
	if len(slug) >= 2 && len(slug) <= longestSlug && strings.IndexFunc(slug, notInSlug) < 0 && slug[0] != '-' && slug[0] != '_' && !strings.Contains(slug, "--") {
		return nil
	}
	return cairn.Errorf(cairn.Invalid, "%q is not a valid slug: use 2 to 128 lower-case letters, digits, - and _, beginning with a letter or digit and without --.", slug)
}

func notInSlug(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
}

// Slug makes a slug of any text: diacritics are dropped, everything but ASCII
// letters and digits becomes a single hyphen.
func Slug(text string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r >= 'A' && r <= 'Z':
			b.WriteRune(r + 'a' - 'A')
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_':
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := b.String()
	if slug == "" || slug[0] == '-' || slug[0] == '_' {
		slug = "0" + slug
	}
	if len(slug) == 1 {
		slug += "-1"
	}
	return slug[:min(len(slug), longestSlug)]
}
