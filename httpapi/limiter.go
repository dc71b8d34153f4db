package httpapi

import (
	"fmt"
	"html"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/cairngeo/cairn"
)

// downloadLimiter bounds the downloads that one user, or one address without
// a user, has under way on this node. Administrators are exempt.
type downloadLimiter struct {
	most int // 0: any number
	mu   sync.Mutex
	busy map[string]int
}

func newDownloadLimiter(most int) *downloadLimiter {
	return &downloadLimiter{most: most, busy: map[string]int{}}
}

// downloadAgain is when whoever is over the limit may try again.
const downloadAgain = 10 * time.Second

// take begins a download and returns what ends it. A request that only asks
// whether there is room takes none.
func (l *downloadLimiter) take(r *http.Request) (release func(), err error) {
	caller := callerFrom(r.Context())
	if l.most == 0 || caller.Admin() {
		return func() {}, nil
	}
	who := "address " + clientAddress(r).String()
	if !caller.Anonymous() {
		who = "user " + caller.User.ID.String()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy[who] >= l.most {
		e := cairn.Errorf(cairn.TooManyRequests, "You have %d downloads under way, which is as many as this server allows. Wait for one to end.", l.busy[who])
		e.RetryAfter = downloadAgain
		return nil, e
	}
	if checksDownload(r) {
		return func() {}, nil
	}
	l.busy[who]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.busy[who]--; l.busy[who] == 0 {
			delete(l.busy, who)
		}
	}, nil
}

// checksDownload tells whether a client only asks if it might download now.
func checksDownload(r *http.Request) bool { return r.Header.Get("X-Download-Check") != "" }

// limited bounds the downloads of a handler, which may count on it that the
// request is one for the bytes, and not only the question whether there is
// room. may answers who has no right to them, before anything else.
func (s *server) limited(may func(*http.Request) error, send handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := may(r); err != nil {
			return err
		}
		release, err := s.downloads.take(r)
		if cairn.CodeOf(err) == cairn.TooManyRequests && strings.Contains(r.Header.Get("Accept"), "text/html") {
			return writeWait(w, r, err)
		}
		if err != nil {
			return err
		}
		defer release()
		if checksDownload(r) {
			return nil
		}
		return send(w, r)
	}
}

// writeWait tells a person who followed a link to wait.
func writeWait(w http.ResponseWriter, r *http.Request, err error) error {
	known := answerTo(r.Context(), err)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Retry-After", wholeSeconds(downloadAgain))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusTooManyRequests)
	_, err = fmt.Fprintf(w, `<!doctype html><html lang="en"><meta charset="utf-8"><title>Too many downloads</title>
<body style="font:1rem/1.5 system-ui;max-width:36rem;margin:4rem auto;padding:0 1rem"><h1>Too many downloads</h1><p>%s</p>
<p><a href="%s">Try again</a></p></body></html>`, html.EscapeString(known.Message), html.EscapeString(r.URL.RequestURI()))
	return ignoreGone(r, err)
}

// mayRead answers who may not read the dataset of the request.
func (s *server) mayRead(r *http.Request) error {
	_, err := s.readDataset(r.Context(), datasetOf(r))
	return err
}
