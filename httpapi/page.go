package httpapi

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
)

// apiRoots are the first segments below which an unknown path is never the web page.
var apiRoots = map[string]bool{"orgs": true, "users": true, "share": true, "sys": true, "stac": true, "swagger": true, "scalar": true,
	"version": true, "health": true, "quickhealth": true, "metrics": true, "openapi.json": true}

// pageRoots are the first segments that always are the web page.
var pageRoots = map[string]bool{"": true, "login": true, "upload": true, "account": true, "admin": true, "r": true}

// servePage answers what is no route of the API: the files of the web page,
// and the page itself for its own addresses and for browsers.
func (s *server) servePage(router *chi.Mux) {
	router.NotFound(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
		root, _, _ := strings.Cut(name, "/")
		if r.Method != http.MethodGet && r.Method != http.MethodHead || apiRoots[strings.ToLower(root)] {
			noSuchRoute(w, r)
			return
		}
		if !pageRoots[root] && s.pageFile(w, r, name) {
			return
		}
		if !pageRoots[root] && !strings.Contains(r.Header.Get("Accept"), "text/html") {
			noSuchRoute(w, r)
			return
		}
		s.pageFile(w, r, "index.html")
	})
}

// pageFile sends a file of the page and tells whether there is one. Built
// assets have their hash in the name, so they can be kept for ever.
func (s *server) pageFile(w http.ResponseWriter, r *http.Request, name string) bool {
	file, err := s.Page.Open(name)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid) {
			writeError(w, r, err)
			return true
		}
		return false
	}
	defer file.Close()
	content, ok := file.(io.ReadSeeker)
	if info, err := file.Stat(); err != nil || info.IsDir() || !ok {
		return false
	}
	w.Header().Set("Cache-Control", "no-cache")
	if s.WebPolicy != "" {
		w.Header().Set("Content-Security-Policy", s.WebPolicy)
	}
	if strings.HasPrefix(name, "assets/") {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	serveContent(w, r, path.Base(name), time.Time{}, content)
	return true
}
