// Package cairn holds what every room of the server shares: its version and
// the small set of codes that an error can carry.
package cairn

import (
	"errors"
	"fmt"
	"time"
)

// A Code says what kind of failure an error is. Package httpapi has the one
// table that maps codes to HTTP statuses.
type Code string

// The codes. Everything that is not an *Error counts as Internal.
const (
	Invalid         Code = "invalid"           // the request itself is wrong
	Unauthenticated Code = "unauthenticated"   // nobody, or somebody who can't be believed
	Forbidden       Code = "forbidden"         // a known caller without the right
	NotFound        Code = "not-found"         // what was named does not exist
	Conflict        Code = "conflict"          // it exists already, or changed meanwhile
	TooLarge        Code = "too-large"         // beyond a configured limit
	Unsupported     Code = "unsupported"       // a content type that is not understood
	QuotaExceeded   Code = "quota-exceeded"    // the owner's storage is used up
	TooManyRequests Code = "too-many-requests" // slow down
	Unavailable     Code = "unavailable"       // not now; try again
	Internal        Code = "internal"          // our fault; the cause goes to the log
)

// Error is a failure with a code, a sentence for the person who caused it, and
// the cause for the log.
type Error struct {
	Code       Code
	Message    string        // tells the person what to do; never a raw cause
	RetryAfter time.Duration // with Unavailable and TooManyRequests
	NoRetry    bool          // repeating the request can't help, though its code does not say so
	Err        error         // the cause, may be nil
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error of code with a formatted message for the caller.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Because returns e with its cause set, for the log.
func (e *Error) Because(cause error) *Error {
	e.Err = cause
	return e
}

// CodeOf returns the code of the first *Error in err's chain, Internal when
// there is none, and the empty code for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}
