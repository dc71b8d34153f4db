package httpapi

import (
	"iter"
	"net/http"
	"net/url"
	"strings"
)

// pairs yields the names and values of a query or a URL-encoded form in the
// order sent. What is not properly percent-encoded is yielded as it is.
func pairs(encoded string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for pair := range strings.SplitSeq(encoded, "&") {
			name, value, _ := strings.Cut(pair, "=")
			if name != "" && !yield(unescape(name), unescape(value)) {
				return
			}
		}
	}
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// sameName tells whether a parameter or field was sent under name: in any
// case, with [] for a list.
func sameName(sent, name string) bool {
	return strings.EqualFold(strings.TrimSuffix(sent, "[]"), name)
}

// query returns the first value of a query parameter that is not empty, ""
// without one. Names match ignoring case.
func query(r *http.Request, name string) string {
	return firstValue(r.URL.RawQuery, name)
}

func firstValue(encoded, name string) string {
	for sent, value := range pairs(encoded) {
		if value != "" && sameName(sent, name) {
			return value
		}
	}
	return ""
}

// foldQuery spells the names in a query as declared and drops empty values,
// which count as absent.
func foldQuery(encoded string, declared []string) string {
	folded := url.Values{}
	for sent, value := range pairs(encoded) {
		if value == "" {
			continue
		}
		name := sent
		for _, d := range declared {
			if sameName(sent, d) {
				name = d
				break
			}
		}
		folded.Add(name, value)
	}
	return folded.Encode()
}
