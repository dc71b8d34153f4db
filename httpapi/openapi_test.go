package httpapi

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	validation "github.com/pb33f/libopenapi-validator/errors"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// apiDocument is a served API document that answers are held against.
type apiDocument struct {
	validator validator.Validator
	skipped   []*regexp.Regexp // paths that OpenAPI can't express
}

// loadDocument reads the API document that a server serves at path.
func loadDocument(t testing.TB, server http.Handler, path string) *apiDocument {
	t.Helper()
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	require.Equal(t, 200, w.Code)
	parsed, err := libopenapi.NewDocument(w.Body.Bytes())
	require.NoError(t, err)
	v, errs := validator.NewValidator(parsed, config.WithoutSecurityValidation())
	require.Empty(t, errs)
	model, err := parsed.BuildV3Model()
	require.NoError(t, err)

	d := &apiDocument{validator: v}
	for path, item := range model.Model.Paths.PathItems.FromOldest() {
		for _, op := range item.GetOperations().FromOldest() {
			if op.Extensions != nil && op.Extensions.GetOrZero(restOfPath) != nil {
				literals := regexp.MustCompile(`\{[^}]*\}`).Split(path, -1)
				for i := range literals {
					literals[i] = regexp.QuoteMeta(literals[i])
				}
				form := "^" + strings.Join(literals[:len(literals)-1], "[^/]+")
				d.skipped = append(d.skipped, regexp.MustCompile(form))
			}
		}
	}
	return d
}

// checkAgainstDocument holds an answer against the document: status, content
// type and every member of the body. The body of res can be read afterwards.
// Operations that take the rest of the path are not checked.
func checkAgainstDocument(t testing.TB, d *apiDocument, req *http.Request, res *http.Response) {
	t.Helper()
	for _, form := range d.skipped {
		if form.MatchString(req.URL.Path) {
			return
		}
	}
	_, errs := d.validator.ValidateHttpResponse(req, res)
	assert.Empty(t, complaints(errs), "%s %s answered %d against the document", req.Method, req.URL, res.StatusCode)
}

func complaints(errs []*validation.ValidationError) []string {
	var out []string
	for _, e := range errs {
		out = append(out, fmt.Sprintf("%s: %s", e.Message, e.Reason))
		for _, s := range e.SchemaValidationErrors {
			out = append(out, "  "+s.FieldPath+": "+s.Reason)
		}
	}
	return out
}

func TestDocumentsAreValid(t *testing.T) {
	t.Parallel()
	toy := newToy(t, routerOptions{})
	for path, version := range map[string]string{"/openapi.json": "3.1", "/swagger/v1/swagger.json": "3.0"} {
		res := get(t, toy, path)
		assert.Equal(t, "application/vnd.oai.openapi+json;version="+version, res.Header.Get("Content-Type"))
		body := text(t, res)
		assert.Contains(t, body, `"openapi":"`+version)
		assert.NotContains(t, body, `"422"`)
		assert.NotContains(t, body, "$schema")
		ok, errs := loadDocument(t, toy.router, path).validator.ValidateDocument()
		assert.True(t, ok, complaints(errs))
	}
	for _, path := range []string{"/docs", "/schemas/ToyEcho.json", "/openapi.yaml"} {
		requireError(t, get(t, toy, path), 404, false)
	}
	res := get(t, toy, "/toys/acme")
	assert.NotContains(t, res.Header, "Link")
	assert.NotContains(t, text(t, res), "$schema")
}

