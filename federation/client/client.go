// Package client speaks the DroneDB Registry REST API to a Cairn or to any
// other server that has it.
//
// Errors are *cairn.Error: the code of the answer's status, and the sentence
// that the server sent. Unavailable means that the server could not be reached
// or is busy; what is safe to repeat was then repeated.
package client

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
)

// Options say who calls, and how. All of them may be left out.
type Options struct {
	Username, Password string // signs in when it is needed, and again when the token expires
	Insecure           bool   // certificates are not checked
	Transport          http.RoundTripper
	Tries              int           // how often a request is sent that may be repeated; 5 if not given
	Pause              time.Duration // before the second try, twice as long before each further one; 500 ms if not given
	Patience           time.Duration // how long nothing may move; 2 minutes if not given
}

// Client calls one server. It may be used from several goroutines.
type Client struct {
	server  string
	options Options
	http    *http.Client
	session session
}

// New returns a client of the server, whose address is as ParseServer takes it.
// Nothing is sent yet.
func New(server string, o Options) (*Client, error) {
	server, err := ParseServer(server)
	if err != nil {
		return nil, err
	}
	if o.Transport == nil {
		o.Transport = newTransport(o.Insecure)
	}
	if o.Tries == 0 {
		o.Tries = 5
	}
	if o.Pause == 0 {
		o.Pause = 500 * time.Millisecond
	}
	if o.Patience == 0 {
		o.Patience = 2 * time.Minute
	}
	return &Client{server: server, options: o, http: &http.Client{Transport: o.Transport, CheckRedirect: checkRedirect}}, nil
}

// Server returns the address that the client calls.
func (c *Client) Server() string { return c.server }

// Username returns who calls, "" for nobody.
func (c *Client) Username() string { return c.options.Username }

func newTransport(insecure bool) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64 // all of who works in parallel
	t.ExpectContinueTimeout = time.Second
	if insecure {
		t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	}
	return t
}

// checkRedirect lets downloads be fetched elsewhere, where nobody needs the
// token. A redirected POST would arrive as a GET without its body.
func checkRedirect(to *http.Request, via []*http.Request) error {
	if via[0].Method != http.MethodGet || len(via) >= 10 {
		return cairn.Errorf(cairn.Invalid, "The server sends requests on to %s: use that address.", to.URL.Redacted())
	}
	if to.URL.Scheme != via[0].URL.Scheme || to.URL.Host != via[0].URL.Host {
		to.Header.Del("Authorization")
	}
	return nil
}

// call is a request that can be sent more than once.
type call struct {
	method, path string
	query        url.Values
	body         body
	header       http.Header
	anonymous    bool // without the token: it asks for one
}

// body is what a request carries.
type body struct {
	kind   string
	length int64
	open   func() (io.ReadCloser, error) // nil for none
}

func form(fields ...string) body {
	values := make([]string, 0, len(fields)/2)
	for i := 0; i < len(fields); i += 2 {
		values = append(values, url.QueryEscape(fields[i])+"="+url.QueryEscape(fields[i+1]))
	}
	text := strings.Join(values, "&")
	return body{kind: "application/x-www-form-urlencoded", length: int64(len(text)),
		open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

// large is the length from which on a request waits for the server's consent
// before it sends its body.
const large = 1 << 20

// send sends the call once and returns a successful answer, whose body must be
// closed. A token that the server does not take any more is renewed.
func (c *Client) send(ctx context.Context, what call) (*http.Response, error) {
	token, err := c.token(ctx, what)
	if err != nil {
		return nil, err
	}
	answer, err := c.sendAs(ctx, token, what)
	if token != "" && cairn.CodeOf(err) == cairn.Unauthenticated {
		c.session.forget(token)
		if token, err = c.token(ctx, what); err == nil {
			answer, err = c.sendAs(ctx, token, what)
		}
	}
	return answer, err
}

func (c *Client) sendAs(ctx context.Context, token string, what call) (*http.Response, error) {
	watch := newWatch(ctx, c.options.Patience)
	request, err := c.newRequest(watch, token, what)
	if err != nil {
		watch.end()
		return nil, err
	}
	answer, err := c.http.Do(request)
	if err != nil {
		watch.end()
		return nil, c.failure(watch.cause(err))
	}
	answer.Body = &watched{answer.Body, watch, c}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		defer answer.Body.Close()
		return nil, c.refusal(answer)
	}
	return answer, nil
}

func (c *Client) newRequest(watch *watch, token string, what call) (*http.Request, error) {
	address := c.server + what.path
	if len(what.query) > 0 {
		address += "?" + what.query.Encode()
	}
	request, err := http.NewRequestWithContext(watch.ctx, what.method, address, nil)
	if err != nil {
		return nil, cairn.Errorf(cairn.Invalid, "%s is no address.", address)
	}
	for name, values := range what.header {
		request.Header[name] = values
	}
	request.Header.Set("User-Agent", "cairn/"+cairn.Version)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if what.body.open == nil {
		return request, nil
	}
	request.Header.Set("Content-Type", what.body.kind)
	request.ContentLength = what.body.length
	request.GetBody = func() (io.ReadCloser, error) {
		if what.body.length == 0 {
			return http.NoBody, nil // a length of 0 with another body means that it is unknown
		}
		content, err := what.body.open()
		return &watched{content, watch, nil}, err
	}
	if request.Body, err = request.GetBody(); err != nil {
		return nil, err
	}
	if what.body.length >= large {
		request.Header.Set("Expect", "100-continue")
	}
	return request, nil
}
