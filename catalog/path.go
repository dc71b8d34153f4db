package catalog

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cairngeo/cairn"
)

const (
	maxPath    = 2000 // bytes
	maxSegment = 255  // bytes
)

// CleanPath returns the path of an entry as the catalog keeps it, or an error
// if no entry may have it: absolute, with an empty, "." or ".." segment, a
// backslash, a control character, invalid UTF-8, a segment ".ddb", a drive
// letter, or too long. One trailing slash is dropped; Unicode is kept as sent.
func CleanPath(path string) (string, error) {
	path = strings.TrimSuffix(path, "/")
	refuse := func(why string) (string, error) {
		return "", cairn.Errorf(cairn.Invalid, "The path %q is refused: %s.", path, why)
	}
	switch {
	case path == "":
		return refuse("it is empty")
	case len(path) > maxPath:
		return "", cairn.Errorf(cairn.Invalid, "The path is refused: it has more than %d bytes.", maxPath)
	case !utf8.ValidString(path):
		return refuse("it is not valid UTF-8")
	case strings.HasPrefix(path, "/"):
		return refuse("it must be relative")
	case strings.Contains(path, `\`):
		return refuse("it has a backslash")
	case strings.ContainsFunc(path, unicode.IsControl):
		return refuse("it has a control character")
	}
	for i, segment := range strings.Split(path, "/") {
		switch {
		case segment == "":
			return refuse("it has an empty segment")
		case segment == "." || segment == "..":
			return refuse(`a segment is "." or ".."`)
		case strings.EqualFold(segment, ".ddb"):
			return refuse(".ddb is reserved")
		case len(segment) > maxSegment:
			return refuse("a segment has more than 255 bytes")
		case i == 0 && len(segment) == 2 && segment[1] == ':' && unicode.IsLetter(rune(segment[0])):
			return refuse("it begins with a drive letter")
		}
	}
	return path, nil
}

// depth is the number of folders above the entry.
func depth(path string) int { return strings.Count(path, "/") }

// parents returns the folders above the entry, outermost first.
func parents(path string) []string {
	var above []string
	for i, r := range path {
		if r == '/' {
			above = append(above, path[:i])
		}
	}
	return above
}

// abovePaths sorts behind every path: U+10FFFF more often than a path has bytes for.
var abovePaths = strings.Repeat("\U0010FFFF", maxPath/4+1)

// below returns the range of paths that lie below the folder: from <= path < to.
// The root folder "" holds everything.
func below(folder string) (from, to string) {
	if folder == "" {
		return "", abovePaths
	}
	return folder + "/", folder + "0" // "0" is the byte after "/"
}
