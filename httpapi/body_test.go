package httpapi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Decision 6: one endpoint, three content types, the same answer.
func TestBodiesOfEveryTypeAreAlike(t *testing.T) {
	t.Parallel()
	toy := newToy(t, routerOptions{})
	const want = `{"org":"acme","name":"a b","slug":"s","visibility":2,"given":true,"recursive":true,"size":42,"ratio":0.5,"paths":["a,b","c"],"levels":[1,2],"data":{"k":[1]}}`

	urlencoded := url.Values{"NAME": {"a b"}, "Slug": {"s"}, "visibility": {"PUBLIC"}, "recursive": {"True"}, "size": {"42"}, "ratio": {"5e-1"},
		"paths": {"a,b", "c"}, "levels[]": {"1", "2"}, "data": {`{"k":[1]}`}, "unknown": {"x"}}.Encode()
	multi, multiBody := form(t, "Name", "a b", "slug", "s", "Visibility", "2", "recursive", "TRUE", "size", "42", "ratio", "0.5",
		"paths[]", "a,b", "Paths", "c", "levels", "[1,2]", "data", `{"k":[1]}`, "unknown", "x")
	for name, r := range map[string]*http.Request{
		"JSON":             send("POST", "/toys/acme", "application/json; charset=utf-8", `{"Name":"a b","SLUG":"s","visibility":"public","recursive":true,"size":42,"ratio":0.5,"paths":["a,b","c"],"levels":[1,2],"data":{"k":[1]},"unknown":{}}`),
		"JSON, no type":    send("POST", "/toys/acme", "", `{"name":"a b","slug":"s","visibility":2,"recursive":true,"size":42,"ratio":0.5,"paths":["a,b","c"],"levels":[1,2],"data":{"k":[1]}}`),
		"JSON, typed":      send("POST", "/toys/acme", "application/merge-patch+json", `{"name":"a b","slug":"s","visibility":"2","recursive":true,"size":42,"ratio":0.5,"paths":["a,b","c"],"levels":[1,2],"data":{"k":[1]}}`),
		"JSON, last wins":  send("POST", "/toys/acme", "application/json", `{"Name":"x","name":"a b","slug":"s","visibility":2,"recursive":true,"size":42,"ratio":0.5,"paths":["a,b","c"],"levels":[1,2],"data":{"k":[1]}}`),
		"URL-encoded":      send("POST", "/toys/acme", "application/x-www-form-urlencoded", urlencoded),
		"multipart":        send("POST", "/toys/acme", multi, multiBody),
		"DELETE, JSON":     send("DELETE", "/toys/acme/parts", "application/json", `{"name":"a b","slug":"s","visibility":2,"recursive":true,"size":42,"ratio":0.5,"paths":["a,b","c"],"levels":[1,2],"data":{"k":[1]}}`),
		"DELETE, form":     send("DELETE", "/toys/acme/parts", "application/x-www-form-urlencoded", urlencoded),
		"DELETE multipart": send("DELETE", "/toys/acme/parts", multi, multiBody),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := serve(toy, r)
			body := text(t, res)
			require.Equal(t, 200, res.StatusCode, body)
			assert.Equal(t, "application/json", res.Header.Get("Content-Type"))
			assert.Equal(t, want, body)
		})
	}
}

// Items 8, 9 and 20: absent, empty and null are one; null and [] are written.
func TestBody20AbsentEmptyAndNull(t *testing.T) {
	t.Parallel()
	toy := newToy(t, routerOptions{})
	const want = `{"org":"acme","name":"n","slug":null,"visibility":0,"given":false,"recursive":false,"size":0,"ratio":0,"paths":[],"levels":[],"data":null}`
	multi, multiBody := form(t, "name", "n", "slug", "", "visibility", "", "size", "", "paths", "", "recursive", "")
	for name, r := range map[string]*http.Request{
		"absent": send("POST", "/toys/acme", "application/json", `{"name":"n"}`),
		"null":   send("POST", "/toys/acme", "application/json", `{"name":"n","slug":null,"Visibility":null,"size":null,"recursive":null,"paths":null}`),
		"form":   send("POST", "/toys/acme", "application/x-www-form-urlencoded", "name=&name=n&slug=&visibility=&size=&paths=&recursive="),
		"multi":  send("POST", "/toys/acme", multi, multiBody),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := serve(toy, r)
			assert.Equal(t, want, text(t, res))
			assert.Equal(t, 200, res.StatusCode)
		})
	}
	for name, r := range map[string]*http.Request{
		"no required field":    send("POST", "/toys/acme", "application/x-www-form-urlencoded", "slug=x"),
		"empty required field": send("POST", "/toys/acme", "application/x-www-form-urlencoded", "name="),
	} {
		assert.Equal(t, "expected required property name to be present", requireError(t, serve(toy, r), 400, false), name)
	}
}

