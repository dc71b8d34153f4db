package httpapi

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A slow upload goes on, a silent one ends.
func TestPatienceWithUploads(t *testing.T) {
	t.Parallel()
	result := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, patient(w, r.Body, 200*time.Millisecond))
		result <- err
	}))
	t.Cleanup(server.Close)
	send := func(bytes int, end func(*io.PipeWriter)) {
		body, writer := io.Pipe()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, body)
		require.NoError(t, err)
		go func() {
			for range bytes {
				time.Sleep(50 * time.Millisecond)
				fmt.Fprint(writer, "x")
			}
			end(writer)
		}()
		go func() {
			if response, err := http.DefaultClient.Do(request); err == nil {
				response.Body.Close()
			}
		}()
	}
	send(10, func(w *io.PipeWriter) { w.Close() })
	assert.NoError(t, <-result, "half a second in all, never 200 ms of silence")
	send(1, func(*io.PipeWriter) {})
	assert.ErrorIs(t, <-result, os.ErrDeadlineExceeded)
}
