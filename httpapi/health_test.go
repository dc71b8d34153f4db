package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func fit(context.Context) (cairn.Health, error) {
	return cairn.Health{Figures: map[string]any{"waiting": 3}}, nil
}

func worn(context.Context) (cairn.Health, error) {
	return cairn.Health{Warning: "Nearly full."}, nil
}

func broken(context.Context) (cairn.Health, error) {
	return cairn.Health{}, errors.New("dial tcp 10.0.0.7: password of postgres is wrong")
}

// monitored is a server with a monitor token and these parts.
func monitored(t *testing.T, parts map[string]Check) http.Handler {
	t.Helper()
	router := newRouter(routerOptions{})
	s := &server{Config: Config{Checks: parts, MonitorToken: "look"}, api: newAPI(router)}
	s.registerHealth()
	return router
}

func examined(t *testing.T, h http.Handler, target string, headers ...string) (*http.Response, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var body map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body), w.Body)
	return w.Result(), body
}

func TestHealthIsThatOfTheWorstPart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		parts  map[string]Check
		code   int
		status string
	}{
		{"all well", map[string]Check{"a": fit, "b": fit}, 200, "Healthy"},
		{"a warning", map[string]Check{"a": fit, "b": worn}, 200, "Degraded"},
		{"a part down", map[string]Check{"a": worn, "b": broken, "c": fit}, 503, "Unhealthy"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := monitored(t, c.parts)
			res, body := examined(t, h, "/health?token=look")
			assert.Equal(t, c.code, res.StatusCode)
			assert.Equal(t, c.status, body["status"])
			assert.Len(t, body["entries"], len(c.parts))
			assert.Equal(t, "no-store", res.Header.Get("Cache-Control"))
			checkAgainstDocument(t, loadDocument(t, h, "/openapi.json"), httptest.NewRequest("GET", "/health", nil), answer(res, marshalled(t, body)))
		})
	}
}

func marshalled(t *testing.T, v any) string {
	t.Helper()
	encoded, err := json.Marshal(v)
	require.NoError(t, err)
	return string(encoded)
}

func TestHealthTellsNoCause(t *testing.T) {
	t.Parallel()
	_, body := examined(t, monitored(t, map[string]Check{"database": broken, "storage": worn}), "/health", "Authorization", "Bearer look")
	part := body["entries"].(map[string]any)["database"].(map[string]any)
	assert.NotContains(t, marshalled(t, body), "10.0.0.7")
	assert.NotEmpty(t, part["description"])
	assert.Equal(t, map[string]any{}, part["data"])
	assert.Equal(t, []any{}, part["tags"])
	assert.Equal(t, "Nearly full.", body["entries"].(map[string]any)["storage"].(map[string]any)["description"])
}

func TestHealthNeedsTheToken(t *testing.T) {
	t.Parallel()
	h := monitored(t, map[string]Check{"a": fit})
	for target, want := range map[string]string{
		"/health": "Sign in to see how well the server does.", "/health?token=": "Sign in to see how well the server does.",
		"/health?token=loo": "Unauthorized", "/quickhealth?token=LOOK": "Unauthorized",
	} {
		res, body := examined(t, h, target)
		assert.Equal(t, http.StatusUnauthorized, res.StatusCode, target)
		assert.Equal(t, want, body["error"], target)
	}
}

// A part that hangs, and does not even heed its context, costs a bounded time
// and is not asked a second time meanwhile.
func TestHealthIsBoundedInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		release := make(chan struct{})
		h := monitored(t, map[string]Check{"a": fit, "stuck": func(context.Context) (cairn.Health, error) {
			asked++
			<-release
			return cairn.Health{}, nil
		}})
		for range 3 {
			began := time.Now()
			res, body := examined(t, h, "/health?token=look")
			assert.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
			assert.Equal(t, "Healthy", body["entries"].(map[string]any)["a"].(map[string]any)["status"])
			assert.Equal(t, "There is no answer within 5s.", body["entries"].(map[string]any)["stuck"].(map[string]any)["description"])
			assert.LessOrEqual(t, time.Since(began), checkWithin)
		}
		assert.Equal(t, 1, asked)
		close(release)
		synctest.Wait()
		res, _ := examined(t, h, "/health?token=look")
		assert.Equal(t, http.StatusOK, res.StatusCode)
	})
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0:                           "00:00:00.0000000",
		12*time.Second + 3456789e2:  "00:00:12.3456789",
		25*time.Hour + time.Minute:  "1.01:01:00.0000000",
		59*time.Minute + 999999999:  "00:59:00.9999999",
		240*time.Hour + time.Second: "10.00:00:01.0000000",
	} {
		assert.Equal(t, want, duration(d).String())
	}
}
