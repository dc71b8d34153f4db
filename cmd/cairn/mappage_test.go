package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"path"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// mapPage is a page of testdata/maps in a browser: a map library on somebody's web site, to which
// Cairn is another origin.
type mapPage struct {
	address string
	tab     context.Context
	seen    *events
}

func openMapPage(t *testing.T, page string) mapPage {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := path.Join("testdata/maps", path.Base(r.URL.Path))
		switch path.Ext(name) {
		case ".js", ".mjs":
			w.Header().Set("Content-Type", "text/javascript")
			w.Header().Set("Content-Encoding", "gzip")
			name += ".gz"
		}
		http.ServeFile(w, r, name)
	}))
	t.Cleanup(site.Close)
	tab, seen := browser(t)
	require.NoError(t, chromedp.Run(tab, log.Enable()))
	return mapPage{site.URL + "/" + page, tab, seen}
}

// draw lets the library draw a map, and returns what it looks like on the screen when the library
// says that it is done.
func (p mapPage) draw(t *testing.T, v mapView, options map[string]any) *image.NRGBA {
	t.Helper()
	options["width"], options["height"] = v.width, v.height
	wanted, err := json.Marshal(options)
	require.NoError(t, err)
	var screen []byte
	require.NoError(t, chromedp.Run(p.tab,
		chromedp.Navigate(p.address),
		chromedp.Poll(`window.draw`, nil),
		chromedp.Evaluate("draw("+string(wanted)+")", nil, func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }),
		chromedp.Screenshot("#map", &screen, chromedp.ByQuery),
	), "%s", p.seen)
	require.Empty(t, p.seen.errors())
	m, err := png.Decode(bytes.NewReader(screen))
	require.NoError(t, err)
	return onPaper(m)
}
