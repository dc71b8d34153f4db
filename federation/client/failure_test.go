package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/federation/stamp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var site = Dataset{"acme", "site"}

// fake is a server whose answers no real one gives when it is asked to.
func fake(t *testing.T, o Options, answer http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	if o.Pause == 0 {
		o.Pause = time.Millisecond
	}
	c, err := New(server.URL, o)
	require.NoError(t, err)
	return c
}

func requireCode(t *testing.T, code cairn.Code, err error, words ...string) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, code, cairn.CodeOf(err), err.Error())
	for _, word := range words {
		require.Contains(t, err.Error(), word)
	}
}

func TestAnErrorIsTheServersSentence(t *testing.T) {
	t.Parallel()
	for _, a := range []struct {
		status int
		body   string
		code   cairn.Code
		says   string
	}{
		{400, `{"error":"The slug is wrong.","noRetry":false}`, cairn.Invalid, "The slug is wrong."},
		{401, `{"error":"Unauthorized"}`, cairn.Unauthenticated, "Unauthorized"},
		{403, `{"error":"No."}`, cairn.Forbidden, "No."},
		{404, ``, cairn.NotFound, "answered 404 Not Found and no reason"},
		{409, `{"error":"Changed."}`, cairn.Conflict, "Changed."},
		{413, `<html><h1>Request Entity Too Large</h1>`, cairn.TooLarge, "answered 413 Request Entity Too Large and no reason"},
		{418, `{"error":null}`, cairn.Invalid, "answered 418"},
		{500, `{"error":{"code":1}}`, cairn.Internal, "answered 500"},
		{500, `{"error":"a\u001b[31mred\nline\u0007"}`, cairn.Internal, "a[31mred line"},
		{502, `<html>`, cairn.Unavailable, "answered 502"},
		{507, `{"error":"Full."}`, cairn.QuotaExceeded, "Full."},
		{400, strings.Repeat("x", 1<<20), cairn.Invalid, "answered 400"},
		{400, `{"error":"` + strings.Repeat("ä", 5000) + `"}`, cairn.Invalid, "ä…"},
	} {
		c := fake(t, Options{Tries: 1}, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(a.status)
			_, _ = io.WriteString(w, a.body)
		})
		_, err := c.Stamp(t.Context(), site)
		requireCode(t, a.code, err, a.says)
		assert.NotContains(t, err.Error(), "<")
		assert.Less(t, len(err.Error()), 3000)
	}
}

func TestAnAnswerThatIsNoneOfARegistry(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "<html>", "null", "[]", `{"checksum":"a"`, `{"checksum":"","entries":null,"meta":[]}`} {
		c := fake(t, Options{}, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		_, err := c.Stamp(t.Context(), site)
		requireCode(t, cairn.Internal, err, "Is it the address of a registry?")
		_, err = c.PushInit(t.Context(), site, "", stamp.New(nil, nil))
		require.Error(t, err, body)
		if body != "null" && body != "[]" {
			_, err = c.Info(t.Context(), site)
			require.Error(t, err, body)
		}
		_, err = c.ShareInit(t.Context(), site, "")
		require.Error(t, err, body)
		c.options.Username = "alice"
		require.Error(t, c.Login(t.Context()), body)
	}
}

func TestWhatIsSafeIsRepeated(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 502, 503, 504, 0} {
		var asked atomic.Int32
		busy := func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if asked.Add(1)%3 != 0 {
				if status == 0 {
					panic(http.ErrAbortHandler) // the connection breaks
				}
				w.WriteHeader(status)
				return
			}
			_, _ = io.WriteString(w, `{"checksum":"","entries":[],"meta":[]}`)
		}
		c := fake(t, Options{}, busy)
		_, err := c.Stamp(t.Context(), site)
		require.NoError(t, err, status)
		require.EqualValues(t, 3, asked.Load())

		var counted int64
		file := textFile("hello")
		file.Progress = func(n int64) { counted += n }
		require.NoError(t, c.PushUpload(t.Context(), site, "token", "a.txt", file))
		require.EqualValues(t, 6, asked.Load())
		require.EqualValues(t, 5, counted, "what a failed try had sent does not count")

		want := cairn.Unavailable
		if status == http.StatusTooManyRequests {
			want = cairn.TooManyRequests
		}
		requireCode(t, want, c.PushCommit(t.Context(), site, "token"))
		require.EqualValues(t, 7, asked.Load(), "a commit is sent once")
	}
}

func TestRetryAfterIsHeeded(t *testing.T) {
	t.Parallel()
	var first time.Time
	c := fake(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
		if first.IsZero() {
			first = time.Now()
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		_, _ = io.WriteString(w, `{"checksum":"","entries":[],"meta":[]}`)
	})
	_, err := c.Stamp(t.Context(), site)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, time.Since(first), time.Second)

	c = fake(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	_, err = c.Stamp(t.Context(), site)
	requireCode(t, cairn.Unavailable, err)
}

