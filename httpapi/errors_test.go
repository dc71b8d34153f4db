package httpapi

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Items 1, 2 and 18 of the checklist, and the table of statuses.
func TestErrors01StatusBodyAndHeaders(t *testing.T) {
	t.Parallel()
	toy := newToy(t, routerOptions{})
	for kind, want := range map[string]struct {
		status  int
		noRetry bool
		message string
		header  string
	}{
		"invalid":         {400, false, "bad", ""},
		"unauthenticated": {401, true, "Unauthorized", "Www-Authenticate: Bearer"},
		"forbidden":       {403, true, "not yours", ""},
		"not-found":       {404, false, "no such toy", ""},
		"conflict":        {409, false, "taken", ""},
		"too-large":       {413, true, "too large", ""},
		"unsupported":     {415, false, "what?", ""},
		"quota":           {400, true, "full", ""},
		"slow-down":       {429, false, "slow down", "Retry-After: 2"},
		"unavailable":     {503, false, "busy", "Retry-After: 2"},
		"internal":        {500, false, internalMessage, ""},
		"untyped":         {500, false, internalMessage, ""},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			for _, target := range []string{"/toys/acme/errors/" + kind, "/toys/acme/raw/x?fail=" + kind} {
				res := get(t, toy, target)
				header := want.header
				if strings.Contains(target, "/raw/") {
					header = strings.Replace(header, "Bearer", `Basic realm="DroneDB"`, 1)
				}
				assert.Equal(t, want.message, requireError(t, res, want.status, want.noRetry))
				if name, value, ok := strings.Cut(header, ": "); ok {
					assert.Equal(t, value, res.Header.Get(name))
				}
			}
		})
	}
}

func TestErrorsOfPanicsAreAnswered(t *testing.T) {
	t.Parallel()
	toy := newToy(t, routerOptions{})
	for _, path := range []string{"/toys/acme/panic", "/toys/acme/unwritable"} {
		assert.Equal(t, internalMessage, requireError(t, get(t, toy, path), 500, false), path)
	}
}

func TestErrorAfterTheAnswerBeganBreaksTheConnection(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newToy(t, routerOptions{}).router)
	defer server.Close()
	for _, target := range []string{"/broken", "/broken?fail=untyped", "/broken?fail=not-found"} {
		res, err := server.Client().Get(server.URL + target)
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF, target)
		assert.Equal(t, "half", string(body), target)
		res.Body.Close()
	}
}

func TestErrorOfAClientThatLeftIsNoServerError(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(context.Background())
	leave()
	w := httptest.NewRecorder()
	writeError(w, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx), ctx.Err())
	assert.Equal(t, 499, w.Code)
	w = httptest.NewRecorder()
	writeError(w, httptest.NewRequest(http.MethodGet, "/", nil), context.Canceled)
	assert.Equal(t, 500, w.Code, "cancelled by us, while the client waits")
}

// Item 1 for what net/http answers by itself.
func TestErrors01RangesOutsideAFile(t *testing.T) {
	t.Parallel()
	toy := newToy(t, routerOptions{})
	r := httptest.NewRequest(http.MethodGet, "/toys/acme/raw/abc", nil)
	r.Header.Set("Range", "bytes=100-200")
	res := serve(toy, r)
	requireError(t, res, 416, false)
	assert.Equal(t, "bytes */8", res.Header.Get("Content-Range"))
	r.Header.Set("Range", "bytes=5-7")
	res = serve(toy, r)
	assert.Equal(t, 206, res.StatusCode)
	assert.Equal(t, "abc", text(t, res))
}

// Items 16 and 1: what the caller sent is wrong.
func TestErrors16Validation(t *testing.T) {
	t.Parallel()
	toy := newToy(t, routerOptions{})
	assert.Equal(t, "page: invalid integer", requireError(t, get(t, toy, "/toys/acme?page=x"), 400, false))
	assert.Contains(t, requireError(t, get(t, toy, "/toys/acme?type=7"), 400, false), "0 (Private), 1 (Unlisted), 2 (Public)")
	message := requireError(t, serve(toy, send("POST", "/toys/acme", "application/json", `{"size":"many","ratio":[]}`)), 400, false)
	assert.ElementsMatch(t, []string{"expected required property name to be present", "size: expected integer", "ratio: expected number"}, strings.Split(message, "|"))
	requireError(t, serve(toy, send("POST", "/toys/acme", "application/json", `{"name":`)), 400, false)
	requireError(t, serve(toy, send("POST", "/toys/acme", "application/json", `[1]`)), 400, false)
	requireError(t, serve(toy, send("POST", "/toys/acme", "application/json", ``)), 400, false)
	requireError(t, serve(toy, send("POST", "/toys/acme", "application/json", `{"name":"`+strings.Repeat("x", 4096)+`"}`)), 413, true)
	assert.NotContains(t, requireError(t, serve(toy, send("POST", "/toys/acme", "application/json", `{"name":"x","size":99999999}`)), 400, false), "99999999")
}
