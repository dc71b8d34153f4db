package httpapi

import (
	"bytes"
	"encoding"
	"encoding/json"
	"io"
	"math"
	"mime"
	"mime/multipart"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cairngeo/cairn"
	"github.com/go-json-experiment/json/jsontext"
)

// shape is what a body's members are called and which type each has.
type shape struct {
	object bool                    // a struct or a map; nothing else can be sent as a form
	fields map[string]reflect.Type // by JSON name
	free   bool                    // the type reads JSON of any kind by itself
	rest   reflect.Type            // of members of a map; nil for a struct, whose unknown members are ignored
}

// bodyShape returns the shape of the type of a Body field.
func bodyShape(t reflect.Type) shape {
	t = pointed(t)
	switch t.Kind() {
	case reflect.Struct:
		s := shape{object: true, fields: map[string]reflect.Type{}, free: reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]())}
		s.addFields(t)
		return s
	case reflect.Map:
		return shape{object: true, rest: t.Elem()}
	default:
		return shape{}
	}
}

func pointed(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

func (s shape) addFields(t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "" && pointed(f.Type).Kind() == reflect.Struct:
			s.addFields(pointed(f.Type))
		case !f.IsExported() || name == "-":
		case name == "":
			s.fields[f.Name] = f.Type
		default:
			s.fields[name] = f.Type
		}
	}
}

// member returns how a member that was sent as name is spelt, and its type.
func (s shape) member(sent string) (string, reflect.Type, bool) {
	if s.rest != nil {
		return sent, s.rest, true
	}
	if t, ok := s.fields[sent]; ok {
		return sent, t, true
	}
	for name, t := range s.fields {
		if sameName(sent, name) {
			return name, t, true
		}
	}
	return "", nil, false
}

// json returns a body of any of the three content types as JSON.
func (s shape) json(contentType string, data []byte) ([]byte, error) {
	if contentType == "" {
		return s.fromJSON(data), checkUTF8(string(data))
	}
	media, params, err := mime.ParseMediaType(contentType)
	form := fields{values: map[string][]string{}}
	switch {
	case err != nil:
		return nil, cairn.Errorf(cairn.Unsupported, "The Content-Type %q can't be understood.", contentType)
	case media == "application/json" || media == "text/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json"):
		return s.fromJSON(data), checkUTF8(string(data))
	case !s.object:
	case media == "application/x-www-form-urlencoded":
		for sent, value := range pairs(string(data)) {
			form.add(s, sent, value)
		}
		return s.fromForm(form)
	case media == "multipart/form-data":
		if err := form.addParts(s, multipart.NewReader(bytes.NewReader(data), params["boundary"])); err != nil {
			return nil, cairn.Errorf(cairn.Invalid, "The multipart body is broken.").Because(err)
		}
		return s.fromForm(form)
	}
	return nil, cairn.Errorf(cairn.Unsupported, "A body of type %s is not understood here. Send JSON or a form.", media)
}

// checkUTF8 keeps what is no text from being changed into some.
func checkUTF8(texts ...string) error {
	for _, text := range texts {
		if !utf8.ValidString(text) {
			return cairn.Errorf(cairn.Invalid, "The data of the request is not valid UTF-8.")
		}
	}
	return nil
}

// fromJSON spells the members as the struct does and drops those that are
// null, which is the same as absent. What is not an object, or no JSON at
// all, is left for the decoder to complain about.
func (s shape) fromJSON(data []byte) []byte {
	if s.fields == nil || s.free {
		return data
	}
	in := jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if token, err := in.ReadToken(); err != nil || token.Kind() != '{' {
		return data
	}
	members := map[string]json.RawMessage{}
	for in.PeekKind() == '"' {
		token, err := in.ReadToken()
		if err != nil {
			return data
		}
		sent := token.String()
		value, err := in.ReadValue()
		if err != nil {
			return data
		}
		name, t, known := s.member(sent)
		if known && (value.Kind() != 'n' || takesNull(t)) {
			members[name] = json.RawMessage(value.Clone())
		}
	}
	if _, err := in.ReadToken(); err != nil {
		return data
	}
	if _, err := in.ReadToken(); err != io.EOF {
		return data
	}
	object, err := json.Marshal(members)
	if err != nil {
		return data
	}
	return object
}

// takesNull tells whether null is a value of its own to a field of type t.
func takesNull(t reflect.Type) bool {
	return t.Kind() == reflect.Interface || t == reflect.TypeFor[json.RawMessage]()
}

// fields are the members of a form that the shape knows, without the empty
// ones.
type fields struct{ values map[string][]string }

func (f fields) add(s shape, sent, value string) {
	if name, _, known := s.member(sent); known && value != "" {
		f.values[name] = append(f.values[name], value)
	}
}

func (f fields) addParts(s shape, parts *multipart.Reader) error {
	for {
		part, err := parts.NextPart()
		if err == io.EOF { // a wrapped one is an end within a boundary
			return nil
		}
		if err != nil {
			return err
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		f.add(s, part.FormName(), string(value))
	}
}

// fromForm writes the fields of a form as a JSON object.
func (s shape) fromForm(form fields) ([]byte, error) {
	members := map[string]json.RawMessage{}
	for name, values := range form.values {
		if err := checkUTF8(values...); err != nil {
			return nil, err
		}
		_, t, _ := s.member(name)
		members[name] = fieldJSON(t, values)
	}
	return json.Marshal(members)
}

// fieldJSON writes the values of one field as its type asks. A value that
// does not fit is written as text, which the validation then refuses by name.
func fieldJSON(t reflect.Type, values []string) json.RawMessage {
	t = pointed(t)
	if t.Kind() != reflect.Slice || t.Elem().Kind() == reflect.Uint8 {
		return valueJSON(t, values[0])
	}
	if len(values) == 1 && strings.HasPrefix(strings.TrimSpace(values[0]), "[") && json.Valid([]byte(values[0])) {
		return json.RawMessage(values[0])
	}
	list := []byte{'['}
	for i, value := range values {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, valueJSON(pointed(t.Elem()), value)...)
	}
	return append(list, ']')
}

func valueJSON(t reflect.Type, value string) json.RawMessage {
	switch kind := t.Kind(); {
	case t == reflect.TypeFor[json.RawMessage](), kind == reflect.Interface:
		if json.Valid([]byte(value)) {
			return json.RawMessage(value)
		}
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()), reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()):
	case kind == reflect.Map, kind == reflect.Struct:
		if json.Valid([]byte(value)) {
			return json.RawMessage(value)
		}
	case kind == reflect.Bool:
		if lower := strings.ToLower(value); lower == "true" || lower == "false" {
			return json.RawMessage(lower)
		}
	case kind >= reflect.Int && kind <= reflect.Int64:
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return strconv.AppendInt(nil, n, 10)
		}
	case kind >= reflect.Uint && kind <= reflect.Uint64:
		if n, err := strconv.ParseUint(value, 10, 64); err == nil {
			return strconv.AppendUint(nil, n, 10)
		}
	case kind == reflect.Float32, kind == reflect.Float64:
		if x, err := strconv.ParseFloat(value, 64); err == nil && !math.IsNaN(x) && !math.IsInf(x, 0) {
			return strconv.AppendFloat(nil, x, 'g', -1, 64)
		}
	}
	text, _ := json.Marshal(value) // text always marshals
	return text
}
