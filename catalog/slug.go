package catalog

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/cairngeo/cairn"
	"golang.org/x/text/unicode/norm"
)

var slugForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{1,127}$`)

const longestSlug = 128 // bytes

// CheckSlug returns an error unless slug may name an organization or a dataset.
func CheckSlug(slug string) error {
	if slugForm.MatchString(slug) && !strings.Contains(slug, "--") {
		return nil
	}
	return cairn.Errorf(cairn.Invalid, "%q is not a valid slug: use 2 to 128 lower-case letters, digits, - and _, beginning with a letter or digit and without --.", slug)
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
