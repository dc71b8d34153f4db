package httpapi

import (
	"maps"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/cairngeo/cairn/auth"
	"github.com/danielgtaylor/huma/v2"
)

// parameterTexts describe parameters that have the same meaning everywhere.
var parameterTexts = map[string]string{
	"org": "Slug of the organization", "ds": "Slug of the dataset", "path": "Path below", "hash": "Hash of an entry: SHA-256 of its content",
	"id": "Id", "z": "Zoom", "x": "Column", "y": "Row, counted from the north", "tile": "Row, counted from the north, with @2x for 512 pixels and the extension png, webp or jpg",
	"page": "Counted from 1", "token": "Token of the share", "item": "Id of the item",
}

// complete adds to the document what all operations have in common: who may
// call them, the errors that they answer, and texts of well-known parameters.
func (a *api) complete(op *huma.Operation) {
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	for _, status := range a.errorStatuses(op) {
		op.Responses[strconv.Itoa(status)] = a.errorResponse(http.StatusText(status))
	}
	op.Responses["default"] = a.errorResponse("Error")
	op.Security = securityOf(op)
	for _, p := range op.Parameters {
		if p.Description == "" {
			p.Description = parameterTexts[p.Name]
		}
	}
	if tailName(op) != "" {
		op.Extensions = maps.Clone(op.Extensions)
		if op.Extensions == nil {
			op.Extensions = map[string]any{}
		}
		op.Extensions[restOfPath] = true
	}
}

func (a *api) errorResponse(description string) *huma.Response {
	return &huma.Response{Description: description, Content: map[string]*huma.MediaType{"application/json": {
		Schema:  a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[errorBody](), true, ""),
		Example: map[string]any{"error": "What went wrong, and what to do about it", "noRetry": false},
	}}}
}

// answer describes the answer of a stream that is JSON.
func (a *api) answer(value any, description string) *huma.Response {
	return &huma.Response{Description: description, Content: map[string]*huma.MediaType{"application/json": {Schema: a.schemaOf(value)}}}
}

// formBody describes the body of a stream that may come in all ways in which
// fields can.
func (a *api) formBody(value any) *huma.RequestBody {
	schema := a.schemaOf(value)
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: schema}, "application/x-www-form-urlencoded": {Schema: schema}, "multipart/form-data": {Schema: schema}}}
}

// uploadBody describes a multipart body with a file. fields are the texts of
// its other fields by name.
func uploadBody(required []string, fields map[string]string, file, description string) *huma.RequestBody {
	properties := map[string]*huma.Schema{file: {Type: huma.TypeString, Format: "binary", Description: description}}
	for name, text := range fields {
		properties[name] = &huma.Schema{Type: huma.TypeString, Description: text}
	}
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type: huma.TypeObject, Required: required, Properties: properties}}}}
}

// errorStatuses are the errors that an operation is known for. Others are
// possible anywhere: 405, 429, 500 and 503 among them.
func (a *api) errorStatuses(op *huma.Operation) []int {
	statuses := []int{http.StatusBadRequest}
	if leastOf(op) != auth.Browse {
		statuses = append(statuses, http.StatusUnauthorized, http.StatusForbidden)
	}
	if strings.Contains(op.Path, "{") {
		statuses = append(statuses, http.StatusNotFound)
	}
	if op.Method == http.MethodPost || op.Method == http.MethodPut {
		statuses = append(statuses, http.StatusConflict)
	}
	if op.RequestBody != nil {
		statuses = append(statuses, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if op.Responses["206"] != nil {
		statuses = append(statuses, http.StatusRequestedRangeNotSatisfiable)
	}
	return statuses
}

// securityOf says how a caller may prove who it is, and whether nobody in
// particular may call the operation too.
func securityOf(op *huma.Operation) []map[string][]string {
	known := []map[string][]string{{"bearer": {}}, {"cookie": {}}}
	if strings.Contains(op.Path, "/build/{hash}") {
		known = append(known, map[string][]string{"basic": {}})
	}
	switch leastOf(op) {
	case auth.Browse, auth.ReadDataset, auth.ReadOrganization:
		return append([]map[string][]string{{}}, known...)
	}
	return known
}