func TestOptionalBody(t *testing.T) {
	t.Parallel()
	toy := newToy(t, routerOptions{})
	for _, contentType := range []string{"", "application/json", "application/xml"} {
		res := serve(toy, send("DELETE", "/toys/acme/parts", contentType, ""))
		assert.Equal(t, 200, res.StatusCode, contentType)
		assert.Contains(t, text(t, res), `"org":"acme"`)
	}
}

func TestBodiesThatAreNotUnderstood(t *testing.T) {
	t.Parallel()
	toy := newToy(t, routerOptions{})
	for _, contentType := range []string{"text/plain", "application/xml", "image/png", "nonsense//"} {
		requireError(t, serve(toy, send("POST", "/toys/acme", contentType, "name=x")), 415, false)
	}
	for contentType, body := range map[string]string{
		"multipart/form-data":                            "x",
		"multipart/form-data; boundary=b":                "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nbroken off",
		"application/x-www-form-urlencoded":              "name=x&recursive=1",
		"application/x-www-form-urlencoded; charset=x":   "name=x&size=4294967296000000000000",
		"application/x-www-form-urlencoded; charset=u":   "name=x&visibility=7",
		"application/x-www-form-urlencoded; charset=y":   "name=x&ratio=NaN",
		"application/x-www-form-urlencoded;charset=utf8": "name=x&levels=1&levels=b",
		"application/json":                               `{"name":"x"} {"name":"y"}`,
	} {
		requireError(t, serve(toy, send("POST", "/toys/acme", contentType, body)), 400, false)
	}
}

// Decision 1 for queries, and empty parameters.
func TestQueryNamesMatchIgnoringCase(t *testing.T) {
	t.Parallel()
	toy := newToy(t, routerOptions{})
	for target, want := range map[string]string{
		"/toys/acme": `{"page":1,"pageSize":50,"recursive":false,"type":0,"names":[],"agent":"test"}`,
		"/toys/acme?PAGE=2&pagesize=3&Recursive=tRue&TYPE=unlisted&x=y": `{"page":2,"pageSize":3,"recursive":true,"type":1,"names":[],"agent":"test"}`,
		"/toys/acme?page=&Page=4&recursive=&type=&pageSize=":            `{"page":4,"pageSize":50,"recursive":false,"type":0,"names":[],"agent":"test"}`,
		"/toys/acme?names=a&Names[]=b%26c&NAMES=":                       `{"page":1,"pageSize":50,"recursive":false,"type":0,"names":["a","b&c"],"agent":"test"}`,
	} {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Header.Set("User-Agent", "test")
		assert.Equal(t, want, text(t, serve(toy, r)), target)
	}
	r := httptest.NewRequest(http.MethodGet, "/?PATH=&Path=a%2Fb+c&path=z&odd=100%.tif", nil)
	assert.Equal(t, "a/b c", query(r, "path"))
	assert.Equal(t, "100%.tif", query(r, "odd"))
	assert.Empty(t, query(r, "none"))
}

func TestRestOfThePathInTypedOperations(t *testing.T) {
	t.Parallel()
	toy := newToy(t, routerOptions{})
	var got toyEcho
	require.NoError(t, json.Unmarshal([]byte(text(t, get(t, toy, "/toys/acme/FILES/a/B%2Fc%20d/"))), &got))
	assert.Equal(t, "a/B/c d/", got.Name)
	assert.Equal(t, "acme a/B c", text(t, get(t, toy, "/toys/acme/Raw/a%2FB%20c")))
}

// The deadline of a body does not outlive it: the handler's context is not
// cancelled when it passes.
func TestBodyDeadlineEndsWithTheBody(t *testing.T) {
	t.Parallel()
	const timeout = 20 * time.Millisecond
	router := newRouter(routerOptions{})
	read := bodyReader{shape: bodyShape(reflect.TypeFor[toyFields]()), limit: 100, timeout: timeout}
	router.Method("POST", "/slow", handler(func(w http.ResponseWriter, r *http.Request) error {
		if _, err := read.read(w, r); err != nil {
			return err
		}
		select {
		case <-r.Context().Done():
			return errors.New("cancelled by the deadline")
		case <-time.After(4 * timeout):
			return nil
		}
	}))
	server := httptest.NewServer(router)
	defer server.Close()
	res, err := server.Client().Post(server.URL+"/slow", "application/json", strings.NewReader(`{"name":"n"}`))
	require.NoError(t, err)
	defer res.Body.Close()
	assert.Equal(t, 200, res.StatusCode)

	stalled, sender := io.Pipe() // never written to
	defer sender.Close()
	res, err = server.Client().Post(server.URL+"/slow", "application/json", stalled)
	require.NoError(t, err)
	defer res.Body.Close()
	requireError(t, res, 408, false)
}
