package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
)

const (
	externalWithin = 10 * time.Second
	externalAnswer = 1 << 20 // bytes
)

// External is a web service that checks names, passwords and tokens.
type External struct {
	address string
	client  *http.Client
}

// NewExternal returns the directory behind the address, without asking it
// anything yet. Passwords go to this very address: redirects are not followed.
func NewExternal(address string) (*External, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, cairn.Errorf(cairn.Invalid, "--external-login must be a web address, like https://login.example.com/check.")
	}
	return &External{address, &http.Client{Timeout: externalWithin,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// Check posts the credentials as a form. 401 and 403 say that they are wrong,
// a success with a JSON object says who has them.
func (e *External) Check(ctx context.Context, c Credentials) (*Person, error) {
	form := url.Values{"username": {c.Name}, "password": {c.Password}}
	if c.Token != "" {
		form = url.Values{"token": {c.Token}}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	response, err := e.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("external login: %w", err)
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusUnauthorized, response.StatusCode == http.StatusForbidden:
		return nil, wrongCredentials("the external login answers " + response.Status)
	case response.StatusCode < 200 || response.StatusCode > 299:
		return nil, fmt.Errorf("external login: it answers %s", response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, externalAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("external login: %w", err)
	}
	if len(body) > externalAnswer {
		return nil, fmt.Errorf("external login: its answer has more than %d bytes", externalAnswer)
	}
	p, err := personIn(body)
	if err != nil {
		return nil, fmt.Errorf("external login: %w", err)
	}
	if p.Name == "" {
		p.Name = c.Name
	}
	if p.Name == "" {
		return nil, errors.New("external login: its answer to a token has no username")
	}
	return p, nil
}

// personIn reads the answer, all of which is the user's metadata. Members that
// mean something here are optional; encoding/json takes any case of their names.
func personIn(answer []byte) (*Person, error) {
	var said struct {
		Username string
		Email    *string
		Roles    *[]string
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		return nil, fmt.Errorf("its answer is not understood: %w", err)
	}
	if trimmed := strings.TrimSpace(string(answer)); trimmed[0] != '{' {
		return nil, errors.New("its answer is no JSON object")
	}
	p := &Person{Name: said.Username, Email: said.Email, Metadata: answer}
	if said.Roles != nil {
		p.Roles = *said.Roles
		p.Decides = func(string) bool { return true }
	}
	return p, nil
}
