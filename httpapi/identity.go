package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/cairngeo/cairn/auth"
)

// cookieName is the cookie in which browsers and the command line carry a token.
const cookieName = "jwtToken"

type callerKey struct{}

// callerFrom returns who makes the request.
func callerFrom(ctx context.Context) auth.Caller {
	caller, _ := ctx.Value(callerKey{}).(auth.Caller)
	return caller
}

// identify finds out who calls: by a Bearer token, or, without an
// Authorization header, by the cookie, unless another site's page makes a change.
func identify(users *auth.Users) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token := tokenOf(r)
			if token == "" {
				next.ServeHTTP(w, r)
				return
			}
			caller, err := users.CallerOf(r.Context(), token)
			if err != nil {
				writeError(w, r, err)
				return
			}
			next.ServeHTTP(w, asCaller(r, caller))
		})
	}
}

func asCaller(r *http.Request, caller auth.Caller) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), callerKey{}, caller))
}

func tokenOf(r *http.Request) string {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		if strings.EqualFold(scheme, "Bearer") {
			return strings.TrimSpace(token)
		}
		return ""
	}
	if cookie, err := r.Cookie(cookieName); err == nil && !forged(r) {
		return cookie.Value
	}
	return ""
}

// forged tells whether a browser sends a change on behalf of another site's
// page. Browsers add the cookie to a form of any site; a header none can forge.
func forged(r *http.Request) bool {
	seen := r.WithContext(r.Context())
	if here, err := url.Parse(baseURL(r)); err == nil {
		seen.Host = here.Host // behind a proxy not the one that the browser knows
	}
	return http.NewCrossOriginProtection().Check(seen) != nil
}

// acceptBasic also takes HTTP Basic, for GIS desktop tools. A success sets the
// cookie, so that the many requests that follow need no password.
func (s *server) acceptBasic(next http.Handler) http.Handler {
	return challengeBasic(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, ok := r.BasicAuth()
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		user, token, err := s.Users.Login(r.Context(), name, password, clientAddress(r).String())
		if err != nil {
			writeError(w, r, err)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: cookieName, Value: token.Text, Path: "/", Expires: token.Expires,
			HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: originOf(r).scheme(r) == "https"})
		next.ServeHTTP(&personalWriter{ResponseWriter: w}, asCaller(r, auth.Caller{User: user}))
	}))
}

// personalWriter keeps an answer that carries a cookie out of shared caches.
type personalWriter struct {
	http.ResponseWriter
	begun bool
}

// Unwrap lets http.ResponseController reach the connection.
func (w *personalWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *personalWriter) WriteHeader(status int) {
	if !w.begun {
		w.begun = true
		w.Header().Set("Cache-Control", "private, no-store")
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *personalWriter) Write(p []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}
