package httpapi

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/danielgtaylor/huma/v2"
)

// An enumeration gives the names of the numbers of an enum, beginning with 0.
type enumeration interface{ names() []string }

// enum is a value that is read as a number, a number in text or a name in any
// case, from JSON, forms and queries, and written as a number. It is a struct
// because huma reads text into integer kinds by itself.
type enum[E enumeration, T ~int] struct {
	Value T
	Given bool // false where the parameter was absent
}

// visibility is a dataset's visibility in the API.
type visibility = enum[visibilities, auth.Visibility]

type visibilities struct{}

func (visibilities) names() []string { return auth.VisibilityNames }

// MarshalJSON writes the number.
func (e enum[E, T]) MarshalJSON() ([]byte, error) {
	return strconv.AppendInt(nil, int64(e.Value), 10), nil
}

// UnmarshalJSON reads a number, or the same as UnmarshalText.
func (e *enum[E, T]) UnmarshalJSON(data []byte) error {
	text := string(data)
	if text == "null" {
		return nil
	}
	if data[0] == '"' {
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
	}
	return e.UnmarshalText([]byte(text))
}

// UnmarshalText reads a number or a name in any case.
func (e *enum[E, T]) UnmarshalText(text []byte) error {
	var known E
	given := strings.TrimSpace(string(text))
	number, err := strconv.Atoi(given)
	if err != nil {
		number = -1
	}
	choices := make([]string, 0, len(known.names()))
	for i, name := range known.names() {
		if i == number || strings.EqualFold(name, given) {
			e.Value, e.Given = T(i), true
			return nil
		}
		choices = append(choices, fmt.Sprintf("%d (%s)", i, name))
	}
	return cairn.Errorf(cairn.Invalid, "%q is not one of %s", given, strings.Join(choices, ", "))
}

// Schema describes the enum in the API document.
func (e enum[E, T]) Schema(huma.Registry) *huma.Schema {
	var known E
	lowest, highest := 0.0, float64(len(known.names())-1)
	var choices []string
	for i, name := range known.names() {
		choices = append(choices, fmt.Sprintf("%d %s", i, name))
	}
	return &huma.Schema{
		Description: "One of " + strings.Join(choices, ", ") + ". Read as number or as name in any case, written as number.",
		OneOf: []*huma.Schema{
			{Type: huma.TypeInteger, Minimum: &lowest, Maximum: &highest},
			{Type: huma.TypeString},
		},
	}
}
