package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/danielgtaylor/huma/v2"
)

// statuses is the one table from a code to an HTTP status.
var statuses = map[cairn.Code]int{
	cairn.Invalid:         http.StatusBadRequest,
	cairn.Unauthenticated: http.StatusUnauthorized,
	cairn.Forbidden:       http.StatusForbidden,
	cairn.NotFound:        http.StatusNotFound,
	cairn.Conflict:        http.StatusConflict,
	cairn.TooLarge:        http.StatusRequestEntityTooLarge,
	cairn.Unsupported:     http.StatusUnsupportedMediaType,
	cairn.QuotaExceeded:   http.StatusBadRequest,
	cairn.TooManyRequests: http.StatusTooManyRequests,
	cairn.Unavailable:     http.StatusServiceUnavailable,
	cairn.Internal:        http.StatusInternalServerError,
}

// statusClientGone is what an abandoned request is noted with; nobody reads it.
const statusClientGone = 499

const internalMessage = "Something went wrong in the server. The cause is in its log."

// errorBody is the body of every answer that is not a success, and the error
// that huma writes it from.
type errorBody struct {
	Message string `json:"error" doc:"What went wrong and what to do about it"`
	NoRetry bool   `json:"noRetry" doc:"Repeating the request can't help"`

	status  int
	headers http.Header
}

func (e *errorBody) Error() string           { return e.Message }
func (e *errorBody) GetStatus() int          { return e.status }
func (e *errorBody) GetHeaders() http.Header { return e.headers }

// statusError makes an error for a status that no cairn.Code stands for, such
// as 405 and 416.
func statusError(status int, message string) *errorBody {
	noRetry := status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusRequestEntityTooLarge
	return &errorBody{Message: message, NoRetry: noRetry, status: status, headers: http.Header{}}
}

// The document and the answers share huma's two constructors, which are
// variables of that package.
func init() {
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return refusal(context.Background(), status, message, errs)
	}
	huma.NewErrorWithContext = func(c huma.Context, status int, message string, errs ...error) huma.StatusError {
		return refusal(c.Context(), status, message, errs)
	}
}

// refusal makes an error of what huma found wrong with a request.
func refusal(ctx context.Context, status int, message string, errs []error) *errorBody {
	if status >= http.StatusInternalServerError {
		return answerTo(ctx, fmt.Errorf("%s: %w", message, errors.Join(errs...)))
	}
	if status == http.StatusUnprocessableEntity {
		status = http.StatusBadRequest
	}
	if len(errs) > 0 {
		messages := make([]string, len(errs))
		for i, err := range errs {
			messages[i] = fieldMessage(err)
		}
		message = strings.Join(messages, "|")
	}
	return statusError(status, message)
}

// fieldMessage says which field is wrong, without repeating its value.
func fieldMessage(err error) string {
	detailer, ok := err.(huma.ErrorDetailer)
	if !ok {
		return err.Error()
	}
	detail := detailer.ErrorDetail()
	_, field, found := strings.Cut(detail.Location, ".")
	if !found {
		return detail.Message
	}
	return field + ": " + detail.Message
}

// answerTo turns any error into what the caller is told, and logs what only
// the operator may know.
func answerTo(ctx context.Context, err error) *errorBody {
	if body, ok := errors.AsType[*errorBody](err); ok {
		return body
	}
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx))) {
		return statusError(statusClientGone, "The request was abandoned.")
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		err = cairn.Errorf(cairn.TooLarge, "The body is larger than the %d bytes allowed here.", tooLarge.Limit)
	}
	known, ok := errors.AsType[*cairn.Error](err)
	status := statuses[cairn.CodeOf(err)]
	if !ok || status == 0 || status == http.StatusInternalServerError {
		slog.ErrorContext(ctx, "request failed", append(requestAttributes(ctx), "error", err)...)
		return statusError(http.StatusInternalServerError, internalMessage)
	}
	if known.Err != nil {
		slog.DebugContext(ctx, "request refused", append(requestAttributes(ctx), "error", err)...)
	}

	body := statusError(status, known.Message)
	if known.NoRetry || known.Code == cairn.QuotaExceeded {
		body.NoRetry = true
	}
	if known.RetryAfter > 0 {
		body.headers.Set("Retry-After", wholeSeconds(known.RetryAfter))
	}
	if status == http.StatusUnauthorized {
		body.headers.Set("WWW-Authenticate", challenge(ctx))
	}
	return body
}

// wholeSeconds rounds up, so that nobody comes back too early.
func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(int64(math.Ceil(d.Seconds())), 10)
}

func requestAttributes(ctx context.Context) []any {
	r := requestFrom(ctx)
	if r == nil {
		return nil
	}
	return []any{"method", r.Method, "path", r.URL.Path}
}

// writeError writes err as the answer. If another answer has begun already it
// breaks the connection, so that nobody takes half an answer for a whole one.
func writeError(w http.ResponseWriter, r *http.Request, err error) {
	body := answerTo(withRequest(r.Context(), r), err)
	if begun(w) {
		if body.status != statusClientGone {
			slog.WarnContext(r.Context(), "an answer broke off", "method", r.Method, "path", r.URL.Path, "error", err)
		}
		panic(http.ErrAbortHandler)
	}
	header := w.Header()
	for _, stale := range []string{"Content-Length", "Content-Encoding", "Content-Disposition", "Cache-Control", "ETag", "Last-Modified"} {
		header.Del(stale)
	}
	for name, values := range body.headers {
		header[name] = values
	}
	header.Set("Content-Type", "application/json")
	w.WriteHeader(body.status)
	if r.Method == http.MethodHead {
		return
	}
	if err := writeJSON(w, body); err != nil && r.Context().Err() == nil {
		slog.DebugContext(r.Context(), "an error answer was not sent", "error", err)
	}
}

// begun tells whether the status has been sent, as the recoverer's writer knows.
func begun(w http.ResponseWriter) bool {
	for {
		if known, ok := w.(interface{ Status() int }); ok {
			return known.Status() != 0
		}
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return false
		}
		w = wrapper.Unwrap()
	}
}

type basicKey struct{}

// challengeBasic marks routes whose 401 asks for HTTP Basic, as GIS desktop
// tools need it.
func challengeBasic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), basicKey{}, true)))
	})
}

func challenge(ctx context.Context) string {
	if ctx.Value(basicKey{}) != nil {
		return `Basic realm="DroneDB"`
	}
	return "Bearer"
}
