package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/pb33f/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// call makes a request as one of the people and returns the answer.
func (w *whole) call(t *testing.T, person, method, target, body string) *httptest.ResponseRecorder {
	t.Helper()
	contentType := ""
	if body != "" {
		contentType = "application/json"
	}
	req := send(method, target, contentType, body)
	if token := w.tokens[person]; token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	recorder := httptest.NewRecorder()
	w.ServeHTTP(recorder, req)
	return recorder
}

const archiveOfAll = `{"toolId":"bulk-download","params":{}}`

// submitAs submits a task and returns its address.
func (w *whole) submitAs(t *testing.T, person, ds string) (url string) {
	t.Helper()
	res := w.call(t, person, http.MethodPost, "/orgs/acme/ds/"+ds+"/tasks", archiveOfAll)
	require.Equal(t, http.StatusAccepted, res.Code, res.Body)
	var s submittedTask
	require.NoError(t, json.Unmarshal(res.Body.Bytes(), &s))
	return s.StatusURL
}

// Statement 143, on every route of one task.
func TestATaskIsItsSubmittersTheOwnersAndTheAdministrators(t *testing.T) {
	t.Parallel()
	w := newWhole(t)
	task := w.submitAs(t, "member 1", "public")
	for person, want := range map[string]int{"anonymous": 401, "stranger": 403, "member 0": 403, "member 1": 200, "member 2": 403, "member 3": 403, "owner": 200, "admin": 200, "deactivated": 401} {
		assert.Equal(t, want, w.call(t, person, http.MethodGet, task, "").Code, person)
		assert.Equal(t, want, w.call(t, person, http.MethodGet, task+"/log", "").Code, person)
		allowed := map[int]int{200: 404, 401: 401, 403: 403}[want] // it has no result yet
		assert.Equal(t, allowed, w.call(t, person, http.MethodGet, task+"/result", "").Code, person)
		allowed = map[int]int{200: 409, 401: 401, 403: 403}[want] // it is active
		assert.Equal(t, allowed, w.call(t, person, http.MethodPost, task+"/retry", "").Code, person)
		assert.Equal(t, allowed, w.call(t, person, http.MethodPost, task+"/delete", "").Code, person)
		if want != 200 {
			assert.Equal(t, want, w.call(t, person, http.MethodDelete, task, "").Code, person)
		}
	}
	assert.Equal(t, http.StatusConflict, w.call(t, "admin", http.MethodPost, "/sys"+task[len("/orgs/acme/ds/public"):]+"/delete", "").Code)
	assert.Equal(t, http.StatusOK, w.call(t, "member 1", http.MethodDelete, task, "{}").Code)
	assert.Equal(t, http.StatusOK, w.call(t, "admin", http.MethodPost, "/sys"+task[len("/orgs/acme/ds/public"):]+"/delete", "").Code)
	assert.Equal(t, http.StatusNotFound, w.call(t, "admin", http.MethodGet, task, "").Code)

	mine := w.submitAs(t, "stranger", "public")
	assert.Equal(t, http.StatusOK, w.call(t, "stranger", http.MethodGet, mine, "").Code)
	assert.Equal(t, http.StatusForbidden, w.call(t, "stranger", http.MethodDelete, mine, "").Code, "cancelling needs the right to change the dataset")
	assert.Equal(t, http.StatusForbidden, w.call(t, "stranger", http.MethodPost, "/orgs/acme/ds/public/tasks", `{"toolId":"build"}`).Code)
	assert.Equal(t, http.StatusAccepted, w.call(t, "member 1", http.MethodPost, "/orgs/acme/ds/public/tasks", `{"toolId":"build"}`).Code)
}

// What is answered about tasks is what the document says.
func TestTasksAreAsDocumented(t *testing.T) {
	t.Parallel()
	w := newWhole(t)
	document := loadDocument(t, w, "/openapi.json")
	task := w.submitAs(t, "admin", "public")
	for _, c := range []struct {
		method, target, body string
		status               int
	}{
		{http.MethodPost, "/orgs/acme/ds/public/tasks", archiveOfAll, 200},
		{http.MethodPost, "/orgs/acme/ds/public/tasks", `{"toolId":"build"}`, 202},
		{http.MethodGet, "/orgs/acme/ds/public/tasks", "", 200},
		{http.MethodGet, task, "", 200},
		{http.MethodGet, task + "/log?since=0", "", 200},
		{http.MethodGet, "/sys/tasks?toolId=build&state=enqueued", "", 200},
		{http.MethodGet, "/sys/tasks?userId=x", "", 400},
		{http.MethodDelete, task, "", 200},
		{http.MethodGet, task, "", 200},
	} {
		res := w.call(t, "admin", c.method, c.target, c.body)
		assert.Equal(t, c.status, res.Code, "%s %s: %s", c.method, c.target, res.Body)
		body := res.Body.String()
		contentType := ""
		if c.body != "" {
			contentType = "application/json"
		}
		checkAgainstDocument(t, document, send(c.method, c.target, contentType, c.body), answer(res.Result(), body))
	}
}

