package client

import (
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/stretchr/testify/assert"
)

func TestParseTag(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"acme/site":                              "https://default.example/acme/site",
		" Acme/Site/ ":                           "https://default.example/acme/site",
		"h.example/acme/site":                    "https://h.example/acme/site",
		"h.example:8443/acme/site":               "https://h.example:8443/acme/site",
		"localhost:5000/acme/site":               "http://localhost:5000/acme/site",
		"127.0.0.1:5000/acme/site":               "http://127.0.0.1:5000/acme/site",
		"https://localhost:5000/acme/site":       "https://localhost:5000/acme/site",
		"HTTP://LocalHost:5000/acme/site":        "http://localhost:5000/acme/site",
		"http://localhost:5000/acme/site/":       "http://localhost:5000/acme/site",
		"http://[::1]:5000/acme/site":            "http://[::1]:5000/acme/site",
		"[::1]:5000/acme/site":                   "http://[::1]:5000/acme/site",
		"https://[2001:DB8::1]/acme/site":        "https://[2001:db8::1]/acme/site",
		"https://h.example:443/acme/site":        "https://h.example/acme/site",
		"http://h.example:80/acme/site":          "http://h.example/acme/site",
		"http://h.example:443/acme/site":         "http://h.example:443/acme/site",
		"https://h.example:80/acme/site":         "https://h.example:80/acme/site",
		"https://h.example/Prefix/acme/site":     "https://h.example/Prefix/acme/site",
		"https://h.example/r/acme/site":          "https://h.example/acme/site",
		"https://h.example/r/acme/site/view/x":   "https://h.example/acme/site",
		"https://h.example/maps/r/acme/site?a#b": "https://h.example/maps/acme/site",
		"https://h.example/orgs/acme/ds/site":    "https://h.example/acme/site",
		"https://h.example/p/orgs/a-b/ds/c/list": "https://h.example/p/a-b/c",
		"ddb://h.example/acme/site":              "https://h.example/acme/site",
		"ddb+unsafe://h.example:5000/acme/site":  "http://h.example:5000/acme/site",
	} {
		tag, err := ParseTag(text, "https://default.example")
		if assert.NoError(t, err, text) {
			assert.Equal(t, want, tag.String(), text)
		}
	}
	for _, text := range []string{"", "acme", "acme/", "/", "ftp://h/acme/site", "http:///acme/site", "https://h.example", "https://h.example/acme",
		"https://u:p@h.example/acme/site", "acme/si te", "acme/.ddb", "../site", "a.b/c.d", "http://h.example/acme/%2e%2e", "acme/é", "https://h/a/../acme/site", "h/./acme/site"} {
		_, err := ParseTag(text, "https://default.example")
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), text)
	}
}

func TestParseServer(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"h.example": "https://h.example", "h.example/": "https://h.example", "localhost:5000": "http://localhost:5000", "localhost": "http://localhost",
		"http://LocalHost:5000/": "http://localhost:5000", "https://h.example/Prefix/": "https://h.example/Prefix", "::1": "", "[::1]": "http://[::1]",
		"http://h:443": "http://h:443", "https://h:443//": "https://h", "": "", "http://": "", "https://u@h": "",
	} {
		server, err := ParseServer(text)
		assert.Equal(t, want, server, text)
		assert.Equal(t, want == "", err != nil, text)
	}
	_, err := ParseServer("bad host/x")
	assert.ErrorContains(t, err, `"bad host/x" is no address`, "as it was typed")
}
