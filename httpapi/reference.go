package httpapi

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// referencePage shows the API's own document. It asks nothing of other sites.
const referencePage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cairn API</title>
<link rel="icon" href="data:,">
</head>
<body>
<script id="api-reference" type="application/json" data-url="/openapi.json" data-configuration='{"withDefaultFonts":false,"hideClientButton":true,"proxyUrl":"","defaultOpenAllTags":false}'></script>
<script src="/scalar/v1/scalar.js"></script>
</body>
</html>
`

// referencePolicy lets the page run its own script and speak to this server.
const referencePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'"

// serveReference serves the interactive page of the API where clients look for
// one. Nothing is redirected, so that each address answers by itself.
func (s *server) serveReference() {
	page := func(w http.ResponseWriter, r *http.Request) error {
		header := w.Header()
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Content-Security-Policy", referencePolicy)
		header.Set("Cache-Control", "no-cache")
		_, err := io.WriteString(w, referencePage)
		return ignoreGone(r, err)
	}
	for _, path := range []string{"/scalar", "/scalar/v1", "/swagger"} {
		s.stream(huma.Operation{Method: http.MethodGet, Path: path, Hidden: true}, "", page)
	}
	s.stream(huma.Operation{Method: http.MethodGet, Path: "/scalar/v1/scalar.js", Hidden: true}, "", s.referenceScript)
}

func (s *server) referenceScript(w http.ResponseWriter, r *http.Request) error {
	header := w.Header()
	header.Set("Content-Type", "text/javascript; charset=utf-8")
	header.Set("Cache-Control", "public, max-age=86400")
	header.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		header.Set("Content-Encoding", "gzip")
		header.Set("Content-Length", strconv.Itoa(len(s.Reference)))
		_, err := w.Write(s.Reference)
		return ignoreGone(r, err)
	}
	plain, err := gzip.NewReader(bytes.NewReader(s.Reference))
	if err != nil {
		return err
	}
	_, err = io.Copy(w, plain)
	return ignoreGone(r, err)
}
