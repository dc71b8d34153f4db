package httpapi

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRouter03UnknownPath(t *testing.T) {
	t.Parallel()
	toy := newToy(t, routerOptions{})
	for _, method := range []string{"GET", "POST", "DELETE", "PROPFIND"} {
		assert.Equal(t, "No such route.", requireError(t, serve(toy, httptest.NewRequest(method, "/nothing/here", nil)), 404, false))
	}
}

func TestRouter04WrongMethod(t *testing.T) {
	t.Parallel()
	toy := newToy(t, routerOptions{})
	for target, allow := range map[string]string{
		"/toys/acme":            "GET, HEAD, POST, PUT, DELETE",
		"/TOYS/acme/":           "GET, HEAD, POST, PUT, DELETE",
		"/toys/acme/parts":      "DELETE",
		"/toys/acme/raw/a%2Fb":  "GET, HEAD",
		"/toys/acme/files/a/b/": "GET, HEAD",
	} {
		for _, method := range []string{"PATCH", "PROPFIND"} {
			res := serve(toy, httptest.NewRequest(method, target, nil))
			requireError(t, res, 405, false)
			assert.Equal(t, allow, res.Header.Get("Allow"), target)
		}
	}
}

func TestRouter05And06SecurityHeaders(t *testing.T) {
	t.Parallel()
	toy := newToy(t, routerOptions{})
	for _, path := range []string{"/toys/acme", "/nothing", "/toys/acme/panic", "/toys/acme/raw/x"} {
		h := get(t, toy, path).Header
		assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
		assert.Equal(t, "strict-origin-when-cross-origin", h.Get("Referrer-Policy"), path)
		assert.Equal(t, "SAMEORIGIN", h.Get("X-Frame-Options"), path)
		assert.Empty(t, h.Get("Strict-Transport-Security"), path)
		assert.NotContains(t, get(t, toy, path+"?embed=1").Header, "X-Frame-Options", path)
	}
	assert.NotEmpty(t, get(t, toy, "https://cairn.test/base").Header.Get("Strict-Transport-Security"))
	assert.NotEmpty(t, get(t, newToy(t, routerOptions{externalURL: "https://cairn.test"}), "/base").Header.Get("Strict-Transport-Security"))
}

func TestRouter07CrossOrigin(t *testing.T) {
	t.Parallel()
	toy := newToy(t, routerOptions{})
	for _, path := range []string{"/toys/acme", "/nothing", "/toys/acme/panic"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Origin", "https://map.example")
		h := serve(toy, r).Header
		assert.Equal(t, "*", h.Get("Access-Control-Allow-Origin"), path)
		assert.NotContains(t, h, "Access-Control-Allow-Credentials", path)
		assert.ElementsMatch(t, strings.Split("Etag Location Content-Range Content-Length Content-Disposition Accept-Ranges Retry-After", " "),
			strings.Split(h.Get("Access-Control-Expose-Headers"), ", "))
	}
	preflight := httptest.NewRequest(http.MethodOptions, "/toys/acme", nil)
	preflight.Header.Set("Origin", "https://map.example")
	preflight.Header.Set("Access-Control-Request-Method", "DELETE")
	preflight.Header.Set("Access-Control-Request-Headers", "authorization, x-anything")
	res := serve(toy, preflight)
	assert.Equal(t, 200, res.StatusCode)
	assert.Equal(t, "*", res.Header.Get("Access-Control-Allow-Origin"))
	assert.Equal(t, "DELETE", res.Header.Get("Access-Control-Allow-Methods"))
	assert.Contains(t, strings.ToLower(res.Header.Get("Access-Control-Allow-Headers")), "x-anything")

	restricted := newToy(t, routerOptions{allowedOrigins: []string{"https://hub.example"}})
	r := httptest.NewRequest(http.MethodGet, "/toys/acme", nil)
	r.Header.Set("Origin", "https://map.example")
	assert.NotContains(t, serve(restricted, r).Header, "Access-Control-Allow-Origin")
	r.Header.Set("Origin", "https://hub.example")
	assert.Equal(t, "https://hub.example", serve(restricted, r).Header.Get("Access-Control-Allow-Origin"))
}

