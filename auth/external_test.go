package auth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func external(t *testing.T, answer http.HandlerFunc) *auth.External {
	t.Helper()
	service := httptest.NewServer(answer)
	t.Cleanup(service.Close)
	directory, err := auth.NewExternal(service.URL)
	require.NoError(t, err)
	return directory
}

func TestExternalLoginSendsAForm(t *testing.T) {
	t.Parallel()
	directory := external(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, http.MethodPost, r.Method)
		switch r.ParseForm(); r.PostForm.Encode() {
		case "password=p%26x&username=bob":
			w.WriteHeader(http.StatusCreated)
			w.Write([]byte(`{"email": "b@example.com", "roles": ["admin"], "maxStorageMB": 7}`))
		case "token=t1":
			w.Write([]byte(`{"userName": "carol"}`))
		default:
			w.WriteHeader(http.StatusForbidden)
		}
	})
	bob, err := directory.Check(t.Context(), auth.Credentials{Name: "bob", Password: "p&x"})
	require.NoError(t, err)
	assert.Equal(t, "bob", bob.Name)
	assert.Equal(t, "b@example.com", *bob.Email)
	assert.Equal(t, []string{"admin"}, bob.Roles)
	assert.True(t, bob.Decides("anything"), "the array is the whole truth")
	assert.JSONEq(t, `{"email": "b@example.com", "roles": ["admin"], "maxStorageMB": 7}`, string(bob.Metadata))
	carol, err := directory.Check(t.Context(), auth.Credentials{Token: "t1"})
	require.NoError(t, err)
	assert.Equal(t, "carol", carol.Name)
	assert.Nil(t, carol.Decides, "no array, no change")
	_, err = directory.Check(t.Context(), auth.Credentials{Name: "bob", Password: "wrong"})
	assert.Equal(t, cairn.Unauthenticated, cairn.CodeOf(err))
}

func TestExternalLoginThatCanNotBeUsed(t *testing.T) {
	t.Parallel()
	var elsewhere bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere = true }))
	defer other.Close()
	for name, answer := range map[string]http.HandlerFunc{
		"500": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"404": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		},
		"nothing":   func(http.ResponseWriter, *http.Request) {},
		"array":     func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`["admin"]`)) },
		"null":      func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`null`)) },
		"bad roles": func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`{"roles": "admin"}`)) },
		"HTML":      func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`<html>`)) },
		"huge": func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte(`{"a": "` + strings.Repeat("x", 1<<20) + `"}`))
		},
	} {
		directory := external(t, answer)
		for _, c := range []auth.Credentials{{Name: "bob", Password: "x"}, {Token: "x"}} {
			person, err := directory.Check(t.Context(), c)
			assert.Nil(t, person, name)
			assert.Equal(t, cairn.Internal, cairn.CodeOf(err), "%s: %v", name, err)
		}
	}
	assert.False(t, elsewhere, "passwords are not sent on")
	_, err := external(t, func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`{}`)) }).Check(t.Context(), auth.Credentials{Token: "x"})
	assert.Error(t, err, "whose token it is must be said")
	for _, address := range []string{"", "login.example.com", "ftp://example.com", "http://", "http://%zz"} {
		_, err := auth.NewExternal(address)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), address)
	}
}

// What PostgreSQL can't store is the service's fault.
func TestExternalMetadataThatCanNotBeStored(t *testing.T) {
	t.Parallel()
	users, _ := open(t)
	for _, answer := range []string{`{"a": "\u0000"}`, `{"a": 1e999999}`, `{"email": "\u0000"}`} {
		users.LookIn(external(t, func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(answer)) }))
		_, _, err := users.Login(t.Context(), "bob", "x", "192.0.2.1")
		assert.Equal(t, cairn.Unavailable, cairn.CodeOf(err), "%.30s: %v", answer, err)
	}
}