func TestAnswersAndRequestsFollowTheDocument(t *testing.T) {
	t.Parallel()
	toy := newToy(t, routerOptions{})
	document := loadDocument(t, toy.router, "/openapi.json")
	multi, multiBody := form(t, "name", "n", "visibility", "2", "paths", "a", "size", "5")
	for name, c := range map[string]struct {
		request func() *http.Request
		valid   bool
	}{
		"JSON": {func() *http.Request {
			return send("POST", "/toys/acme", "application/json", `{"name":"n","visibility":"Public","more":1}`)
		}, true},
		"form": {func() *http.Request {
			return send("POST", "/toys/acme", "application/x-www-form-urlencoded", `name=n&size=5`)
		}, true},
		"multipart":   {func() *http.Request { return send("POST", "/toys/acme", multi, multiBody) }, true},
		"query":       {func() *http.Request { return httptest.NewRequest("GET", "/toys/acme?page=2&type=public", nil) }, true},
		"no body":     {func() *http.Request { return httptest.NewRequest("DELETE", "/toys/acme/parts", nil) }, true},
		"204":         {func() *http.Request { return httptest.NewRequest("DELETE", "/toys/acme", nil) }, true},
		"200 empty":   {func() *http.Request { return httptest.NewRequest("PUT", "/toys/acme", nil) }, true},
		"bad request": {func() *http.Request { return send("POST", "/toys/acme", "application/json", `{"size":"x"}`) }, false},
		"404":         {func() *http.Request { return httptest.NewRequest("GET", "/toys/acme/errors/not-found", nil) }, true},
		"500":         {func() *http.Request { return httptest.NewRequest("GET", "/toys/acme/panic", nil) }, true},
		"rest":        {func() *http.Request { return httptest.NewRequest("GET", "/toys/acme/files/a/b", nil) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkAgainstDocument(t, document, c.request(), serve(toy, c.request()))
			if name == "rest" {
				return
			}
			ok, errs := document.validator.ValidateHttpRequest(c.request())
			assert.Equal(t, c.valid, ok, complaints(errs))
		})
	}
}

// The check must be able to fail.
func TestCheckAgainstDocumentFindsLies(t *testing.T) {
	t.Parallel()
	toy := newToy(t, routerOptions{})
	document := loadDocument(t, toy.router, "/openapi.json")
	for _, body := range []string{`{"page":"one"}`, `{}`, `[]`} {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "application/json")
		_, err := w.WriteString(body)
		require.NoError(t, err)
		_, errs := document.validator.ValidateHttpResponse(httptest.NewRequest("GET", "/toys/acme", nil), w.Result())
		assert.NotEmpty(t, errs, body)
	}
}

// Whoever reads the document learns of every operation what it is for, what
// it takes, who may call it and what it answers.
func TestDocumentIsComplete(t *testing.T) {
	t.Parallel()
	w := newWhole(t)
	recorder := httptest.NewRecorder()
	w.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	parsed, err := libopenapi.NewDocument(recorder.Body.Bytes())
	require.NoError(t, err)
	model, err := parsed.BuildV3Model()
	require.NoError(t, err)
	operations := 0
	for path, item := range model.Model.Paths.PathItems.FromOldest() {
		for method, op := range item.GetOperations().FromOldest() {
			operations++
			name := strings.ToUpper(method) + " " + path
			assert.NotEmpty(t, op.Summary, name)
			assert.NotEmpty(t, op.Tags, name)
			assert.NotEmpty(t, op.Security, name)
			if op.Responses == nil || op.Responses.Codes == nil {
				assert.Fail(t, "no answers", name)
				continue
			}
			for _, p := range op.Parameters {
				assert.NotEmpty(t, p.Description, "%s: %s", name, p.Name)
			}
			success, failure := false, false
			for status, response := range op.Responses.Codes.FromOldest() {
				success = success || status[0] == '2'
				failure = failure || status[0] == '4'
				if status[0] == '4' || status == "201" || status == "206" {
					assert.True(t, response.Content != nil && response.Content.Len() > 0, "%s: what a %s has in it", name, status)
				}
			}
			assert.True(t, success && failure, "%s: answers", name)
			if op.RequestBody != nil {
				assert.NotNil(t, op.RequestBody.Content.GetOrZero("multipart/form-data"), name)
			}
		}
	}
	assert.Greater(t, operations, 100)
}
