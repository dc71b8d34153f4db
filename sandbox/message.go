package sandbox

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/cairngeo/cairn"
)

// request asks a child for a call.
type request struct {
	Function string
	Input    []byte
}

// reply is progress, or the end of a call.
type reply struct {
	Percent float64
	Done    bool
	Output  []byte
	Failure *failure
}

// failure is an error on its way between processes.
type failure struct {
	Code       cairn.Code // empty for an error that has none
	Message    string
	RetryAfter time.Duration
	NoRetry    bool
	Cause      string
	Errno      syscall.Errno
}

func failureOf(err error) *failure {
	f := &failure{Cause: err.Error()}
	f.Errno, _ = errors.AsType[syscall.Errno](err)
	if known, ok := errors.AsType[*cairn.Error](err); ok {
		f.Code, f.Message, f.RetryAfter, f.NoRetry = known.Code, known.Message, known.RetryAfter, known.NoRetry
	}
	return f
}

func (f *failure) err() error {
	cause := errors.New(f.Cause)
	if f.Errno != 0 {
		cause = fmt.Errorf("%s: %w", f.Cause, f.Errno)
	}
	if f.Code == "" {
		return cause
	}
	return &cairn.Error{Code: f.Code, Message: f.Message, RetryAfter: f.RetryAfter, NoRetry: f.NoRetry, Err: cause}
}

// maxMessage bounds what one side believes the other.
const maxMessage = 256 << 20

// send writes a message after its length.
func send(w io.Writer, message any) error {
	body, err := encode(message)
	if err != nil {
		return err
	}
	if len(body) > maxMessage {
		return fmt.Errorf("a message of %d bytes is too long", len(body))
	}
	_, err = w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...))
	return err
}

func receive[M any](r io.Reader) (message M, err error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return message, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n > maxMessage {
		return message, fmt.Errorf("a message of %d bytes is too long", n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return message, err
	}
	return decode[M](body)
}

func encode(value any) ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(value)
	return b.Bytes(), err
}

func decode[V any](body []byte) (value V, err error) {
	err = gob.NewDecoder(bytes.NewReader(body)).Decode(&value)
	return value, err
}