func TestWhatIsWrongIsNotRepeated(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	c := fake(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `{"error":"Never.","noRetry":true}`)
	})
	_, err := c.Stamp(t.Context(), site)
	requireCode(t, cairn.Unavailable, err, "Never.")
	require.EqualValues(t, 1, asked.Load())
}

func TestTheCallerEndsIt(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c := fake(t, Options{Pause: time.Hour}, func(w http.ResponseWriter, _ *http.Request) {
		cancel()
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	_, err := c.Stamp(ctx, site)
	require.Error(t, err)

	stopped, stop := context.WithCancelCause(t.Context())
	stop(errors.New("a signal"))
	_, err = c.Stamp(stopped, site)
	require.ErrorIs(t, err, context.Canceled)
}

func TestNothingMovesForTooLong(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	c := fake(t, Options{Tries: 1, Patience: 50 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("path") == "begun" {
			_, _ = io.WriteString(w, "some")
			w.(http.Flusher).Flush()
		}
		<-release
	})
	t.Cleanup(func() { close(release) })
	_, err := c.Stamp(t.Context(), site)
	requireCode(t, cairn.Unavailable, err, "nothing moved")
	requireCode(t, cairn.Unavailable, c.Download(t.Context(), site, "begun", target(t, ""), nil), "nothing moved")
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	c := fake(t, Options{Tries: 2}, func(http.ResponseWriter, *http.Request) {})
	closed := httptest.NewServer(nil)
	closed.Close()
	c.server = closed.URL
	_, err := c.Stamp(t.Context(), site)
	requireCode(t, cairn.Unavailable, err, closed.URL, "can't be reached")
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "[]") }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it is told that its certificate is refused
	server.StartTLS()
	defer server.Close()
	c, err := New(server.URL, Options{})
	require.NoError(t, err)
	_, err = c.Organizations(t.Context())
	requireCode(t, cairn.Invalid, err, "not trusted")
	c, err = New(server.URL, Options{Insecure: true})
	require.NoError(t, err)
	_, err = c.Organizations(t.Context())
	require.NoError(t, err)

	plain := fake(t, Options{}, func(http.ResponseWriter, *http.Request) {})
	plain.server = strings.Replace(plain.server, "http:", "https:", 1)
	_, err = plain.Organizations(t.Context())
	requireCode(t, cairn.Invalid, err, "write http://")
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	var elsewhere *httptest.Server
	c := fake(t, Options{Username: "alice"}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/users/authenticate" {
			_, _ = io.WriteString(w, `{"token":"secret","expires":99999999999}`)
			return
		}
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	elsewhere = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.NotContains(t, fmt.Sprint(r.Header), "secret")
		_, _ = io.WriteString(w, "content")
	}))
	defer elsewhere.Close()
	to := target(t, "")
	require.NoError(t, c.Download(t.Context(), site, "a.txt", to, nil))
	require.Equal(t, "content", written(t, to))
	requireCode(t, cairn.Invalid, c.PushUpload(t.Context(), site, "token", "a.txt", textFile("hello")), "use that address")
}

func TestTheTokenIsRenewed(t *testing.T) {
	t.Parallel()
	var logins, asked atomic.Int32
	valid := "" // the only token that is taken
	c := fake(t, Options{Username: "alice", Password: "pass: word+&é"}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/users/authenticate" {
			assert.Equal(t, "alice pass: word+&é", r.FormValue("username")+" "+r.FormValue("password"))
			valid = "token" + strconv.Itoa(int(logins.Add(1)))
			expires := time.Now().Add(time.Hour)
			if logins.Load() == 3 {
				expires = time.Now().Add(-time.Hour) // as the clocks of the two may make it look
			}
			_, _ = fmt.Fprintf(w, `{"token":%q,"expires":%d}`, valid, expires.Unix())
			return
		}
		asked.Add(1)
		if r.Header.Get("Authorization") != "Bearer "+valid {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, "[]")
	})
	list := func() error { _, err := c.MetaDump(t.Context(), site); return err }
	require.NoError(t, list())
	require.NoError(t, list())
	require.EqualValues(t, 1, logins.Load())
	valid = "" // revoked
	require.NoError(t, list())
	require.EqualValues(t, 2, logins.Load())
	c.session.until = time.Now().Add(-time.Second)
	require.NoError(t, list())
	require.EqualValues(t, 3, logins.Load(), "an expired token is not even presented")
	require.EqualValues(t, 5, asked.Load())
	require.NoError(t, list())
}

