package federation

import (
	"errors"
	"io"
	"regexp"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/go-json-experiment/json/jsontext"
)

// stampReader reads a stamp of any size piece by piece: it comes from outside
// and may be hostile.
type stampReader struct {
	tokens   *jsontext.Decoder
	Checksum string // what the stamp says that it is, once all is read
}

func newStampReader(r io.Reader) *stampReader {
	return &stampReader{tokens: newDecoder(r, 64<<10)}
}

// read calls entries and records where the stamp has them, each to read them
// to the end by the function that it gets.
func (s *stampReader) read(entries func(next func() (path, hash string, err error)) error, records func(next func() (id string, err error)) error) error {
	if err := s.expect('{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for s.tokens.PeekKind() != '}' {
		member, err := s.text()
		if err != nil {
			return err
		}
		if seen[member] {
			return errMalformed("it has the member " + member + " twice")
		}
		switch member {
		case "checksum", "entries", "meta":
			seen[member] = true
		}
		switch member {
		case "checksum":
			s.Checksum, err = s.text()
		case "entries":
			if err = s.expect('['); err == nil {
				err = entries(s.entry)
			}
		case "meta":
			if err = s.expect('['); err == nil {
				err = records(s.record)
			}
		default:
			err = malformed(s.tokens.SkipValue())
		}
		if err != nil {
			return err
		}
	}
	if err := s.expect('}'); err != nil {
		return err
	}
	if _, err := s.tokens.ReadToken(); !errors.Is(err, io.EOF) {
		return errMalformed("something follows it").Because(err)
	}
	for _, member := range []string{"checksum", "entries", "meta"} {
		if !seen[member] {
			return errMalformed("it has no member " + member)
		}
	}
	return nil
}

var hashForm = regexp.MustCompile(`^([0-9a-f]{64})?$`)

// entry returns the next entry, io.EOF after the last.
func (s *stampReader) entry() (path, hash string, err error) {
	if s.tokens.PeekKind() == ']' {
		return "", "", s.end()
	}
	if err := s.expect('{'); err != nil {
		return "", "", err
	}
	if path, err = s.text(); err != nil {
		return "", "", err
	}
	if hash, err = s.text(); err != nil {
		return "", "", err
	}
	if err := s.expect('}'); err != nil {
		return "", "", err
	}
	return path, hash, checkEntry(path, hash)
}

// checkEntry returns an error unless an entry may be like this. The dataset's
// own folder has the path "".
func checkEntry(path, hash string) error {
	switch {
	case !hashForm.MatchString(hash):
		return errMalformed("the hash of an entry is neither empty nor 64 lower-case hexadecimal digits")
	case path == "" && hash == "":
		return nil
	}
	clean, err := catalog.CleanPath(path)
	if err == nil && clean != path {
		err = errMalformed("a path ends with a slash")
	}
	return err
}

// maxID is the longest id of a record, in bytes.
const maxID = 255

// record returns the id of the next record, io.EOF after the last.
func (s *stampReader) record() (id string, err error) {
	if s.tokens.PeekKind() == ']' {
		return "", s.end()
	}
	id, err = s.text()
	if err == nil && (id == "" || len(id) > maxID) {
		err = errMalformed("the id of a metadata record is empty or too long")
	}
	return id, err
}

// end reads the end of a list and returns io.EOF.
func (s *stampReader) end() error {
	if err := s.expect(']'); err != nil {
		return err
	}
	return io.EOF
}

func (s *stampReader) expect(kind jsontext.Kind) error {
	token, err := s.tokens.ReadToken()
	if err != nil {
		return malformed(err)
	}
	if token.Kind() != kind {
		return errMalformed("it has " + token.Kind().String() + " in place of " + kind.String())
	}
	return nil
}

func (s *stampReader) text() (string, error) {
	token, err := s.tokens.ReadToken()
	if err != nil {
		return "", malformed(err)
	}
	if token.Kind() != '"' {
		return "", errMalformed("it has " + token.Kind().String() + " in place of a text")
	}
	return token.String(), nil
}

// malformed is the error for JSON that can't be read; one of the file that it
// comes from stays as it is.
func malformed(err error) error {
	if _, syntactic := errors.AsType[*jsontext.SyntacticError](err); syntactic || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errMalformed("it is not valid JSON").Because(err)
	}
	return err
}

func errMalformed(why string) *cairn.Error {
	return cairn.Errorf(cairn.Invalid, "The stamp is malformed: %s.", why)
}
