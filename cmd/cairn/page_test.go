package main

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The page shows the demo dataset as a card, and its files as a list and on a map.
func TestPageShowsTheDemo(t *testing.T) {
	t.Parallel()
	c := server(t).anonymous()
	const demo = "/orgs/public/ds/demo"
	require.Eventually(t, func() bool { // files come in alphabetical order
		return c.get(t, demo+"/obj?path=photos/DJI_0006.jpg").status == http.StatusOK
	}, time.Minute, 100*time.Millisecond, "the demo is not made")
	c.awaitBuilt(t, demo, "orthophoto.tif")
	c.awaitBuilt(t, demo, "elevation.tif")

	tab, seen := browser(t)
	var card string
	require.NoError(t, chromedp.Run(tab, log.Enable(), network.Enable(),
		chromedp.Navigate(c.base+"/"),
		chromedp.WaitVisible(`a[href="/r/public/demo"]`),
		chromedp.Text(`a[href="/r/public/demo"]`, &card),
		chromedp.Poll(`document.documentElement.dataset.mapReady === "true"`, nil, chromedp.WithPollingTimeout(time.Minute)),
	), "%s", seen)
	assert.Contains(t, card, "Demo")
	require.NoError(t, chromedp.Run(tab,
		chromedp.Click(`a[href="/r/public/demo"]`),
		chromedp.WaitVisible(`[data-testid="map"] canvas`),
		chromedp.Poll(`["orthophoto.tif", "elevation.tif", "photos", "README.md"].every(
			name => document.querySelector('[data-testid="files"]')?.innerText.includes(name))`, nil, chromedp.WithPollingTimeout(time.Minute)),
		chromedp.Poll(`document.documentElement.dataset.mapReady === "true"`, nil, chromedp.WithPollingTimeout(time.Minute)),
	), "%s", seen)
	assert.Eventually(t, func() bool { return seen.tiles() > 0 }, 20*time.Second, 20*time.Millisecond, "no tile of a raster was drawn")
	assert.Empty(t, seen.errors())

	// The address of the dataset opens by itself too.
	require.NoError(t, chromedp.Run(tab, chromedp.Navigate(c.base+"/r/public/demo"), chromedp.WaitVisible(`[data-testid="files"] li`)), "%s", seen)
	assert.Empty(t, seen.errors())
}

// browser opens a tab of a headless Chromium.
func browser(t *testing.T) (context.Context, *events) {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("/usr/bin/chromium"), chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("use-gl", "angle"), chromedp.Flag("use-angle", "swiftshader"), chromedp.Flag("enable-unsafe-swiftshader", true),
		chromedp.WindowSize(1200, 800), chromedp.WSURLReadTimeout(time.Minute))
	limited, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	process, cancel := chromedp.NewExecAllocator(limited, options...)
	t.Cleanup(cancel)
	tab, cancel := chromedp.NewContext(process)
	t.Cleanup(cancel)
	seen := &events{}
	chromedp.ListenTarget(tab, seen.note)
	return tab, seen
}

// events are what a tab had to tell.
type events struct {
	mu     sync.Mutex
	wrong  []string
	raster int
}

func (e *events) note(event any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch event := event.(type) {
	case *runtime.EventExceptionThrown:
		e.wrong = append(e.wrong, event.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if event.Type == runtime.APITypeError {
			for _, argument := range event.Args {
				e.wrong = append(e.wrong, string(argument.Value)+argument.Description)
			}
		}
	case *log.EventEntryAdded:
		if event.Entry.Level == log.LevelError {
			e.wrong = append(e.wrong, event.Entry.Text+" "+event.Entry.URL)
		}
	case *network.EventResponseReceived:
		if strings.Contains(event.Response.URL, "/ds/demo/tiles/") && event.Response.Status == http.StatusOK {
			e.raster++
		}
	}
}

func (e *events) errors() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.wrong
}

func (e *events) tiles() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.raster
}

func (e *events) String() string { return strings.Join(e.errors(), "\n") }
