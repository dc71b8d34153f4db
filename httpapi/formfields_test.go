package httpapi

import (
	"io"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/cairngeo/cairn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func fieldsOf(t *testing.T, contentType, body string) (map[string]string, error) {
	t.Helper()
	r := httptest.NewRequest("POST", "/", iotest.OneByteReader(strings.NewReader(body)))
	r.Header.Set("Content-Type", contentType)
	found := map[string]string{}
	err := eachField(httptest.NewRecorder(), r, func(name string, value io.Reader) error {
		if name == "unread" {
			return nil
		}
		text, err := io.ReadAll(value)
		found[name] = string(text)
		return err
	})
	return found, err
}

func TestEachField(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	want := map[string]string{"a": "1 2", "b": "", "c": "ü&="}
	for _, body := range []string{"a=1+2&b=&c=%C3%BC%26%3D", "a=1%202&b=&c=%c3%bc%26=&", "&&a=1+2&b=&unread=xxx&c=%C3%BC%26%3D&"} {
		got, err := fieldsOf(t, form, body)
		require.NoError(t, err)
		assert.Equal(t, want, got, body)
	}
	got, err := fieldsOf(t, "application/json", `{"a":"1 2","b":"","c":"ü&=","d":{"x":[1]}}`)
	require.NoError(t, err)
	want["d"] = `{"x":[1]}`
	assert.Equal(t, want, got)
	for contentType, body := range map[string]string{form: strings.Repeat("a", 300) + "=1", "application/json": "[1]", "multipart/form-data": "x"} {
		_, err := fieldsOf(t, contentType, body)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), contentType)
	}
	_, err = fieldsOf(t, "text/plain", "a=1")
	assert.Equal(t, cairn.Unsupported, cairn.CodeOf(err))
}

// What the standard library reads of a field is what we read, piece by piece.
func FuzzEachField(f *testing.F) {
	for _, seed := range []string{"", "1+2", "%C3%BC", "%", "%4", "%zz", "%41%", "a=b=c", "\x00\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.Contains(value, "&") {
			return
		}
		got, err := fieldsOf(t, "application/x-www-form-urlencoded", "v="+value+"&w=end")
		require.NoError(t, err)
		assert.Equal(t, "end", got["w"])
		if want, err := url.QueryUnescape(value); err == nil {
			assert.Equal(t, want, got["v"])
		}
	})
}
