package httpapi

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A slow upload goes on: each piece has all the patience again.
func TestPatienceWithSlowUploads(t *testing.T) {
	t.Parallel()
	const patience = time.Hour
	connection := &deadlines{}
	body := patient(connection, io.NopCloser(iotest.OneByteReader(strings.NewReader("slow"))), patience)
	for range 4 {
		before := time.Now()
		_, err := body.Read(make([]byte, 100))
		require.NoError(t, err)
		assert.False(t, connection.last.Before(before.Add(patience)))
	}
}

// deadlines is a connection that remembers its deadline.
type deadlines struct {
	http.ResponseWriter
	last time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.last = t
	return nil
}

func TestPatienceWithSilentUploads(t *testing.T) {
	t.Parallel()
	result := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, patient(w, r.Body, 100*time.Millisecond))
		result <- err
	}))
	t.Cleanup(server.Close)
	body, writer := io.Pipe()
	defer writer.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, body)
	require.NoError(t, err)
	go func() {
		if response, err := http.DefaultClient.Do(request); err == nil {
			response.Body.Close()
		}
	}()
	assert.ErrorIs(t, <-result, os.ErrDeadlineExceeded)
}