func TestRouterHeadWhereverGet(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newToy(t, routerOptions{}).router)
	defer server.Close()
	for path, status := range map[string]int{"/toys/acme": 200, "/TOYS/acme/raw/abc": 200, "/nothing": 404, "/toys/acme/parts": 405, "/openapi.json": 200} {
		res, err := server.Client().Head(server.URL + path)
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		assert.Empty(t, body)
		assert.Equal(t, status, res.StatusCode, path)
	}
}

func TestRouter19EmptyAnswers(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newToy(t, routerOptions{}).router)
	defer server.Close()
	for method, status := range map[string]int{"DELETE": 204, "PUT": 200} {
		// Bodies that a route doesn't need are ignored, whatever they are.
		for _, body := range []string{"", "{}", "<xml/>"} {
			r, err := http.NewRequest(method, server.URL+"/toys/acme", strings.NewReader(body))
			require.NoError(t, err)
			r.Header.Set("Content-Type", "application/xml")
			res, err := server.Client().Do(r)
			require.NoError(t, err)
			assert.Equal(t, status, res.StatusCode)
			assert.Empty(t, text(t, res))
			assert.NotContains(t, res.Header, "Content-Type")
			res.Body.Close()
		}
	}
}

func TestBaseURLAndClientAddress(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for name, c := range map[string]struct {
		options routerOptions
		target  string
		remote  string
		headers map[string]string
		want    string
	}{
		"plain":                 {target: "http://cairn.test/base", remote: "192.0.2.9:1", want: "http://cairn.test 192.0.2.9"},
		"default port":          {target: "https://cairn.test:443/base", remote: "192.0.2.9:1", want: "https://cairn.test 192.0.2.9"},
		"own port":              {target: "http://cairn.test:5000/base", remote: "[2001:db8::1]:1", want: "http://cairn.test:5000 2001:db8::1"},
		"stranger":              {target: "http://cairn.test/base", remote: "192.0.2.9:1", headers: map[string]string{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.test", "X-Forwarded-For": "1.1.1.1"}, want: "http://cairn.test 192.0.2.9"},
		"loopback proxy":        {target: "http://cairn.test/base", remote: "127.0.0.1:1", headers: map[string]string{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "maps.test:8443", "X-Forwarded-For": "6.6.6.6, 192.0.2.7"}, want: "https://maps.test:8443 192.0.2.7"},
		"mapped loopback":       {target: "http://cairn.test/base", remote: "[::ffff:127.0.0.1]:1", headers: map[string]string{"X-Forwarded-Proto": "https"}, want: "https://cairn.test 127.0.0.1"},
		"nonsense from a proxy": {target: "http://cairn.test/base", remote: "127.0.0.1:1", headers: map[string]string{"X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "a/b?c", "X-Forwarded-For": "unknown"}, want: "http://cairn.test 127.0.0.1"},
		"configured proxies":    {options: routerOptions{trustedProxies: proxies}, target: "http://cairn.test/base", remote: "10.1.1.1:1", headers: map[string]string{"X-Forwarded-For": "6.6.6.6, 192.0.2.7, 10.2.2.2"}, want: "http://cairn.test 192.0.2.7"},
		"loopback not trusted":  {options: routerOptions{trustedProxies: proxies}, target: "http://cairn.test/base", remote: "127.0.0.1:1", headers: map[string]string{"X-Forwarded-Proto": "https"}, want: "http://cairn.test 127.0.0.1"},
		"external URL wins":     {options: routerOptions{externalURL: "https://ext.test:8443/"}, target: "http://cairn.test/base", remote: "127.0.0.1:1", headers: map[string]string{"X-Forwarded-Host": "other.test"}, want: "https://ext.test:8443 127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, c.target, nil)
			r.RemoteAddr = c.remote
			for k, v := range c.headers {
				r.Header.Set(k, v)
			}
			assert.Equal(t, c.want, text(t, serve(newToy(t, c.options), r)))
		})
	}
}
