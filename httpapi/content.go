package httpapi

import (
	"io"
	"net/http"
	"time"
)

// serveContent is http.ServeContent, with errors (416 above all) in the
// shape that every error of the API has.
func serveContent(w http.ResponseWriter, r *http.Request, name string, modified time.Time, content io.ReadSeeker) {
	out := &refusingWriter{ResponseWriter: w}
	http.ServeContent(out, r, name, modified, content)
	if out.refused != 0 {
		writeError(w, r, statusError(out.refused, refusals[out.refused]))
	}
}

var refusals = map[int]string{
	http.StatusRequestedRangeNotSatisfiable: "The range lies outside the file.",
	http.StatusPreconditionFailed:           "The file has changed: a precondition of the request does not hold.",
	http.StatusInternalServerError:          internalMessage,
}

// refusingWriter holds back answers that are errors.
type refusingWriter struct {
	http.ResponseWriter
	refused int
}

// Unwrap lets http.ResponseController reach the connection.
func (w *refusingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *refusingWriter) WriteHeader(status int) {
	if status >= http.StatusBadRequest {
		w.refused = status
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *refusingWriter) Write(p []byte) (int, error) {
	if w.refused != 0 {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

// ReadFrom keeps the kernel's way of sending a file open.
func (w *refusingWriter) ReadFrom(src io.Reader) (int64, error) {
	if w.refused != 0 {
		return io.Copy(io.Discard, src)
	}
	return io.Copy(w.ResponseWriter, src)
}

// ignoreGone drops the error of a write to a client that has gone, which is
// nobody's mistake.
func ignoreGone(r *http.Request, err error) error {
	if r.Context().Err() != nil {
		return nil
	}
	return err
}
