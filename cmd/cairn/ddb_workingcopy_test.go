package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// workingCopy is a folder that the native client keeps, and what the client
// does with it: the same requests in the same order, and of every answer it
// minds what the client minds (sections 3.1, 5 and 6 of the protocol).
type workingCopy struct {
	ddb
	tag     string            // organization/dataset
	files   contents          // what is indexed
	edited  contents          // what a file holds that was edited after it was indexed
	records map[string]dumped // metadata by id
	last    *stamp            // the last common state with the registry
	stored  *credentials      // by ddb login
	typed   *credentials      // what somebody types when asked
	prompts int               // how often somebody was asked
}

type credentials struct{ username, password string }

// exit is how a command ends that does not succeed. 134 is a crash.
type exit struct {
	code int
	says string
}

func (e exit) Error() string { return fmt.Sprintf("exit %d: %s", e.code, e.says) }

// errUnauthorized makes the client ask for credentials and begin again.
var errUnauthorized = errors.New("Unauthorized")

func (g generation) copyOf(c client, tag string) *workingCopy {
	return &workingCopy{ddb: g.as(c.anonymous()), tag: tag, files: contents{}, edited: contents{}, records: map[string]dumped{}}
}

func (w *workingCopy) dataset() string {
	organization, slug, _ := strings.Cut(w.tag, "/")
	return "/orgs/" + organization + "/ds/" + slug
}

func (w *workingCopy) state() stamp {
	ids := []string{}
	for id := range w.records {
		ids = append(ids, id)
	}
	return w.files.stamp(ids...)
}

// refused is what the client makes of an answer that isn't 200.
func (w *workingCopy) refused(a answer) error {
	if a.status == http.StatusUnauthorized {
		return errUnauthorized
	}
	var body any
	if err := json.Unmarshal(a.body, &body); err != nil {
		if w.libcurl {
			return exit{1, fmt.Sprintf("Invalid JSON: %s", a.body)}
		}
		return exit{134, err.Error()}
	}
	object, _ := body.(map[string]any)
	message, there := object["error"]
	if text, ok := message.(string); ok {
		return exit{1, "Error response from registry: " + text}
	}
	if there {
		return exit{134, "error is no text"}
	}
	return exit{1, fmt.Sprintf("Invalid response from registry: %s", a.body)}
}

// succeeded is all that the client asks of an answer without content.
func (w *workingCopy) succeeded(a answer) error {
	if a.status != http.StatusOK {
		return w.refused(a)
	}
	return nil
}

// read reads an answer that must be JSON of a kind.
func read[T any](w *workingCopy, a answer) (T, error) {
	var body any
	if a.status != http.StatusOK {
		var none T
		return none, w.refused(a)
	}
	if err := json.Unmarshal(a.body, &body); err != nil {
		var none T
		return none, exit{134, err.Error()}
	}
	return as[T](body)
}

// as requires the kind of a value; the client crashes on null or any other.
func as[T any](value any) (T, error) {
	typed, ok := value.(T)
	if !ok {
		return typed, exit{134, fmt.Sprintf("%v is not a %T", value, typed)}
	}
	return typed, nil
}

// texts requires an array of strings.
func texts(value any) (list []string, err error) {
	values, err := as[[]any](value)
	for _, v := range values {
		text, e := as[string](v)
		list, err = append(list, text), errors.Join(err, e)
	}
	return list, err
}

// login signs in; the answer is parsed before its status is looked at.
func (w *workingCopy) login(t *testing.T, who *credentials) error {
	t.Helper()
	if who == nil {
		return errUnauthorized
	}
	a := w.authenticate(t, who.username, who.password)
	var body map[string]any
	if err := json.Unmarshal(a.body, &body); err != nil {
		return exit{134, err.Error()}
	}
	if a.status != http.StatusOK {
		return exit{1, fmt.Sprintf("Login failed: %v", body["error"])}
	}
	token, noText := as[string](body["token"])
	_, noNumber := as[float64](body["expires"])
	w.token, w.stored = token, who
	return errors.Join(noText, noNumber)
}

// command runs a command, and once more from the beginning if the registry
// wants somebody.
func (w *workingCopy) command(t *testing.T, run func(*testing.T) error) error {
	t.Helper()
	err := run(t)
	if !errors.Is(err, errUnauthorized) {
		return err
	}
	w.prompts++
	if w.typed == nil {
		return exit{1, "no terminal to ask for a password"}
	}
	if err := w.login(t, w.typed); err != nil {
		return err
	}
	if err = run(t); errors.Is(err, errUnauthorized) {
		return exit{1, "Unauthorized"}
	}
	return err
}
