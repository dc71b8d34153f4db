package federation

import (
	"encoding/json"
	"errors"
	"io"
	"math"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// dumpedRecord is a record as clients send it: its data is JSON in a text.
type dumpedRecord struct {
	ID    *string  `json:"id"`
	Path  *string  `json:"path"`
	Key   *string  `json:"key"`
	Data  *string  `json:"data"`
	MTime *float64 `json:"mtime"`
}

// recordReader reads a list of records one after the other.
type recordReader struct {
	tokens *jsontext.Decoder
	begun  bool
}

// maxData is the longest value of a record, in bytes.
const maxData = 16 << 20

func newRecordReader(r io.Reader) *recordReader {
	return &recordReader{tokens: newDecoder(r, 2*maxData)}
}

// next returns the next record, io.EOF after the last.
func (r *recordReader) next() (catalog.Record, error) {
	if !r.begun {
		if token, err := r.tokens.ReadToken(); err != nil || token.Kind() != '[' {
			return catalog.Record{}, errRecords(err)
		}
		r.begun = true
	}
	if r.tokens.PeekKind() == ']' {
		return catalog.Record{}, r.end()
	}
	var d dumpedRecord
	if err := jsonv2.UnmarshalDecode(r.tokens, &d); err != nil {
		return catalog.Record{}, errRecords(err)
	}
	if d.ID == nil || d.Path == nil || d.Key == nil || d.Data == nil || d.MTime == nil || *d.MTime != math.Trunc(*d.MTime) || math.Abs(*d.MTime) > 1<<53 {
		return catalog.Record{}, errRecords(nil)
	}
	return catalog.Record{ID: *d.ID, Path: *d.Path, Key: *d.Key, Data: json.RawMessage(*d.Data), MTime: int64(*d.MTime)}, nil
}

// end returns io.EOF if the list ends here and nothing follows it.
func (r *recordReader) end() error {
	if _, err := r.tokens.ReadToken(); err != nil {
		return errRecords(err)
	}
	if _, err := r.tokens.ReadToken(); err != io.EOF {
		return errRecords(err)
	}
	return io.EOF
}

func errRecords(cause error) error {
	if known, ok := errors.AsType[*cairn.Error](cause); ok {
		return known
	}
	return cairn.Errorf(cairn.Invalid, "The metadata is not understood: it is a JSON list of objects with the texts id, path, key and data and a whole number mtime.").Because(cause)
}
