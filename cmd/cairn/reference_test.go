package main

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The interactive page of the API works offline: the browser asks this server alone.
func TestReferencePage(t *testing.T) {
	t.Parallel()
	c := server(t)
	tab, seen := browser(t)
	var text string
	require.NoError(t, chromedp.Run(tab, log.Enable(), network.Enable(),
		chromedp.Navigate(c.base+"/scalar/v1"),
		chromedp.Poll(`document.body.innerText.includes("Organizations") && document.body.innerText.includes("Cairn")`, nil, chromedp.WithPollingTimeout(time.Minute)),
		chromedp.Text("body", &text),
	), "%s", seen)
	assert.Contains(t, text, "Datasets")
	assert.Empty(t, seen.errors())
}
