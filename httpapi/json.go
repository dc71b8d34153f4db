package httpapi

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Nil slices are written as [], nil pointers and maps as null. Text that is not UTF-8,
// which old EXIF is full of, is written with replacement characters. Metadata
// is written as its author did, with what other JSON would not have: half a
// surrogate, a member twice.
var jsonOptions = json.JoinOptions(
	json.Deterministic(true),
	json.FormatNilMapAsNull(true),
	jsontext.AllowInvalidUTF8(true),
	jsontext.AllowDuplicateNames(true),
	jsontext.PreserveRawStrings(true),
)

// writeJSON streams v to w as JSON.
func writeJSON(w io.Writer, v any) error {
	return json.MarshalWrite(w, v, jsonOptions)
}

// jsonFormat is how huma reads and writes JSON. A value that can't be written
// panics: huma would otherwise send its own text after a status of 200, while
// the recoverer answers 500, or breaks the connection if it is too late.
var jsonFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		out := &trackingWriter{w: w}
		if err := writeJSON(out, v); err != nil && out.err == nil {
			panic(err)
		}
		return nil // what the connection refuses, nobody can be told
	},
	Unmarshal: func(data []byte, v any) error {
		err := stdjson.Unmarshal(data, v)
		if wrong, ok := errors.AsType[*stdjson.UnmarshalTypeError](err); ok { // whose own text is about types of Go
			return fmt.Errorf("the body has a %s where something else is expected", wrong.Value)
		}
		return err
	},
}

// trackingWriter remembers that it was the connection that failed.
type trackingWriter struct {
	w   io.Writer
	err error
}

func (t *trackingWriter) Write(p []byte) (int, error) {
	n, err := t.w.Write(p)
	if err != nil {
		t.err = err
	}
	return n, err
}
