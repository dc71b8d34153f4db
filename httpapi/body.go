package httpapi

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
)

// bodyReader reads a body once, within limits, and hands it on as JSON
// whatever it was sent as, so that huma has one format to check and decode.
type bodyReader struct {
	api     *api
	shape   shape
	limit   int64
	timeout time.Duration
}

// drained is how much of a body that is too large is read nevertheless, in bytes.
const drained = 16 << 20

func (b bodyReader) middleware(c huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(c)
	body, err := b.read(w, r)
	if err != nil {
		writeError(w, r, err)
		return
	}
	next(&bodyContext{humaContext: c, body: bytes.NewReader(body)})
}

// read returns the body as JSON, nothing if there is none.
func (b bodyReader) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	// Writers without deadlines (tests) have no slow clients either. net/http
	// lifts the deadline when the body has been read.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(b.timeout))
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, b.limit))
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return nil, statusError(http.StatusRequestTimeout, "The body did not arrive in time. Send it again.")
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		// Who is still sending would see a broken connection rather than the answer.
		_, _ = io.CopyN(io.Discard, r.Body, drained)
		return nil, err
	}
	if err != nil {
		return nil, cairn.Errorf(cairn.Invalid, "The body broke off. Send it again.").Because(err)
	}
	if len(data) == 0 {
		return nil, nil
	}
	return b.shape.json(r.Header.Get("Content-Type"), data)
}

// bodyContext is a context whose body has been replaced by JSON.
type bodyContext struct {
	humaContext
	body io.Reader
}

func (c *bodyContext) Unwrap() huma.Context  { return c.humaContext }
func (c *bodyContext) BodyReader() io.Reader { return c.body }

func (c *bodyContext) Header(name string) string {
	if strings.EqualFold(name, "Content-Type") {
		return "application/json"
	}
	return c.humaContext.Header(name)
}
