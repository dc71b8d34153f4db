package auth

import (
	"errors"
	"io"
	"strings"
	"syscall"

	"github.com/cairngeo/cairn"
	"github.com/jackc/pgx/v5/pgconn"
)

// Reach gives an error of the database the code Unavailable if the database
// can't be reached, is starting or is going down; others it returns as they are.
func Reach(err error) error {
	if !unreachable(err) {
		return err
	}
	return cairn.Errorf(cairn.Unavailable, "The catalog is not available right now. Try again.").Because(err)
}

func unreachable(err error) bool {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(refused.Code, "57P0") // admin shutdown, crash shutdown, cannot connect now
	}
	if _, explained := errors.AsType[*cairn.Error](err); explained { // the input of a request may end unexpectedly, too
		return false
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	return connecting || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}
