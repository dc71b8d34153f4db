package httpapi

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxForm     = 512 << 20 // of a form that is read field by field, in bytes
	maxJSONForm = 64 << 20  // of the same as JSON, which is read whole
	maxName     = 256       // of a field's name
)

// eachField calls field with the fields of a form, which may be too large for
// memory: each is to be read before the next one comes. A URL-encoded,
// multipart or JSON body will do; a JSON member that is no text comes as JSON.
func eachField(w http.ResponseWriter, r *http.Request, field func(name string, value io.Reader) error) error {
	most, read := int64(maxForm), readURLEncoded
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
	case "application/x-www-form-urlencoded", "":
	case "multipart/form-data":
		read = nil
	case "application/json":
		most, read = maxJSONForm, readJSONFields
	default:
		return cairn.Errorf(cairn.Unsupported, "Send the fields URL-encoded, as multipart/form-data or as JSON.")
	}
	r.Body = http.MaxBytesReader(w, patient(w, r.Body, uploadPatience), most)
	if read != nil {
		return brokenForm(read(r.Body, field))
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return cairn.Errorf(cairn.Invalid, "The multipart body is not understood.").Because(err)
	}
	for {
		part, err := parts.NextPart()
		if err == io.EOF { // a wrapped one is an end within a boundary
			return nil
		}
		if err == nil {
			err = field(part.FormName(), part)
		}
		if err != nil {
			return brokenForm(err)
		}
	}
}

// brokenForm tells a body that ends too early from other failures.
func brokenForm(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) && cairn.CodeOf(err) == cairn.Internal {
		return cairn.Errorf(cairn.Invalid, "The body broke off. Send it again.").Because(err)
	}
	return err
}

// readURLEncoded reads the fields of a URL-encoded form. Empty pairs, as some
// clients send one at the end, are passed over.
func readURLEncoded(body io.Reader, field func(name string, value io.Reader) error) error {
	in := bufio.NewReaderSize(body, 64<<10)
	for {
		name := &escapedReader{in: in, until: "=&"}
		text, err := io.ReadAll(io.LimitReader(name, maxName))
		if err != nil {
			return err
		}
		switch {
		case name.ended == '=':
			value := &escapedReader{in: in, until: "&"}
			if err := field(string(text), value); err != nil {
				return err
			}
			if _, err := io.Copy(io.Discard, value); err != nil { // what was not wanted
				return err
			}
			if value.ended == 0 {
				return nil
			}
		case name.ended == '&':
		case len(text) == maxName:
			return cairn.Errorf(cairn.Invalid, "The name of a field is longer than %d bytes.", maxName)
		default:
			return nil
		}
	}
}

// escapedReader reads percent-encoded text up to one of the bytes until, or to
// the end. What is not properly encoded is read as it is.
type escapedReader struct {
	in    *bufio.Reader
	until string
	ended byte // which byte ended it; 0 for the end of all
	done  bool
}

func (e *escapedReader) Read(p []byte) (n int, err error) {
	for n < len(p) && !e.done {
		c, err := e.in.ReadByte()
		switch {
		case err == io.EOF:
			e.done = true
		case err != nil:
			return n, err
		case strings.IndexByte(e.until, c) >= 0:
			e.done, e.ended = true, c
		default:
			p[n] = e.decoded(c)
			n++
		}
	}
	if n == 0 && e.done && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// decoded is the byte that c begins.
func (e *escapedReader) decoded(c byte) byte {
	switch c {
	case '+':
		return ' '
	case '%':
		if digits, err := e.in.Peek(2); err == nil {
			if high, low := hexDigit(digits[0]), hexDigit(digits[1]); high >= 0 && low >= 0 {
				_, _ = e.in.Discard(2) // they are in the buffer
				return byte(high<<4 | low)
			}
		}
	}
	return c
}

// hexDigit is the value of a hexadecimal digit, -1 of any other byte.
func hexDigit(c byte) int {
	return strings.IndexByte("0123456789abcdef", c|0x20)
}

// readJSONFields reads the members of a JSON object.
func readJSONFields(body io.Reader, field func(name string, value io.Reader) error) error {
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(data, &members); err != nil {
		return cairn.Errorf(cairn.Invalid, "The body is not a JSON object.").Because(err)
	}
	for name, value := range members {
		text := []byte(value)
		if value.Kind() == '"' {
			if text, err = jsontext.AppendUnquote(nil, value); err != nil {
				return cairn.Errorf(cairn.Invalid, "The text in %q is not understood.", name).Because(err)
			}
		}
		if err := field(name, bytes.NewReader(text)); err != nil {
			return err
		}
	}
	return nil
}

// shortField reads a field that is a word.
func shortField(value io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(value, maxField))
	return string(text), err
}
