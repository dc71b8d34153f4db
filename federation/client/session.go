package client

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/cairngeo/cairn"
)

// session is the sign-in that all requests of a client share.
type session struct {
	mu    sync.Mutex
	token string
	until time.Time // by the clock of this machine
}

// forget drops the token, unless another one has taken its place already.
func (s *session) forget(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == token {
		s.token = ""
	}
}

// token returns the one to present: none for who has no name.
func (c *Client) token(ctx context.Context, what call) (string, error) {
	if what.anonymous || c.options.Username == "" {
		return "", nil
	}
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	if c.session.token == "" || time.Now().After(c.session.until) {
		if err := c.login(ctx); err != nil {
			return "", err
		}
	}
	return c.session.token, nil
}

// Login signs in with the name and the password, as the first request that
// needs it would.
func (c *Client) Login(ctx context.Context) error {
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	return c.login(ctx)
}

func (c *Client) login(ctx context.Context) error {
	var session struct {
		Token   string  `json:"token"`
		Expires float64 `json:"expires"`
	}
	credentials := call{method: http.MethodPost, path: "/users/authenticate", anonymous: true, body: form("username", c.options.Username, "password", c.options.Password)}
	var sent time.Time
	err := c.repeat(ctx, func() error {
		answer, err := c.send(ctx, credentials)
		if err != nil {
			return err
		}
		if sent, err = http.ParseTime(answer.Header.Get("Date")); err != nil {
			sent = time.Now()
		}
		return c.readJSON(answer, &session)
	})
	switch {
	case cairn.CodeOf(err) == cairn.Unauthenticated:
		return cairn.Errorf(cairn.Unauthenticated, "The server %s does not take the password of %s.", c.server, c.options.Username)
	case err != nil:
		return err
	case session.Token == "":
		return cairn.Errorf(cairn.Unauthenticated, "The server %s let %s in without a token; it can't be used.", c.server, c.options.Username)
	}
	// The server's clock says how long the token is valid, whatever this machine's says.
	valid := time.Until(time.Unix(int64(session.Expires), 0)) - time.Until(sent)
	c.session.token, c.session.until = session.Token, time.Now().Add(max(valid-time.Minute, valid/2))
	return nil
}