// Decisions 1 and 6: a form does as well, and names match ignoring case.
func TestATaskIsSubmittedByAForm(t *testing.T) {
	t.Parallel()
	w := newWhole(t)
	submit := func(contentType, body string) *httptest.ResponseRecorder {
		req := send(http.MethodPost, "/orgs/acme/ds/public/tasks", contentType, body)
		req.Header.Set("Authorization", "Bearer "+w.tokens["stranger"])
		res := httptest.NewRecorder()
		w.ServeHTTP(res, req)
		return res
	}
	res := submit("application/x-www-form-urlencoded", `TOOLID=bulk-download&params={"paths":["a.txt"]}`)
	assert.Equal(t, http.StatusAccepted, res.Code, res.Body)
	contentType, body := form(t, "toolId", "bulk-download", "path", "a.txt", "force", "False")
	res = submit(contentType, body)
	assert.Equal(t, http.StatusOK, res.Code, "it is the same request: %s", res.Body)
	for _, bad := range []string{`{"toolId":"bulk-download","params":"x"}`, `{"toolId":"bulk-download","params":[1]}`, `{"toolId":"bulk-download","params":{"paths":[1]}}`,
		`{"toolId":"bulk-download","path":"\u0000"}`, `{"toolId":"build\u0000"}`, `{"toolId":1}`, `{"toolId":`} {
		assert.Equal(t, http.StatusBadRequest, submit("application/json", bad).Code, bad)
	}
	for _, odd := range []string{"?skip=9223372036854775807", "?take=-9223372036854775808", "?toolId=%27", "?state="} {
		assert.Equal(t, http.StatusOK, w.call(t, "anonymous", http.MethodGet, "/orgs/acme/ds/public/tasks"+odd, "").Code, odd)
	}
	for _, odd := range []string{"?skip=x", "?take=1e9", "?toolId=%00", "?toolId=%ff", "?state=x", "?skip=9223372036854775808"} {
		assert.Equal(t, http.StatusBadRequest, w.call(t, "anonymous", http.MethodGet, "/orgs/acme/ds/public/tasks"+odd, "").Code, odd)
	}
}

func TestTooManyTasks(t *testing.T) {
	t.Parallel()
	w := newWhole(t)
	w.submitAs(t, "member 1", "public")
	res := w.call(t, "member 1", http.MethodPost, "/orgs/acme/ds/private/tasks", archiveOfAll)
	assert.Equal(t, http.StatusTooManyRequests, res.Code)
	assert.NotEmpty(t, res.Header().Get("Retry-After"))
	var refusal errorBody
	require.NoError(t, json.Unmarshal(res.Body.Bytes(), &refusal))
	assert.True(t, refusal.NoRetry)
}

// Statement 134 and B23: what the tools take is a JSON Schema that validators understand.
func TestToolsHaveASchema(t *testing.T) {
	t.Parallel()
	w := newWhole(t)
	res := w.call(t, "anonymous", http.MethodGet, "/orgs/acme/ds/public/tasks/tools", "")
	require.Equal(t, http.StatusOK, res.Code)
	var tools []tool
	require.NoError(t, json.Unmarshal(res.Body.Bytes(), &tools))
	schemas := map[string]*jsonschema.Schema{}
	for _, tool := range tools {
		compiler := jsonschema.NewCompiler()
		require.NoError(t, compiler.AddResource(tool.ID, tool.InputSchema))
		schema, err := compiler.Compile(tool.ID)
		require.NoError(t, err, tool.ID)
		schemas[tool.ID] = schema
		assert.NoError(t, schema.Validate(map[string]any{"surplus": 1}), "unknown parameters are ignored")
	}
	for _, good := range []any{map[string]any{"paths": []any{"a", "b"}, "archiveName": "x.zip"}, map[string]any{}} {
		assert.NoError(t, schemas["bulk-download"].Validate(good))
	}
	for i, bad := range []any{map[string]any{"paths": "a"}, map[string]any{"archiveName": 1}, "x"} {
		assert.Error(t, schemas["bulk-download"].Validate(bad), fmt.Sprint(i))
	}
	assert.Error(t, schemas["build"].Validate(map[string]any{"force": "yes"}))
}
