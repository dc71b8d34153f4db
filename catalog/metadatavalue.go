package catalog

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
)

// Plural tells whether a key holds a list of records rather than one.
func Plural(key string) bool { return strings.HasSuffix(key, "s") }

// settings are the keys by which a dataset's own records are what it is
// called, who sees it and under which terms.
var settings = []string{"name", "visibility", "public", "tagline", "license"}

var keyForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,127}$`)

// reservedKeys are words of the API's addresses.
var reservedKeys = []string{"list", "dump", "add", "set", "get", "remove", "unset"}

// checkKey returns an error unless key may name metadata.
func checkKey(key string) error {
	switch {
	case key == "":
		return cairn.Errorf(cairn.Invalid, "The key of the metadata is missing.")
	case !keyForm.MatchString(key):
		return cairn.Errorf(cairn.Invalid, "%.140q is not a metadata key: use up to 128 lower-case letters, digits, - and _, beginning with a letter.", key)
	case slices.Contains(reservedKeys, key):
		return cairn.Errorf(cairn.Invalid, "%q is a reserved word and no metadata key.", key)
	}
	return nil
}

// maxNesting is how deeply the arrays and objects of a value may be nested.
const maxNesting = 500

// parseValue returns the value that a text stands for: JSON is kept as it was
// written, without the space between its tokens, and other text is a string.
func parseValue(text string) (json.RawMessage, error) {
	if err := checkText(text); err != nil {
		return nil, err
	}
	var value bytes.Buffer
	if json.Compact(&value, []byte(text)) == nil {
		var read any
		if err := json.Unmarshal(value.Bytes(), &read); err != nil { // one such value would spoil whole lists for strict clients
			return nil, cairn.Errorf(cairn.Invalid, "The data has a number that is too large for a client to read.").Because(err)
		}
		return value.Bytes(), nil
	}
	if strings.Contains(text, `"`) || strings.ContainsFunc(text, unicode.IsControl) {
		return nil, cairn.Errorf(cairn.Invalid, "The data is neither JSON nor plain text without quotes and line breaks. Send it as JSON.")
	}
	return json.Marshal(text)
}

func checkText(text string) error {
	switch {
	case text == "":
		return cairn.Errorf(cairn.Invalid, "The data of the metadata is missing.")
	case !utf8.ValidString(text):
		return cairn.Errorf(cairn.Invalid, "The data is not valid UTF-8.")
	case nesting(text) > maxNesting:
		return cairn.Errorf(cairn.Invalid, "The data is nested more than %d levels deep.", maxNesting)
	}
	return nil
}

// nesting is the depth of the deepest bracket of a JSON text.
func nesting(text string) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
			deepest = max(deepest, depth)
		case c == ']' || c == '}':
			depth--
		}
	}
	return deepest
}

// settingValue returns the value of a setting that a text stands for. Names
// and taglines are text whatever they look like: 6644 is a fine name.
func settingValue(key, text string) (any, error) {
	if err := checkText(text); err != nil {
		return nil, err
	}
	plain := text
	if json.Unmarshal([]byte(text), &plain) != nil {
		plain = text
	}
	switch key {
	case "name", "tagline":
		return plain, checkLabel(key, plain)
	case "visibility":
		return auth.ParseVisibility(plain)
	}
	return parseValue(text)
}

const (
	maxLabel       = 256    // of a name or tagline, in characters
	maxDescription = 10_000 // of an organization
)

// checkLabel keeps what lists show with everything short.
func checkLabel(what, text string) error { return checkShown(what, text, maxLabel) }

func checkShown(what, text string, longest int) error {
	if utf8.RuneCountInString(text) > longest {
		return cairn.Errorf(cairn.Invalid, "The %s has more than %d characters.", what, longest)
	}
	return nil
}