func TestTheServersClockCounts(t *testing.T) {
	t.Parallel()
	c := fake(t, Options{Username: "alice"}, func(w http.ResponseWriter, r *http.Request) {
		past := time.Now().Add(-1000 * time.Hour)
		w.Header().Set("Date", past.UTC().Format(http.TimeFormat))
		_, _ = fmt.Fprintf(w, `{"token":"t","expires":%d}`, past.Add(2*time.Hour).Unix())
	})
	require.NoError(t, c.Login(t.Context()))
	assert.InDelta(t, 2*time.Hour, time.Until(c.session.until), float64(2*time.Minute))
}

func TestAPasswordThatIsWrong(t *testing.T) {
	t.Parallel()
	c := fake(t, Options{Username: "alice", Password: "secret"}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	_, err := c.Stamp(t.Context(), site)
	requireCode(t, cairn.Unauthenticated, err, "password of alice")
	assert.NotContains(t, err.Error(), "secret")
}

func TestAFileThatChangesWhileItIsSent(t *testing.T) {
	t.Parallel()
	c := fake(t, Options{}, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	for _, size := range []int64{3, 8} {
		file := textFile("hello")
		file.Size = size
		requireCode(t, cairn.Invalid, c.PushUpload(t.Context(), site, "token", "a.txt", file), "was changed while it was being sent")
	}
	file := File{Name: "gone", Open: func() (io.ReadCloser, error) { return nil, os.ErrNotExist }}
	require.ErrorIs(t, c.PushUpload(t.Context(), site, "token", "a.txt", file), os.ErrNotExist)
}

// A download that breaks off goes on, with servers that know ranges and with
// others, and whatever the target holds.
func TestDownloadGoesOn(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("0123456789", 10_000)
	for name, serve := range map[string]http.HandlerFunc{
		"ranges": func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "a", time.Time{}, strings.NewReader(content))
		},
		"no ranges": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, content) },
		"another range": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") != "" {
				w.Header().Set("Content-Range", "bytes 7-9/100000")
				w.WriteHeader(http.StatusPartialContent)
				return
			}
			_, _ = io.WriteString(w, content)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			c := fake(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
				if n := asked.Add(1); n < 3 && name == "ranges" {
					from, _ := strconv.Atoi(strings.Trim(r.Header.Get("Range"), "bytes=-"))
					w.Header().Set("Content-Length", strconv.Itoa(len(content)-from))
					if from > 0 {
						w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-99999/100000", from))
						w.WriteHeader(http.StatusPartialContent)
					}
					_, _ = io.WriteString(w, content[from:from+1000])
					panic(http.ErrAbortHandler)
				}
				serve(w, r)
			})
			for _, have := range []string{"", content[:10], content[:99_999], content + "more"} {
				var counted int64
				to := target(t, have)
				require.NoError(t, c.Download(t.Context(), site, "a", to, func(n int64) { counted += n }))
				require.Equal(t, sum(content), sum(written(t, to)), len(have))
				require.EqualValues(t, len(content)-len(have), counted, len(have))
			}
		})
	}
}

func TestAZipBeginsAnew(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	c := fake(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		assert.Empty(t, r.Header.Get("Range"))
		_, _ = io.WriteString(w, "zip")
		if asked.Add(1) == 1 {
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
	})
	to := target(t, "rest of another one")
	require.NoError(t, c.DownloadZip(t.Context(), site, []string{"a", "b"}, to, nil))
	require.Equal(t, "zip", written(t, to))
}

// Names with commas are sent so that existing servers understand them too.
func TestPathsInDownloads(t *testing.T) {
	t.Parallel()
	var got string
	c := fake(t, Options{}, func(_ http.ResponseWriter, r *http.Request) {
		assert.NoError(t, r.ParseForm())
		got = r.URL.EscapedPath() + " " + strings.Join(r.Form["path"], " | ")
	})
	const base = "/orgs/acme/ds/site/download"
	for path, want := range map[string]string{
		"a b/é&#%+?.txt": base + " a b/é&#%+?.txt",
		"a, b/c%2F#.txt": base + "/a%2C%20b/c%252F%23.txt ",
	} {
		require.NoError(t, c.Download(t.Context(), site, path, target(t, ""), nil))
		assert.Equal(t, want, got)
	}
	require.NoError(t, c.DownloadZip(t.Context(), site, []string{"a", "b c"}, target(t, ""), nil))
	assert.Equal(t, base+" a,b c", got)
	require.NoError(t, c.DownloadZip(t.Context(), site, []string{"a", "b,c"}, target(t, ""), nil))
	assert.Equal(t, base+" a | b,c", got)
}

func target(t *testing.T, content string) *os.File {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "target"))
	require.NoError(t, err)
	t.Cleanup(func() { file.Close() })
	_, err = file.WriteString(content)
	require.NoError(t, err)
	return file
}

func written(t *testing.T, file *os.File) string {
	t.Helper()
	content, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	return string(content)
}

func textFile(content string) File {
	return File{Name: "a.txt", Size: int64(len(content)), Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
}

func sum(content string) string {
	hash := sha256.Sum256([]byte(content))
	return hex.EncodeToString(hash[:])
}
