package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// client speaks to a server as one user, or as nobody without a token.
type client struct {
	base, token string
	cookie      bool // the token goes into the cookie, as a browser sends it
}

func (c client) anonymous() client { return client{base: c.base} }

// browsing is the same user with nothing but the cookie.
func (c client) browsing() client { return client{base: c.base, token: c.token, cookie: true} }

// as is the user who has the name and the password.
func (c client) as(t *testing.T, name, password string) client {
	t.Helper()
	return client{base: c.base, token: c.login(t, name, password)}
}

// answer is what came back, whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// wire follows no redirects and unpacks nothing, so that tests see what is sent.
var wire = &http.Client{
	Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       time.Minute,
}

// try sends a request; headers are pairs of name and value.
func (c client) try(method, path string, body io.Reader, headers ...string) (answer, error) {
	request, err := http.NewRequest(method, c.base+path, body)
	if err != nil {
		return answer{}, err
	}
	switch {
	case c.token == "":
	case c.cookie:
		request.AddCookie(&http.Cookie{Name: "jwtToken", Value: c.token})
	default:
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := wire.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, content}, err
}

func (c client) send(t *testing.T, method, path string, body io.Reader, headers ...string) answer {
	t.Helper()
	a, err := c.try(method, path, body, headers...)
	require.NoError(t, err)
	return a
}

func (c client) get(t *testing.T, path string, headers ...string) answer {
	t.Helper()
	return c.send(t, http.MethodGet, path, nil, headers...)
}

// form sends fields, pairs of name and value, URL-encoded as curl -d does.
func (c client) form(t *testing.T, method, path string, fields ...string) answer {
	t.Helper()
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	return c.send(t, method, path, strings.NewReader(values.Encode()), "Content-Type", "application/x-www-form-urlencoded")
}

// multipart sends fields, pairs of name and value, as a browser's FormData does.
func (c client) multipart(t *testing.T, method, path string, fields ...string) answer {
	t.Helper()
	body, kind := multipartBody(t, fields...)
	return c.send(t, method, path, body, "Content-Type", kind)
}

func multipartBody(t *testing.T, fields ...string) (body io.Reader, contentType string) {
	t.Helper()
	var content bytes.Buffer
	parts := multipart.NewWriter(&content)
	for i := 0; i < len(fields); i += 2 {
		require.NoError(t, parts.WriteField(fields[i], fields[i+1]))
	}
	require.NoError(t, parts.Close())
	return &content, parts.FormDataContentType()
}

// post sends a value as JSON, with any method.
func (c client) post(t *testing.T, method, path string, value any) answer {
	t.Helper()
	body, err := json.Marshal(value)
	require.NoError(t, err)
	return c.send(t, method, path, bytes.NewReader(body), "Content-Type", "application/json")
}

func (c client) login(t *testing.T, name, password string) string {
	t.Helper()
	var login struct{ Token string }
	c.form(t, http.MethodPost, "/users/authenticate", "username", name, "password", password).json(t, http.StatusOK, &login)
	require.NotEmpty(t, login.Token)
	return login.Token
}

// json requires the status and reads the body.
func (a answer) json(t *testing.T, status int, into any) {
	t.Helper()
	require.Equal(t, status, a.status, "%s", a.body)
	require.NoError(t, json.Unmarshal(a.body, into), "%s", a.body)
}

// requireError requires the status and an error body whose text says all the words.
func (a answer) requireError(t *testing.T, status int, words ...string) {
	t.Helper()
	var refusal struct{ Error string }
	a.json(t, status, &refusal)
	require.NotEmpty(t, refusal.Error)
	for _, word := range words {
		require.Contains(t, refusal.Error, word)
	}
}

// entry is the part of an entry that the tests look at.
type entry struct {
	Path        string
	Hash        *string
	Type        int
	Size        int64
	Depth       int
	BuildStatus string
}

// newDataset makes a dataset of the organization admin and returns its address.
func (c client) newDataset(t *testing.T, slug, visibility string) string {
	t.Helper()
	a := c.form(t, http.MethodPost, "/orgs/admin/ds", "slug", slug, "name", "Site "+slug, "visibility", visibility)
	require.Equal(t, http.StatusCreated, a.status, "%s", a.body)
	return "/orgs/admin/ds/" + slug
}

// tryUpload sends a file as curl -F path=… -F file=@… does.
func (c client) tryUpload(dataset, path string, content io.Reader) (answer, error) {
	body, writer := io.Pipe()
	parts := multipart.NewWriter(writer)
	go func() {
		err := parts.WriteField("path", path)
		var file io.Writer
		if err == nil {
			file, err = parts.CreateFormFile("file", "file")
		}
		if err == nil {
			_, err = io.Copy(file, content)
		}
		if err == nil {
			err = parts.Close()
		}
		writer.CloseWithError(err)
	}()
	return c.try(http.MethodPost, dataset+"/obj", body, "Content-Type", parts.FormDataContentType())
}

func (c client) upload(t *testing.T, dataset, path string, content []byte) entry {
	t.Helper()
	a, err := c.tryUpload(dataset, path, bytes.NewReader(content))
	require.NoError(t, err)
	var e entry
	a.json(t, http.StatusCreated, &e)
	require.Equal(t, path, e.Path)
	require.Equal(t, sum(content), *e.Hash)
	return e
}

// entries returns every entry below the dataset.
func (c client) entries(t *testing.T, dataset string) []entry {
	t.Helper()
	var list []entry
	c.form(t, http.MethodPost, dataset+"/search", "query", "*").json(t, http.StatusOK, &list)
	return list
}

// awaitBuilt waits until the entry is built and returns it.
func (c client) awaitBuilt(t *testing.T, dataset, path string) entry {
	t.Helper()
	var e entry
	require.Eventually(t, func() bool {
		e = entry{}
		c.get(t, dataset+"/obj?path="+url.QueryEscape(path)).json(t, http.StatusOK, &e)
		return e.BuildStatus == "ready" || e.BuildStatus == "failed"
	}, 2*time.Minute, 50*time.Millisecond, "%s is not built", path)
	require.Equal(t, "ready", e.BuildStatus)
	return e
}

func sum(content []byte) string {
	hash := sha256.Sum256(content)
	return hex.EncodeToString(hash[:])
}
