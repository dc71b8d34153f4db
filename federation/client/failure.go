package client

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/cairngeo/cairn"
)

var codes = map[int]cairn.Code{
	http.StatusBadRequest:            cairn.Invalid,
	http.StatusUnauthorized:          cairn.Unauthenticated,
	http.StatusForbidden:             cairn.Forbidden,
	http.StatusNotFound:              cairn.NotFound,
	http.StatusConflict:              cairn.Conflict,
	http.StatusRequestEntityTooLarge: cairn.TooLarge,
	http.StatusUnsupportedMediaType:  cairn.Unsupported,
	http.StatusTooManyRequests:       cairn.TooManyRequests,
	http.StatusInsufficientStorage:   cairn.QuotaExceeded,
	http.StatusBadGateway:            cairn.Unavailable,
	http.StatusServiceUnavailable:    cairn.Unavailable,
	http.StatusGatewayTimeout:        cairn.Unavailable,
}

// codeOf returns the code for a status that is no success.
func codeOf(status int) cairn.Code {
	switch code := codes[status]; {
	case code != "":
		return code
	case status >= 400 && status < 500:
		return cairn.Invalid
	}
	return cairn.Internal
}

// maxRefusal bounds what is read of an answer that is no success.
const maxRefusal = 64 << 10

// refusal reads the sentence of an answer that is no success.
func (c *Client) refusal(answer *http.Response) error {
	var said struct {
		Error   any  `json:"error"`
		NoRetry bool `json:"noRetry"`
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxRefusal))
	if err == nil {
		err = json.Unmarshal(text, &said)
	}
	sentence, _ := said.Error.(string)
	if sentence = printable(sentence); err != nil || sentence == "" {
		sentence = fmt.Sprintf("The server %s answered %d %s and no reason.", c.server, answer.StatusCode, http.StatusText(answer.StatusCode))
	}
	return &cairn.Error{Code: codeOf(answer.StatusCode), Message: sentence, NoRetry: said.NoRetry, RetryAfter: retryAfter(answer.Header.Get("Retry-After"))}
}

// printable is a text from elsewhere as it may be shown on a terminal.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > 1000 {
		text = string(runes[:1000]) + "…"
	}
	return strings.TrimSpace(text)
}

func retryAfter(text string) time.Duration {
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(min(max(seconds, 0), 24*3600)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// failure is an exchange that broke off, or that was ended.
func (c *Client) failure(err error) error {
	if known, ok := errors.AsType[*cairn.Error](err); ok {
		return known
	}
	switch _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case untrusted:
		return cairn.Errorf(cairn.Invalid, "The certificate of %s is not trusted", c.server).Because(err)
	case errors.Is(err, http.ErrSchemeMismatch):
		return cairn.Errorf(cairn.Invalid, "The server %s speaks plain http: write http:// in its address.", c.server)
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // without the address, which the sentence has
	}
	return cairn.Errorf(cairn.Unavailable, "The server %s can't be reached, or the connection broke", c.server).Because(err)
}
