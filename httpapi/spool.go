package httpapi

import (
	"bufio"
	"errors"
	"os"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
)

// spooled is JSON of any length that waits in a file to be sent.
type spooled struct {
	ContentType string `header:"Content-Type"`
	ETag        string `header:"ETag"`
	Body        func(huma.Context)
}

// spool lets write write JSON of any length to a scratch file, and sends it
// from there: it takes no memory, a slow reader holds no connection to the
// database, and what goes wrong while it is written is answered as an error.
func (s *server) spool(write func(*spoolWriter) error) (*spooled, error) {
	file, err := s.spoolFile(write)
	if err != nil {
		return nil, err
	}
	return &spooled{ContentType: "application/json", Body: func(c huma.Context) {
		defer file.Close()
		r, w := humachi.Unwrap(c)
		serveContent(w, r, "", time.Time{}, file)
	}}, nil
}

// spoolFile returns the file that spool sends; closing it removes it.
func (s *server) spoolFile(write func(*spoolWriter) error) (*os.File, error) {
	file, err := os.CreateTemp(s.Store.Scratch(), "answer-")
	if err != nil {
		return nil, err
	}
	out := &spoolWriter{bufio.NewWriterSize(file, 1<<16), file}
	err = errors.Join(os.Remove(file.Name()), write(out), out.Flush()) // the open file is enough
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// spoolWriter writes to a scratch file.
type spoolWriter struct {
	*bufio.Writer
	file *os.File
}

// overwrite replaces bytes that were written before.
func (w *spoolWriter) overwrite(offset int64, text string) error {
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := w.file.WriteAt([]byte(text), offset)
	return err
}

// list writes a JSON array whose elements are those that each hands over.
func (w *spoolWriter) list(each func(add func(any) error) error) error {
	separator := byte('[')
	err := each(func(element any) error {
		if err := w.WriteByte(separator); err != nil {
			return err
		}
		separator = ','
		return writeJSON(w, element)
	})
	if err == nil && separator == '[' {
		err = w.WriteByte('[')
	}
	if err != nil {
		return err
	}
	return w.WriteByte(']')
}

// spooledAs describes a spooled answer in the document as a T.
func spooledAs[T any](a *api, description string) map[string]*huma.Response {
	schema := a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
	return map[string]*huma.Response{"200": {Description: description, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}}
}
